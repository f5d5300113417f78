import { Diagnostics, renderText } from '@fle/diagnostics'
import { ObjectBuilder, type ObjectFile, SHF, SHN, SHT, STB, STT, specialSection } from '@fle/object'
import t from 'tap'
import {
  type FleArchive,
  type FleExecutable,
  type FleFile,
  readFle,
  readFleObject,
  writeFleArchive,
  writeFleExecutable,
  writeFleObject,
} from '../src/index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function messages(diagnostics: Diagnostics): string {
  return diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 't' })).join('')
}

function read(text: string | Uint8Array): FleFile {
  const diagnostics = new Diagnostics()
  const file = readFle(typeof text === 'string' ? encoder.encode(text) : text, 'x.fle', diagnostics)
  if (!file || diagnostics.list.length > 0) throw new Error(messages(diagnostics) || 'nothing')
  return file
}

function executable(text: string | Uint8Array): FleExecutable {
  const file = read(text)
  if (file.kind !== 'executable') throw new Error(file.kind)
  return file.executable
}

function refusal(text: string): string {
  const diagnostics = new Diagnostics()
  if (readFle(encoder.encode(text), 'x.fle', diagnostics)) throw new Error('it was read')
  return messages(diagnostics)
}

const blob: FleExecutable = {
  form: 'blob',
  entry: 2,
  size: 22,
  content: Uint8Array.from({ length: 20 }, (_, i) => i),
  symbols: [
    { name: 'foo', value: 0 },
    { name: '_start', value: 2 },
    { name: 'a b', value: 20 },
    { name: 'foo', value: 9 },
  ],
}

