// The native front: plans kept from run to run, and processes in which nothing tells it from execve.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { cleanCommand, runToSuccess } from '@fle/testkit'
import t from 'tap'
import { readSupervisorReport, type Supervision, supervisorPath, supervisorWords } from '../src/index.ts'

const front = join(import.meta.dirname, '../dist/native/elf-loader')
const nodeForm = join(import.meta.dirname, '../bin/elf-loader.cjs')
const isRoot = process.getuid?.() === 0

const folder = t.testdir({
  'answer.c': 'int main(void) { return ANSWER; }',
  written: {},
  cache: {},
})
const programs = join(import.meta.dirname, 'programs')
const compile = (name: string, source: string, ...options: string[]) =>
  runToSuccess('gcc', [...options, '-w', '-o', name, join(programs, source)], { cwd: folder })
compile('inherited', 'inherited.c', '-static')
compile('inherited-dynamic', 'inherited.c')
compile('set-up', 'set-up.c')
compile('attempt', 'attempt.c', '-static')
/** Makes (or makes anew) a program that exits with a status. */
const makeAnswer = (status: number, name = 'answer') =>
  runToSuccess('gcc', ['-static', `-DANSWER=${status}`, '-o', name, 'answer.c'], { cwd: folder })
makeAnswer(40)
chmodSync(folder, 0o755)
const cache = join(folder, 'cache')
const plans = join(cache, 'fle/plans')

/** Plans of files that have just changed are not kept. */
const settle = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)
settle()

function run(words: readonly string[], env: Record<string, string | undefined> = {}): SpawnSyncReturns<string> {
  const [first, ...rest] = words
  const [command, ...args] = cleanCommand(first, rest, { XDG_CACHE_HOME: cache, ...env })
  return spawnSync(command, args, { cwd: folder, encoding: 'latin1', timeout: 20_000 })
}

const essence = ({ status, signal, stdout, stderr }: SpawnSyncReturns<string>) => ({ status, signal, stdout, stderr })

/** The content of a file; nothing if it has gone meanwhile. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Without Node only a plan that was kept, and that the front trusts, lets a program run. */
const runKept = (...words: string[]) => run([front, ...words], { PATH: '/nowhere' })

t.test('the front was built', (t) => {
  t.ok(existsSync(front))
  t.match(run([front, '--version']).stdout, /^elf-loader /)
  t.match(run([nodeForm, '--version']).stdout, /^elf-loader /)
  t.end()
})

t.test('fle-ld links the stub and the front', (t) => {
  const native = join(import.meta.dirname, '../native')
  const build = (compiler: string) =>
    run([process.execPath, join(native, 'build.mjs'), join(folder, 'built')], { CC: compiler, HOME: folder })
  const { stdout } = build('gcc -Wl,-v')
  t.match(stdout.match(/^(GNU ld|fle-ld)/gm), ['GNU ld', 'fle-ld'], 'the front; the addon is a shared object')
  // A link by GNU ld of the same object.
  const at = ['-Ttext=0x200000100080', '--defsym=plan=0x200000101000', '--oformat=binary']
  runToSuccess('ld', ['-static', '-N', '--entry=start', ...at, '-o', 'by-ld', 'built/stub.o'], { cwd: folder })
  const stub = readFileSync(join(native, '../dist/native/stub.bin'))
  t.ok(stub.equals(readFileSync(join(folder, 'built/stub.bin'))))
  t.ok(stub.equals(readFileSync(join(folder, 'by-ld'))))
  t.end()
})

t.test('nothing that a process inherits tells the front from execve', (t) => {
  const prefix = ['/usr/bin/setarch', '-R', './set-up']
  for (const name of ['inherited', 'inherited-dynamic']) {
    const native = essence(run([...prefix, `./${name}`]))
    t.equal(native.status, 23)
    t.match(native.stdout, /SigIgn:\t0000000000001001\n.*/)
    rmSync(plans, { recursive: true, force: true })
    t.same(essence(run([...prefix, front, `./${name}`])), native, `${name}: a new plan`)
    t.equal(readdirSync(plans).length, 1)
    t.same(essence(run([...prefix, front, `./${name}`])), native, `${name}: a kept plan`)
  }
  t.end()
})

