// fle-nm, fle-size and fle-readfle: on ELF the same lines as binutils', on FLE the same again.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics } from '@fle/diagnostics'
import { readObject } from '@fle/elf'
import { writeFleArchive, writeFleExecutable } from '@fle/fle'
import { compile, mutate, runToSuccess, seededRandom } from '@fle/testkit'
import t from 'tap'
import { main as nm } from '../src/nm/cli.ts'
import { main as readfle } from '../src/readfle/cli.ts'
import { main as size } from '../src/size/cli.ts'
import { type Main, runMain, toFle } from './run-main.ts'

const cSource = `
  int common_one; static int local_zeros; __thread int own = 3; const int table[3] = {1, 2, 3};
  extern int elsewhere; __attribute__((weak)) int weak_one(void) { return 1; }
  __attribute__((weak)) extern int weak_elsewhere(void);
  __attribute__((visibility("hidden"))) int hidden_one = 7;
  static int helper(int x) { local_zeros += x; return x * elsewhere + (weak_elsewhere ? weak_elsewhere() : 0); }
  int main(int count, char **words) { return helper(count) + own + weak_one() + table[count] + common_one + (int)(long)words; }
`
const cxxSource = `
  template <class T> T twice(T x) { static T sum; sum += x; return x + sum; }
  int use(int x) { try { throw twice(x); } catch (int y) { return y; } }
`
const cObject = compile(cSource, ['-g', '-O1', '-fcommon'])
const cxxObject = compile(cxxSource, ['-O1'], 'cc')

t.test('ELF: line by line what binutils says', async (t) => {
  const folder = t.testdir()
  const contents: Record<string, Uint8Array> = { 'c.o': cObject, 'cxx.o': cxxObject }
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(folder, name), bytes)
  writeFileSync(join(folder, 'extra.c'), 'int elsewhere = 4;\n')
  runToSuccess('gcc', ['c.o', 'extra.c', '-o', 'program'], { cwd: folder })
  runToSuccess('gcc', ['-shared', '-fPIC', '-o', 'lib.so', 'extra.c'], { cwd: folder })
  runToSuccess('ar', ['rcs', 'lib.a', 'c.o', 'cxx.o'], { cwd: folder })
  for (const name of ['program', 'lib.so', 'lib.a']) contents[name] = readFileSync(join(folder, name))
  contents['/bin/ls'] = readFileSync('/bin/ls')

  const cases: readonly [string, Main, readonly string[]][] = [
    [
      'nm',
      nm,
      [
        '',
        '-n',
        '-g',
        '-u',
        '-S',
        '-A',
        '-p',
        '-r',
        '-a',
        '--defined-only',
        '-P',
        '-s',
        '-j',
        '--size-sort',
        '-f sysv',
      ],
    ],
    ['nm', nm, ['-nr', '-PA', '-t d', '-S --size-sort', '-W', '-gS', '-C', '-C -n', '-CA']],
    ['size', size, ['', '-A', '-x', '-o', '-G', '-t', '-Ax']],
    ['readelf -W', readfle, ['-h', '-l', '-S', '-s', '-r', '-n', '-g', '-d', '-e', '--dyn-syms', '-hlSsr']],
  ]
  for (const [tool, main, optionSets] of cases) {
    for (const options of optionSets) {
      for (const file of ['c.o', 'cxx.o', 'program', 'lib.so', 'lib.a']) {
        const words = [...options.split(' ').filter(Boolean), file]
        const [command, ...first] = tool.split(' ')
        const expected = runToSuccess(command, [...first, ...words], { cwd: folder, env: { LC_ALL: 'C' } })
        const { stdout, status } = await runMain(main, words, contents)
        t.equal(stdout, expected, `${tool} ${words.join(' ')}`)
        t.equal(status, 0)
      }
    }
  }
  const dynamic = await runMain(nm, ['-D', '/bin/ls'], contents)
  t.equal(
    dynamic.stdout,
    runToSuccess('nm', ['-D', '/bin/ls'], { env: { LC_ALL: 'C' } }),
    'versions of dynamic symbols',
  )
  const both = await runMain(nm, ['c.o', 'cxx.o'], contents)
  t.equal(both.stdout, runToSuccess('nm', ['c.o', 'cxx.o'], { cwd: folder, env: { LC_ALL: 'C' } }), 'two files')
})

t.test('FLE: the same lines for the same object', async (t) => {
  const object = compile(cSource, ['-O1', '-fcommon'])
  const contents = { 'c.o': object, 'c.fle': toFle(object, 'c.o') }
  const linesOf = async (main: Main, ...words: string[]) => {
    const { stdout, status } = await runMain(main, words, contents)
    t.equal(status, 0)
    return stdout.split('\n').map((line) => line.replace(/c\.(o|fle)$/, ''))
  }
  t.strictSame(await linesOf(nm, 'c.fle'), await linesOf(nm, 'c.o'), 'nm')
  t.strictSame(await linesOf(nm, '-S', '-n', 'c.fle'), await linesOf(nm, '-S', '-n', 'c.o'), 'nm -S -n')
  t.strictSame(await linesOf(size, 'c.fle'), await linesOf(size, 'c.o'), 'size')
  const relocations = (lines: string[]) =>
    lines.filter((line) => /^0/.test(line)).map((line) => line.slice(0, 16) + line.slice(34))
  t.strictSame(
    relocations(await linesOf(readfle, '-r', 'c.fle')).sort(),
    relocations(await linesOf(readfle, '-r', 'c.o')).sort(),
    'readfle -r, but for the numbers of symbols',
  )
})

