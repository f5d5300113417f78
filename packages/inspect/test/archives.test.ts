// fle-ar: on ELF archives byte for byte what GNU ar leaves, on FLE archives the same members.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics } from '@fle/diagnostics'
import { readObject } from '@fle/elf'
import { readFleObject } from '@fle/fle'
import { compareObjects, compile, mutate, runCommand, runToSuccess, seededRandom } from '@fle/testkit'
import t from 'tap'
import { main as ar } from '../src/ar/cli.ts'
import { main as nm } from '../src/nm/cli.ts'
import { main as objdump } from '../src/objdump/cli.ts'
import { type MainResult, runMain, toFle } from './run-main.ts'

const object = (source: string) => compile(source, ['-O1', '-fcommon'])
const sources: Record<string, Uint8Array> = {
  'a.o': object('int common; int a(void) { return common; } static int hidden; int *p = &hidden;'),
  'b.o': object('int a(void); __attribute__((weak)) int b(void) { return a(); }'),
  'a-name-longer-than-fifteen.o': object('int c = 3;'),
  'notes.txt': new TextEncoder().encode('hello\n'),
}

/** Runs fle-ar over files that the commands before it have written. */
async function arSession(contents: Record<string, Uint8Array>) {
  const files = { ...contents }
  const run = async (...words: string[]): Promise<MainResult> => {
    const result = await runMain(ar, words, files)
    for (const [path, content] of result.written) files[path] = content
    return result
  }
  return { files, run }
}

t.test('ELF: the archive is the one that GNU ar makes, after every step', async (t) => {
  const folder = t.testdir()
  for (const [name, bytes] of Object.entries(sources)) writeFileSync(join(folder, name), bytes)
  const { files, run } = await arSession({ ...sources, './a.o': sources['a.o'] })
  const long = 'a-name-longer-than-fifteen.o'
  const steps = [
    `rcs x.a a.o b.o ${long}`,
    'rv x.a a.o notes.txt',
    'qv x.a a.o b.o',
    't x.a',
    'tv x.a',
    't x.a notes.txt a.o nope',
    'dvN 2 x.a a.o',
    'dv x.a nope notes.txt',
    `mvb a.o x.a b.o ${long}`,
    `ma a.o x.a b.o ${long}`,
    `rva a.o x.a ${long} notes.txt`,
    'rbv nope x.a ./a.o',
    'm x.a a.o',
    'pv x.a notes.txt',
    '-r -c -S x.a b.o',
    's x.a',
    'rc text.a notes.txt',
    'rc empty.a',
  ]
  for (const step of steps) {
    const words = step.split(' ')
    const expected = runCommand('ar', words, { cwd: folder, env: { LC_ALL: 'C', TZ: 'UTC' } })
    const { status, stdout } = await run(...words)
    t.equal(status, expected.status, `ar ${step}: status`)
    const said = expected.stdout.replaceAll(/No member named.*\n/g, '')
    t.equal(stdout, said, `ar ${step}: what it says`)
    const archive = words.find((word) => word.endsWith('.a')) ?? ''
    t.ok(readFileSync(join(folder, archive)).equals(files[archive]), `ar ${step}: the archive`)
  }
  // An archive with times and owners of its own keeps them for the members that stay.
  runToSuccess('ar', ['rcU', 'times.a', 'a.o', 'b.o'], { cwd: folder })
  const times = await arSession({ ...sources, 'times.a': readFileSync(join(folder, 'times.a')) })
  const inUtc = { cwd: folder, env: { LC_ALL: 'C', TZ: process.env.TZ } }
  t.equal((await times.run('tv', 'times.a')).stdout, runToSuccess('ar', ['tv', 'times.a'], inUtc))
  await times.run('r', 'times.a', 'a.o')
  runToSuccess('ar', ['rD', 'times.a', 'a.o'], { cwd: folder })
  const ours = Buffer.from(times.files['times.a'])
  // The time in the index's own header is the present one for ar.
  t.ok(readFileSync(join(folder, 'times.a')).subarray(68).equals(ours.subarray(68)), 'times and owners')
})