t.test('a plan is kept, and made anew when anything it depends on changes', (t) => {
  rmSync(plans, { recursive: true, force: true })
  t.equal(runKept('./answer').status, 125, 'without a plan and without node')
  t.match(runKept('./answer').stderr, /^elf-loader: error: cannot start node/)
  t.equal(run([front, './answer']).status, 40)
  t.equal(runKept('./answer').status, 40)
  t.equal(readdirSync(plans).length, 1)
  const [plan] = readdirSync(plans)
  t.equal(lstatSync(join(plans, plan)).mode & 0o777, 0o600)

  makeAnswer(41)
  t.equal(runKept('./answer').status, 125, 'another program at the path')
  settle()
  t.equal(run([front, './answer']).status, 41)
  t.equal(runKept('./answer').status, 41)
  t.equal(readdirSync(plans).length, 1, 'the new plan takes the place of the old one')

  chmodSync(join(folder, 'answer'), 0o644)
  t.match(run([front, './answer']), { status: 126, stderr: /it may not be executed/ })
  chmodSync(join(folder, 'answer'), 0o755)
  const bytes = readFileSync(join(folder, 'answer'))
  writeFileSync(join(folder, 'answer'), bytes)
  t.equal(runKept('./answer').status, 125, 'written again with the same bytes')

  makeAnswer(42, 'fresh')
  // On a busy machine time passes between the two commands.
  const isKept = () => {
    t.equal(run(['sh', '-c', 'chmod 755 fresh; exec "$0" ./fresh', front]).status, 42)
    return runKept('./fresh').status === 42
  }
  t.ok(
    [1, 2, 3, 4, 5].some(() => !isKept()),
    'a file that changed just now is not trusted to show its next change',
  )

  writeFileSync(join(folder, 'script'), '#!./interpreter\n')
  chmodSync(join(folder, 'script'), 0o755)
  makeAnswer(43, 'interpreter')
  settle()
  t.equal(run([front, './script']).status, 43)
  t.equal(runKept('./script').status, 43)
  makeAnswer(44, 'interpreter')
  t.equal(run([front, './script']).status, 44, 'another interpreter')
  t.equal(run(['/usr/bin/setarch', '-R', front, './script'], { PATH: '/nowhere' }).status, 125, 'another layout')
  t.end()
})

t.test('the Node form keeps and uses the same plans', (t) => {
  writeFileSync(
    join(folder, 'spy.cjs'),
    "const vm = require('node:vm')\nconst { Script } = vm\n" +
      "vm.Script = class extends Script { constructor(...words) { super(...words); require('node:fs').writeSync(2, 'bundle\\n') } }\n",
  )
  const node = (...words: string[]) => run([process.execPath, '--require', './spy.cjs', nodeForm, ...words])
  makeAnswer(47)
  settle()
  rmSync(plans, { recursive: true, force: true })
  t.match(node('./answer'), { status: 47, stderr: 'bundle\n' }, 'a new plan')
  t.equal(readdirSync(plans).length, 1)
  t.match(node('./answer'), { status: 47, stderr: '' }, 'without the bundle')
  t.equal(runKept('./answer').status, 47, 'the front uses it')
  t.match(node('--trace', './answer'), { status: 47, stderr: /^bundle\n.*open/s }, 'an option needs a plan of its own')
  t.equal(readdirSync(plans).length, 1)
  makeAnswer(48)
  t.match(node('./answer'), { status: 48, stderr: 'bundle\n' }, 'another program at the path')

  const prefix = ['/usr/bin/setarch', '-R', './set-up', process.execPath, nodeForm]
  rmSync(plans, { recursive: true, force: true })
  const [planned, kept] = [1, 2].map(() => essence(run([...prefix, './inherited', 'a\xff', ''])))
  t.equal(planned.status, 23)
  t.same(kept, planned, 'the process is the same')
  t.end()
})

