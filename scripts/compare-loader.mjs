// `npm run compare-loader [PART...]`: compares the loader with execve on this machine. The parts: entry, malformed, mutated,
// statuses, properties, terminal, sandbox, tools, costs; all of them by default. Takes some minutes; best as root, who can
// also be nobody. The native tools that measure are in compare-loader/.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Diagnostics } from '../packages/diagnostics/dist/index.js'
import { plan, prepareProgram, readMachine } from '../packages/elf-loader/dist/index.js'
import { programFiles } from '../packages/elf-loader/dist/node.js'
import { mutate, seededRandom } from '../packages/testkit/dist/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const front = join(root, 'packages/elf-loader/dist/native/elf-loader')
const nodeForm = [process.execPath, join(root, 'packages/elf-loader/bin/elf-loader.cjs')]
const forms = { front: [front], 'node form': nodeForm }
const nobody = 65534
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
const isRoot = process.getuid() === 0

const folder = mkdtempSync(join(tmpdir(), 'compare-loader-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
chmodSync(folder, 0o777)
const { NODE_OPTIONS: _, ...environment } = process.env
const cacheOf = (user) => {
  const cache = join(folder, `cache-${user}`)
  mkdirSync(cache, { recursive: true })
  if (isRoot && user === 'nobody') chownSync(cache, nobody, nobody)
  return cache
}

/** Runs a command to its end. */
function run(words, { input = '', user = 'self', env = environment, encoding = 'latin1' } = {}) {
  const [command, ...args] = user === 'nobody' ? [...asNobody, ...words] : words
  const options = { cwd: folder, input, encoding, maxBuffer: 1 << 30, env: { ...env, XDG_CACHE_HOME: cacheOf(user) } }
  return spawnSync(command, args, { ...options, timeout: 900_000 })
}

function compile(name, sources, ...options) {
  const { status, stderr } = run(['gcc', '-O1', '-w', '-o', name, ...sources, ...options])
  if (status !== 0) throw new Error(stderr)
  return join(folder, name)
}
const tool = (name, ...options) => compile(name, [join(root, `scripts/compare-loader/${name}.c`)], ...options)
const program = (name, ...options) =>
  compile(name, [join(root, `packages/elf-loader/test/programs/${name}.c`)], ...options)

/** A program of our own, from its source. */
function source(name, text, ...options) {
  const file = `${name}.${text.includes('_start:') ? 's' : 'c'}`
  writeFileSync(join(folder, file), text)
  return compile(name, [file], ...options)
}

const parts = {
  /** Each program at its entry point: maps, auxv, registers, stack, what /proc says. */
  entry() {
    const atEntry = tool('at-entry')
    const files = ['/usr/bin', '/usr/sbin', '/usr/lib/klibc/bin', '/usr/libexec']
      .filter((path) => existsSync(path))
      .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
      .filter((path) => readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF')
    const ways = [
      ...(isRoot ? [{ name: 'root' }, { name: 'nobody', user: 'nobody' }] : [{ name: 'self' }]),
      { name: 'user namespace', prefix: ['unshare', '-Ur'] },
      { name: 'no vdso gadget', options: ['--no-gadget'] },
      // Node's start takes long: every tenth program.
      { name: 'node form', form: nodeForm, every: 10 },
      { name: 'node form, user namespace', prefix: ['unshare', '-Ur'], form: nodeForm, every: 10 },
    ]
    for (const { name, user, prefix = [], options = [], form = [front], every = 1 } of ways) {
      const chosen = files.filter((_, i) => i % every === 0)
      const lines = run([...prefix, atEntry, ...options, ...form, '--', ...chosen], { user })
        .stdout.trim()
        .split('\n')
      const compared = lines.filter((line) => !line.startsWith('skipped'))
      const equal = compared.filter((line) => line === 'equal')
      const setId = lines.filter((line) => line === 'skipped: set-id').length
      const rest = lines.length - compared.length - setId
      console.log(
        `entry, ${name}: ${compared.length} programs compared, ${equal.length} equal; ${setId} set-id, ${rest} that execve refuses`,
      )
      lines.forEach((line, i) => {
        if (line !== 'equal' && line !== 'skipped: set-id') console.log(`  ${chosen[i]}: ${line}`)
      })
    }
  },

  /** The table of malformed files, each as root and as nobody: a test of the package. */
  malformed() {
    const words = ['--disable-coverage', '--reporter=tap', 'packages/elf-loader/test/bad-files.test.ts']
    const tap = join(root, 'node_modules/.bin/tap')
    const { stdout } = spawnSync(tap, words, { cwd: root, encoding: 'utf8', env: environment })
    const cases = Array.from(stdout.matchAll(/^\s+(not )?ok \d+ - [\w-]+: /gm))
    console.log(`malformed: ${cases.length} tried, ${cases.filter(([, not]) => !not).length} with the same outcome`)
  },

  /** Headers with random damage, and random #! lines: the planner and the stub against the kernel. */
  mutated() {
    const outcomes = tool('outcomes')
    const start = '.globl _start\n_start: mov $60, %eax\nmov $42, %edi\nsyscall\n.data\n.quad 1\n.bss\n.skip 9000\n'
    const bases = [
      source('tiny', start, '-nostdlib', '-static'),
      source('tiny-pie', start, '-nostdlib', '-static-pie'),
      source('small', 'int main(void) { return 42; }'),
      source('small-static', 'int main(void) { return 42; }', '-static'),
    ].map((path) => new Uint8Array(readFileSync(path)))
    // Its status tells what it was given.
    const show = source(
      'show',
      'int main(int n, char **v) { unsigned h = n; while (*v) for (char *c = *v++;; c++) { h = h * 31 + *c; if (!*c) break; } return h % 251; }',
      '-static',
    )
    const machine = { ...thisMachine(), randomizes: false, randomizesHeap: false }
    const random = seededRandom(5)
    const total = 12_000
    const batch = 1000
    let differences = 0
    const kinds = new Map()
    for (let first = 0; first < total; first += batch) {
      const place = join(folder, 'mutated')
      rmSync(place, { recursive: true, force: true })
      mkdirSync(place)
      cpSync(show, join(place, 'show'))
      writeFileSync(join(place, 'inner'), '#!./show inner \n', { mode: 0o755 })
      const expected = []
      for (let i = 0; i < batch; i++) {
        const file = `./file-${i}`
        const content =
          random.below(6) === 0 ? randomScript(random) : mutateHeaders(bases[random.below(bases.length)], random)
        writeFileSync(join(place, file), content, { mode: 0o755 })
        process.chdir(place)
        const planned = plan(file, programFiles, new Diagnostics())
        const prepared = planned.kind === 'plan' ? prepareProgram(planned, { tool: 'elf-loader', machine }) : planned
        if (prepared instanceof Uint8Array) {
          writeFileSync(`image-${i}`, imageOf(prepared), { mode: 0o755 })
          writeFileSync(`argv-${i}`, stringsOf(prepared))
        } else expected[i] = prepared.errno
        process.chdir(folder)
      }
      for (const line of run([outcomes, place, `${batch}`])
        .stdout.trim()
        .split('\n')) {
        const [number, native, loaded] = line.split(' ')
        const outcome = loaded === '-' ? expected[number] : loaded
        const kind = native.startsWith('status') ? 'runs' : native
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
        if (outcome === native) continue
        differences++
        console.log(`  mutated ${first + Number(number)}: execve ${native}, loader ${outcome}`)
        cpSync(join(place, `file-${number}`), join(tmpdir(), `mutated-${first + Number(number)}`))
      }
    }
    const table = [...kinds].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${kind} ${count}`)
    console.log(`mutated: ${total} headers and #! lines, ${differences} differences (${table.join(', ')})`)
  },

  /** Every way in which a process can end. */
  statuses() {
    const end = source(
      'end',
      '#include <signal.h>\n#include <stdlib.h>\nint main(int n, char **v) { int k = atoi(v[2]); if (*v[1] == 115) raise(k); return k; }',
      '-static',
    )
    const signals = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31, 34, 64]
    const kinds = [...[0, 1, 2, 77, 128, 255].map((k) => ['exit', k]), ...signals.map((k) => ['signal', k])]
    for (const [name, form] of Object.entries({ ...forms, supervisor: [front, '--timeout=60s'] })) {
      const same = kinds.filter(([what, k]) => {
        const [native, loaded] = [[], form].map((words) => run([...words, end, what, `${k}`]))
        return native.status === loaded.status && native.signal === loaded.signal
      })
      console.log(`statuses, ${name}: ${kinds.length} kinds tried, ${same.length} the same`)
    }
  },

  /** What a process inherits, row by row. */
  properties() {
    const setUp = program('set-up')
    program('inherited', '-static')
    const words = ['setarch', '-R', setUp]
    const lines = (form) => run([...words, ...form, './inherited']).stdout.split('\n')
    const native = lines([])
    for (const [name, form] of Object.entries(forms)) {
      lines(form)
      const loaded = new Set(lines(form))
      const missing = native.filter((line) => !loaded.has(line))
      console.log(`properties, ${name}: ${native.length} rows, ${native.length - missing.length} as execve leaves them`)
      for (const line of missing) console.log(`  only under execve: ${line.slice(0, 100)}`)
    }
  },

  /** A shell on a terminal: keys that send signals, jobs, modes of the terminal. */
  terminal() {
    const shell = ['/bin/bash-static', '/bin/busybox'].find((path) => existsSync(path))
    const terminal = tool('terminal', '-lutil')
    if (!shell) return console.log('terminal: needs bash-static or busybox')
    const keys = ['cat', 'hello', '^Z', 'jobs', 'fg', '^C', 'echo $?', 'sleep 9', '^\\', 'stty -echo', 'echo hidden']
    keys.push('stty echo', 'stty -a | grep -o ..echo', 'tty | wc -l', 'sleep 0.1 & wait', 'exit 3')
    const input = keys.map((key) =>
      key.replace(/^\^(.)$/, (_, c) => `\\x${(c.charCodeAt(0) & 31).toString(16).padStart(2, '0')}`),
    )
    const text = input.map((line) => `${line}${line.startsWith('\\x') ? '' : '\\x0d'}\n`).join('')
    const words = shell.endsWith('busybox') ? [shell, 'sh', '-i'] : [shell, '--norc', '-i']
    const session = (form) =>
      run([terminal, ...form, ...words], {
        input: text,
        env: { ...environment, TERM: 'dumb', PS1: '$ ' },
      }).stdout.replace(/\[1\] \d+/g, '[1] PID')
    const native = session([])
    for (const [name, form] of Object.entries({ ...forms, supervisor: [front, '--timeout=60s'] })) {
      const same = session(form) === native
      console.log(`terminal, ${name}: ${keys.length} entries, ${same ? 'the same screen' : 'ANOTHER SCREEN'}`)
      if (!same) console.log(session(form))
    }
  },

  /** What a hostile program tries in the sandbox, and what a call costs under its filter. */
  sandbox() {
    program('attempt', '-static')
    mkdirSync(join(folder, 'written'), { recursive: true })
    const attempts = [
      'compute',
      'read',
      'write',
      'remove',
      'memory of its own',
      'socket',
      'local socket',
      'io_uring',
      'fork',
    ]
    attempts.push(
      'fork bomb',
      'thread',
      'memory bomb',
      'loop',
      'sleep',
      'flood',
      'large file',
      'kill the parent',
      'kill all',
    )
    attempts.push('ptrace', 'execve', 'another machine', 'x32', 'abort')
    const limits = ['--sandbox', '--timeout=2s', '--limit=cpu=1s,memory=64M,output=10K', '--meta=meta.json']
    for (const attempt of attempts) {
      const { status, signal } = run([front, ...limits, './attempt', attempt])
      const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'))
      console.log(`  ${attempt.padEnd(18)} ${`${signal ?? status}`.padEnd(8)} ${meta.reason.padEnd(8)} ${meta.message}`)
    }
    source(
      'calls',
      '#include <stdio.h>\n#include <time.h>\n#include <unistd.h>\n#include <sys/syscall.h>\nint main(void) { struct timespec a, b; clock_gettime(1, &a);' +
        'for (int i = 0; i < 1000000; i++) syscall(SYS_getppid); clock_gettime(1, &b);' +
        'printf("%ld", (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000); }',
      '-static',
    )
    const cost = (...words) => Math.min(...Array.from({ length: 5 }, () => Number(run([...words, './calls']).stdout)))
    console.log(`sandbox: a system call takes ${cost(front)} ns, ${cost(front, '--sandbox')} ns under the filter`)
  },

  /** Debuggers, tracers and sanitizers. */
  tools() {
    const text =
      '#include <stdio.h>\n#include <stdlib.h>\nint main(int n, char **v) { volatile int *p = malloc(8); if (n > 1) free((void *)p); p[0] = 1; puts("ran"); }'
    const plain = source('plain', text, '-g')
    const address = source('address', text, '-fsanitize=address', '-g')
    const thread = source('thread', text, '-fsanitize=thread', '-g')
    const undefinedBehaviour = source('undefined', text, '-fsanitize=undefined', '-g')
    for (const [name, words] of Object.entries({
      ASan: [address],
      'ASan, a use after free': [address, 'x'],
      TSan: [thread],
      UBSan: [undefinedBehaviour],
    })) {
      const [native, loaded] = [[], [front]].map((form) => run(['setarch', '-R', ...form, ...words]))
      const verdict = ({ stderr }) => /ERROR: \w+: [\w-]+/.exec(stderr)?.[0] ?? ''
      const same =
        native.status === loaded.status && native.stdout === loaded.stdout && verdict(native) === verdict(loaded)
      console.log(
        `tools, ${name}: ${same ? 'the same' : 'ANOTHER RESULT'} (status ${loaded.status}) ${verdict(loaded)}`,
      )
    }
    const has = (command) => run(['sh', '-c', `command -v ${command}`]).status === 0
    if (has('strace')) {
      const { stderr } = run(['strace', '-f', front, plain])
      console.log(`tools, strace: ${/write\(1, "ran\\n"/.test(stderr) ? 'sees the program' : 'SEES NOTHING'}`)
    }
    if (has('gdb')) {
      const { stdout } = run([front, '--gdb', plain], { input: 'break main\ncontinue\nbt\ncontinue\n' })
      console.log(
        `tools, gdb: ${/Breakpoint 1, main \(n=1/.test(stdout) && /ran/.test(stdout) ? 'stops in main' : 'FAILS'}`,
      )
    }
  },

  /** What the loader costs, in CPU milliseconds. */
  costs() {
    const measure = tool('measure')
    const start = '.globl _start\n_start: mov $60, %eax\nxor %edi, %edi\nsyscall\n'
    const tiny = source('tiny', start, '-nostdlib', '-static')
    const hello = source('hello', 'int main(void) { return 0; }', '-static')
    const dynamic = source('dynamic', 'int main(void) { return 0; }')
    writeFileSync(join(folder, 'empty.cjs'), '')
    run([front, tiny])
    const pair = (times, ...commands) => {
      const words = commands.flatMap((command, i) => (i === 0 ? command : ['--', ...command]))
      const { stdout } = run([measure, `${times}`, ...words], {
        env: { ...environment, NODE_EXTRA_CA_CERTS: undefined },
      })
      return stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ').map(Number))
    }
    for (const path of [tiny, hello, dynamic]) {
      for (let i = 0; i < 2; i++) run([front, path])
      const planned = plan(path, programFiles, new Diagnostics())
      const image = join(folder, 'stub')
      writeFileSync(image, imageOf(prepareProgram(planned, { tool: 'elf-loader', machine: thisMachine() })), {
        mode: 0o755,
      })
      const [native, stub, kept] = pair(400, [path], [image], [front, path])
      const ms = ([least, median]) => `${least.toFixed(3)} (median ${median.toFixed(3)})`
      console.log(
        `costs, ${path.replace(/.*\//, '')}: execve ${ms(native)}, stub ${ms(stub)}, front with a kept plan ${ms(kept)} ms`,
      )
    }
    const unkept = ['env', 'XDG_CACHE_HOME=/proc/none', ...nodeForm, tiny]
    run([...nodeForm, tiny])
    const [empty, planned, kept] = pair(61, [process.execPath, 'empty.cjs'], unkept, [...nodeForm, tiny])
    const over = ([least]) => `${least} (${(least - empty[0]).toFixed(3)} more)`
    console.log(
      `costs: empty node ${empty[0]}, node form with a new plan ${over(planned)}, with a kept plan ${over(kept)} ms`,
    )
  },
}

/** PT_NULL to PT_TLS, and GNU's: eh_frame_hdr, stack, relro, property. */
const segmentTypes = [0, 1, 2, 3, 4, 5, 6, 7, 0x6474e550, 0x6474e551, 0x6474e552, 0x6474e553]

/** A script whose first line is of pieces in any order; with a few more bytes than the kernel looks at, at most. */
function randomScript(random) {
  const pieces = [
    ' ',
    '\t',
    '  ',
    '\n',
    '\0',
    '\r',
    './show',
    './show',
    './inner',
    './missing',
    '.',
    '/',
    'x',
    '-e',
    '#!',
  ]
  pieces.push('\u00e4', 'x'.repeat(120), ' '.repeat(126), '\n./show\n')
  let text = random.below(12) === 0 ? '#' : '#!'
  const blanks = ['', ' ', '\t ', ' '.repeat(240 + random.below(12))]
  text += blanks[random.below(random.below(4) === 0 ? 4 : 3)] + (random.below(4) === 0 ? '' : './show')
  for (let count = random.below(6); count > 0; count--) text += pieces[random.below(pieces.length)]
  return random.below(3) === 0 ? text : `${text}\n`
}

/** Damages the ELF header and the program headers, as a whole or in one to three fields; the rest stays. */
function mutateHeaders(original, random) {
  const size = 64 + 56 * original[56]
  if (random.below(2) === 0) {
    const damaged = mutate(original.subarray(0, size), random)
    return damaged.length === size ? Buffer.concat([damaged, original.subarray(size)]) : damaged
  }
  const bytes = original.slice()
  const view = new DataView(bytes.buffer)
  for (let count = 1 + random.below(3); count > 0; count--) {
    // Fields of 8 bytes: e_entry, e_phoff, or one of a program header's but its type and flags.
    const isFileHeader = random.below(6) === 0
    const header = 64 + 56 * random.below(original[56])
    const field = isFileHeader ? 24 + 8 * random.below(2) : header + 8 + 8 * random.below(6)
    const old = view.getBigUint64(field, true)
    const changes = [
      old + 1n,
      old - 1n,
      old + 0x1000n,
      old - 0x1000n,
      old * 2n,
      0n,
      1n << BigInt(random.below(64)),
      old ^ 0xfffn,
    ]
    const kind = random.below(9)
    // Otherwise its type or its flags, or its place among the others.
    if (kind === 0) view.setUint32(header, segmentTypes[random.below(segmentTypes.length)], true)
    else if (kind === 1) view.setUint32(header + 4, random.below(8), true)
    else if (kind === 2) {
      const other = 64 + 56 * random.below(original[56])
      const moved = bytes.slice(other, other + 56)
      bytes.copyWithin(other, header, header + 56)
      bytes.set(moved, header)
    } else view.setBigUint64(field, changes[random.below(changes.length)], true)
  }
  return bytes
}

/** The stub's image at the end of a prepared program. */
function imageOf(prepared) {
  const words = new DataView(prepared.buffer, prepared.byteOffset)
  return prepared.subarray(prepared.length - Number(words.getBigUint64(48, true)))
}

/** What stands in argv, as the front reads it (native/program.c). */
function stringsOf(prepared) {
  const words = new DataView(prepared.buffer, prepared.byteOffset)
  const [files, paths, , strings] = [2, 3, 4, 5].map((word) => Number(words.getBigUint64(8 * word, true)))
  const start = 8 * 8 + files * 6 * 8 + paths
  return prepared.subarray(start, start + strings)
}

function thisMachine() {
  const read = (path) => readFileSync(path, 'latin1')
  return readMachine(
    read('/proc/self/personality'),
    read('/proc/self/maps'),
    read('/proc/sys/kernel/randomize_va_space'),
  )
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
for (const name of chosen) {
  if (!Object.hasOwn(parts, name)) {
    console.error(`compare-loader: no part ${name}; there are ${Object.keys(parts).join(', ')}`)
    process.exit(2)
  }
  parts[name]()
}
