import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Diagnostics, memoryFiles, renderText } from '@fle/diagnostics'
import { assemble, compile, mutate, runToSuccess, seededRandom } from '@fle/testkit'
import t from 'tap'
import { type LinkOptions, link } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'fle-ld-debug-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

type Files = Readonly<Record<string, Uint8Array>>

function linkFiles(files: Files, options: Partial<LinkOptions> = {}): { output: Uint8Array; messages: string } {
  const diagnostics = new Diagnostics()
  const inputs = Object.keys(files).map((path) => ({ kind: 'file', path, wholeArchive: false }) as const)
  const defaults = { output: 'a.out', dialect: 'fle', libraryPaths: [], relocatable: false, map: false } as const
  const { output } = link({ ...defaults, ...options, inputs }, memoryFiles(files), diagnostics)
  const messages = diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 'fle-ld' })).join('')
  return { output: output ?? new Uint8Array(), messages }
}

function outputOf(files: Files, options: Partial<LinkOptions> = {}): Uint8Array {
  const { output, messages } = linkFiles(files, options)
  if (output.length === 0) throw new Error(messages)
  return output
}

/** Where a file with this content is. */
function pathOf(name: string, content: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function readelf(option: string, bytes: Uint8Array): string {
  return runToSuccess('readelf', ['-W', option, pathOf('shown', bytes)])
}

const start = assemble('.globl _start\n_start: call answer\n mov %eax, %edi\n mov $60, %eax\n syscall')
const source = `
struct point { int x, y; };
struct point points[3] = { { 1, 2 }, { 3, 4 }, { 5, 6 } };
static int sum(const struct point *p, int n) {
  int total = 0;
  for (int i = 0; i < n; i++) total += p[i].x * p[i].y;
  return total;
}
int answer(void) { return sum(points, 3); }
`
const plain = { 'start.o': start, 'answer.o': compile(source, ['-g']) }
const dumps = ['--debug-dump=info', '--debug-dump=decodedline', '--debug-dump=abbrev', '--debug-dump=str']

/** An object with its debug sections compressed by GNU objcopy. */
function compressedBy(form: string, object: Uint8Array): Uint8Array {
  const path = pathOf('compressed.o', object)
  runToSuccess('objcopy', [`--compress-debug-sections=${form}`, path])
  return new Uint8Array(readFileSync(path))
}

t.test('compressed debug sections come in as if they never were', async (t) => {
  const expected = outputOf(plain)
  for (const form of ['zlib-gabi', 'zlib-gnu']) {
    const object = compressedBy(form, plain['answer.o'])
    t.match(readelf('-S', object), form === 'zlib-gnu' ? / \.zdebug_info / : / \.debug_info .* C /)
    t.same(outputOf({ ...plain, 'answer.o': object }), expected, form)
    t.match(readelf('-S', outputOf({ ...plain, 'answer.o': object }, { relocatable: true })), /\.debug_info(?!.* C )/)
    const calling = { 'a.o': compressedBy(form, compile('int f(void);\nint main(void) {\n return f(); }', ['-g'])) }
    t.match(linkFiles(calling, { entry: 'main' }).messages, /referenced by source\.c:3 \(in main\)/, 'so do lines')
  }
})

t.test('a compressed section that cannot be had is an error', async (t) => {
  const object = compressedBy('zlib-gabi', plain['answer.o'])
  const header = Number.parseInt(/\.debug_info +PROGBITS +\S+ (\S+)/.exec(readelf('-S', object))?.[1] ?? '', 16)
  const damaged = (offset: number, ...bytes: number[]) => {
    const copy = object.slice()
    copy.set(bytes, header + offset)
    return { ...plain, 'answer.o': copy }
  }
  const messageOf = (files: Files) => linkFiles(files).messages
  const said = 'fle-ld: error: answer.o: cannot decompress section .debug_info: '
  t.equal(
    messageOf(damaged(0, 2)),
    `${said}it is compressed with zstd, which is not read here; compile with -gz=zlib or -gz=none\n`,
  )
  t.equal(messageOf(damaged(0, 99)), `${said}its way of compression is not known (99)\n`)
  t.equal(messageOf(damaged(13, 1)), `${said}it claims ${2 ** 40 + Number(sizeOf(object, '.debug_info'))} bytes\n`)
  t.equal(messageOf(damaged(17, 3)), `${said}it claims an alignment of 769\n`)
  t.equal(messageOf(damaged(24, 0, 0, 0, 0)), `${said}its data is damaged\n`)
  t.same(outputOf(damaged(0, 2), { strip: 'debug' }), outputOf(plain, { strip: 'debug' }), 'unless it is not wanted')
  const random = seededRandom(3)
  for (let round = 0; round < 300; round++) {
    const files = { ...plain, 'answer.o': mutate(object, random) }
    t.doesNotThrow(() => linkFiles(files, { compressDebug: 'elf' }), `round ${round}`)
  }
})

/** The size of a section without compression, as readelf tells it. */
function sizeOf(object: Uint8Array, section: string): string {
  const pattern = new RegExp(`\\${section}\\n.*\\n.*\\n +ZLIB, ([\\da-f]+), `)
  return `0x${pattern.exec(readelf('-t', object))?.[1]}`
}

t.test('debug sections go out compressed', async (t) => {
  const expected = outputOf(plain)
  const output = outputOf(plain, { compressDebug: 'elf' })
  t.ok(output.length < expected.length)
  t.match(readelf('-S', output), /\.debug_info +PROGBITS +0{16} .* C +0 +0 +8\n/)
  for (const dump of dumps) t.equal(readelf(dump, output), readelf(dump, expected), dump)
  const bare = (bytes: Uint8Array) => {
    const path = pathOf('bare', bytes)
    runToSuccess('strip', ['-g', path])
    return readFileSync(path)
  }
  t.same(bare(output), bare(expected), 'and nothing else is different')
  const object = outputOf(plain, { compressDebug: 'elf', relocatable: true })
  t.match(readelf('-S', object), /\.debug_info +PROGBITS +0{16} .* C +0 +0 +8\n/)
  t.same(
    outputOf({ 'joined.o': object }),
    outputOf({ 'joined.o': outputOf(plain, { relocatable: true }) }),
    'an object of -r too',
  )
})