t.test('ELF: what is extracted', async (t) => {
  const folder = t.testdir()
  mkdirSync(join(folder, 'sub'))
  for (const [name, bytes] of Object.entries(sources)) writeFileSync(join(folder, name), bytes)
  const { files, run } = await arSession(sources)
  await run('rc', 'x.a', ...Object.keys(sources))
  const { written, stdout } = await run('xv', '--output', 'out', 'x.a')
  t.equal(
    stdout,
    Object.keys(sources)
      .map((name) => `x - ${name}\n`)
      .join(''),
  )
  for (const [name, bytes] of Object.entries(sources)) t.strictSame(written.get(`out/${name}`), bytes, name)
  // BSD's form of a name can hold a path; it must not lead out of the folder.
  const evil = Buffer.from(
    `!<arch>\n${'#1/12'.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'755'.padEnd(8)}${'14'.padEnd(10)}\`\n../../passwdhi`,
  )
  const extracted = await runMain(ar, ['x', 'evil.a'], { 'evil.a': evil })
  t.strictSame([...extracted.written.keys()], ['passwd'])
  runToSuccess('ar', ['rcT', 'thin.a', 'a.o'], { cwd: folder })
  const thin = { ...files, 'thin.a': readFileSync(join(folder, 'thin.a')) }
  t.match(await runMain(ar, ['t', 'thin.a'], thin), { status: 0, stdout: 'a.o\n' })
  t.match(await runMain(ar, ['r', 'thin.a', 'b.o'], thin), { status: 1, stderr: /thin archive can be read/ })
})