t.test('a plan that is damaged or foreign is passed over', (t) => {
  rmSync(plans, { recursive: true, force: true })
  makeAnswer(45)
  makeAnswer(46, 'other')
  settle()
  t.equal(run([front, './answer']).status, 45)
  const [name] = readdirSync(plans)
  const file = join(plans, name)
  const whole = readFileSync(file)
  const trusted = (what: string, isTrusted: boolean) => {
    t.equal(runKept('./answer').status, isTrusted ? 45 : 125, what)
    t.equal(run([front, './answer']).status, 45, `${what}: runs all the same`)
    rmSync(file, { recursive: true, force: true })
    writeFileSync(file, whole, { mode: 0o600 })
  }
  trusted('as it was', true)
  for (const length of [0, 7, 8, 100, whole.length - 1]) {
    writeFileSync(file, whole.subarray(0, length))
    trusted(`cut to ${length} bytes`, false)
  }
  for (let at = 0; at < whole.length; at += 389) {
    const damaged = Buffer.from(whole)
    damaged[at] ^= 0x10
    writeFileSync(file, damaged)
    t.equal(runKept('./answer').status, 125, `byte ${at} changed`)
  }
  rmSync(file)
  t.equal(run([front, './other']).status, 46)
  renameSync(join(plans, readdirSync(plans)[0]), file)
  trusted('the plan of another program', false)
  chmodSync(file, 0o620)
  trusted('one that a group may write', false)
  renameSync(file, join(cache, 'elsewhere'))
  symlinkSync('../../elsewhere', file)
  trusted('a symbolic link', false)
  rmSync(file)
  mkdirSync(file)
  trusted('a directory', false)
  if (isRoot) {
    chownSync(file, 65534, 65534)
    trusted('another owner', false)
    chownSync(plans, 65534, 65534)
    trusted('another owner of the folder', false)
    chownSync(plans, 0, 0)
  }
  chmodSync(plans, 0o777)
  trusted('a folder that all may write', false)
  chmodSync(plans, 0o700)
  for (const place of ['/proc/no-such', '/dev/null', 'relative', '']) {
    const { status, stderr } = run([front, './answer'], { XDG_CACHE_HOME: place, HOME: '/proc' })
    t.match({ status, stderr }, { status: 45, stderr: '' }, `no cache at '${place}'`)
  }
  t.end()
})

t.test('what cannot be run is said by the front too', (t) => {
  t.match(run([front, 'missing']), { status: 127, stderr: /^elf-loader: error: missing: cannot be .* \(ENOENT\)\n$/ })
  t.match(run([front, './answer.c']), { status: 126, stderr: /it may not be executed/ })
  t.match(run([front]), { status: 125, stderr: /no program is given/ })
  t.match(run([front, '--dryrun']), { status: 125, stderr: /did you mean: --dry-run/ })
  t.match(run([front, '--dry-run', './answer']), { status: 0, stdout: /^program {6}.\/answer\n/ })
  // An entry beyond the address space: execve finds out too late to fail.
  const bytes = readFileSync(join(folder, 'answer'))
  bytes.writeBigUInt64LE(0xffff_8000_0000_0000n, 24)
  writeFileSync(join(folder, 'bad-entry'), bytes, { mode: 0o755 })
  t.match(run([front, './bad-entry']), { signal: 'SIGSEGV', stderr: /entry point/ })
  symlinkSync(front, join(folder, 'fle-exec'))
  t.match(run(['./fle-exec', './answer']), { status: 126, stderr: /^fle-exec: error: .*it is an ELF program/ })
  copyFileSync(front, join(folder, 'lost'))
  t.match(run(['./lost', './answer']), { status: 125, stderr: /Cannot find module/ })
  t.end()
})

