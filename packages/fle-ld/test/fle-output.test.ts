import { Diagnostics, memoryFiles, renderText } from '@fle/diagnostics'
import { readFle } from '@fle/fle'
import { compile, mutate, seededRandom } from '@fle/testkit'
import t from 'tap'
import { type LinkOptions, link } from '../src/index.ts'

type Files = Readonly<Record<string, Uint8Array | string>>

function linkFiles(files: Files, options: Partial<LinkOptions> = {}) {
  const diagnostics = new Diagnostics()
  const inputs = Object.keys(files).map((path) => ({ kind: 'file', path, wholeArchive: false }) as const)
  const defaults = { output: 'a.out', dialect: 'fle', libraryPaths: [], relocatable: false, map: false } as const
  const { output } = link({ ...defaults, inputs, ...options }, memoryFiles(files), diagnostics)
  const messages = diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 'fle-ld' })).join('')
  return { messages, text: output ? new TextDecoder().decode(output) : undefined, output }
}

function object(sections: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify({ type: '.obj', ...sections })
}

const main = object({
  '.text': ['📤: _start', '🔢: 8b 3d', '❓: i32(n - 0x4 - 📍)', '🔢: e8', '❓: i32(leave - 0x4 - 📍)'],
})
const leave = object({ '.text': ['📤: leave', '🔢: b8 3c 00 00 00 0f 05'], '.data': ['📤: n', '🔢: 15 00 00 00'] })

t.test('a program without addresses is one blob', async (t) => {
  const { text } = linkFiles({ 'main.fle': main, 'leave.fle': leave })
  t.equal(
    text,
    `#!/usr/bin/env fle-exec

{
    "type": ".exe",
    "symbols": {
        "_start": 0,
        "n": 18,
        "leave": 11
    },
    ".load": [
        "📤: _start",
        "🔢: 8b 3d 0c 00 00 00 e8 00 00 00 00",
        "📤: leave",
        "🔢: b8 3c 00 00 00 0f 05",
        "📤: n",
        "🔢: 15 00 00 00"
    ]
}
`,
  )
})

t.test('addresses, an image base, another entry, or much bss make segments', async (t) => {
  const kindOf = (files: Files, options: Partial<LinkOptions> = {}) => {
    const { output, messages } = linkFiles(files, options)
    if (!output) throw new Error(messages)
    const content = readFle(output, 'a.out', new Diagnostics())
    return content?.kind === 'executable' ? content.executable : undefined
  }
  const files = { 'main.fle': main, 'leave.fle': leave }
  t.equal(kindOf(files)?.form, 'blob')
  t.equal(kindOf(files, { imageBase: 0x10000 })?.form, 'segments')
  t.equal(kindOf(files, { sectionAddresses: new Map([['.text', 0x10000]]) })?.form, 'segments')
  t.equal(kindOf(files, { entry: 'leave' })?.form, 'segments')
  t.equal(kindOf({ ...files, 'p.fle': object({ '.data': ['❓: u64(n)'] }) })?.form, 'segments')
  t.equal(kindOf({ ...files, 'z.fle': object({ '.bss': ['📤: z', '🕳️: 65536'] }) })?.form, 'blob')
  t.equal(kindOf({ ...files, 'z.fle': object({ '.bss': ['📤: z', '🕳️: 65537'] }) })?.form, 'segments')
  const segmented = kindOf({
    ...files,
    'p.fle': object({ '.data': ['📤: p', '❓: u64(n)'], '.bss': ['📤: z', '🕳️: 9'] }),
  })
  if (segmented?.form !== 'segments') throw new Error('no segments')
  t.same(
    segmented.segments.map(({ name, address, size, flags }) => ({ name, address, size, flags })),
    [
      { name: '.text', address: 0x400000, size: 18, flags: 5 },
      { name: '.data', address: 0x401000, size: 21, flags: 6 },
    ],
  )
  const [n, p] = ['n', 'p'].map((name) => segmented.symbols.find((symbol) => symbol.name === name)?.value)
  t.same([n, p], [0x401000, 0x401004])
  t.same([...segmented.segments[1].content.subarray(4, 12)], [0, 0x10, 0x40, 0, 0, 0, 0, 0])
})

t.test('what FLE programs cannot have is said, with the way out', async (t) => {
  const threadLocal = compile('__thread int x = 1; int *_start(void) { return &x; }', ['-O1', '-fno-pie'])
  t.equal(
    linkFiles({ 'tls.o': threadLocal }, { format: 'fle' }).messages,
    `fle-ld: error: an FLE program cannot have thread-local storage: it has a section .tdata
>>> hint: write an ELF program: --oformat=elf64-x86-64
`,
  )
})

