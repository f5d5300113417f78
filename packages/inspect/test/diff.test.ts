// fle-diff: what differs, where, in the object's own terms; and nothing where nothing does.
import { Diagnostics, memoryFiles } from '@fle/diagnostics'
import { writeArchive } from '@fle/elf'
import { assemble, compile, mutate, seededRandom } from '@fle/testkit'
import t from 'tap'
import { main as diff } from '../src/diff/cli.ts'
import { diffInputs, inspectFile } from '../src/index.ts'
import { runMain, toFle } from './run-main.ts'

const source = (body: string) => `
  .globl helper, main, counter
  .type helper, @function
helper: lea 1(%rdi), %eax
  ret
  .size helper, . - helper
  .type main, @function
main: push %rbx
  ${body}
  call helper
  pop %rbx
  ret
  .size main, . - main
  .data
counter: .long 5, 6
`
const original = assemble(source('mov $1, %edi'))

function differences(a: Uint8Array, b: Uint8Array) {
  const diagnostics = new Diagnostics()
  const files = memoryFiles({ a, b })
  const [first, second] = ['a', 'b'].map((name) => inspectFile(files, name, diagnostics))
  if (!first || !second) throw new Error(JSON.stringify(diagnostics.list))
  return diffInputs(first, second)
}

t.test('what differs is named by section, symbol and offset', async (t) => {
  t.strictSame(differences(original, assemble(source('mov $1, %edi'))), [])
  t.strictSame(differences(original, assemble(source('mov $2, %edi'))), [
    {
      kind: 'bytes',
      what: '.text+0x6 (main+0x2): bytes',
      first: '01 00 00 00 e8 00 00 00 …',
      second: '02 00 00 00 e8 00 00 00 …',
      section: '.text',
      symbol: 'main',
      offset: 2,
    },
  ])
  const longer = differences(original, assemble(source('mov $1, %edi; nop')))
  t.match(
    longer.map(({ what, first, second }) => [what, first, second]),
    [
      ['section .text: size', '17 bytes', '18 bytes'],
      ['.text+0xa (main+0x6): bytes, the first of 5 bytes that differ'],
      ['.text+0xb (main+0x7): relocation', 'R_X86_64_PLT32 helper-0x4', undefined],
      ['.text+0xc (main+0x8): relocation', undefined, 'R_X86_64_PLT32 helper-0x4'],
      ['symbol main: size', '13 bytes', '14 bytes'],
    ],
  )
  const data = assemble(source('mov $1, %edi').replace('5, 6', '5, 7').replace('counter\n', 'counter\n.weak helper\n'))
  t.match(differences(original, data), [
    { what: '.data+0x4 (counter+0x4): bytes', first: '06 00 00 00', second: '07 00 00 00' },
    { what: 'symbol helper: binding', first: 'GLOBAL', second: 'WEAK' },
  ])
  const other = assemble(
    `${source('mov $1, %edi').replace('call helper', 'call other')}\n.section .extra,"a"\n.byte 1\n`,
  )
  t.match(
    differences(original, other).map(({ what, first, second }) => [what, first, second]),
    [
      ['.text+0xb (main+0x7): relocation', 'R_X86_64_PLT32 helper-0x4', 'R_X86_64_PLT32 other-0x4'],
      ['section .extra', undefined, '1 bytes'],
      ['symbol other', undefined, 'global, undefined'],
    ],
  )
})

t.test('a function that has moved is the same function', async (t) => {
  const moved = assemble(source('mov $1, %edi').replace('helper: ', 'helper: nop\n'))
  const found = differences(original, moved)
  t.strictSame(
    found.filter(({ kind, symbol }) => kind === 'bytes' && symbol === 'main'),
    [],
  )
  t.match(found.at(-1), { what: 'symbol main: place', first: '0x4', second: '0x5' })
})

t.test('ELF and FLE, archives', async (t) => {
  const object = compile('int twice(int x) { return 2 * x; } int table[] = {1, 2}; int *p = table;', ['-O1'])
  const fle = toFle(object, 'x.o')
  const contents = { 'x.o': object, 'x.fle': fle }
  t.match(await runMain(diff, ['--loaded', 'x.o', 'x.fle'], contents), { status: 0, stdout: '' })
  const archive = (members: Record<string, Uint8Array>) =>
    writeArchive(
      'x.a',
      Object.entries(members).map(([name, content]) => ({ name, content })),
      new Diagnostics(),
    ) ?? new Uint8Array()
  const first = archive({ 'a.o': original, 'b.o': object })
  t.strictSame(differences(first, first), [])
  t.match(differences(first, archive({ 'a.o': assemble(source('mov $2, %edi')), 'c.o': object })), [
    { kind: 'bytes', what: 'a.o: .text+0x6 (main+0x2): bytes' },
    { kind: 'member', what: 'member b.o', second: undefined },
    { kind: 'member', what: 'member c.o', first: undefined },
  ])
  t.match(differences(first, object), [{ what: 'kind of file', first: 'archive', second: 'object or program' }])
})

t.test('the command', async (t) => {
  const contents = { 'a.o': original, 'b.o': assemble(source('mov $2, %edi')), text: new TextEncoder().encode('hello') }
  const run = (...words: string[]) => runMain(diff, words, contents)
  t.match(await run('a.o', 'a.o'), { status: 0, stdout: '' })
  t.match(await run('a.o', 'b.o'), {
    status: 1,
    stdout: [
      '.text+0x6 (main+0x2): bytes',
      '    a.o: bf 01 00 00 00        mov    $0x1,%edi',
      '    b.o: bf 02 00 00 00        mov    $0x2,%edi',
      '',
    ].join('\n'),
  })
  t.match(await run('-q', 'a.o', 'b.o'), { status: 1, stdout: 'a.o and b.o differ\n' })
  const { stdout } = await run('--json', 'a.o', 'b.o')
  t.match(JSON.parse(stdout), { kind: 'bytes', section: '.text', symbol: 'main', offset: 2 })
  t.match(await run('a.o'), { status: 2, stderr: /two files are compared; 1 were given/ })
  t.match(await run('a.o', 'nope.o'), { status: 2, stderr: /cannot open nope\.o/ })
  t.match(await run('a.o', 'text'), { status: 2, stderr: /text: this is neither an ELF nor an FLE file/ })
  t.match(await run('--limit=x', 'a.o', 'b.o'), { status: 2, stderr: /x is not a number/ })
  t.match(await run('--help'), { status: 0, stdout: /^Usage: fle-diff/ })
})

t.test('damaged files: a diagnostic at most', async (t) => {
  const random = seededRandom(9)
  const inputs = [original, toFle(original, 'a.o')]
  const statuses = new Set<number>()
  for (let round = 0; round < 200; round++) {
    const file = mutate(inputs[round % 2], random)
    const { status } = await runMain(diff, ['original', 'file'], { original, file })
    statuses.add(status)
  }
  t.strictSame([...statuses].sort(), [0, 1, 2].slice(statuses.has(0) ? 0 : 1))
})
