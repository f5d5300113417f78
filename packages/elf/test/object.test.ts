import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics, renderText } from '@fle/diagnostics'
import { readObject, writeObject } from '@fle/elf'
import {
  ObjectBuilder,
  type ObjectFile,
  relocationRecord,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
  sectionHeader,
  symbolRecord,
  writeWord,
} from '@fle/object'
import { assemble, compareObjects, compile, mutate, runCommand, runToSuccess, seededRandom } from '@fle/testkit'
import t from 'tap'

/** Reads what must be sound. */
function read(bytes: Uint8Array, name = 'test.o'): ObjectFile {
  const diagnostics = new Diagnostics()
  const object = readObject(bytes, name, diagnostics)
  if (!object || diagnostics.list.length > 0) throw new Error(messages(diagnostics))
  return object
}

function write(object: ObjectFile): Uint8Array {
  const diagnostics = new Diagnostics()
  const bytes = writeObject(object, diagnostics)
  if (!bytes || diagnostics.list.length > 0) throw new Error(messages(diagnostics))
  return bytes
}

function messages(diagnostics: Diagnostics): string {
  return diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 't' })).join('')
}

/** What is said about bytes that are no sound object. */
function refusal(bytes: Uint8Array): string {
  const diagnostics = new Diagnostics()
  const object = readObject(bytes, 'test.o', diagnostics)
  return object ? 'accepted' : messages(diagnostics)
}

function sectionNamed(object: ObjectFile, name: string): number {
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionName(section) === name) return section
  }
  throw new Error(`no section ${name}`)
}

function symbolNamed(object: ObjectFile, name: string): number {
  for (let symbol = 1; symbol < object.symbolCount; symbol++) if (object.symbolName(symbol) === name) return symbol
  throw new Error(`no symbol ${name}`)
}

const tour = `
  #include <string>
  #include <vector>
  thread_local int counter = 3; thread_local int zeroed; int common_like; static std::string text = "hello";
  template <class T> struct Holder { static T value; inline static int count; };
  template <class T> T Holder<T>::value = 5;
  extern "C" int (*resolve())() { return nullptr; }
  extern "C" int chosen() __attribute__((ifunc("resolve")));
  __attribute__((retain, used)) int kept = 1;
  int f(int x) { std::vector<std::string> v; v.push_back(text); counter += x + zeroed; return Holder<int>::value + chosen(); }
`

t.test('what gcc and as make comes back from the writer as it was', async (t) => {
  const folder = t.testdir()
  const objects: [string, Uint8Array][] = [
    ['-O2', compile('int puts(const char *); int main(void) { return puts("hi"); }', ['-O2'])],
    ['-O0 -fcommon', compile('int x; static int y; int *p = &x; int f(void) { return y; }', ['-O0', '-fcommon'])],
    ['-g', compile('#include <stdio.h>\nint main(int n, char **v) { return printf("%d", n); }', ['-g'])],
    ['-fPIC, TLS', compile('__thread int a; extern __thread int b; int f(void) { return a + b; }', ['-fPIC'])],
    ['C++', compile(tour, ['-g', '-ffunction-sections', '-fdata-sections'], 'cc')],
    ['nothing', assemble('')],
    ['a relocation that relocates nothing', assemble('x: .reloc 0, R_X86_64_NONE, x')],
    ['link order', assemble('.section .text.f,"ax"\nret\n.section meta,"ao",@progbits,.text.f\n.quad .text.f')],
  ]
  for (const [what, bytes] of objects) {
    const object = read(bytes)
    const written = write(object)
    t.strictSame(compareObjects(object, read(written), { all: true }), [], what)
    const path = join(folder, 'written.o')
    writeFileSync(path, written)
    const readelf = runCommand('readelf', ['-aW', path])
    t.equal(readelf.stderr, '', `readelf is content with ${what}`)
    t.equal(
      readelf.stdout.match(/OS\/ABI: +(.*)/)?.[1],
      osAbi(bytes),
      `the OS/ABI of ${what} is the one that gas chose`,
    )
    writeFileSync(path, bytes)
    t.equal(
      runToSuccess('readelf', ['-rsWg', path]).replace(/ at offset 0x\w+/g, ''),
      readelf.stdout && symbolsAndRelocations(folder, written),
      `readelf shows the same symbols, relocations and groups for ${what}`,
    )
  }
})