/** Runs an attempt under the supervisor: how it ended, what the supervisor wrote about it. */
function hold(options: readonly string[], ...words: string[]) {
  rmSync(join(folder, 'meta.json'), { force: true })
  const result = run([front, '--meta=meta.json', ...options, './attempt', ...words])
  const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'))
  return { ...essence(result), meta }
}

t.test('a program does not escape its supervisor', (t) => {
  const running = () =>
    readdirSync('/proc').filter((name) => {
      const path = `/proc/${name}/cmdline`
      return /^\d+$/.test(name) && existsSync(path) && readText(path).startsWith('./attempt\0')
    })
  const started = Date.now()
  t.match(hold(['--timeout=20s'], 'comet'), { status: 0, meta: { reason: 'exit' } })
  t.same(running(), [], 'processes that start the next one and end')
  for (const attempt of ['stop', 'stop from afar'])
    t.match(hold(['--timeout=300ms'], attempt), { status: 124, meta: { reason: 'timeout' } }, attempt)
  for (const attempt of ['forge', 'exchange'])
    t.match(hold(['--timeout=20s'], attempt), { status: 5, meta: { reason: 'exit', status: 5 } }, attempt)
  const flood = '"$0" --timeout=300ms --limit=output=10M --meta=meta.json ./attempt flood | sleep 2'
  run(['sh', '-c', flood, front])
  t.match(JSON.parse(readText(join(folder, 'meta.json'))), { reason: 'timeout' }, 'nobody reads what it writes')
  t.ok(Date.now() - started < 30_000)
  t.end()
})

/** Before Linux 6.14 only execve itself can tell. */
const [major, minor] = release().split('.').map(Number)
t.test('what is open for writing is not executed', { skip: major < 6 || (major === 6 && minor < 14) }, (t) => {
  makeAnswer(49)
  settle()
  const file = openSync(join(folder, 'answer'), 'r+')
  t.throws(() => runToSuccess('./answer', [], { cwd: folder }))
  const busy = { status: 126, stderr: /answer: cannot be executed: it is open for writing \(ETXTBSY\)\n$/ }
  for (const form of [[front], [process.execPath, nodeForm]]) t.match(run([...form, './answer']), busy)
  closeSync(file)
  t.equal(run([front, './answer']).status, 49)
  t.end()
})

t.test('the sandbox stops what is not computing, and says which call it was', (t) => {
  const calls: Record<string, RegExp> = {
    read: /openat\("\/etc\/passwd"\)\n/,
    write: /openat\("written\/x"\) for writing\n/,
    remove: /unlink\("written\/x"\)/,
    'memory of its own': /openat\("\/proc\/self\/mem"\) for writing/,
    socket: /socket\n/,
    'local socket': /socket\n/,
    io_uring: /io_uring_setup\n/,
    fork: /clone\n/,
    'fork bomb': /clone\n/,
    thread: /clone3\n/,
    'kill the parent': /kill\n/,
    'kill all': /kill\n/,
    ptrace: /ptrace\n/,
    execve: /execve\("\/bin\/sh"\)\n/,
  }
  for (const [attempt, call] of Object.entries(calls)) {
    const { signal, stderr, meta } = hold(['--sandbox', '--timeout=9s'], attempt)
    t.equal(signal, 'SIGSYS', attempt)
    t.match(stderr, /^elf-loader: error: .\/attempt: stopped: the sandbox does not allow the system call /)
    t.match(stderr, call)
    t.match(meta, { status: null, signal: 'SIGSYS', reason: 'sandbox', call: /^[a-z0-9_]+$/ })
  }
  for (const attempt of ['another machine', 'x32'])
    t.match(hold(['--sandbox'], attempt), { signal: 'SIGSYS', meta: { reason: 'sandbox' } }, attempt)
  t.match(hold(['--sandbox'], 'compute'), {
    status: 23,
    stdout: '1\n',
    stderr: '',
    meta: { reason: 'exit', status: 23 },
  })
  t.match(hold(['--sandbox'], 'abort'), {
    signal: 'SIGABRT',
    meta: { reason: 'signal', signal: 'SIGABRT', status: null },
  })
  t.equal(hold(['--sandbox'], 'environment').status, 0)
  t.not(hold(['--sandbox', '--keep-env'], 'environment').status, 0)
  const several = ['--sandbox', '--limit=processes=2']
  for (const attempt of ['fork', 'thread']) t.equal(hold(several, attempt).status, 0, `${attempt}, allowed`)
  t.match(hold(several, 'fork bomb'), { signal: 'SIGKILL', meta: { reason: 'processes' } })
  t.end()
})

