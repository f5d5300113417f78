// The labs' dialects: written and read back by a reader of its own, written from the description of the labs' tools.
import { Diagnostics, memoryFiles, renderText } from '@fle/diagnostics'
import { readObject, writeObject } from '@fle/elf'
import { type ObjectFile, readWord, relocationRecord, SHF, SHT, STB, STT, STV } from '@fle/object'
import { assemble, compile, mutate, seededRandom } from '@fle/testkit'
import { relocationName } from '@fle/x86-64'
import t from 'tap'
import {
  bindSharedObjects,
  type FleExecutable,
  isSharedObject,
  type LabDialect,
  readFle,
  type SegmentedExecutable,
  writeFleArchive,
  writeFleExecutable,
  writeFleObject,
} from '../src/index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function messages(diagnostics: Diagnostics): string {
  return diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 't' })).join('')
}

function elf(bytes: Uint8Array): ObjectFile {
  const object = readObject(bytes, 'test.o', new Diagnostics())
  if (!object) throw new Error('no object')
  return object
}

/** Writes an object and returns the text and what is said of it. */
function write(object: ObjectFile, dialect: LabDialect | 'fle'): { text: string | undefined; said: string } {
  const diagnostics = new Diagnostics()
  const bytes = writeFleObject(object, { dialect }, diagnostics)
  return { text: bytes && decoder.decode(bytes), said: messages(diagnostics) }
}

function read(text: string): { object: ObjectFile; dialect: string; said: string } {
  const diagnostics = new Diagnostics()
  const file = readFle(encoder.encode(text), 'x.fo', diagnostics)
  if (file?.kind !== 'object') throw new Error(messages(diagnostics) || 'no object')
  return { object: file.object, dialect: file.dialect, said: messages(diagnostics) }
}

/** What is said of a text that cannot be read. */
function refusal(text: string): string {
  const diagnostics = new Diagnostics()
  if (readFle(encoder.encode(text), 'x.fo', diagnostics)) throw new Error('it was read')
  return messages(diagnostics)
}

/** An object with section headers, as the lab's compiler of 2025 writes it; sizes are those of the headers given. */
function lab(sections: Record<string, readonly string[]>, headers: readonly object[] = []): string {
  return JSON.stringify({ type: '.obj', shdrs: headers, ...sections })
}

/** A symbol as `name binding section+value size`. */
function describeSymbol(object: ObjectFile, symbol: number): string {
  const binding = { [STB.LOCAL]: 'local', [STB.WEAK]: 'weak' }[object.symbolBinding(symbol)] ?? 'global'
  const section = object.symbolSection(symbol)
  const isSection = object.symbolType(symbol) === STT.SECTION
  const name = isSection ? 'section' : object.symbolName(symbol)
  const place = section === 0 ? 'undefined' : `${object.sectionName(section)}+${object.symbolValue(symbol)}`
  return `${name} ${binding} ${place} ${object.symbolSize(symbol)}`
}

function symbolsOf(object: ObjectFile): string[] {
  const symbols: string[] = []
  for (let symbol = 1; symbol < object.symbolCount; symbol++) symbols.push(describeSymbol(object, symbol))
  return symbols
}

/** The relocations of all sections as `section+offset TYPE symbol addend`. */
function relocationsOf(object: ObjectFile): string[] {
  const list: string[] = []
  for (let section = 1; section < object.sectionCount; section++) {
    const table = object.relocationSections[section]
    for (let i = 0; table && i < object.relocationCount(table); i++) {
      const at = object.relocationRecord(table, i)
      const type = object.view.getUint32(at + relocationRecord.type, true)
      const symbol = object.view.getUint32(at + relocationRecord.symbol, true)
      const isSection = object.symbolType(symbol) === STT.SECTION
      const name = isSection ? object.sectionName(object.symbolSection(symbol)) : object.symbolName(symbol)
      const addend = readWord(object.view, at + relocationRecord.addend)
      list.push(`${object.sectionName(section)}+${readWord(object.view, at)} ${relocationName(type)} ${name} ${addend}`)
    }
  }
  return list
}

function sectionOf(object: ObjectFile, name: string): number {
  for (let section = 1; section < object.sectionCount; section++)
    if (object.sectionName(section) === name) return section
  throw new Error(`no section ${name}`)
}

/** What the lab's tools understand of a text. */
interface LabView {
  readonly sizes: Record<string, number>
  readonly bytes: Record<string, number[]>
  readonly symbols: string[]
  readonly relocations: string[]
}

const tags = new Map([
  ['🔢', 'bytes'],
  ['🏷️', 'local'],
  ['📎', 'weak'],
  ['📤', 'global'],
  ['❓', 'relocation'],
])
const widthOf: Record<string, number> = { rel: 4, abs: 4, abs32s: 4, gotpcrel: 4, abs64: 8 }