function osAbi(bytes: Uint8Array): string {
  return bytes[7] === 3 ? 'UNIX - GNU' : 'UNIX - System V'
}

function symbolsAndRelocations(folder: string, bytes: Uint8Array): string {
  const path = join(folder, 'second.o')
  writeFileSync(path, bytes)
  return runToSuccess('readelf', ['-rsWg', path]).replace(/ at offset 0x\w+/g, '')
}

t.test('more sections than st_shndx and e_shnum can count', async (t) => {
  const functions = Array.from({ length: 33_000 }, (_, i) => `.section .text.f${i},"ax"\n.globl f${i}\nf${i}: call g\n`)
  const object = read(assemble(functions.join('')))
  t.ok(object.sectionCount > 65_536)
  const last = symbolNamed(object, 'f32999')
  t.equal(object.symbolRawSection(last), SHN.XINDEX)
  t.equal(object.sectionName(object.symbolSection(last)), '.text.f32999')
  const written = write(object)
  const again = read(written)
  t.equal(again.sectionCount, object.sectionCount)
  t.equal(again.sectionName(again.symbolSection(last)), '.text.f32999')
  const path = join(t.testdir(), 'many.o')
  writeFileSync(path, written)
  const { stdout, stderr } = runCommand('readelf', ['-hW', path])
  t.equal(stderr, '')
  t.match(stdout, new RegExp(`Number of section headers: +0 \\(${object.sectionCount}\\)`))
  t.equal(runToSuccess('nm', [path]).split('\n').length, 33_000 + 1 + 1)
})

t.test('an object of the builder links', async (t) => {
  const builder = new ObjectBuilder()
  const text = builder.addSection({
    name: '.text',
    type: SHT.PROGBITS,
    flags: SHF.ALLOC | SHF.EXECINSTR,
    alignment: 16,
  })
  // mov $60, %eax; mov $imm32, %edi; syscall
  builder.content(text).append(Uint8Array.of(0xb8, 60, 0, 0, 0, 0xbf, 0, 0, 0, 0, 0x0f, 0x05))
  builder.addSymbol({ name: '_start', binding: STB.GLOBAL, type: STT.FUNC, section: text, size: 12 })
  const status = builder.addSymbol({ name: 'status', binding: STB.GLOBAL, type: STT.NOTYPE, section: 0 })
  builder.addRelocation(text, 6, 10, status, 2)
  const object = builder.build('start.o')
  const bytes = write(object)
  t.strictSame(compareObjects(object, read(bytes), { all: true }), [])
  const folder = t.testdir({ 'start.o': '' })
  writeFileSync(join(folder, 'start.o'), bytes)
  runToSuccess('ld', ['--defsym=status=40', '-o', 'start', 'start.o'], { cwd: folder })
  t.equal(runCommand('./start', [], { cwd: folder }).status, 42)
})

t.test('an expression that ELF has no relocation for', async (t) => {
  const builder = new ObjectBuilder()
  const data = builder.addSection({ name: '.data', type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.WRITE, alignment: 8 })
  builder.content(data).reserve(16)
  const symbol = builder.addSymbol({ name: 'x', binding: STB.GLOBAL, type: STT.NOTYPE, section: 0, line: 3 })
  builder.addRelocation(data, 8, 0x101, symbol, 0, 7)
  const diagnostics = new Diagnostics()
  t.equal(writeObject(builder.build('a.fle'), diagnostics), undefined)
  t.match(
    messages(diagnostics),
    /^t: error: a\.fle:7: the expression at \.data\+0x8 cannot be written to an ELF object/,
  )
})