t.test('limits end what goes beyond them, and the reason is said', (t) => {
  const ends = (options: readonly string[], attempt: string, expected: object) =>
    t.match(hold(options, attempt), expected, `${options.join(' ')}: ${attempt}`)
  const timeout = /stopped: it ran longer than 0.3 s \(--timeout\)/
  for (const attempt of ['loop', 'sleep', 'fork bomb']) {
    const { status, stderr, meta } = hold(['--timeout=300ms', '--limit=processes=2000'], attempt)
    if (meta.reason === 'processes') continue
    t.match({ status, stderr, meta }, { status: 124, stderr: timeout, meta: { reason: 'timeout' } }, attempt)
    t.ok(meta.wall > 0.29 && meta.wall < 5)
  }
  ends(['--limit', 'cpu=1s'], 'loop', { signal: 'SIGXCPU', stderr: /used more than 1 s of/, meta: { reason: 'cpu' } })
  ends(['--limit=memory=64M'], 'memory bomb', { status: 4, stderr: /used up its 64 MiB/, meta: { reason: 'memory' } })
  ends(['--limit=file=1M'], 'large file', { signal: 'SIGXFSZ', stderr: /larger than 1 MiB/, meta: { reason: 'file' } })
  ends(['--limit=open=16'], 'open files', { status: 4, stderr: '' })
  ends(['--limit=processes=5'], 'fork bomb', { signal: 'SIGKILL', stderr: /more than 5 processes/ })
  ends(['--limit=processes=1'], 'thread', { signal: 'SIGKILL', stderr: /more than 1 process/ })
  ends(['--limit=output=1000'], 'flood', {
    signal: 'SIGKILL',
    stdout: /^(flood\n){166}floo$/,
    meta: { reason: 'output' },
  })
  ends(['--limit=output=1000'], 'compute', { status: 23, stdout: '1\n', stderr: '' })
  ends(['--no-network'], 'socket', { status: 4, stderr: '' })
  ends(['--no-network'], 'local socket', { status: 0 })
  ends(['--no-network'], 'fork', { status: 0 })
  ends(['--time'], 'compute', {
    status: 23,
    stderr: /^elf-loader: time: \d+\.\d{3} s, .*memory: \d+\.\d MiB at most\n$/,
  })
  const before = Date.now()
  ends(['--timeout=50s'], 'stay', { status: 0 })
  t.ok(Date.now() - before < 10_000, 'what the program leaves behind is ended')
  t.notOk(existsSync('/proc') && run(['sh', '-c', 'cat /proc/[0-9]*/cmdline']).stdout.includes('attempt\0stay'))
  t.end()
})

