import { Diagnostics, renderText } from '@fle/diagnostics'
import {
  ObjectBuilder,
  type ObjectFile,
  readWord,
  relocationRecord,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
  specialSection,
  type Word,
} from '@fle/object'
import { elfRelocationKinds, isElfRelocation, R_X86_64, relocationName } from '@fle/x86-64'
import t from 'tap'
import { type Dialect, isFle, readFle, readFleObject, writeFleObject } from '../src/index.ts'

const encoder = new TextEncoder()

function messages(diagnostics: Diagnostics): string {
  return diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 't' })).join('')
}

/** Reads an object that must be sound. */
function read(text: string): ObjectFile {
  const diagnostics = new Diagnostics()
  const object = readFleObject(encoder.encode(text), 'test.fle', diagnostics)
  if (!object || diagnostics.list.length > 0) throw new Error(messages(diagnostics) || 'no object and no message')
  return object
}

/** An object in JSON of sections with lines. */
function fle(sections: Record<string, readonly string[]>): string {
  return JSON.stringify({ type: '.obj', ...sections })
}

function readSections(sections: Record<string, readonly string[]>): ObjectFile {
  return read(fle(sections))
}

function write(object: ObjectFile): string {
  const diagnostics = new Diagnostics()
  const text = writeFleObject(object, { dialect: 'fle' }, diagnostics)
  if (!text || diagnostics.list.length > 0) throw new Error(messages(diagnostics) || 'no text and no message')
  return new TextDecoder().decode(text)
}

/** What is said about a text that is no sound object. */
function refusal(text: string | Uint8Array): string {
  const diagnostics = new Diagnostics()
  const bytes = typeof text === 'string' ? encoder.encode(text) : text
  if (readFle(bytes, 'x.fle', diagnostics)) throw new Error('it was read')
  return messages(diagnostics)
}

function section(object: ObjectFile, name: string, occurrence = 1): number {
  let left = occurrence
  for (let i = 1; i < object.sectionCount; i++) if (object.sectionName(i) === name && --left === 0) return i
  throw new Error(`no section ${name}`)
}

function symbol(object: ObjectFile, name: string): number {
  for (let i = 1; i < object.symbolCount; i++) if (object.symbolName(i) === name) return i
  throw new Error(`no symbol ${name}`)
}

interface Relocation {
  readonly offset: Word
  readonly type: number
  readonly symbol: number
  readonly addend: Word
}

function relocations(object: ObjectFile, name = '.text'): Relocation[] {
  const table = object.relocationSections[section(object, name)]
  return Array.from({ length: table ? object.relocationCount(table) : 0 }, (_, i) => {
    const at = object.relocationRecord(table, i)
    return {
      offset: readWord(object.view, at),
      type: object.view.getUint32(at + relocationRecord.type, true),
      symbol: object.view.getUint32(at + relocationRecord.symbol, true),
      addend: readWord(object.view, at + relocationRecord.addend),
    }
  })
}