t.test('a name that stands for the start of a section becomes a local symbol', async (t) => {
  const builder = new ObjectBuilder()
  const text = builder.addSection({ name: '.text', type: SHT.PROGBITS, flags: SHF.ALLOC, alignment: 1 })
  const data = builder.addSection({ name: '.data', type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.WRITE, alignment: 8 })
  builder.content(data).reserve(24)
  const undefinedSymbol = { binding: STB.GLOBAL, type: STT.NOTYPE, section: 0 }
  const first = builder.addSymbol({ name: 'ext', ...undefinedSymbol })
  const alias = builder.addSymbol({ name: '_text', ...undefinedSymbol, alias: text })
  const own = builder.addSymbol({ name: 'own', binding: STB.LOCAL, type: STT.OBJECT, section: data, value: 8 })
  for (const [i, symbol] of [first, alias, own].entries()) builder.addRelocation(data, 8 * i, 1, symbol, i)
  const object = read(write(builder.build('classic.fle')))
  t.equal(object.firstGlobal, 3)
  const place = symbolNamed(object, '_text')
  t.equal(object.symbolBinding(place), STB.LOCAL)
  t.equal(object.sectionName(object.symbolSection(place)), '.text')
  const rela = object.relocationSections[sectionNamed(object, '.data')]
  const names = [0, 1, 2].map((i) => {
    const at = object.relocationRecord(rela, i)
    return object.symbolName(object.view.getUint32(at + relocationRecord.symbol, true))
  })
  t.strictSame(names, ['ext', '_text', 'own'])
})

t.test('files that are no objects are named', async (t) => {
  const folder = t.testdir({ 'main.c': 'int main(void) { return 0; }' })
  const make = (...options: string[]) => {
    runToSuccess('gcc', [...options, '-o', 'out', 'main.c'], { cwd: folder })
    return refusal(new Uint8Array(readFileSync(join(folder, 'out'))))
  }
  t.match(make('-no-pie'), 'this is an executable; expected an object (.o)')
  t.match(make('-pie'), 'this is a shared library or a position-independent executable')
  t.match(make('-shared', '-fPIC'), 'static linking needs the archive (.a)')
  t.match(make('-m32', '-c'), /for another machine: i386; expected x86-64\n.*-m64/)
  t.match(make('-flto', '-c'), /only the intermediate code of link-time optimization\n.*without -flto/)
  t.equal(make('-flto', '-ffat-lto-objects', '-c'), 'accepted')
  t.match(refusal(new Uint8Array()), 'the file is empty')
  t.match(refusal(new TextEncoder().encode('int main;')), 'this is not an ELF file')
  t.match(refusal(Uint8Array.of(0x42, 0x43, 0xc0, 0xde)), 'LLVM bitcode')

  const object = assemble('nop')
  const patched = (at: number, ...values: number[]) => {
    const bytes = object.slice()
    bytes.set(values, at)
    return refusal(bytes)
  }
  t.match(patched(18, 183, 0), 'another machine: AArch64')
  t.match(patched(18, 243, 0), 'another machine: RISC-V')
  t.match(patched(18, 1, 2), 'another machine: unknown (e_machine 513)')
  t.match(patched(5, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 22), 'another machine: IBM S/390, big-endian')
  t.match(patched(4, 1), 'the x32 ABI')
  t.match(patched(16, 4), 'this is a core dump')
  t.match(patched(16, 9), 'unknown type (e_type 9)')
  t.match(patched(20, 2), 'version 2 does not exist')
  t.match(refusal(object.subarray(0, 40)), 'cut short: an ELF header has 64 bytes, the file has 40')
})