t.test('FLE programs and archives', async (t) => {
  const symbols = [{ name: '_start', value: 4 }]
  const blob = writeFleExecutable(
    { form: 'blob', entry: 4, size: 16, content: Uint8Array.of(1, 2, 3, 4, 0xc3, 1, 1, 1), symbols },
    { dialect: 'fle' },
  )
  const segments = [
    { name: '.text', address: 0x401000, size: 1, flags: 5, content: Uint8Array.of(0xc3) },
    { name: '.data', address: 0x402000, size: 4096, flags: 6, content: Uint8Array.of(9) },
  ]
  const segmented = writeFleExecutable(
    {
      form: 'segments',
      entry: 0x401000,
      segments,
      symbols: [
        { name: 'end', value: 0x403000 },
        { name: 'd', value: 0x402000 },
      ],
    },
    { dialect: 'fle' },
  )
  const diagnostics = new Diagnostics()
  const object = readObject(cObject, 'c.o', diagnostics)
  if (!object) throw new Error('unreadable')
  const archive = writeFleArchive([{ name: 'c.fle', object }], { dialect: 'fle' }, diagnostics)
  const contents = { blob, segmented, 'lib.fa': archive ?? new Uint8Array() }
  const output = async (main: Main, ...words: string[]) => (await runMain(main, words, contents)).stdout

  t.equal(await output(nm, 'blob'), '0000000000000004 T _start\n')
  t.equal(await output(nm, '-n', 'segmented'), '0000000000402000 D d\n0000000000403000 B end\n')
  t.match(await output(size, 'segmented'), /^ +1\t +1\t +4095\t/m)
  t.match(await output(readfle, '-l', 'segmented'), /LOAD .* 0x0{10}402000 .* 0x000001 0x001000 RW {2}0x1000/)
  t.match(await output(readfle, '-l', 'segmented'), / 01 {5}\.data \.bss \n/)
  t.match(await output(readfle, '-h', 'blob'), /Dialect: +classic\n {2}Type: +DYN/)
  t.match(await output(nm, 'lib.fa'), /^\nc\.fle:\n[\s\S]* T main\n/)
  t.match(await output(nm, '-s', 'lib.fa'), /Archive index:\n[\s\S]*main in c\.fle\n/)
  t.match(
    await output(readfle, 'lib.fa'),
    /^c\.fle: FLE \(fle\), object\n[\s\S]*defines: .*main[\s\S]*needs: .*elsewhere/,
  )
})

t.test('the command line', async (t) => {
  const contents = { 'c.o': cObject, text: new TextEncoder().encode('hello\n') }
  const run = (main: Main, ...words: string[]) => runMain(main, words, contents)
  t.match(await run(nm, '--numeric-srt'), { status: 2, stderr: /unknown option[\s\S]*--numeric-sort/ })
  t.match(await run(nm, '-f', 'nice', 'c.o'), { status: 2, stderr: /nice is not bsd/ })
  t.match(await run(size, '--radix=7', 'c.o'), { stderr: /7 is not 8, 10 or 16/ })
  t.match(await run(nm), { status: 1, stderr: 'fle-nm: error: cannot open a.out: No such file or directory\n' })
  t.match(await run(readfle), { status: 2, stderr: /no input files/ })
  t.match(await run(nm, 'text', 'c.o'), {
    status: 1,
    stdout: / T main/,
    stderr: /text: this is neither an ELF nor an FLE/,
  })
  t.match(await run(nm, '--version'), { status: 0, stdout: /^fle-nm \d.*binutils/ })
  for (const main of [nm, size, readfle]) t.match(await run(main, '--help'), { status: 0, stdout: /^Usage: fle-/ })
})

t.test('damaged files: a diagnostic at most', async (t) => {
  const random = seededRandom(6)
  const inputs = [cObject, cxxObject, toFle(cxxObject, 'cxx.o'), readFileSync('/bin/true')]
  let accepted = 0
  for (let round = 0; round < 300; round++) {
    const file = mutate(inputs[round % inputs.length], random)
    for (const [main, options] of [
      [nm, ['-a']],
      [nm, ['-D']],
      [size, ['-A']],
      [readfle, ['-a']],
      [readfle, []],
    ] as const) {
      const { status } = await runMain(main, [...options, 'file'], { file })
      if (status === 0) accepted++
      else if (status !== 1) t.fail(`status ${status}`)
    }
  }
  t.ok(accepted > 100, `${accepted} of 1500 runs found something to show`)
})