/** The relocations as `R_X86_64_PC32 foo + -4`; a section's symbol as `[.text]`. */
function relocationTexts(object: ObjectFile, name = '.text'): string[] {
  return relocations(object, name).map(({ type, symbol, addend }) => {
    const home = object.symbolSection(symbol)
    const isSection = symbol !== 0 && object.symbolType(symbol) === STT.SECTION
    return `${relocationName(type)} ${isSection ? `[${object.sectionName(home)}]` : object.symbolName(symbol)} + ${addend}`
  })
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/** One line of each kind, as they are written. */
const golden = `{
    "type": ".obj",
    ".text": [
        "🚩: align=16",
        "📤: main",
        "🔖: main func size=20",
        "🔢: f3 0f 1e fa 48 8d 3d",
        "❓: i32(.LC0 - 0x4 - 📍)",
        "🔢: e8",
        "❓: i32(print - 0x4 - 📍)",
        "🔖: middle local at=0xe",
        "🏷️: loop",
        "🔢: 31 c0 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d",
        "🔢: 0e 0f",
        "📤: end"
    ],
    ".data": [
        "🚩: align=8",
        "📎: table",
        "🔖: table object size=16 hidden",
        "❓: u64(main)",
        "❓: u64(.rodata.str1.1 + 0x3)"
    ],
    ".bss": [
        "🚩: align=32",
        "📤: arena",
        "🔖: arena object size=4096",
        "🕳️: 4096",
        "🏷️: last",
        "🕳️: 8"
    ],
    ".rodata.str1.1": [
        "🚩: AMS entsize=1",
        "🏷️: .LC0",
        "🔢: 68 69 00 79 6f 00"
    ],
    ".text._ZN1xEv": [
        "🚩: group=_ZN1xEv",
        "📎: _ZN1xEv",
        "🔖: _ZN1xEv func size=1",
        "🔢: c3"
    ],
    "\`.data#2\`": [
        "🕳️: 100"
    ],
    "symbols": [
        "🔖: main.c file",
        "🔖: maybe weak",
        "🔖: shared common align=8 object size=24",
        "🔖: top abs=0xffffffffffffffff",
        "🔖: wanted"
    ]
}
`

t.test('what is written is what was read', (t) => {
  t.equal(write(read(golden)), golden)
  const escaped = JSON.stringify(JSON.parse(golden)).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  t.match(escaped, /\\ud83d\\udce4/)
  t.equal(write(read(escaped)), golden, 'emoji written as escapes are the same')
  t.equal(write(read(golden.replaceAll('\ufe0f', ''))), golden, 'variation selectors may be missing')
  t.equal(write(read(golden.replaceAll('\n', '\r\n'))), golden, 'lines may end with CR LF')
  t.end()
})

t.test('the tables say what the lines say', (t) => {
  const object = read(golden)
  const text = section(object, '.text')
  t.equal(object.sectionAlignment(text), 16)
  t.equal(object.sectionFlags(text), SHF.ALLOC | SHF.EXECINSTR)
  t.equal(object.sectionSize(section(object, '.bss')), 4104)
  t.equal(object.sectionSize(section(object, '.data', 2)), 100)
  t.same(relocationTexts(object), ['R_X86_64_PC32 .LC0 + -4', 'R_X86_64_PLT32 print + -4'])
  t.same(relocationTexts(object, '.data'), ['R_X86_64_64 main + 0', 'R_X86_64_64 [.rodata.str1.1] + 3'])
  const places = ['main', 'middle', 'loop', 'end'].map((name) => object.symbolValue(symbol(object, name)))
  t.same(places, [0, 14, 16, 34])
  const table = symbol(object, 'table')
  t.equal(object.symbolBinding(table), STB.WEAK)
  t.equal(object.symbolType(table), STT.OBJECT)
  t.equal(object.symbolSize(table), 16)
  t.equal(object.symbolVisibility(table), 2)
  t.equal(object.symbolRawSection(symbol(object, 'shared')), SHN.COMMON)
  t.equal(object.symbolValue(symbol(object, 'shared')), 8)
  t.equal(object.symbolValue(symbol(object, 'top')), -1)
  t.equal(object.symbolRawSection(symbol(object, 'wanted')), SHN.UNDEF)
  const group = section(object, '.group')
  t.equal(object.symbolName(object.sectionInfo(group)), '_ZN1xEv')
  t.equal(object.symbolBinding(object.sectionInfo(group)), STB.WEAK, 'the signature is the symbol that a line defines')
  t.equal(object.source?.lineOfSymbol(symbol(object, 'main')), 5)
  t.equal(object.source?.lineOfRelocation(object.relocationSections[text], 1), 10)
  t.equal(object.source?.lineOfSymbol(symbol(object, 'print')), 10, 'an undefined symbol has the line that names it')
  t.end()
})

/** Each form of FLE.md's table and its name in the psABI, without the prefix. */
const forms: readonly (readonly [expression: string, type: string])[] = [
  ['i32(s + 0x8 - 📍)', 'PC32'],
  ['i32(plt(s) + 0x8 - 📍)', 'PLT32'],
  ['u32(s + 0x8)', '32'],
  ['i32(s + 0x8)', '32S'],
  ['u64(s + 0x8)', '64'],
  ['i64(s + 0x8 - 📍)', 'PC64'],
  ['i16(s + 0x8 - 📍)', 'PC16'],
  ['i8(s + 0x8 - 📍)', 'PC8'],
  ['u16(s + 0x8)', '16'],
  ['u8(s + 0x8)', '8'],
  ['i32(got(s) + 0x8 - 📍)', 'GOTPCREL'],
  ['i32(gotx(s) + 0x8 - 📍)', 'GOTPCRELX'],
  ['i32(rexgotx(s) + 0x8 - 📍)', 'REX_GOTPCRELX'],
  ['i64(got(s) + 0x8 - 📍)', 'GOTPCREL64'],
  ['i32(gotslot(s) + 0x8)', 'GOT32'],
  ['i64(gotslot(s) + 0x8)', 'GOT64'],
  ['i64(gotpltslot(s) + 0x8)', 'GOTPLT64'],
  ['i64(gotoff(s) + 0x8)', 'GOTOFF64'],
  ['i64(pltoff(s) + 0x8)', 'PLTOFF64'],
  ['i32(gotbase + 0x8 - 📍)', 'GOTPC32'],
  ['i64(gotbase + 0x8 - 📍)', 'GOTPC64'],
  ['i32(gottpoff(s) + 0x8 - 📍)', 'GOTTPOFF'],
  ['i32(tpoff(s) + 0x8)', 'TPOFF32'],
  ['i64(tpoff(s) + 0x8)', 'TPOFF64'],
  ['i32(tlsgd(s) + 0x8 - 📍)', 'TLSGD'],
  ['i32(tlsld(s) + 0x8 - 📍)', 'TLSLD'],
  ['i32(dtpoff(s) + 0x8)', 'DTPOFF32'],
  ['i64(dtpoff(s) + 0x8)', 'DTPOFF64'],
  ['i32(tlsdesc(s) + 0x8 - 📍)', 'GOTPC32_TLSDESC'],
  ['mark(tlscall(s) + 0x8)', 'TLSDESC_CALL'],
  ['mark(none(s) + 0x8)', 'NONE'],
  ['u32(size(s) + 0x8)', 'SIZE32'],
  ['u64(size(s) + 0x8)', 'SIZE64'],
]

t.test('each form has one meaning in ELF, both ways', (t) => {
  for (const [expression, type] of forms) {
    const object = readSections({ '.text': ['🔢: 90', `❓: ${expression}`] })
    const name = expression.includes('gotbase') ? '_GLOBAL_OFFSET_TABLE_' : 's'
    t.same(relocationTexts(object), [`R_X86_64_${type} ${name} + 8`], expression)
    t.match(write(object), `"❓: ${expression}"`, type)
  }
  const known = elfRelocationKinds.map(({ name }) => name.replace('R_X86_64_', '')).sort()
  t.same(forms.map(([, type]) => type).sort(), known, 'no kind is left out')
  t.end()
})

t.test('a combination that ELF does not know stays as it is', (t) => {
  for (const expression of ['u32(s - 📍)', 'i16(got(s) - 📍)', 'i64(s)', 'i32(pc(s))', 'u8(dtpoff(s) - 0x1 - 📍)']) {
    const object = readSections({ '.text': [`❓: ${expression}`] })
    t.notOk(isElfRelocation(relocations(object)[0].type), expression)
    t.match(write(object), `"❓: ${expression}"`)
  }
  t.end()
})

t.test('a PC-relative field of a call or jump is PLT32', (t) => {
  const kind = (lines: readonly string[], name = '.text') =>
    relocations(readSections({ [name]: [...lines, '❓: i32(s - 0x4 - 📍)'] }), name)[0].type
  for (const opcode of ['e8', 'e9', '0f 80', '0f 84', '0f 8f']) t.equal(kind([`🔢: ${opcode}`]), R_X86_64.PLT32, opcode)
  for (const opcode of ['e7', 'ea', '0f 90', '0f 7f', '8f', '0e 85', '48 8d 05'])
    t.equal(kind([`🔢: ${opcode}`]), R_X86_64.PC32, opcode)
  t.equal(kind([]), R_X86_64.PC32, 'at the start')
  t.equal(kind(['🔢: e8'], '.data'), R_X86_64.PC32, 'not in data')
  t.equal(kind(['🏷️: s', '🔢: e8']), R_X86_64.PC32, 'not of a local symbol')
  t.equal(kind(['📎: s', '🔢: e8']), R_X86_64.PLT32, 'of a weak one')
  t.same(relocationTexts(readSections({ '.text': ['🔢: e8', '❓: i32(.text - 📍)'] })), ['R_X86_64_PC32 [.text] + 0'])
  t.same(relocationTexts(readSections({ '.text': ['🔢: e8', '❓: i32(pc(s) - 📍)'] })), ['R_X86_64_PC32 s + 0'])
  t.same(relocationTexts(readSections({ '.text': ['🔢: e8', '❓: i32(0x1230 - 📍)'] })), ['R_X86_64_PC32  + 4656'])
  t.end()
})

t.test('numbers are of 64 bits, exact, and wrap', (t) => {
  const addend = (expression: string) => relocations(readSections({ '.text': [`❓: u64(${expression})`] }))[0].addend
  t.equal(addend('s + 10'), 10)
  t.equal(addend('s + 0x10 - (3 - (0x2 + 1))'), 16)
  t.equal(addend('-3 + s'), -3)
  t.equal(addend('s + 9007199254740993'), 9007199254740993n)
  t.equal(addend('s + 0xffffffffffffffff'), -1)
  t.equal(addend('s + 0x7fffffffffffffff + 1'), -(2n ** 63n))
  t.equal(addend('s - 0x8000000000000000 - 1'), 2n ** 63n - 1n)
  const object = readSections({ '.text': ['❓: u64(s - 0x8000000000000000)', '❓: u64(0x0)', '❓: u64(-0x5)'] })
  for (const line of ['u64(s - 0x8000000000000000)', 'u64(0x0)', 'u64(-0x5)']) t.match(write(object), `"❓: ${line}"`)
  t.end()
})

t.test('an expression of one section is folded', (t) => {
  const object = readSections({
    '.text': [
      '🏷️: a',
      '🔢: 90 90',
      '📤: b',
      '❓: i32(b - a + 1)',
      '❓: u64(c - b + a)',
      '❓: i16(📍 - a)',
      '❓: i32(b - a - 📍)',
      '❓: i32(📍 + 0x10)',
      '🔢: 90',
      '📤: c',
    ],
    '.data': ['❓: i32(c - b + a - 📍)'],
  })
  const bytes = hexadecimal(object.sectionContent(section(object, '.text')))
  t.equal(bytes, '90 90 03 00 00 00 00 00 00 00 00 00 00 00 0e 00 00 00 00 00 00 00 00 00 90')
  t.same(relocationTexts(object), ['R_X86_64_64 [.text] + 23', 'R_X86_64_PC32  + 2', 'R_X86_64_32S [.text] + 36'])
  t.same(relocationTexts(object, '.data'), ['R_X86_64_PC32 [.text] + 23'])
  t.end()
})

t.test('names', (t) => {
  const object = readSections({
    '.text': ['📤: `a b`', '📤: `gotbase`', '📤: `\\`\\\\\\x01\\xff`', '📤: `7up`', '📤: ``', '📤: `é"`'],
    x: ['📤: x', '🏷️: x', '🔢: 00', '🏷️: x', '❓: u64(x)', '❓: u64(`x#2`)', '❓: u64(`x#0`)', '❓: u64(`x#s`)'],
    '`x#2`': ['❓: u64(`x#s2`)', '❓: u64(.text)', '❓: u64(`gotbase`)', '❓: u64(`y#s#0`)'],
    '`a#2#1`': ['❓: u64(`a#2#s`)'],
    '`type`': [],
  })
  t.same(
    relocations(object, 'x').map(({ symbol }) => [object.symbolBinding(symbol), object.symbolValue(symbol)]),
    [
      [STB.LOCAL, 0],
      [STB.LOCAL, 1],
      [STB.GLOBAL, 0],
      [STB.LOCAL, 0],
    ],
  )
  t.equal(object.symbolType(relocations(object, 'x')[3].symbol), STT.SECTION)
  t.ok(section(object, 'a#2') && section(object, 'type') && section(object, 'x', 2))
  const text = write(object)
  for (const line of [
    '"📤: `a b`"',
    '"📤: `gotbase`"',
    '"📤: `\\\\`\\\\\\\\\\\\x01\\\\xff`"',
    '"📤: `7up`"',
    '"📤: ``"',
    '"📤: `é\\"`"',
    '"❓: u64(x)"',
    '"❓: u64(`x#2`)"',
    '"❓: u64(`x#0`)"',
    '"❓: u64(`x#s`)"',
    '"❓: u64(`x#s2`)"',
    '"❓: u64(.text)"',
    '"❓: u64(`gotbase`)"',
    '"❓: u64(`y#s#0`)"',
    '"❓: u64(`a#2#s`)"',
    '"`x#2`": [',
    '"`a#2#1`": [',
    '"`type`": []',
  ])
    t.ok(text.includes(line), line)
  t.equal(write(read(text)), text)
  t.end()
})

t.test('what the name of a section implies', (t) => {
  const implied: readonly (readonly [name: string, flags: number, type: number])[] = [
    ['.text', SHF.ALLOC | SHF.EXECINSTR, SHT.PROGBITS],
    ['.text.hot', SHF.ALLOC | SHF.EXECINSTR, SHT.PROGBITS],
    ['.textual', SHF.ALLOC, SHT.PROGBITS],
    ['.init', SHF.ALLOC | SHF.EXECINSTR, SHT.PROGBITS],
    ['.init_array', SHF.ALLOC | SHF.WRITE, SHT.INIT_ARRAY],
    ['.fini_array.100', SHF.ALLOC | SHF.WRITE, SHT.FINI_ARRAY],
    ['.preinit_array', SHF.ALLOC | SHF.WRITE, SHT.PREINIT_ARRAY],
    ['.rodata.cst8', SHF.ALLOC, SHT.PROGBITS],
    ['.data.rel.ro', SHF.ALLOC | SHF.WRITE, SHT.PROGBITS],
    ['.bss.x', SHF.ALLOC | SHF.WRITE, SHT.NOBITS],
    ['.tdata', SHF.ALLOC | SHF.WRITE | SHF.TLS, SHT.PROGBITS],
    ['.tbss', SHF.ALLOC | SHF.WRITE | SHF.TLS, SHT.NOBITS],
    ['.eh_frame', SHF.ALLOC, SHT.PROGBITS],
    ['.note.ABI-tag', SHF.ALLOC, SHT.NOTE],
    ['.note.GNU-stack', 0, SHT.PROGBITS],
    ['.comment', 0, SHT.PROGBITS],
    ['.debug_info', 0, SHT.PROGBITS],
    ['.gnu.warning.gets', 0, SHT.PROGBITS],
    ['anything', SHF.ALLOC, SHT.PROGBITS],
  ]
  const object = readSections(Object.fromEntries(implied.map(([name]) => [name, []])))
  for (const [name, flags, type] of implied) {
    const at = section(object, name)
    t.same([object.sectionFlags(at), object.sectionType(at), object.sectionAlignment(at)], [flags, type, 1], name)
  }
  t.end()
})

t.test('properties of a section', (t) => {
  const properties = (line: string) => {
    const object = readSections({ s: [`🚩: ${line}`], '.text': [] })
    const at = section(object, 's')
    const facts = [object.sectionFlags(at), object.sectionType(at), object.sectionAlignment(at)]
    return [...facts, object.sectionEntrySize(at), object.sectionName(object.sectionLink(at))]
  }
  t.same(properties('-'), [0, SHT.PROGBITS, 1, 0, ''])
  t.same(properties('align=0x40'), [SHF.ALLOC, SHT.PROGBITS, 64, 0, ''])
  t.same(properties('WAXMSILTREl'), [0x902004f7, SHT.PROGBITS, 1, 0, ''])
  t.same(properties('A+0x400000 entsize=24 type=0x6fff4700'), [0x400002, 0x6fff4700, 1, 24, ''])
  t.same(properties('+0x1000000'), [0x1000000, SHT.PROGBITS, 1, 0, ''])
  t.same(properties('Ax+0x400000'), [0x400002, SHT.PROGBITS, 1, 0, ''])
  t.same(properties('AL link=.text'), [SHF.ALLOC | SHF.LINK_ORDER, SHT.PROGBITS, 1, 0, '.text'])
  const types = {
    progbits: 1,
    nobits: 8,
    note: 7,
    init_array: 14,
    fini_array: 15,
    preinit_array: 16,
    unwind: 0x70000001,
  }
  for (const [word, type] of Object.entries(types)) t.equal(properties(`type=${word}`)[1], type, word)
  t.end()
})

t.test('📐 pads, and raises the alignment of the section', (t) => {
  const object = readSections({
    '.text': ['🔢: 01', '📐: 4', '🔢: 02', '📐: 1'],
    '.data': ['🔢: 01', '📐: 4', '🔢: 02', '📐: 2'],
    '.bss': ['🕳️: 3', '📐: 16', '📤: b', '🕳️: 1'],
  })
  t.equal(hexadecimal(object.sectionContent(section(object, '.text'))), '01 90 90 90 02')
  t.equal(hexadecimal(object.sectionContent(section(object, '.data'))), '01 00 00 00 02 00')
  t.equal(object.sectionSize(section(object, '.bss')), 17)
  t.same(
    ['.text', '.data', '.bss'].map((name) => object.sectionAlignment(section(object, name))),
    [4, 4, 16],
  )
  t.equal(object.symbolValue(symbol(object, 'b')), 16)
  t.end()
})

t.test('groups', (t) => {
  const object = readSections({
    '.text.f': ['🚩: group=f', '📎: f', '🔢: c3', '❓: u64(f)'],
    '.data.f': ['🚩: group=f'],
    '.own': ['🚩: group=own'],
    '.plain': ['🚩: section-group=own'],
    '.und': ['🚩: group=`und#0`', '❓: u64(own)'],
  })
  const groups = Array.from({ length: object.sectionCount }, (_, i) => i)
    .filter((i) => object.sectionType(i) === SHT.GROUP)
    .map((i) => {
      const words = new Uint32Array(object.sectionContent(i).slice().buffer)
      const signature = object.sectionInfo(i)
      const home =
        object.symbolRawSection(signature) === i ? 'own' : object.symbolRawSection(signature) ? 'here' : 'und'
      const members = Array.from(words.subarray(1), (member) => object.sectionName(member))
      return `${words[0]} ${object.symbolName(signature)} ${home} ${members.join(' ')}`
    })
  t.same(groups, [
    '1 f here .text.f .rela.text.f .data.f',
    '1 own own .own',
    '0 own own .plain',
    '1 und und .und .rela.und',
  ])
  t.same(relocationTexts(object, '.und'), ['R_X86_64_64 own + 0'])
  const used = relocations(object, '.und')[0].symbol
  t.equal(object.symbolBinding(used), STB.GLOBAL, 'an expression does not mean the symbol of a group')
  t.end()
})

t.test('the stack', (t) => {
  const flags = (object: ObjectFile) => object.sectionFlags(section(object, '.note.GNU-stack'))
  t.equal(flags(readSections({ '.text': [] })), 0, 'is not executable where nothing is said')
  t.equal(flags(readSections({ '`.note.GNU-stack`': ['🚩: X'] })), SHF.EXECINSTR)
  const builder = new ObjectBuilder()
  builder.addSection({ name: '.text', type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR, alignment: 1 })
  const text = write(builder.build('x.o'))
  t.match(
    text,
    '"`.note.GNU-stack`": [\n        "🚩: X"\n    ]',
    'an ELF object without the section wants it executable',
  )
  t.equal(write(read(text)), text)
  t.end()
})

t.test('dialects are told by content', (t) => {
  const dialect = (sections: Record<string, readonly string[]>): Dialect | undefined => {
    const file = readFle(encoder.encode(fle(sections)), 'x', new Diagnostics())
    return file?.kind === 'object' ? file.dialect : undefined
  }
  t.equal(dialect({ '.text': ['📤: a', '🔢: e8', '❓: i32(b - 0x4 - 📍)', '🏷️: c', '📎: w'] }), 'classic')
  t.equal(dialect({ '.text': ['❓: u32(b)'] }), 'fle')
  for (const line of ['📐: 4', '🕳️: 4', '🚩: A', '💬: hm', '🔖: x at=0'])
    t.equal(dialect({ '.text': [line] }), 'fle', line)
  t.equal(dialect({ symbols: [] }), 'classic')
  t.equal(dialect({ symbols: ['🔖: a weak'] }), 'fle')
  t.equal(dialect({ '`.text#2`': [] }), 'fle')
  const aliased = readSections({ '.text': ['❓: i32(_rodata - 📍)', '❓: i32(other - 📍)'], '.rodata': [] })
  t.same([...aliased.sectionAliases], [[symbol(aliased, '_rodata'), section(aliased, '.rodata')]])
  t.equal(readSections({ '.text': ['❓: i32(_rodata - 📍)', '💬: x'], '.rodata': [] }).sectionAliases.size, 0)
  t.equal(dialect({ '.text': ['📤: a 4 0'] }), 'linklab')
  t.equal(dialect({ '.text': ['📤: a 4'] }), 'linklab2024')
  t.equal(dialect({ '.text': ['❓: .rel(a - 4)'] }), 'linklab')
  t.end()
})

t.test('a plain listing is one .text', (t) => {
  const listing = 'A slide\n\n📤: _start\r\n  🔢: 48 31 ff   \n   ^ | this is a drawing\n❓: i32(x - 📍)\n'
  const file = readFle(encoder.encode(`#!/usr/bin/env fle-exec\n${listing}`), 'slide', new Diagnostics())
  t.ok(file?.kind === 'object')
  if (file?.kind !== 'object') return t.end()
  t.equal(file.dialect, 'classic')
  t.equal(hexadecimal(file.object.sectionContent(section(file.object, '.text'))), '48 31 ff 00 00 00 00')
  t.equal(file.object.source?.lineOfSymbol(symbol(file.object, '_start')), 4)
  t.match(refusal('📤: _start\n  🔢: 4'), 'x.fle:2:6: pairs of hexadecimal digits are expected\n>>>   🔢: 4\n')
  t.end()
})

t.test('what is FLE and what is not', (t) => {
  for (const text of ['{', '#!/usr/bin/env fle-exec\n\n{"type"', ' \n\t{}', '🔢: 90', 'x\n🏷: l\n', '❓: i32(a)'])
    t.equal(isFle(encoder.encode(text)), true, text)
  const others = ['', '\x7fELF\x02\x01\x01\0', '!<arch>\n/', '#!/bin/sh\necho 🔢\n', 'int main(void) {}', '💬: x', '[]']
  for (const text of others) t.equal(isFle(encoder.encode(text)), false, text)
  t.match(refusal('hello'), 't: error: x.fle: this is no FLE file')
  t.match(refusal(''), 't: error: x.fle: this is no FLE file')
  t.end()
})

/** A line of .text, and what is said about it: column, message, and what stands under the caret. */
const badLines: readonly (readonly [line: string, column: number, message: string])[] = [
  ['🔢: f3 0', 7, 'pairs of hexadecimal digits are expected'],
  ['🔢: f3 zz', 7, 'pairs of hexadecimal digits are expected'],
  ['🔢: 0xf3', 4, 'pairs of hexadecimal digits are expected'],
  ['📤: ', 1, 'nothing follows 📤'],
  ['🏷️: a b', 7, 'nothing more is expected on this line'],
  ['📤: 7up', 4, 'a name is expected'],
  ['📤: a-b', 5, 'nothing more is expected on this line'],
  ['📤: `a', 4, 'the name in backquotes is not closed'],
  ['📤: `a\\q`', 6, 'in backquotes a backslash stands before `, \\ or xHH (two hexadecimal digits)'],
  ['📤: `\\x00`', 10, 'a name cannot contain a NUL byte'],
  ['📤: twice', 4, 'twice is defined twice'],
  ['📤 a', 3, '":" is expected after 📤'],
  ['f3 0f', 1, 'a line begins with an emoji and ":" — 🔢 📤 🏷️ 📎 ❓ 📐 🕳️ 🚩 🔖 💬'],
  ['', 1, 'a line begins with an emoji and ":" — 🔢 📤 🏷️ 📎 ❓ 📐 🕳️ 🚩 🔖 💬'],
  ['❓: j32(a)', 4, 'a width is expected: i8 i16 i32 i64 u8 u16 u32 u64 mark'],
  ['❓: i32 a', 8, '"(" is expected after i32'],
  ['❓: i32(a', 9, '"+", "-" or ")" is expected'],
  ['❓: i32(a b)', 10, '"+", "-" or ")" is expected'],
  ['❓: i32(a))', 10, 'nothing more is expected on this line'],
  ['❓: i32()', 8, 'a symbol, a number or 📍 is expected'],
  ['❓: i32(a + )', 12, 'a symbol, a number or 📍 is expected'],
  ['❓: i32(got(a)', 14, '"+", "-" or ")" is expected'],
  ['❓: i32(god(a))', 8, 'there is no function god(…)'],
  ['❓: i32(got(a b))', 14, '")" is expected after the symbol of got('],
  ['❓: i32(0x)', 8, 'hexadecimal digits are expected'],
  ['❓: i32(18446744073709551616)', 8, 'a number beyond 64 bits'],
  ['❓: i32(a + b)', 4, 'the symbols of an expression of several must all be defined in one section of this object'],
  ['❓: i32(got(a) - b)', 4, 'a function or gotbase stands alone, but for numbers and "- 📍"'],
  ['❓: i32(none(a))', 4, 'mark(…) takes none(…) or tlscall(…), and nothing else does'],
  ['❓: mark(a)', 4, 'mark(…) takes none(…) or tlscall(…), and nothing else does'],
  ['❓: i8(twice - twice + 200)', 4, 'the value 200 does not fit i8 (-2^7 … 2^7-1)'],
  ['❓: i32(0 - twice)', 4, 'a symbol must be added once more than it is taken away, or as often'],
  [
    '❓: i32(a - 📍 - 📍)',
    4,
    'the symbols of an expression of several must all be defined in one section of this object',
  ],
  ['❓: i32(`a#3`)', 4, 'there are not 3 local symbols a'],
  ['❓: i32(`a#s`)', 4, 'there is no section a'],
  ['📐: 3', 4, 'a power of two from 1 to 1048576 is expected'],
  ['📐: 2097152', 4, 'a power of two from 1 to 1048576 is expected'],
  ['🕳️: x', 5, 'a number is expected'],
  ['🕳️: 1000000000', 5, 'too many filling bytes: 256 MiB are the most a file can have'],
  ['🕳️: 0x8000000000000000', 5, 'the number is too large'],
  ['🚩: AX', 4, '🚩 must stand before all other lines of its section'],
  ['🔖: nobody func', 4, 'there is no symbol nobody above in this section'],
  ['🔖: twice fun', 10, 'not a property of a symbol here: fun'],
  ['🔖: twice weak', 4, 'weak and local are said by 📎 and 🏷️, unique goes with 📤'],
  ['🔖: twice size=', 16, 'a number is expected'],
  ['🔖: twice tls', 4, 'a tls symbol in a section that is not thread-local'],
]

t.test('what is wrong with a line is shown with line, column and caret', (t) => {
  for (const [line, column, message] of badLines) {
    const text = `{\n  "type": ".obj",\n  ".text": [\n"📤: twice",\n${JSON.stringify(line)}\n]}`
    const said = refusal(text)
    const place = `x.fle:5:${columnInJson(line, column)}: `
    t.ok(said.startsWith(`t: error: ${place}${message}\n>>> `), `${line} gives ${said}`)
    t.match(said, /\n {4,}\^\n/)
  }
  t.end()
})

/** Column of a line's character (code point), both from 1, once the line is a JSON string. */
function columnInJson(line: string, column: number): number {
  const before = Array.from(line)
    .slice(0, column - 1)
    .join('')
  return Array.from(JSON.stringify(before)).length
}

t.test('the first lines of a section', (t) => {
  for (const [line, message] of [
    ['🚩: Q', 'not a property of a section: Q'],
    ['🚩: A X', 'not a property of a section: X'],
    ['🚩: x', 'not a property of a section: x'],
    ['🚩: A+0x200', 'not a property of a section: A+0x200'],
    ['🚩: align=12', 'an alignment is a power of two up to 2^32'],
    ['🚩: align=', 'a number is expected'],
    ['🚩: type=rela', 'not a type of section: progbits, nobits, note, … or 0x…'],
    ['🚩: type=0x2', 'not a type of section: progbits, nobits, note, … or 0x…'],
    ['🚩: AL link=.nowhere', 'there is no such section: .nowhere'],
    ['🚩: group=`f#2`', 'there is no such local symbol: f'],
    ['🚩: group=f section-group=g', 'a section can be in one group only'],
  ])
    t.match(refusal(fle({ '.text': [line] })), `: ${message}\n`, line)
  for (const line of ['🔢: 00', '❓: i32(a)'])
    t.match(refusal(fle({ '.bss': [line] })), 'a section of type nobits has no')
  for (const line of ['📤: a', '🔖: a size', '🔖: a common', '🔖: a common align=3', '🔖: a align=4', '🔖: a at=4'])
    t.match(refusal(fle({ symbols: [line] })), 'x.fle:1:', line)
  t.end()
})

t.test('what is wrong with the JSON', (t) => {
  for (const [text, message] of [
    ['{', '1:2: the file ends too early: a key in double quotes is expected'],
    ['{"type": ".obj"', '1:16: the file ends too early: "," or "}" is expected'],
    ['{"type": ".obj",}', '1:17: a key in double quotes is expected'],
    ['{"type" ".obj"}', '1:8: ":" is expected after the key'],
    ['{"type": ".obj"} x', '1:18: nothing is expected after the closing "}"'],
    ['{"type": ".obj", ".text": ["🔢: 90" "🔢: 90"]}', '1:36: "," or "]" is expected'],
    ['{"type": ".obj", ".text": ["🔢: 90', '1:28: the string is not closed'],
    ['{"type": ".obj", ".text": ["🔢: 90\n"]}', '1:28: the string is not closed'],
    ['{"type": ".obj", ".text": ["🔢: \t90\\q"]}', '1:32: a control character in a string'],
    ['{"type": ".obj", ".text": ["🔢: 90\\q"]}', '1:34: an unknown escape in a string'],
    ['{"type": ".obj", ".text": ["\\ud83d"]}', '1:29: half of a surrogate pair'],
    ['{"type": ".obj", ".text": ["\\u12"]}', '1:29: four hexadecimal digits are expected after \\u'],
    ['{"type": ".obj", ".text": ["🔢: 90", 7]}', '1:37: a string in double quotes is expected'],
    ['{"type": ".obj", ".text": [], ".text": []}', '1:31: the key ".text" is there twice'],
    ['{"type": ".obj", ".text": [], "`.text`": []}', '1:32: the section .text is there twice'],
    ['{"type": ".obj", "x": 01}', '1:23: a value is expected'],
    ['{"type": ".obj", "x": nul}', '1:23: a value is expected'],
    ['{"type": ".what"}', '1:10: an unknown "type": ".what"'],
    ['{"type": 5}', '1:10: a string in double quotes is expected'],
    ['{"type": ".obj", "symbols": {}}', '1:29: an array "[" is expected'],
  ])
    t.match(refusal(text), `x.fle:${message}\n`, text)
  t.match(refusal('{}'), 'x.fle: the key "type" is missing')
  t.match(refusal(`{"type": ".obj", "x": ${'['.repeat(100000)}`), 'a value is expected')
  t.end()
})

t.test('what is ignored is said', (t) => {
  const diagnostics = new Diagnostics()
  const text = `{"more": [1, {"a": [null, true, -1.5e3]}], "type": ".obj", "entry": 4, ".text": ["🐸: x", "🐸: y", "🔢: 90"]}`
  const object = readFleObject(encoder.encode(text), 'x.fle', diagnostics)
  t.equal(object && hexadecimal(object.sectionContent(section(object, '.text'))), '90')
  t.same(
    diagnostics.list.map(({ severity, message, at }) => `${severity} ${at?.column} ${message}`),
    [
      'warning 2 the key "more" is ignored',
      'warning 60 the key "entry" is ignored',
      'warning 83 lines that begin with 🐸 are not known and ignored',
    ],
  )
  t.end()
})

t.test('hostile texts', (t) => {
  const deep = `{"type": ".obj", "x": ${'['.repeat(20000)}${']'.repeat(20000)}, ".text": ["🔢: 90"]}`
  const file = readFle(encoder.encode(deep), 'deep', new Diagnostics())
  t.equal(file?.kind, 'object')
  const long = read(fle({ '.text': [`🔢: ${'90 '.repeat(1 << 22)}`] }))
  t.equal(long.sectionSize(section(long, '.text')), 1 << 22)
  t.match(refusal(fle({ '.text': [`❓: i32(${'('.repeat(100000)}`] })), 'too many parentheses within parentheses')
  const sum = readSections({ '.text': ['📤: a', `❓: i32(${'a - a + '.repeat(50000)}0)`] })
  t.equal(sum.sectionSize(section(sum, '.text')), 4)
  const many = refusal(fle({ '.text': Array.from({ length: 1000 }, () => '🔢: x') }))
  t.equal(many.match(/error:/g)?.length, 20, 'the first errors are told')
  t.match(refusal(`{"type": ".obj", ".text": ["🔢: ${'90'.repeat(100000)} x"]}`), /^t: error: x.fle:1:200033: .*\n$/)
  t.match(refusal(fle({ '.bss': ['🕳️: 140737488355328', '🕳️: 1'] })), '2^47 bytes are the most a section can have')
  t.end()
})

/** An object with one section .text of 16 bytes, one symbol and one relocation. */
function withRelocation(type: number, offset: number, name = '.text', sectionType: number = SHT.PROGBITS): ObjectFile {
  const builder = new ObjectBuilder()
  const at = builder.addSection({ name, type: sectionType, flags: SHF.ALLOC, alignment: 1 })
  if (sectionType === SHT.PROGBITS) builder.content(at).reserve(16)
  const target = builder.addSymbol({ name: 's', binding: STB.GLOBAL, type: STT.NOTYPE, section: SHN.UNDEF })
  builder.addRelocation(at, offset, type, target, 0)
  return builder.build('x.o')
}

t.test('what cannot be written', (t) => {
  const say = (object: ObjectFile) => {
    const diagnostics = new Diagnostics()
    t.equal(writeFleObject(object, { dialect: 'fle' }, diagnostics), undefined)
    return messages(diagnostics)
  }
  t.match(say(withRelocation(8, 0)), 't: error: x.o: R_X86_64_RELATIVE at .text+0x0 is meant for dynamic objects')
  t.match(say(withRelocation(99, 0)), 'relocation type 99 at .text+0x0 is not known')
  t.match(say(withRelocation(1, 9)), 'R_X86_64_64 at .text+0x9 lies beyond the end of the section')
  t.match(say(withRelocation(1, 0, '.bss', SHT.NOBITS)), 'R_X86_64_64 at .bss+0x0 lies in a section without bytes')
  const builder = new ObjectBuilder()
  const text = builder.addSection({ name: '.text', type: SHT.PROGBITS, flags: SHF.ALLOC, alignment: 1 })
  const debug = builder.addSection({ name: '.debug_x', type: SHT.PROGBITS, flags: 0, alignment: 1 })
  builder.content(text).reserve(32)
  const inDebug = builder.addSymbol({ name: '', binding: STB.LOCAL, type: STT.SECTION, section: debug })
  builder.addSymbol({ name: 'odd', binding: STB.GLOBAL, type: 13, section: text })
  builder.addSymbol({ name: 'common', binding: STB.GLOBAL, type: STT.COMMON, section: specialSection(SHN.COMMON) })
  builder.addRelocation(text, 8, R_X86_64.PC32, inDebug, 0)
  builder.addRelocation(text, 10, R_X86_64.PC32, inDebug, 0)
  t.match(say(builder.build('x.o')), 'R_X86_64_PC32 at .text+0xa overlaps the field before it')
  t.end()
})