t.test('what is wrong in the tables is said, with the section or the symbol', async (t) => {
  const bytes = compile(tour, ['-O2'], 'cc')
  const sound = read(bytes)
  const text = sectionNamed(sound, '.text')
  const rela = sound.relocationSections[text]
  const table = sound.tables.symbolTable
  const group = Array.from({ length: sound.sectionCount }, (_, i) => i).find(
    (section) => section > 0 && sound.sectionType(section) === SHT.GROUP,
  )
  if (group === undefined) throw new Error('no group')
  const damage = (change: (view: DataView, object: ObjectFile) => void) => {
    const copy = bytes.slice()
    change(new DataView(copy.buffer), sound)
    return refusal(copy)
  }
  const header = (section: number, field: number, value: number) =>
    damage((view, object) => {
      const at = object.sectionHeader(section) + field
      if (field === sectionHeader.alignment || field === sectionHeader.length || field === sectionHeader.offset) {
        writeWord(view, at, value)
      } else view.setUint32(at, value, true)
    })
  t.match(header(text, sectionHeader.alignment, 24), 'section .text has the alignment 24')
  t.match(header(text, sectionHeader.alignment, 2 ** 33), 'section .text has the alignment 8589934592')
  t.match(header(text, sectionHeader.length, bytes.length), 'cut short: section .text takes')
  t.match(header(text, sectionHeader.offset, 2 ** 52), 'cut short: section .text takes')
  t.match(header(text, sectionHeader.name, 1e6), `section ${text} has its name at offset 1000000`)
  t.match(header(text, sectionHeader.type, SHT.SYMTAB), 'more than one symbol table')
  t.match(header(text, sectionHeader.link, 9999), 'section .text is linked to section 9999')
  t.match(header(rela, sectionHeader.type, SHT.REL), 'SHT_REL (no addends); x86-64 objects have SHT_RELA')
  t.match(header(rela, sectionHeader.type, 0x40000014), 'SHT_CREL')
  t.match(header(rela, sectionHeader.info, 0), 'section .rela.text is for section 0, which does not exist')
  t.match(header(rela, sectionHeader.info, table), 'section .rela.text is for section .symtab, which has no content to')
  t.match(header(rela, sectionHeader.info, sectionNamed(sound, '.bss')), 'which has no content to relocate')
  t.match(
    header(rela, sectionHeader.info, sectionNamed(sound, '.eh_frame')),
    'has more than one section of relocations',
  )
  t.match(header(rela, sectionHeader.link, text), `linked to section ${text}, not to the symbol table`)
  t.match(header(rela, sectionHeader.length, 23), 'its entries must have 24 bytes')
  t.match(header(table, sectionHeader.entrySize, 16), 'section .symtab has entries of 16 bytes')
  t.match(header(table, sectionHeader.info, 1e6), 'the symbol table claims 1000000 local symbols')
  t.match(header(table, sectionHeader.info, 0), 'the symbol table claims 0 local symbols')
  t.match(header(table, sectionHeader.info, 1), 'is a local symbol among the global ones')
  t.match(header(table, sectionHeader.info, sound.symbolCount), 'is a global symbol among the local ones')
  t.match(header(table, sectionHeader.link, text), `the table of symbol names (section ${text}) is no string table`)
  t.match(header(table, sectionHeader.type, SHT.PROGBITS), 'not to the symbol table')
  t.match(header(sound.sectionLink(table), sectionHeader.length, 0), 'is empty')
  t.match(header(sound.sectionLink(table), sectionHeader.length, 3), 'does not end with a NUL')
  t.match(header(group, sectionHeader.info, 0), 'has symbol 0 as its signature')
  t.match(header(group, sectionHeader.info, 1e6), 'has symbol 1000000 as its signature')
  t.match(header(group, sectionHeader.length, 0), 'section .group is a group of 0 bytes')
  const overlap = damage((view, object) => {
    for (const section of [text, sectionNamed(sound, '.eh_frame')]) {
      writeWord(view, object.sectionHeader(section) + sectionHeader.offset, 0)
      writeWord(view, object.sectionHeader(section) + sectionHeader.length, bytes.length)
    }
  })
  t.match(overlap, 'the sections overlap')
  const member = damage((view, object) => view.setUint32(object.sectionOffset(group) + 4, group, true))
  t.match(member, `the section group ${group} has section ${group} as a member`)

  const f = symbolNamed(sound, '_Z1fi')
  const symbol = (field: number, value: number) =>
    damage((view, object) => {
      const at = object.symbolRecord(f) + field
      if (field === symbolRecord.info) view.setUint8(at, value)
      else if (field === symbolRecord.section) view.setUint16(at, value, true)
      else view.setUint32(at, value, true)
    })
  t.match(symbol(symbolRecord.name, 1e6), `the name of symbol ${f} is outside of the string table`)
  t.match(symbol(symbolRecord.info, 0x52), 'symbol _Z1fi has a binding that does not exist (5)')
  t.match(symbol(symbolRecord.info, 0x16), 'symbol _Z1fi is thread-local, but its section .text is not')
  t.match(symbol(symbolRecord.section, 9999), 'symbol _Z1fi is in a section that does not exist (0x270f)')
  t.match(symbol(symbolRecord.section, SHN.XINDEX), 'does not exist (an extended index)')
  t.match(symbol(symbolRecord.section, 0xff10), 'does not exist (0xff10)')
  const common = damage((view, object) => {
    view.setUint16(object.symbolRecord(f) + symbolRecord.section, SHN.COMMON, true)
    view.setUint32(object.symbolRecord(f) + symbolRecord.value, 3, true)
  })
  t.match(common, 'common symbol _Z1fi has the alignment 3')

  const relocation = (field: number, value: number) =>
    damage((view, object) => view.setUint32(object.relocationRecord(rela, 1) + field, value, true))
  t.match(relocation(relocationRecord.offset, 1e6), 'relocation 1 of section .text is outside of the section')
  t.match(relocation(4, 1), 'relocation 1 of section .text is outside of the section')
  t.match(relocation(relocationRecord.symbol, 1e6), 'relocation 1 of section .text is for symbol 1000000')

  t.match(
    relocation(relocationRecord.type, 0x101),
    'relocation 1 of section .text has a type that does not exist (257)',
  )

  const fileHeader = (at: number, value: number) => damage((view) => view.setUint16(at, value, true))
  t.match(fileHeader(58, 40), 'section headers of 40 bytes')
  t.match(fileHeader(60, 0xfeff), 'cut short: it should have 65279 section headers')
  t.match(fileHeader(62, 9999), 'the table of section names is section 9999')
  t.match(fileHeader(62, text), 'is no string table')

  const everySymbol = damage((view, object) => {
    for (let i = 1; i < object.symbolCount; i++) view.setUint8(object.symbolRecord(i) + symbolRecord.info, 0x30)
  })
  t.equal(everySymbol.split('\n').length - 1, 20, 'twenty errors are enough')
})