/** Reads a text as the labs' tools are said to; throws where they would. */
function labRead(text: string, dialect: LabDialect): LabView {
  const { type: _, name: __, shdrs, ...sections } = JSON.parse(text.replace(/^#!.*\n/, ''))
  const sizes: Record<string, number> = {}
  const bytes: Record<string, number[]> = {}
  const symbols: string[] = []
  const relocations: string[] = []
  let sum = 0
  for (const header of shdrs) {
    if (typeof header.type !== 'number' || typeof header.flags !== 'number') throw new Error('a header is not complete')
    if ((header.addralign !== undefined) !== (dialect === 'linklab2024')) throw new Error('addralign is of 2024')
    if (header.offset !== (dialect === 'linklab' ? sum : 0)) throw new Error(`the offset of ${header.name}`)
    sizes[header.name] = header.size
    sum += header.size
  }
  for (const [section, lines] of Object.entries(sections)) {
    const content: number[] = []
    bytes[section] = content
    if (!Array.isArray(lines)) throw new Error(`${section} is no section`)
    for (const line of lines) {
      const [, prefix, rest] = /^([^:]*): ?(.*)$/.exec(line) ?? []
      const kind = tags.get(prefix)
      if (kind === undefined) throw new Error(`a line that the lab ignores: ${line}`)
      if (kind === 'bytes') content.push(...rest.split(' ').map((pair: string) => Number.parseInt(pair, 16)))
      else if (kind === 'relocation') {
        const match = /^\.(rel|abs64|abs|abs32s|gotpcrel)\(([\w.@$]+)\s*([-+])\s*(\w+)\)$/.exec(rest)
        if (!match) throw new Error(`Invalid relocation: ${rest}`)
        const [, word, symbol, sign, digits] = match
        if (dialect === 'linklab2024' && !/^\d+$/.test(digits)) throw new Error('2024 takes decimal digits only')
        const addend = Number.parseInt(digits, dialect === 'linklab' ? 16 : 10) * (sign === '-' ? -1 : 1)
        relocations.push(`${section}+${content.length} ${word} ${symbol} ${addend}`)
        for (let i = 0; i < widthOf[word]; i++) content.push(0)
      } else {
        const words = rest.split(' ')
        if (words.length !== (dialect === 'linklab' ? 3 : 2)) throw new Error(`a symbol's line: ${line}`)
        const offset = dialect === 'linklab' ? Number(words[2]) : content.length
        symbols.push(`${words[0]} ${kind} ${section}+${offset} ${Number(words[1])}`)
      }
    }
  }
  return { sizes, bytes, symbols, relocations }
}

const wordOfType: Record<string, string> = {
  R_X86_64_PC32: 'rel',
  R_X86_64_PLT32: 'rel',
  R_X86_64_32: 'abs',
  R_X86_64_32S: 'abs32s',
  R_X86_64_64: 'abs64',
  R_X86_64_GOTPCREL: 'gotpcrel',
  R_X86_64_GOTPCRELX: 'gotpcrel',
  R_X86_64_REX_GOTPCRELX: 'gotpcrel',
}

/** What of an object the lab's view must show. */
function expectedView(object: ObjectFile, dialect: LabDialect = 'linklab'): LabView {
  const sizes: Record<string, number> = {}
  const bytes: Record<string, number[]> = {}
  for (let section = 1; section < object.sectionCount; section++) {
    const name = object.sectionName(section)
    if (!object.isAllocated(section) || name === '.note.gnu.property') continue
    if (object.sectionSize(section) === 0 && dialect === 'linklab') continue
    sizes[name] = object.sectionSize(section)
    bytes[name] = object.sectionType(section) === SHT.NOBITS ? [] : [...object.sectionContent(section)]
  }
  const relocations = relocationsOf(object)
    .filter((line) => Object.hasOwn(bytes, line.slice(0, line.indexOf('+'))))
    .map((line) => line.replace(/R_X86_64_\w+/, (type) => wordOfType[type] ?? type))
  const referenced = new Set(relocations.map((line) => line.split(' ')[2]))
  const symbols = symbolsOf(object).flatMap((line) => {
    const [name, binding, place, size] = line.split(' ')
    const section = place.slice(0, place.lastIndexOf('+'))
    if (name === 'section') return referenced.has(section) ? [`${section} local ${section}+0 0`] : []
    return Object.hasOwn(sizes, section) ? [`${name} ${binding} ${place} ${size}`] : []
  })
  return { sizes, bytes, symbols, relocations }
}

function sorted({ sizes, bytes, symbols, relocations }: LabView): LabView {
  return { sizes, bytes, symbols: [...symbols].sort(), relocations: [...relocations].sort() }
}

const freestanding = ['-fno-common', '-ffreestanding', '-fno-asynchronous-unwind-tables', '-fno-stack-protector']

const program = `
extern int outer, call(int); static int count, many[30]; int total = 7; char room[3];
int (*pointers[])(int) = {call, 0}; const char *words[] = {"one", "two", "a third, longer one"};
__attribute__((weak)) int weak(int x) { return x + 1; }
__attribute__((visibility("hidden"))) int hid(int x) { return x + total; }
static int helper(int x) { many[x] += count++; return weak(x) + hid(x) + many[29]; }
int main(int argc) { room[1] = argc; return call(helper(argc)) + outer + room[2] + *words[2] + pointers[1](3); }`

t.test('objects, as the labs read them', (t) => {
  for (const options of [
    ['-Os', '-fPIE'],
    ['-O1', '-fno-PIE', '-mcmodel=large'],
    ['-O2', '-fno-pic'],
    ['-O0', '-fPIC'],
  ]) {
    const object = elf(compile(program, [...freestanding, ...options]))
    const { text = '', said } = write(object, 'linklab')
    t.notMatch(said, /error/, said)
    t.same(sorted(labRead(text, 'linklab')), sorted(expectedView(object)), options.join(' '))
  }
  const small = elf(
    compile('int f(int); int n = 3, *p = &n; int main(void) { return f(n); }', [...freestanding, '-Os']),
  )
  const { text = '' } = write(small, 'linklab2024')
  t.same(sorted(labRead(text, 'linklab2024')), sorted(expectedView(small, 'linklab2024')), '2024')
  const headers = JSON.parse(text).shdrs
  t.same(headers[0], {
    name: '.text',
    type: 1,
    flags: 5,
    addr: 0,
    offset: 0,
    size: small.sectionSize(1),
    addralign: 16,
  })
  t.equal(JSON.parse(write(elf(compile(program)), 'linklab').text ?? '{}').shdrs?.find(isBss)?.flags, 11)
  t.end()
})

function isBss({ name }: { name: string }): boolean {
  return name === '.bss'
}

t.test('round trips', (t) => {
  const object = elf(compile(program, [...freestanding, '-O1', '-fPIC']))
  const { text = '' } = write(object, 'linklab')
  const once = read(text)
  t.equal(once.said, '')
  t.equal(once.dialect, 'linklab')
  t.same(write(once.object, 'linklab'), { text, said: '' }, 'linklab → object → linklab')
  t.same(sorted(expectedView(once.object)), sorted(expectedView(object)), 'nothing that the dialect has is lost')
  for (const name of ['.text', '.data', '.bss']) {
    const [was, is] = [sectionOf(object, name), sectionOf(once.object, name)]
    t.equal(once.object.sectionFlags(is), object.sectionFlags(was), `flags of ${name}`)
    t.equal(once.object.sectionType(is), object.sectionType(was), `type of ${name}`)
  }
  const fle = write(once.object, 'fle').text ?? ''
  t.same(write(read(fle).object, 'linklab').text, text, 'linklab → fle → linklab')
  const again = elf(writeObject(once.object, new Diagnostics()) ?? new Uint8Array())
  t.same(write(again, 'linklab').text, text, 'linklab → ELF → linklab')
  const text2024 = write(
    elf(compile('int f(int); int g(int x) { return f(x) + 1; }', freestanding)),
    'linklab2024',
  ).text
  t.equal(write(read(text2024 ?? '').object, 'linklab2024').text, text2024, '2024')
  t.equal(read(text2024 ?? '').dialect, 'linklab2024')
  t.end()
})

t.test('quirks of the reader', (t) => {
  const addends = read(
    lab({
      '.text': [
        '❓: .abs64(x + 30)',
        '❓: .abs64(x + 0x30)',
        '❓: .rel(x - 1c)',
        '❓: .abs( x+10 )',
        '❓: .abs32s(x-0)',
      ],
    }),
  ).object
  t.same(relocationsOf(addends), [
    '.text+0 R_X86_64_64 x 48',
    '.text+8 R_X86_64_64 x 48',
    '.text+16 R_X86_64_PC32 x -28',
    '.text+20 R_X86_64_32 x 16',
    '.text+24 R_X86_64_32S x 0',
  ])
  const decimal = read(JSON.stringify({ type: '.obj', '.text': ['📤: f 4', '❓: .rel(x - 12)', '❓: .abs64(x + 30)'] }))
  t.equal(decimal.dialect, 'linklab2024', 'two words tell 2024')
  t.same(relocationsOf(decimal.object), ['.text+0 R_X86_64_PC32 x -12', '.text+4 R_X86_64_64 x 30'])
  t.match(refusal(JSON.stringify({ type: '.obj', '.text': ['📤: f 4', '❓: .rel(x + fb8)'] })), /x\.fo:1:.*a number/)

  const flags = read(
    lab({ '.text': [], '.data.x': [], '.bss': [], '.rodata.str1.1': [], '.mine': [] }, [
      { name: '.text', type: 1, flags: 1, addr: 0, offset: 0, size: 0 },
      { name: '.bss', type: 8, flags: 9, addr: 0, offset: 0, size: 40 },
      { name: '.mine', type: 1, flags: 3, addr: 0, offset: 0, size: 0 },
    ]),
  ).object
  const flagsOf = (name: string) => flags.sectionFlags(sectionOf(flags, name))
  t.equal(flagsOf('.text'), SHF.ALLOC | SHF.EXECINSTR, 'permissions by name')
  t.equal(flagsOf('.data.x'), SHF.ALLOC | SHF.WRITE)
  t.equal(flagsOf('.rodata.str1.1'), SHF.ALLOC)
  t.equal(flagsOf('.mine'), SHF.ALLOC | SHF.WRITE, 'and by what is said')
  t.equal(flags.sectionType(sectionOf(flags, '.bss')), SHT.NOBITS)
  t.equal(flags.sectionSize(sectionOf(flags, '.bss')), 40, 'the size of .bss stands in shdrs')
  t.equal(flags.sectionAlignment(sectionOf(flags, '.text')), 1)

  const places = read(
    lab({ '.text': ['📤: late 1 2', '🔢: 90 90', '🏷: bare 0 0', '🔢: c3', '🏷️: .text 0 0', '❓: .rel(.text + 0)'] }),
  )
  t.same(
    symbolsOf(places.object),
    ['section local .text+0 0', 'bare local .text+0 0', 'late global .text+2 1'].toSorted((a, b) =>
      a.includes('bare') ? -1 : b.includes('bare') ? 1 : 0,
    ),
    'offsets are explicit',
  )
  const hidden = read(lab({ '.text': ['📤: .hidden hid 4 0', '📎: .protected p 1 0', '📤: .hidden 3 1'] })).object
  const visibility = new Map(symbolsOf(hidden).map((line, i) => [line.split(' ')[0], hidden.symbolVisibility(i + 1)]))
  t.same([...visibility].sort(), [
    ['.hidden', STV.DEFAULT],
    ['hid', STV.HIDDEN],
    ['p', STV.PROTECTED],
  ])

  const ignored = read(lab({ '.text': ['🔢: 90', 'hello', '💡: x', '🕳️: 4', '🔢: c3', ''] }))
  t.same([...ignored.object.sectionContent(sectionOf(ignored.object, '.text'))], [0x90, 0xc3])
  t.match(ignored.said, /warning.*🕳️ are ignored in linklab/)
  const said = read(lab({ '.text': [] }).replace('{', '{"needed": [], "dyn_relocs": [], ')).said
  t.equal(said, '', 'keys that are not used')

  const bss2024 = read(JSON.stringify({ type: '.obj', '.bss': ['📤: a 8', '🏷️: b 4', '📤: c 4'] })).object
  t.same(symbolsOf(bss2024), ['b local .bss+8 4', 'a global .bss+0 8', 'c global .bss+12 4'])
  t.equal(bss2024.sectionSize(sectionOf(bss2024, '.bss')), 16, 'in 2024 they stand one behind the other')
  const aligned = read(lab({ '.text': ['📤: f 0'] }, [{ name: '.text', type: 1, flags: 1, size: 0, addralign: 16 }]))
  t.equal(aligned.dialect, 'linklab2024')
  t.equal(aligned.object.sectionAlignment(sectionOf(aligned.object, '.text')), 16)
  const got = read(lab({ '.text': ['🔢: 48 8b 05', '❓: .gotpcrel(x - 4)', '🔢: e8', '❓: .rel(f - 4)'] })).object
  t.same(relocationsOf(got), ['.text+3 R_X86_64_GOTPCREL x -4', '.text+8 R_X86_64_PLT32 f -4'])
  t.end()
})

/** Sections, symbols and relocations of each kind, with more than 16 bytes in a row, an addend of 0x30, and an end's label. */
const everyKind = `
  .globl f; .weak w; .hidden hid; .globl hid; .globl end
  .text
f:  .zero 18, 0x90
w:  lea inside(%rip), %rax
  call g
  .size f, .-f
end:
  .data
inside: .quad .rodata + 0x30
  .size inside, 8
hid: .long 7
  .size hid, 4
  .section .rodata,"a"
  .zero 4
  .bss
room: .zero 12
  .size room, 12
`

t.test('quirks of the writer', (t) => {
  const { text = '' } = write(elf(assemble(everyKind)), 'linklab')
  const header = (name: string, type: number, flags: number, offset: number, size: number) => {
    const pairs = Object.entries({ name, type, flags, addr: 0, offset, size })
    return `        {\n${pairs.map(([key, value]) => `            "${key}": ${JSON.stringify(value)}`).join(',\n')}\n        }`
  }
  const section = (name: string, lines: string[]) =>
    `    "${name}": [\n${lines.map((line) => `        "${line}"`).join(',\n')}\n    ]`
  t.equal(
    text,
    `{
    "type": ".obj",
    "shdrs": [
${[header('.text', 1, 5, 0, 30), header('.data', 1, 3, 30, 12), header('.bss', 8, 11, 42, 12), header('.rodata', 1, 1, 54, 4)].join(',\n')}
    ],
${[
  section('.text', [
    '📤: f 30 0',
    '🔢: 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90',
    '🔢: 90 90',
    '📎: w 0 18',
    '🔢: 48 8d 05',
    '❓: .rel(.data - 4)',
    '🔢: e8',
    '❓: .rel(g - 4)',
    '📤: end 0 30',
  ]),
  section('.data', ['🏷️: .data 0 0', '🏷️: inside 8 0', '❓: .abs64(.rodata + 0x30)', '📤: hid 4 8', '🔢: 07 00 00 00']),
  section('.bss', ['🏷️: room 12 0']),
  section('.rodata', ['🏷️: .rodata 0 0', '🔢: 00 00 00 00']),
].join(',\n')}
}
`,
    'the order of keys, the indent, the tags, sums as offsets, hexadecimal addends',
  )
  const text2024 = write(elf(assemble('.text\n.globl f\nf: nop\n.size f, 1\n')), 'linklab2024').text ?? ''
  t.same(
    Object.keys(JSON.parse(text2024)),
    ['type', 'shdrs', '.text', '.data', '.bss'],
    'empty sections are kept in 2024',
  )
  t.same(JSON.parse(text2024)['.text'], ['📤: f 1', '🔢: 90'])
  t.end()
})

t.test('quirks of files from elsewhere', (t) => {
  const long = `🔢: ${'90 '.repeat(40)}`
  const { object, said } = read(
    `#!./exec\n${lab({ '.text': [long, '📤: f 1 0', '📎: g 0 40', '🏷️: twice 1 2', '🏷️: twice 1 3'] })}`,
  )
  t.equal(said, '')
  t.equal(object.sectionSize(sectionOf(object, '.text')), 40, 'any number of bytes stands on a line')
  t.same(symbolsOf(object), [
    'twice local .text+2 1',
    'twice local .text+3 1',
    'f global .text+0 1',
    'g weak .text+40 0',
  ])
  const escaped = lab({ '.text': ['📤: f 1 0', '🏷️: l 1 0', '📎: w 1 0', '🔢: c3', '❓: .abs64(x + a)'] }).replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  t.match(escaped, /\\ud83d\\udd22: c3/)
  const plain = read(escaped)
  t.same(
    symbolsOf(plain.object),
    ['l local .text+0 1', 'f global .text+0 1', 'w weak .text+0 1', 'x global undefined 0'],
    'emoji as Python writes them',
  )
  t.same(relocationsOf(plain.object), ['.text+1 R_X86_64_64 x 10'])

  const of2024 = (line: string) => JSON.stringify({ type: '.obj', shdrs: [], '.text': ['📤: f 4', line] })
  t.match(refusal(of2024('❓: .rel(sym, 0xADD)')), /"\+" or "-" and a number/, 'what the objdump of 2024 writes')
  t.match(refusal(of2024('❓: .gotpcrel(sym, 4)')), /error/)
  t.same(
    symbolsOf(read(of2024('📎: g 7')).object),
    ['f global .text+0 4', 'g weak .text+0 7'],
    'the place is the offset',
  )

  const short = read(
    lab({ '.text': ['📤: f 1 0', '📤: g 5 6', '🔢: c3'] }, [{ name: '.text', type: 1, flags: 1, size: 9 }]),
  )
  t.match(short.said, /warning: x\.fo:1:\d+: "shdrs" gives \.text 9 bytes, its lines have 1\n/)
  t.match(short.said, /warning: x\.fo:1:\d+: g ends at byte 11 of \.text, which has 1\n/)
  t.match(refusal('{"type": ".obj", "shdrs": [],\n".text": [\n"🔢: 90",\n'), /x\.fo:4:1: .*the file ends too early: /)
  t.match(
    refusal('{"type": ".obj", "shdrs": [],\n".text": ["🔢: 90"'),
    /the file ends too early: "," or "\]" is expected/,
  )
  t.end()
})

t.test('what is wrong is said with its place', (t) => {
  const wrong: [line: string, column: number, said: RegExp][] = [
    ['❓: .rel(x)', 10, /"\+" or "-" and a number/],
    ['❓: .abs32(x + 0)', 4, /a relocation is expected, e\.g\. \.rel\(symbol - 4\)/],
    ['❓: .dynrel(x + 0)', 4, /\.dynrel is for programs and shared objects/],
    ['❓: rel(x - 4)', 4, /a relocation is expected/],
    ['❓: .rel(x - 4', 14, /"\)" is expected/],
    ['❓: .rel(x - 4) 5', 16, /nothing more is expected/],
    ['❓: .rel(1x - 4)', 9, /a name is expected/],
    ['❓: .rel(x - 11111111111111111)', 13, /beyond 64 bits/],
    ['📤: f 4 0 5', 10, /nothing more is expected/],
    ['📤: f four 0', 6, /a number is expected/],
    ['📤: f 4 140737488355328', 4, /at most 2\^47/],
    ['🔢: 9', 4, /pairs of hexadecimal digits/],
  ]
  for (const [line, column, said] of wrong) {
    const text = `{"type": ".obj", "shdrs": [],\n".text": [\n"${line}"]}`
    t.match(refusal(text), new RegExp(`x\\.fo:3:${column + 1}: `), line)
    t.match(refusal(text), said, line)
  }
  t.match(refusal(lab({ '.text': ['📤: f 1 0', '📤: f 1 1'] })), /f is defined twice/)
  for (const header of [
    { name: '.a', size: -1 },
    { name: '.a', size: 2 ** 48 },
    { size: 1 },
    { name: '.a', addralign: 3 },
  ])
    t.match(refusal(lab({}, [{ type: 1, flags: 1, ...header }])), /error/, JSON.stringify(header))
  t.match(refusal('{"type": ".obj", "shdrs": 5}'), /an array "\[" is expected/)
  t.end()
})

/** A shared object of one segment, as the lab's linker writes it. */
function sharedText(lines: readonly string[], size: number, keys: object = {}): string {
  const phdrs = [{ name: '.data', vaddr: 0x400000, size, flags: 6 }]
  return JSON.stringify({ type: '.so', phdrs, shdrs: [], ...keys, '.data': lines })
}

function readProgram(text: string): SegmentedExecutable {
  const diagnostics = new Diagnostics()
  const file = readFle(encoder.encode(text), 'x.fso', diagnostics)
  if (file?.kind !== 'executable' || file.executable.form !== 'segments') throw new Error(messages(diagnostics))
  return file.executable
}

t.test('shared objects: read and written', (t) => {
  const lines = [
    '📤: x 8 0',
    '🔢: 01 02',
    '❓: .dynabs64(y + 1c)',
    '❓: .rel(x - 4)',
    '❓: .dynabs32(.data@l.so - 0x1)',
  ]
  const text = sharedText(lines, 18, { needed: ['liby.fso'], dyn_relocs: [{ any: 'thing' }] })
  const shared = readProgram(text)
  t.ok(isSharedObject(shared))
  t.same(shared.needed, ['liby.fso'])
  t.same(shared.dynamicRelocations, [
    { address: 0x400002, kind: 'dynabs64', symbol: 'y', addend: 28 },
    { address: 0x40000a, kind: 'dynrel', symbol: 'x', addend: -4 },
    { address: 0x40000e, kind: 'dynabs32', symbol: '.data@l.so', addend: -1 },
  ])
  t.same([...shared.segments[0].content], [1, 2, ...new Array(16).fill(0)])
  const written = JSON.parse(decoder.decode(writeFleExecutable(shared, { dialect: 'linklab' })))
  t.same(Object.keys(written), ['type', 'phdrs', 'shdrs', 'needed', '.data'], 'the order of the lab')
  t.same(written.shdrs, [{ name: '.data', type: 1, flags: 3, addr: 0x400000, offset: 0, size: 18 }], 'the base address')
  t.same(written['.data'], [
    '📤: x 8 0',
    '🔢: 01 02',
    '❓: .dynabs64(y + 0x1c)',
    '❓: .dynrel(x - 4)',
    '❓: .dynabs32(.data@l.so - 1)',
  ])
  t.match(refusal(sharedText(lines, 17)), /this field lies beyond the size of \.data/)
  t.match(refusal(sharedText(['❓: .gotpcrel(x - 4)'], 4)), /a relocation is expected/)
  t.match(refusal('{"type": ".so", ".load": []}'), /a shared object needs "phdrs"/)
  t.match(refusal('{"type": ".exe", "phdrs": [], "entry": 0, "needed": [5]}'), /a string in double quotes is expected/)
  t.end()
})

t.test('shared objects: found, placed, bound', (t) => {
  const program = (lines: readonly string[], needed: readonly string[]) =>
    readProgram(
      JSON.stringify({
        type: '.exe',
        phdrs: [{ name: '.data', vaddr: 0x400000, size: 16, flags: 6 }],
        entry: 0x400000,
        needed,
        '.data': [...lines, `🔢: ${'00'.repeat(16)}`],
      }),
    )
  const files = {
    'a.fso': sharedText(['📤: both 8 0', '❓: .dynabs64(deep + 8)', '❓: .dynabs64(own + 0)', '🏷️: own 0 4'], 16, {
      needed: ['deep.so', 'a.fso'],
    }),
    'b.fso.fle': sharedText([`🔢: ${'00'.repeat(4096)}`, '📤: both 0 1', '📎: own 0 1', '📤: last 0 1'], 4096),
    'lib/deep.so': sharedText(['📤: deep 0 0', '❓: .dynrel(main - 4)'], 4),
    'lib/object.fso': '{"type": ".obj", "shdrs": []}',
    'lib/elf.fso': '\x7fELF',
  }
  const bind = (lines: readonly string[], needed: readonly string[]) => {
    const diagnostics = new Diagnostics()
    const search = { files: memoryFiles(files), libraryPath: '/nowhere::lib' }
    const bound = bindSharedObjects(program(lines, needed), 'main', search, diagnostics)
    return { bound, said: messages(diagnostics) }
  }
  const { bound, said } = bind(
    ['📤: main 0 0', '❓: .dynabs64(both + 0)', '❓: .dynabs32(last + 1)', '❓: .dynrel(deep + 0)'],
    ['a.fso', 'b.fso'],
  )
  t.equal(said, '')
  t.same(bound?.files, ['a.fso', 'lib/deep.so', 'b.fso.fle'], 'depth first, each once')
  const [main, a, deep, b] = bound?.program.segments ?? []
  const start = [a, deep, b].map(({ address }) => Number(address))
  t.ok(start[0] > 0x400010 && start[1] >= start[0] + 16 && start[2] >= start[1] + 4, 'one behind the other')
  t.ok(start[2] + 4096 < 2 ** 31, 'where 32 bits reach')
  t.ok(start.every((address) => address % 4096 === 0))
  const view = ({ content }: { content: Uint8Array }) => new DataView(content.buffer, content.byteOffset)
  t.equal(view(main).getBigUint64(0, true), BigInt(start[0]), 'the first definition counts')
  t.equal(view(main).getUint32(8, true), start[2] + 2)
  t.equal(view(main).getInt32(12, true), start[1] - 0x40000c)
  t.equal(view(a).getBigUint64(0, true), BigInt(start[1] + 8))
  t.equal(view(a).getBigUint64(8, true), BigInt(start[2] + 1), 'local symbols are not seen')
  t.equal(view(deep).getInt32(0, true), 0x400000 - 4 - start[1], 'a shared object may use the program')

  t.match(bind([], ['c.fso']).said, /cannot find the shared object c\.fso[\s\S]*needed by main[\s\S]*FLE_LIBRARY_PATH/)
  t.match(bind(['❓: .dynrel(nobody - 4)'], []).said, /Symbol not found: nobody/)
  t.match(bind([], ['object.fso']).said, /error: lib\/object\.fso: this is not a shared object/)
  t.match(bind([], ['elf.fso']).said, /error: lib\/elf\.fso: this is not a shared object/)
  t.match(bind(['❓: .dynabs32(main - 0x400001)', '📤: main 0 0'], []).said, /main is too far away for the 4 bytes/)
  t.end()
})

t.test('what the dialects cannot say', (t) => {
  const cases: [source: string, said: string][] = [
    ['.section .tdata,"awT"\nx: .long 1', 'no thread-local storage: section .tdata'],
    ['.type f, @gnu_indirect_function\nf: ret', 'no indirect functions: f'],
    ['.comm c, 4', 'no common symbols: c'],
    ['.globl a\na = 5', 'no absolute symbols: a'],
    ['.section .text.f,"axG",@progbits,f,comdat\nf: ret', 'no section groups (COMDAT): section .text.f'],
    ['.quad x - .', 'no form for the relocation R_X86_64_PC64'],
    ['.long 0\n.reloc 0, R_X86_64_32, 5', 'no form for a R_X86_64_32 without a symbol'],
    ['.globl "a b"\n"a b": ret', 'cannot spell the name a b'],
  ]
  for (const [source, said] of cases)
    for (const dialect of ['linklab', 'linklab2024'] as const) {
      const result = write(elf(assemble(`${source}\n`)), dialect)
      t.equal(result.text, undefined, source)
      t.ok(result.said.includes(said), `${dialect}: ${result.said}`)
    }
  const twins = elf(assemble('x: ret\nx1: .quad x\n.section .text.b,"ax"\n.globl y\ny: ret\n'))
  t.notMatch(write(twins, 'linklab').said, /error/)
  const got = elf(assemble('mov x@GOTPCREL(%rip), %rax\n'))
  t.match(write(got, 'linklab2024').said, /no form for the relocation R_X86_64_REX_GOTPCRELX/)
  t.notMatch(write(got, 'linklab').said, /error/)
  const bss = elf(assemble('.bss\na: .zero 4\nb: .zero 4\n'))
  t.match(write(bss, 'linklab2024').said, /cannot say where b is/)
  const warned = write(elf(assemble('.weak w\n.data\n.balign 64\n.quad w\n')), 'linklab')
  t.match(warned.said, /warning: test\.o: linklab has no weak references: w must be defined/)
  t.match(warned.said, /warning: test\.o: linklab cannot say that section \.data is aligned to 64 bytes/)
  const odd = elf(assemble('lea x+20(%rip), %rax\n'))
  t.match(
    write(odd, 'linklab2024').said,
    /warning.*the lab's own linker computes a relocation with the addend 16 otherwise/,
  )
  t.match(write(odd, 'linklab2024').text, /\.rel\(x \+ 16\)/)
  t.end()
})

t.test('archives', (t) => {
  const members = ['int f(void) { return 1; }', 'int f(void); int g(void) { return f(); }'].map((source, i) => {
    return { name: `m${i}.fo`, object: elf(compile(source, [...freestanding, '-Os'])) }
  })
  const diagnostics = new Diagnostics()
  const bytes = writeFleArchive(members, { dialect: 'linklab', name: 'libm.fa' }, diagnostics) ?? new Uint8Array()
  t.equal(messages(diagnostics), '')
  const json = JSON.parse(decoder.decode(bytes))
  t.same(Object.keys(json), ['type', 'name', 'members'], 'no key that the lab would take for a section')
  t.same(
    json.members.map(({ type, name }: { type: string; name: string }) => [type, name]),
    [
      ['.obj', 'm0.fo'],
      ['.obj', 'm1.fo'],
    ],
  )
  const file = readFle(bytes, 'libm.fa', diagnostics)
  const member = file?.kind === 'archive' ? file.archive.readMember(1, diagnostics) : undefined
  t.equal(messages(diagnostics), '')
  t.same(member && sorted(expectedView(member)), sorted(expectedView(members[1].object)))
  t.end()
})

const executable: SegmentedExecutable = {
  form: 'segments',
  entry: 0x400001,
  segments: [
    { name: '.text', address: 0x400000, size: 3, flags: 5, content: Uint8Array.of(0x90, 0xc3, 0x90) },
    { name: '.data', address: 0x401000, size: 6, flags: 6, content: Uint8Array.of(1, 2) },
    { name: '.bss', address: 0x402000, size: 64, flags: 6, content: new Uint8Array() },
  ],
  symbols: [
    { name: '_start', value: 0x400001, size: 1, binding: STB.GLOBAL },
    { name: 'w', value: 0x401004, size: 2, binding: STB.WEAK },
    { name: 'room', value: 0x402010, size: 8, binding: STB.LOCAL },
  ],
}

t.test('executables', (t) => {
  const text = decoder.decode(writeFleExecutable(executable, { dialect: 'linklab' }))
  const json = JSON.parse(text.replace(/^#!.*\n/, ''))
  t.same(Object.keys(json), ['type', 'phdrs', 'entry', '.text', '.data', '.bss'])
  t.same(json.phdrs[1], { name: '.data', vaddr: 0x401000, size: 6, flags: 6 })
  t.same(json['.text'], ['🔢: 90', '📤: _start 1 1', '🔢: c3 90'])
  t.same(json['.data'], ['🔢: 01 02 00 00', '📎: w 2 4', '🔢: 00 00'], 'all bytes are written out')
  t.same(json['.bss'], ['🏷️: room 8 16'], 'but those of .bss')
  const file = readFle(encoder.encode(text), 'x', new Diagnostics())
  t.equal(file?.kind === 'executable' && file.dialect, 'linklab')
  const content = Uint8Array.of(1, 2, 0, 0, 0, 0)
  const written = {
    ...executable,
    segments: executable.segments.map((s) => (s.name === '.data' ? { ...s, content } : s)),
  }
  t.same(file?.kind === 'executable' && file.executable, written, 'read back')

  const loaded = (phdr: object, more: object = {}) =>
    JSON.stringify({ type: '.exe', phdrs: [{ vaddr: 0x400000, flags: 5, ...phdr }], entry: 0x400000, ...more })
  const sections = { '.text': ['🔢: 90 90 c3'], '.data': [] }
  for (const size of [0, 1, 2])
    t.same(
      readProgram(loaded({ name: '.text', size }, sections)).segments[0].content.length,
      size,
      'phdrs say how much',
    )
  t.equal(readProgram(loaded({ name: '.nothing', size: 0 })).segments.length, 1)
  t.equal(readProgram(loaded({ name: '.bss', size: 9 })).segments[0].size, 9, '.bss needs no bytes')
  t.match(refusal(loaded({ name: '.txt', size: 3 }, sections)), /there is no key "\.txt" with the bytes/)
  t.match(refusal(loaded({ name: '.text', size: 4 }, sections)), /\.text has fewer bytes than its size in "phdrs": 3/)

  const text2024 = decoder.decode(writeFleExecutable(executable, { dialect: 'linklab2024' }))
  const json2024 = JSON.parse(text2024.replace(/^#!.*\n/, ''))
  t.same(json2024['.data'], ['🔢: 01 02 00 00', '📎: w', '🔢: 00 00'], 'names only')
  t.same(json2024.shdrs[2], { name: '.bss', type: 8, flags: 11, addr: 0x402000, offset: 0, size: 64, addralign: 4096 })
  const file2024 = readFle(encoder.encode(text2024), 'x', new Diagnostics())
  t.equal(file2024?.kind === 'executable' && file2024.dialect, 'linklab2024')

  const blob: FleExecutable = {
    form: 'blob',
    entry: 1,
    size: 2,
    content: Uint8Array.of(0x90, 0xc3),
    symbols: [{ name: '_start', value: 1 }],
  }
  const placed = JSON.parse(decoder.decode(writeFleExecutable(blob, { dialect: 'linklab' })).replace(/^#!.*\n/, ''))
  t.same(
    [placed.entry, placed.phdrs[0].vaddr, placed['.text']],
    [0x400001, 0x400000, ['🔢: 90', '📤: _start 0 1', '🔢: c3']],
  )
  t.end()
})

t.test('damaged texts give diagnostics and nothing else', (t) => {
  const random = seededRandom(2025)
  const object = elf(compile(program, [...freestanding, '-Os']))
  const samples = [
    write(object, 'linklab').text ?? '',
    write(elf(compile('int f(int); int g(int x) { return f(x); }', freestanding)), 'linklab2024').text ?? '',
    decoder.decode(writeFleExecutable(executable, { dialect: 'linklab2024' })),
  ].map((text) => encoder.encode(text))
  let refused = 0
  for (let i = 0; i < 1500; i++) {
    const diagnostics = new Diagnostics()
    const file = readFle(mutate(samples[i % samples.length], random), 'x', diagnostics)
    if (file === undefined && !diagnostics.hasErrors) t.fail('undefined without an error')
    if (file === undefined) refused++
    else if (file.kind === 'object') writeFleObject(file.object, { dialect: 'linklab' }, new Diagnostics())
  }
  t.ok(refused > 300, `${refused} of 1500 were refused`)
  t.end()
})