t.test('FLE: members go in, are listed and come out', async (t) => {
  const fle = { 'a.fle': toFle(sources['a.o'], 'a.o'), 'b.fle': toFle(sources['b.o'], 'b.o') }
  const { files, run } = await arSession({ ...sources, ...fle })
  t.match(await run('rcs', 'x.fa', 'a.fle', 'b.o'), { status: 0, stderr: '' })
  t.match(new TextDecoder().decode(files['x.fa']), /^\{\n {4}"type": "\.ar",\n {4}"name": "x\.fa"/)
  t.equal((await run('t', 'x.fa')).stdout, 'a.fle\nb.o\n')
  t.match((await runMain(nm, ['-s', 'x.fa'], files)).stdout, /Archive index:\n[\s\S]*a in a\.fle\n[\s\S]*b in b\.o\n/)
  const { written } = await run('x', 'x.fa')
  const diagnostics = new Diagnostics()
  for (const [member, original] of [
    ['a.fle', 'a.o'],
    ['b.o', 'b.o'],
  ]) {
    const out = readFleObject(written.get(member) ?? new Uint8Array(), member, diagnostics)
    const expected = readObject(sources[original], original, diagnostics)
    if (!out || !expected) throw new Error(JSON.stringify(diagnostics.list))
    t.strictSame(compareObjects(out, expected, { all: false }), [], `${member} says what ${original} says`)
  }
  await run('d', 'x.fa', 'a.fle')
  t.equal((await run('t', 'x.fa')).stdout, 'b.o\n')
  t.match(await run('r', 'x.fa', 'notes.txt'), { status: 1, stderr: /notes\.txt: this is not an object/ })
  t.equal((await run('t', 'x.fa')).stdout, 'b.o\n', 'a failure leaves the archive as it was')
  await run('rc', 'library', 'a.fle', 'b.fle')
  t.match(new TextDecoder().decode(files.library), /"type": "\.ar"/, 'FLE inputs make an FLE archive')
  // A program can be linked by GNU ld from an ELF archive of FLE objects.
  await run('rcs', 'x.a', 'a.fle', 'b.fle')
  t.match((await runMain(nm, ['x.a'], files)).stdout, /\nb\.fle:\n +U a\n0+ W b\n/)
  t.match(runNmOn(files['x.a'], t.testdir()), / W b\n/)
})

function runNmOn(archive: Uint8Array, folder: string): string {
  writeFileSync(join(folder, 'x.a'), archive)
  return runToSuccess('nm', ['x.a'], { cwd: folder })
}

t.test('the command line, and archives that are none', async (t) => {
  const { files, run } = await arSession(sources)
  t.match(await run('r', 'new.a', 'a.o'), { status: 0, stderr: /warning: new\.a is made/ })
  t.match(await run(), { status: 2, stderr: /nothing to do/ })
  t.match(await run('rd', 'new.a'), { status: 2, stderr: /two different things/ })
  t.match(await run('rz', 'new.a'), { status: 2, stderr: /unknown letter: z/ })
  t.match(await run('t'), { status: 2, stderr: /no archive/ })
  t.match(await run('tN', 'x', 'new.a'), { status: 2, stderr: /x is none/ })
  t.match(await run('ru', 'new.a', 'a.o'), { status: 0, stderr: /u has no effect/ })
  t.match(await run('t', 'nope.a'), {
    status: 1,
    stderr: 'fle-ar: error: cannot open nope.a: No such file or directory\n',
  })
  t.match(await run('t', 'a.o'), { status: 1, stderr: /a\.o: this is not an archive/ })
  t.match(await run('r', 'new.a', 'nope.o'), { status: 1, stderr: /cannot open nope\.o/, written: new Map() })
  t.match(await run('m', 'new.a', 'nope.o'), { status: 1, stderr: /new\.a has no member nope\.o/ })
  t.match(await run('-V'), { status: 0, stdout: /^fle-ar .*binutils/ })
  t.match(await run('--help'), { status: 0, stdout: /^Usage: fle-ar/ })
  const random = seededRandom(7)
  const fle = await arSession({ 'a.fle': toFle(sources['a.o'], 'a.o') })
  await fle.run('rc', 'x.fa', 'a.fle')
  let readable = 0
  for (let round = 0; round < 200; round++) {
    const file = mutate(round % 2 ? files['new.a'] : fle.files['x.fa'], random)
    const { status } = await runMain(ar, ['tv', 'file'], { file })
    await runMain(ar, ['s', 'file'], { file })
    if (status === 0) readable++
    else if (status !== 1) t.fail(`status ${status}`)
  }
  t.ok(readable > 10, `${readable} of 200 damaged archives could be listed`)
})

t.test('archives in archives are shown as GNU objdump shows them', async (t) => {
  const folder = t.testdir()
  for (const name of ['a.o', 'b.o']) writeFileSync(join(folder, name), sources[name])
  const make = 'ar rcs inner.a a.o b.o && ar rcs middle.a inner.a b.o && ar rcs outer.a a.o middle.a b.o'
  runToSuccess('sh', ['-c', make], { cwd: folder })
  const files = Object.fromEntries(
    ['inner.a', 'outer.a'].map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  )
  for (const option of ['-h', '-d', '-t', '-r', '-a', '-f']) {
    const { status, stdout, stderr } = await runMain(objdump, [option, 'outer.a'], files)
    t.match({ status, stderr }, { status: 0, stderr: '' }, option)
    t.match(stdout, /^In nested archive middle\.a:\nIn nested archive inner\.a:$/m)
    t.equal(stdout, runToSuccess('objdump', [option, 'outer.a'], { cwd: folder }), option)
  }
  t.match(await runMain(nm, ['outer.a'], files), { status: 1, stderr: /the member middle\.a is an archive itself/ })

  let deep = files['inner.a']
  for (let depth = 0; depth < 120; depth++) {
    const padding = deep.length % 2 === 0 ? '' : '\n'
    const header = `${'x.a/'.padEnd(48)}${String(deep.length).padEnd(10)}\`\n`
    deep = Buffer.concat([Buffer.from(`!<arch>\n${header}`), deep, Buffer.from(padding)])
  }
  t.match(await runMain(objdump, ['-h', 'deep.a'], { 'deep.a': deep }), {
    status: 1,
    stderr: /more than 100 archives stand in each other/,
  })
})