t.test('messages name the lines of FLE files', async (t) => {
  const text =
    '{\n  "type": ".obj",\n  ".text": [\n    "📤: _start",\n    "🔢: e8",\n    "❓: i32(leav - 0x4 - 📍)"\n  ]\n}\n'
  t.equal(
    linkFiles({ 'main.fle': text, 'leave.fle': leave }).messages,
    `fle-ld: error: undefined symbol: leav
>>> referenced by main.fle:6 (in _start)
>>> did you mean: leave
>>> defined in: leave.fle
`,
  )
  t.equal(
    linkFiles({ 'main.fle': text, 'again.fle': text.replace('leav ', '_start ') })
      .messages.split('\n')
      .slice(0, 3)
      .join('\n'),
    `fle-ld: error: duplicate symbol: _start
>>> defined at main.fle:4
>>> defined at again.fle:4`,
  )
})

t.test('an expression of widths that ELF has no relocation for is computed and checked', async (t) => {
  const field = (expression: string) => object({ '.text': ['📤: _start', `❓: ${expression}`, '🔢: 90'] })
  t.match(linkFiles({ 'a.fle': field('u32(_start + 0x7 - 📍)') }).text, /🔢: 07 00 00 00 90/)
  t.match(linkFiles({ 'a.fle': field('i8(_start - 0x80 - 📍)') }).text, /🔢: 80 90/)
  t.match(linkFiles({ 'a.fle': field('i8(_start - 0x81 - 📍)') }).messages, /i8\(_start - 0x81 - .*\n/)
  t.match(
    linkFiles({ 'a.fle': field('u32(_start - 0x1 - 📍)') }).messages,
    /out of range: -0x1 does not fit in 0 … 2\^32-1\n>>> u32\(_start - 0x1 - 📍\) = 0x0 - 0x1 - 0x0\n/,
  )
})

t.test('a classic name of a section means its start where no file defines it', async (t) => {
  const classic = object({ '.text': ['📤: _start', '🔢: 8d 05', '❓: i32(_rodata - 0x4 - 📍)'], '.rodata': ['🔢: 2a'] })
  t.match(linkFiles({ 'a.fle': classic }).text, /🔢: 8d 05 00 00 00 00 2a|🔢: 8d 05 00 00 00 00/)
  const other = object({ '.data': ['📤: _rodata', '🔢: 2b'] })
  t.match(linkFiles({ 'a.fle': classic, 'b.fle': other }).text, /8d 05 01 00 00 00/)
})

t.test("in a lab's dialect every section is a segment of its own", async (t) => {
  const files = {
    'main.fle': main,
    'leave.fle': leave,
    'z.fle': object({ '.rodata': ['🔢: 01'], '.bss': ['📤: z', '🕳️: 9'], '.text.x': ['📎: x', '🔢: c3'] }),
  }
  for (const dialect of ['linklab', 'linklab2024'] as const) {
    const { output, messages } = linkFiles(files, { dialect })
    t.equal(messages, '')
    const file = output && readFle(output, 'a.out', new Diagnostics())
    if (file?.kind !== 'executable' || file.executable.form !== 'segments') throw new Error('no segments')
    t.equal(file.dialect, dialect)
    t.equal(file.executable.entry, 0x400000)
    t.same(
      file.executable.segments.map(({ content, ...segment }) => ({ ...segment, stored: content.length })),
      [
        { name: '.text', address: 0x400000, size: 19, flags: 5, stored: 19 },
        { name: '.rodata', address: 0x401000, size: 1, flags: 4, stored: 1 },
        { name: '.data', address: 0x402000, size: 4, flags: 6, stored: 4 },
        { name: '.bss', address: 0x403000, size: 9, flags: 6, stored: 0 },
      ],
    )
    const x = file.executable.symbols.find(({ name }) => name === 'x')
    t.match(x, { value: 0x400012, binding: 2 }, 'weak symbols stay weak')
  }
})

t.test('damaged inputs end in an output or in diagnostics, nothing else', async (t) => {
  const random = seededRandom(2026)
  const source =
    'extern int n; static int k; const char *names[] = { "a", "b" }; int f(int x) { k += n; return names[x][0] + k; }'
  const inputs: readonly (readonly [string, Uint8Array])[] = [
    ['x.o', compile(source, ['-O1', '-fPIE'])],
    [
      'x.o',
      compile(
        'struct S { virtual int f() { return 1; } }; S s; extern "C" int _start() { return s.f(); }',
        ['-g'],
        'cc',
      ),
    ],
    ['main.fle', new TextEncoder().encode(main)],
  ]
  const tried = { output: 0, diagnostics: 0 }
  for (const [name, bytes] of inputs) {
    for (let round = 0; round < 700; round++) {
      const { output, messages } = linkFiles(
        { [name]: mutate(bytes, random), 'leave.fle': leave },
        { relocatable: round % 4 === 0, map: true },
      )
      if (output) tried.output++
      else if (messages.includes('error')) tried.diagnostics++
      else t.fail(`round ${round} of ${name}: neither an output nor an error`)
    }
  }
  t.ok(tried.output > 50 && tried.diagnostics > 500, JSON.stringify(tried))
})