t.test('files can be read and written where it was allowed', (t) => {
  // A kernel without Landlock: what cannot be enforced is refused.
  if (run([front, '--read=/', './attempt', 'compute']).stderr.includes('need Landlock')) {
    t.equal(run([front, '--best-effort', '--read=/', './attempt', 'read']).status, 0)
    t.end()
    return
  }
  const status = (options: readonly string[], attempt: string) => hold(options, attempt).status
  t.equal(status(['--read=/etc'], 'read'), 0)
  t.equal(status(['--read=/usr'], 'read'), 4)
  t.equal(status(['--read=/usr', '--read', '/etc/passwd'], 'read'), 0)
  t.equal(status(['--read=/'], 'write'), 4)
  t.equal(status(['--write=written'], 'read'), 0)
  t.equal(status(['--write=written'], 'write'), 0)
  t.equal(status(['--write=/usr'], 'remove'), 4)
  t.equal(status(['--write=written'], 'remove'), 0)
  t.equal(status(['--sandbox', '--read=/etc'], 'read'), 0)
  t.equal(status(['--sandbox', '--read=/usr'], 'read'), 4)
  t.equal(hold(['--sandbox', '--read=/etc'], 'write').signal, 'SIGSYS')
  t.equal(status(['--sandbox', '--write=written'], 'write'), 0)
  t.equal(status(['--sandbox', '--write=/usr'], 'write'), 4)
  t.match(run([front, '--read=/no/such', './attempt', 'read']), { status: 125, stderr: /cannot open \/no\/such/ })
  t.end()
})

t.test('a grader can start the supervisor and read its report', (t) => {
  const grade = (supervision: Supervision, attempt: string) => {
    const words = supervisorWords({ ...supervision, report: 'report.json' })
    const supervisor = supervisorPath() ?? ''
    run([supervisor, ...words, '--', './attempt', attempt])
    return readSupervisorReport(readFileSync(join(folder, 'report.json'), 'utf8'))
  }
  t.match(grade({ timeout: 9000, limits: { memory: 64 << 20, open: 16 } }, 'compute'), { status: 23, reason: 'exit' })
  t.match(grade({ timeout: 200 }, 'loop'), { reason: 'timeout', signal: 'SIGKILL', status: undefined })
  t.match(grade({ limits: { output: 1000, processes: 4 } }, 'flood'), { reason: 'output', message: /1000 bytes/ })
  t.match(grade({ sandbox: true, noNetwork: true }, 'socket'), { reason: 'sandbox', call: 'socket' })
  t.match(grade({ sandbox: true, keepEnvironment: true, bestEffort: true }, 'abort'), { signal: 'SIGABRT' })
  t.match(grade({ bestEffort: true, readable: ['/'], writable: ['written'] }, 'compute'), { status: 23 })
  for (const text of ['', '{', '[]', 'null', '{"reason": "none"}']) t.equal(readSupervisorReport(text), undefined, text)
  t.end()
})

t.test('both forms hold, and say what is wrong with an option', (t) => {
  for (const form of [front, nodeForm]) {
    const words = ['--timeout', '300ms', '-limit', 'memory=64M', './attempt', 'loop']
    t.match(run([form, ...words]), { status: 124, stderr: /--timeout/ })
    t.match(run([form, '--trace', '--sandbox', './attempt', 'fork']), {
      signal: 'SIGSYS',
      stderr: /jump to .*\n.*clone/,
    })
    const refuse = (option: string, message: RegExp) =>
      t.match(run([form, option, './attempt', 'compute']), { status: 125, stdout: '', stderr: message }, option)
    refuse('--timeout=x', /^elf-loader: error: --timeout needs a time like 5s or 200ms, not x\n$/)
    refuse('--timeout=0', /--timeout needs a time/)
    refuse('--timeout=', /--timeout needs a time/)
    refuse('--limit=cpu', /--limit: cpu needs a value like cpu=2s/)
    refuse('--limit=memory=256Q', /--limit: memory needs a value like memory=256M/)
    refuse('--limit=time=3', /unknown limit: time/)
    refuse('--meta=/no/such/meta', /cannot write \/no\/such\/meta: No such file/)
    refuse('--sandbix', /did you mean: --sandbox/)
  }
  t.match(run([front, '--sandbox', 'missing']), { status: 127 })
  t.match(run([front, '--sandbox']), { status: 125, stderr: /no program is given/ })
  t.end()
})