t.test('the comparison sees each difference', async (t) => {
  const source = (change: (text: string) => string) =>
    read(assemble(change('.data\n.globl a\na: .quad b + 1\n.size a, 8\n.text\nf: call a\n.section .debug_x\n.long 1')))
  const original = source((text) => text)
  const differences = (from: string, to: string, all = true) =>
    compareObjects(
      original,
      source((text) => text.replace(from, to)),
      { all },
    )
  t.strictSame(differences('', ''), [])
  t.match(differences('b + 1', 'b + 2'), [
    /relocation only in the first object: #1 \.data\+0x0 type 1 b \(undefined 0x0\) \+ 1/,
    /second/,
  ])
  t.match(differences('.globl a', '.weak a'), [
    /symbol only in the first object: a \(#1 \.data\+0x0\) binding 1/,
    /second.*binding 2/,
  ])
  t.match(differences('.size a, 8', '.size a, 4'), [/size 8/, /size 4/])
  t.match(differences('.size a, 8', '.hidden a'), [/visibility 0/, /visibility 2/])
  t.match(differences('f: call', 'f: jmp'), ['section #0 .text: byte 0x0 is 0xe8, became 0xe9'])
  t.match(differences('.text', '.text\n.p2align 4'), ['section #0 .text: alignment 1 became 16'])
  t.match(differences('.text', '.section .t,"ax",@progbits'), { 0: 'section #0 .text: size 5 became 0' })
  t.match(differences('.long 1', '.long 2'), ['section #3 .debug_x: byte 0x0 is 0x1, became 0x2'])
  t.strictSame(differences('.long 1', '.long 2', false), [], 'sections that are not loaded count if they are asked for')
})

/** Calls every accessor for every record, and then writes the object: nothing may throw or read past its table. */
function exercise(object: ObjectFile): void {
  const { view } = object
  for (let section = 0; section < object.sectionCount; section++) {
    object.sectionName(section)
    if (section > 0 && object.sectionType(section) !== SHT.NOBITS) {
      if (object.sectionContent(section).length !== object.sectionSize(section)) throw new Error('content cut short')
    }
    if (Math.log2(object.sectionAlignment(section)) % 1 !== 0 && section > 0) throw new Error('alignment')
    const table = object.relocationSections[section]
    for (let i = 0; table && i < object.relocationCount(table); i++) {
      object.symbolName(view.getUint32(object.relocationRecord(table, i) + relocationRecord.symbol, true))
    }
  }
  for (let symbol = 0; symbol < object.symbolCount; symbol++) {
    object.symbolName(symbol)
    object.symbolSize(symbol)
    object.symbolVisibility(symbol)
    object.sectionName(object.symbolSection(symbol))
  }
  const again = read(write(object))
  const differences = compareObjects(object, again, { all: true })
  if (differences.length > 0) throw new Error(differences.join('\n'))
}

t.test('damaged objects: a message or a sound object, never an exception', async (t) => {
  const objects = [
    compile(tour, ['-O2'], 'cc'),
    compile('int puts(const char *); int main(void) { return puts("hi"); }', ['-O2', '-g']),
    assemble('.section .text.f,"ax"\n.globl f\nf: call g\n.comm c,8,8\n.section meta,"ao",@progbits,.text.f\n.quad c'),
  ]
  let accepted = 0
  const attempt = (bytes: Uint8Array) => {
    const diagnostics = new Diagnostics()
    const object = readObject(bytes, 'damaged.o', diagnostics)
    if (!object && diagnostics.errorCount === 0) throw new Error('refused without a word')
    if (diagnostics.errorCount > 20) throw new Error('too many words')
    if (!object) return
    if (diagnostics.errorCount > 0) throw new Error('accepted with an error')
    exercise(object)
    accepted++
  }
  for (const bytes of objects) {
    for (let length = 0; length < bytes.length; length += 7) attempt(bytes.slice(0, length))
  }
  t.equal(accepted, 0, 'what is cut short is refused')
  for (let seed = 0; seed < 2000; seed++) {
    try {
      attempt(mutate(objects[seed % objects.length], seededRandom(seed)))
    } catch (error) {
      t.fail(`seed ${seed}: ${error}`)
    }
  }
  t.ok(accepted > 100 && accepted < 1900, `${accepted} of 2000 are still sound`)
})

t.test('a file without sections is an object without anything', async (t) => {
  const bytes = assemble('').slice(0, 64)
  bytes.fill(0, 40, 48)
  bytes.fill(0, 60, 64)
  const object = read(bytes)
  t.match(object, { sectionCount: 0, symbolCount: 0 })
  t.match(read(write(object)), { sectionCount: 0 })
})

t.test('tables at odd offsets are read all the same', async (t) => {
  const bytes = compile('extern int g; static int s; int f(void) { return g + s; }', ['-ffunction-sections'])
  const whole = read(bytes)
  for (const shift of [1, 2, 3]) {
    // All but the file header moves.
    const headers = whole.tables.sectionHeaders
    const moved = new Uint8Array(bytes.length + shift)
    moved.set(bytes.subarray(0, 64))
    moved.set(bytes.subarray(64), 64 + shift)
    const view = new DataView(moved.buffer)
    writeWord(view, 0x28, headers + shift)
    for (let section = 1; section < whole.sectionCount; section++) {
      const field = headers + shift + section * sectionHeader.size + sectionHeader.offset
      writeWord(view, field, whole.sectionOffset(section) + shift)
    }
    t.strictSame(compareObjects(whole, read(moved), { all: true }), [], `moved by ${shift}`)
    // The section headers alone.
    const appended = new Uint8Array(bytes.length + 4 + whole.sectionCount * sectionHeader.size)
    appended.set(bytes)
    const at = bytes.length + shift
    appended.set(bytes.subarray(headers, headers + whole.sectionCount * sectionHeader.size), at)
    writeWord(new DataView(appended.buffer), 0x28, at)
    t.strictSame(compareObjects(whole, read(appended), { all: true }), [], `headers at ${shift}`)
  }
  const larger = new Uint8Array(bytes.length + 1)
  larger.set(bytes, 1)
  t.strictSame(
    compareObjects(whole, read(larger.subarray(1)), { all: true }),
    [],
    'the bytes themselves at an odd place',
  )
})