t.test('a blob', (t) => {
  t.equal(
    decoder.decode(writeFleExecutable(blob, { dialect: 'fle' })),
    `#!/usr/bin/env fle-exec

{
    "type": ".exe",
    "symbols": {
        "foo": 0,
        "_start": 2,
        "\`a b\`": 20
    },
    ".load": [
        "📤: foo",
        "🔢: 00 01",
        "📤: _start",
        "🔢: 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11",
        "🔢: 12 13",
        "📤: \`a b\`",
        "🔢: 00 00"
    ]
}
`,
  )
  const classic = writeFleExecutable(blob, { dialect: 'classic' })
  t.match(decoder.decode(classic), /^#!\.\/exec\n\n\{\n {4}"type": ".exe",\n/)
  t.notMatch(decoder.decode(classic), '📤')
  t.match(decoder.decode(writeFleExecutable(blob, { dialect: 'fle', interpreter: '/x y' })), /^#!\/x y\n\n/)
  for (const dialect of ['fle', 'classic'] as const) {
    const again = executable(writeFleExecutable(blob, { dialect }))
    t.same(again, { ...blob, content: Uint8Array.from([...blob.content, 0, 0]), symbols: blob.symbols.slice(0, 3) })
  }
  t.end()
})

const segments: FleExecutable = {
  form: 'segments',
  entry: 0x401000,
  segments: [
    { name: '.text', address: 0x401000, size: 3, flags: 5, content: Uint8Array.of(1, 2, 3) },
    { name: 'symbols', address: 0x402000, size: 5000, flags: 6, content: Uint8Array.of(7) },
    { name: '.high', address: -4096, size: 4096, flags: 4, content: new Uint8Array() },
  ],
  symbols: [
    { name: '_start', value: 0x401000 },
    { name: 'end', value: 0x401003 },
    { name: 'top', value: -4096 },
  ],
}

t.test('segments', (t) => {
  const text = decoder.decode(writeFleExecutable(segments, { dialect: 'fle' }))
  t.equal(
    text,
    `#!/usr/bin/env fle-exec

{
    "type": ".exe",
    "entry": 4198400,
    "phdrs": [
        {"name": ".text", "vaddr": 4198400, "size": 3, "flags": 5},
        {"name": "symbols", "vaddr": 4202496, "size": 5000, "flags": 6},
        {"name": ".high", "vaddr": 18446744073709547520, "size": 4096, "flags": 4}
    ],
    "symbols": {
        "_start": 4198400,
        "end": 4198403,
        "top": 18446744073709547520
    },
    ".text": [
        "📤: _start",
        "🔢: 01 02 03"
    ],
    "\`symbols\`": [
        "🔢: 07",
        "🕳️: 4999"
    ],
    ".high": [
        "📤: top",
        "🕳️: 4096"
    ]
}
`,
  )
  t.same(executable(text), segments)
  const file = read(text)
  t.equal(file.kind === 'executable' && file.dialect, 'fle')
  t.end()
})

const head = '{"type": ".exe", "symbols": {"_start": 0}, '

t.test('what a reader takes', (t) => {
  const lines = '"💬: x", "🏷️: l", "🔢: 0102", "🕳️: 2", "🔢: 03", "🕳️: 1000000000"'
  const loaded = executable(`${head} ".load": [${lines}]}`)
  t.same(loaded, {
    form: 'blob',
    entry: 0,
    size: 1000000005,
    content: Uint8Array.of(1, 2, 0, 0, 3),
    symbols: [{ name: '_start', value: 0 }],
  })
  const lab = read(`{"type": ".exe", "phdrs": [{"name": "t", "vaddr": 0, "size": 2, "flags": 5, "align": [1]},
    {"name": ".bss", "vaddr": 4096, "size": 9, "flags": 6}], "entry": 1, "t": ["🔢: 010203"]}`)
  t.equal(lab.kind === 'executable' && lab.dialect, 'linklab')
  t.same(lab.kind === 'executable' && lab.executable, {
    form: 'segments',
    entry: 1,
    segments: [
      { name: 't', address: 0, size: 2, flags: 5, content: Uint8Array.of(1, 2) },
      { name: '.bss', address: 4096, size: 9, flags: 6, content: new Uint8Array() },
    ],
    symbols: [],
  })
  t.end()
})

t.test('bad executables', (t) => {
  const header = (more: string) => `${head} "entry": 0, "phdrs": [{"name": "t", ${more}}], "t": ["🔢: 0102"]}`
  for (const [text, message] of [
    [`{"type": ".exe"}`, 'x.fle: neither ".load" nor "phdrs" says what to load'],
    [`{"type": ".exe", ".load": ["🔢: 90"]}`, 'x.fle: "symbols" has no _start, where execution begins'],
    [`${head} ".load": []}`, 'x.fle:1:45: _start lies outside of the bytes of ".load"'],
    [`{"type": ".exe", "symbols": {"_start": -1}, ".load": ["🔢: 90"]}`, '_start lies outside of the bytes'],
    [`${head} ".load": ["❓: i32(a)"]}`, 'x.fle:1:56: an executable has no relocations: it is linked'],
    [`${head} ".load": ["🔢: 9"]}`, 'x.fle:1:59: pairs of hexadecimal digits are expected'],
    [`${head} ".load": ["🕳️: 1000000000", "🔢: 90"]}`, 'more than 256 MiB of zeros stand before bytes'],
    [`${head} ".load": ["🕳️: 140737488355329"]}`, 'a segment is at most 2^47 bytes'],
    [`${head} ".load": "🔢: 90"}`, 'neither ".load" nor'],
    [`{"type": ".exe", "symbols": {"a": 1, "a": 2}}`, 'x.fle:1:38: the key "a" is there twice'],
    [`{"type": ".exe", "symbols": {"a": 1.5}}`, 'a whole number is expected'],
    [`{"type": ".exe", "symbols": {"a": 18446744073709551616}}`, 'a number beyond 64 bits'],
    [`${head} "phdrs": []}`, 'the key "entry" is missing'],
    [header('"vaddr": 0, "size": 2'), 'a segment needs "name", "vaddr", "size" and "flags"'],
    [header('"vaddr": 0, "size": -2, "flags": 5'), '"size" is no size of memory: it is at most 2^47'],
    [header('"vaddr": 0, "size": 140737488355329, "flags": 5'), '"size" is no size of memory: it is at most 2^47'],
    [header('"vaddr": 0, "size": 2, "flags": 8'), '"flags" is a sum of 1 (execute), 2 (write) and 4 (read)'],
    [header('"vaddr": 0, "size": 1, "flags": 5'), 't has more bytes than its size in "phdrs": 2'],
    [header('"name": "u", "vaddr": 0, "size": 2, "flags": 5'), 'the key "name" is there twice'],
    [`${head} "entry": 0, "phdrs": [{"name": "t", "vaddr": 0, "size": 1, "flags": 5}]}`, 'there is no key "t"'],
  ])
    t.match(refusal(text), message, text)
  t.end()
})

/** An object that defines a name, and refers to another if one is given. */
function object(name: string, defines: string, refersTo?: string): ObjectFile {
  const builder = new ObjectBuilder()
  const text = builder.addSection({ name: '.text', type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR, alignment: 1 })
  builder.content(text).append(Uint8Array.of(0xe8, 0, 0, 0, 0))
  builder.addSymbol({ name: defines, binding: STB.GLOBAL, type: STT.NOTYPE, section: text })
  if (refersTo !== undefined) {
    const target = builder.addSymbol({ name: refersTo, binding: STB.GLOBAL, type: STT.NOTYPE, section: SHN.UNDEF })
    builder.addRelocation(text, 1, 4, target, -4)
  }
  builder.addSection({ name: '.note.GNU-stack', type: SHT.PROGBITS, flags: 0, alignment: 1 })
  return builder.build(name)
}

function archive(text: string | Uint8Array): FleArchive {
  const file = read(text)
  if (file.kind !== 'archive') throw new Error(file.kind)
  return file.archive
}

t.test('an archive', (t) => {
  const members = [
    { name: 'a.fle', object: object('a.o', 'a', 'b') },
    { name: 'b.fle', object: object('b.o', 'b') },
    { name: 'b.fle', object: object('c.o', 'x y') },
  ]
  const diagnostics = new Diagnostics()
  const bytes = writeFleArchive(members, { dialect: 'fle', name: 'lib.fa' }, diagnostics)
  t.same(diagnostics.list, [])
  const text = decoder.decode(bytes)
  t.ok(
    text.startsWith(`{
    "type": ".ar",
    "name": "lib.fa",
    "index": {
        "a": [0],
        "b": [1],
        "\`x y\`": [2]
    },
    "members": [
        {
            "type": ".obj",
            "name": "a.fle",
            ".text": [
                "📤: a",
                "🔢: e8",
                "❓: i32(b - 0x4 - 📍)"
            ]
        },
        {
            "type": ".obj",
            "name": "b.fle",
`),
    text,
  )
  const read = archive(text)
  t.equal(read.memberCount, 3)
  t.equal(read.memberName(2), 'b.fle')
  const { index } = read
  const names = Array.from(index?.nameOffsets ?? [], (at) =>
    decoder.decode(index?.bytes.subarray(at, index.bytes.indexOf(0, at))),
  )
  t.same(
    [names, [...(index?.members ?? [])]],
    [
      ['a', 'b', 'x y'],
      [0, 1, 2],
    ],
  )
  const member = read.readMember(0, diagnostics)
  t.equal(member?.name, 'x.fle(a.fle)')
  t.equal(member?.symbolName(1), 'a')
  t.equal(member?.source?.lineOfSymbol(1), 14, 'lines are those of the archive')
  t.same(diagnostics.list, [])
  t.end()
})

t.test('bad archives', (t) => {
  const member = '{"type": ".obj", "name": "a", ".text": ["🔢: 9"]}'
  const lazy = archive(`{"type": ".ar", "members": [\n${member},\n{"type": ".exe", "name": "b"}]}`)
  const diagnostics = new Diagnostics()
  t.equal(lazy.index, undefined)
  t.equal(lazy.readMember(0, diagnostics), undefined)
  t.equal(lazy.readMember(1, diagnostics), undefined)
  const said = messages(diagnostics)
  t.match(said, 't: error: x.fle(a):2:45: pairs of hexadecimal digits are expected\n>>> {"type": ".obj"')
  t.match(said, 't: error: x.fle(b):3:1: a member of "type" ".exe": ".obj" is expected')
  for (const [text, message] of [
    ['{"type": ".ar"}', 'the key "members" is missing'],
    ['{"type": ".ar", "members": {}}', 'an array "[" is expected'],
    ['{"type": ".ar", "members": [7]}', 'an object "{" is expected'],
    ['{"type": ".ar", "members": [{"type": ".obj"}]}', 'x.fle:1:29: the member has no "name"'],
    ['{"type": ".ar", "index": {"a": [1]}, "members": []}', '"index" names a member that is not there: there are 0'],
    ['{"type": ".ar", "index": {"a": [-1]}, "members": []}', 'the number of a member is expected'],
    ['{"type": ".ar", "index": {"a": 1}, "members": []}', 'an array "[" is expected'],
    ['{"type": ".ar", "members": [], "members": []}', 'the key "members" is there twice'],
    [`{"type": ".ar", "members": [${member}`, '"," or "]" is expected'],
  ])
    t.match(refusal(text), message, text)
  t.end()
})

t.test('an object is wanted', (t) => {
  const say = (text: string) => {
    const diagnostics = new Diagnostics()
    t.equal(readFleObject(encoder.encode(text), 'x.fle', diagnostics), undefined)
    return messages(diagnostics)
  }
  t.match(say('{"type": ".ar", "members": []}'), 't: error: x.fle: this is an archive, an object is expected')
  t.match(say(`${head} ".load": ["🔢: 90"]}`), 't: error: x.fle: this is an executable, an object is expected')
  t.end()
})

function classic(object: ObjectFile): { text: string; said: string } {
  const diagnostics = new Diagnostics()
  const bytes = writeFleObject(object, { dialect: 'classic', keepDebug: true }, diagnostics)
  return { text: decoder.decode(bytes), said: messages(diagnostics) }
}

t.test('classic', (t) => {
  const builder = new ObjectBuilder()
  const flags = SHF.ALLOC | SHF.EXECINSTR
  const text = builder.addSection({ name: '.text', type: SHT.PROGBITS, flags, alignment: 16 })
  const note = builder.addSection({ name: '.note.gnu.property', type: SHT.NOTE, flags: SHF.ALLOC, alignment: 8 })
  const debug = builder.addSection({ name: '.debug_info', type: SHT.PROGBITS, flags: 0, alignment: 1 })
  const strings = builder.addSection({ name: '.rodata.str1.1', type: SHT.PROGBITS, flags: SHF.ALLOC, alignment: 1 })
  builder.addSection({ name: '.bss', type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, alignment: 32 })
  builder.content(note).reserve(8)
  builder.content(debug).reserve(8)
  builder.content(strings).append(encoder.encode('hi\0'))
  builder.content(text).append(Uint8Array.of(0x90, 0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0xb8, 0, 0, 0, 0))
  builder.addSymbol({ name: 'a.c', binding: STB.LOCAL, type: STT.FILE, section: specialSection(SHN.ABS) })
  const start = builder.addSymbol({ name: '', binding: STB.LOCAL, type: STT.SECTION, section: strings })
  builder.addSymbol({ name: 'f.part.0', binding: STB.LOCAL, type: STT.FUNC, section: text, value: 1, size: 9 })
  builder.addSymbol({ name: 'main', binding: STB.WEAK, type: STT.FUNC, section: text, size: 18 })
  const print = builder.addSymbol({ name: 'print', binding: STB.GLOBAL, type: STT.NOTYPE, section: SHN.UNDEF })
  builder.addRelocation(text, 4, 2, start, -4)
  builder.addRelocation(text, 9, 4, print, -4)
  builder.addRelocation(text, 14, 11, print, 0)
  const { text: written, said } = classic(builder.build('a.o'))
  t.equal(
    written,
    `{
    "type": ".obj",
    ".text": [
        "📤: main",
        "🔢: 90",
        "🏷️: f_part_0",
        "🔢: 48 8d 3d",
        "❓: i32(_rodata_str1_1 - 0x4 - 📍)",
        "🔢: e8",
        "❓: i32(print - 0x4 - 📍)",
        "🔢: b8",
        "❓: i32(print)"
    ],
    ".rodata.str1.1": [
        "🏷️: _rodata_str1_1",
        "🔢: 68 69 00"
    ],
    ".bss": []
}
`,
  )
  t.equal(
    said,
    `t: warning: a.o: classic cannot say that section .text is aligned to 16 bytes
t: warning: a.o: classic has no weak symbols: main becomes global
`,
  )
  const file = read(written)
  t.equal(file.kind === 'object' && file.dialect, 'classic')
  t.end()
})

t.test('what classic cannot say', (t) => {
  const say = (build: (builder: ObjectBuilder, text: number) => void) => {
    const builder = new ObjectBuilder()
    const text = builder.addSection({ name: '.text', type: SHT.PROGBITS, flags: SHF.ALLOC, alignment: 1 })
    builder.content(text).reserve(16)
    build(builder, text)
    const { text: written, said } = classic(builder.build('a.o'))
    t.equal(written, '')
    return said
  }
  const global = { binding: STB.GLOBAL, type: STT.NOTYPE }
  const hint = '\n>>> hint: write dialect fle, which can say it\n'
  t.equal(
    say((builder) => builder.addSymbol({ name: 'c', ...global, section: specialSection(SHN.COMMON), value: 4 })),
    `t: error: a.o: classic has no common symbols: c (compile with -fno-common)${hint}`,
  )
  t.match(
    say((builder) => builder.addSymbol({ name: 'abs', ...global, section: specialSection(SHN.ABS) })),
    'classic has no absolute symbols: abs',
  )
  t.match(
    say((builder) => {
      const bss = builder.addSection({ name: '.bss', type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, alignment: 1 })
      builder.setSize(bss, 4)
      builder.addSymbol({ name: 'n', ...global, section: bss })
    }),
    'classic has no symbols in .bss: n',
  )
  t.match(
    say((builder, text) => {
      const bss = builder.addSection({ name: '.bss', type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, alignment: 1 })
      const start = builder.addSymbol({ name: '', binding: STB.LOCAL, type: STT.SECTION, section: bss })
      builder.addRelocation(text, 0, 2, start, 0)
    }),
    'classic has no symbols in .bss: R_X86_64_PC32 refers to section .bss',
  )
  t.match(
    say((builder) => {
      const tls = SHF.ALLOC | SHF.WRITE | SHF.TLS
      builder.addSection({ name: '.tdata', type: SHT.PROGBITS, flags: tls, alignment: 1 })
    }),
    'classic has no thread-local storage: section .tdata',
  )
  t.match(
    say((builder, text) => builder.addSymbol({ name: 'i', binding: STB.GLOBAL, type: STT.GNU_IFUNC, section: text })),
    'classic has no indirect functions: i',
  )
  t.match(
    say((builder, text) => {
      const group = builder.addSymbol({ name: 'g', ...global, section: text })
      builder.addGroup(group, true, [text])
    }),
    'classic has no section groups (COMDAT): section .text',
  )
  for (const type of [1, 9, 10, 42])
    t.match(
      say((builder, text) =>
        builder.addRelocation(text, 0, type, builder.addSymbol({ name: 'n', ...global, section: 0 }), 0),
      ),
      'classic has no form for the relocation R_X86_64_',
    )
  t.match(
    say((builder, text) => {
      for (const name of ['a.b', 'a_b']) builder.addSymbol({ name, ...global, section: text })
    }),
    'classic cannot tell two things named a_b apart',
  )
  t.match(
    say((builder, text) => builder.addSymbol({ name: 'a b', ...global, section: text })),
    'classic cannot spell the name a b',
  )
  t.match(
    say((builder, text) => builder.addSymbol({ name: 'far', ...global, section: text, value: 99 })),
    'classic cannot say where far is: in the middle of a field, or outside its section',
  )
  t.end()
})
