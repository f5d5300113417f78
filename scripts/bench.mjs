// Links what it finds packages for with every linker there is, in turns, and prints medians: CPU and wall time beside GNU
// ld's, the peak of memory, and what each pass of fle-ld takes. `npm run bench -- [--pairs=N] [WORKLOAD...]`; without names
// all workloads: hello sqlite openssl python llvm text.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const command = (room, name) => [process.execPath, join(root, 'packages', room, 'bin', `${name}.cjs`)]
const fleLd = command('fle-ld', 'fle-ld')
const fleCc = command('cc', 'fle-cc')
// Node parses the certificates that this names at every start, and we measure the linker.
const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...environment } = process.env

const words = process.argv.slice(2)
const wanted = words.filter((word) => !word.startsWith('--'))
const pairs = Number(words.find((word) => word.startsWith('--pairs='))?.slice(8) ?? 9)
const folder = mkdtempSync(join(tmpdir(), 'fle-bench-'))

/** Each gives the sources of main.o and what stands behind it on gcc's line; undefined where a package is missing. */
const workloads = {
  hello: () => ({ source: '#include <stdio.h>\nint main(void) { printf("hello %d\\n", 42); }\n', libraries: [] }),
  sqlite: () =>
    gccKnows('libsqlite3.a') && {
      source: '#include <sqlite3.h>\nint main(void) { sqlite3 *db; return sqlite3_open(":memory:", &db); }\n',
      libraries: ['-lsqlite3', '-lm', '-lpthread', '-ldl'],
    },
  openssl: () =>
    gccKnows('libssl.a') && {
      source: '#include <openssl/ssl.h>\nint main(void) { return SSL_CTX_new(TLS_client_method()) == 0; }\n',
      libraries: ['-lssl', '-lcrypto'],
    },
  python: () => {
    const library = '/usr/lib/python3.11/config-3.11-x86_64-linux-gnu/libpython3.11.a'
    if (!existsSync(library) || !gccKnows('libexpat.a') || !gccKnows('libz.a')) return undefined
    const libraries = [library, '-lexpat', '-lz', '-lm', '-lutil', '-ldl', '-lpthread']
    return {
      source: 'int Py_BytesMain(int, char **);\nint main(int c, char **v) { return Py_BytesMain(c, v); }\n',
      libraries,
    }
  },
  llvm: () => {
    const config = spawnSync('llvm-config-14', ['--link-static', '--libs', 'all'], { encoding: 'utf8' })
    if (config.status !== 0 || !gccKnows('libxml2.a') || !gccKnows('libtinfo.a')) return undefined
    // Debian's packages have no Polly.
    const llvm = config.stdout.split(/\s+/).filter((word) => word && !word.startsWith('-lPolly'))
    const others = ['-lrt', '-ldl', '-lm', '-lz', '-ltinfo', '-lxml2', '-licuuc', '-licudata', '-llzma']
    return { language: 'c++', source: llvmSource, libraries: ['-L/usr/lib/llvm-14/lib', ...llvm, ...others], pairs: 5 }
  },
}

const llvmSource = `#include <llvm/LinkAllIR.h>
#include <llvm/LinkAllPasses.h>
#include <llvm/InitializePasses.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Passes/PassPlugin.h>
#include <llvm/Support/TargetSelect.h>
llvm::PassPluginLibraryInfo getPollyPluginInfo() { return {}; }
int main() {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  llvm::InitializeAllAsmParsers();
  llvm::InitializeAllDisassemblers();
}
`

try {
  for (const [name, make] of Object.entries(workloads)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const workload = make()
    if (workload) bench(name, workload)
    else console.log(`${name}: its packages are not installed\n`)
  }
  if (wanted.length === 0 || wanted.includes('text')) benchText()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Whether gcc finds a static library. */
function gccKnows(library) {
  return run(['gcc', `-print-file-name=${library}`]).trim() !== library
}

function run(argv) {
  const [program, ...rest] = argv
  const { status, stdout, stderr } = spawnSync(program, rest, { cwd: folder, env: environment, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${argv.slice(0, 3).join(' ')} …: status ${status}\n${stderr}`)
  return stdout
}

function bench(name, { source, libraries, language = 'c', pairs: count = pairs }) {
  const isCxx = language === 'c++'
  const compiler = isCxx ? ['g++', '-std=c++17', '-fno-rtti', '-I/usr/lib/llvm-14/include'] : ['gcc']
  const file = `main.${isCxx ? 'cc' : 'c'}`
  writeFileSync(join(folder, file), source)
  run([...compiler, '-O1', '-w', '-c', file, '-o', 'main.o'])
  const line = linkLine([isCxx ? 'g++' : 'gcc', '-static', 'main.o', ...libraries])
  const linkers = {
    'GNU ld': ['ld.bfd'],
    'fle-ld': fleLd,
    gold: ['ld.gold'],
    'lld, 1 thread': ['ld.lld', '--threads=1'],
    'mold, 1 thread': ['mold', '--no-fork', '--thread-count=1'],
  }
  const lines = Object.entries(linkers)
    .filter(([, [program]]) => program === process.execPath || spawnSync(program, ['--version']).status === 0)
    .map(([label, linker]) => ({ label, argv: [...linker, ...line, '-o', 'out'] }))
  report(name, measure(lines, count))
  showPasses([...fleLd, ...line, '--time', '-w', '-o', 'out'])
}

/** What each pass of one link takes; --time writes it to stderr. */
function showPasses([program, ...rest]) {
  const { stderr } = spawnSync(program, rest, { cwd: folder, env: environment, encoding: 'utf8' })
  console.log(stderr.replace(/^/gm, '  '))
}

/** The line that gcc starts its linker with, without what is for its own plugin. */
function linkLine(argv) {
  const [program, ...rest] = argv
  const { stderr } = spawnSync(program, [...rest, '-###'], { cwd: folder, env: environment, encoding: 'utf8' })
  const collect = stderr.split('\n').find((text) => /collect2/.test(text)) ?? ''
  const all = (collect.match(/"[^"]*"|\S+/g) ?? []).slice(1).map((word) => word.replaceAll('"', ''))
  const kept = all.filter((word, i) => !word.startsWith('-plugin') && all[i - 1] !== '-plugin')
  const output = kept.indexOf('-o')
  if (output >= 0) kept.splice(output, 2)
  return kept
}

/** 5 MB of text: 8 C files of 1,500 functions, linked from FLE and from ELF; and the way from C to FLE beside gcc's to ELF. */
function benchText() {
  const names = Array.from({ length: 8 }, (_, i) => `part${i}`)
  for (const [i, name] of names.entries()) {
    const functions = Array.from({ length: 1500 }, (_, f) => {
      const other = `f${(i + 1) % 8}_${(f * 7) % 1500}`
      return `int ${other}(int); static int v${f}; int f${i}_${f}(int x) { v${f} += x; return x > ${f} ? ${other}(x - 1) : v${f}; }`
    })
    writeFileSync(join(folder, `${name}.c`), `${functions.join('\n')}\n`)
  }
  writeFileSync(join(folder, 'start.c'), 'int f0_0(int); void _start(void) { f0_0(1); for (;;); }\n')
  const flags = ['-O1', '-ffreestanding', '-fno-pic', '-fcf-protection=none', '-fno-asynchronous-unwind-tables', '-w']
  for (const name of [...names, 'start']) {
    run(['gcc', ...flags, '-c', `${name}.c`, '-o', `${name}.o`])
    run([...fleCc, '-c', `${name}.o`, '-o', `${name}.fle`])
  }
  const bytes = names.reduce((sum, name) => sum + readFileSync(join(folder, `${name}.fle`)).length, 0)
  const files = (suffix) => [...names, 'start'].map((name) => `${name}.${suffix}`)
  const elf = ['--oformat=elf64-x86-64', '-o', 'out']
  const links = [
    { label: 'from ELF', argv: [...fleLd, ...files('o'), ...elf] },
    { label: 'from FLE', argv: [...fleLd, ...files('fle'), ...elf] },
  ]
  report(`text: linking ${(bytes / 1e6).toFixed(1)} MB of FLE`, measure(links, pairs))
  const compile = [...flags, '-c', 'part0.c', '-o']
  const compilations = [
    { label: 'gcc -c', argv: ['gcc', ...compile, 'x.o'] },
    { label: 'fle-cc -c', argv: [...fleCc, ...compile, 'x.fle'] },
  ]
  report('text: compiling 1,500 functions', measure(compilations, pairs))
}

/** Runs the lines in turns; the medians of each. The first turn fills the caches and does not count. */
function measure(lines, count) {
  const samples = lines.map(() => [])
  const peaks = []
  for (let turn = 0; turn <= count; turn++) {
    lines.forEach(({ argv }, i) => {
      const sample = timed(argv)
      if (turn > 0) samples[i].push(sample)
      else peaks.push(peakOf(argv))
    })
  }
  return lines.map(({ label }, i) => ({
    label,
    cpu: median(samples[i].map(({ cpu }) => cpu)),
    wall: median(samples[i].map(({ wall }) => wall)),
    memory: peaks[i],
  }))
}

/** CPU and wall time in seconds, by bash's own clock: to the millisecond. */
function timed(argv) {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" 2>/dev/null'
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...argv], {
    cwd: folder,
    env: { ...environment, LC_ALL: 'C' },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${argv.slice(0, 3).join(' ')} …: status ${status}`)
  const [user, system, wall] = stderr.trim().split('\n').at(-1).split(' ').map(Number)
  return { cpu: user + system, wall }
}

/** The peak of memory in KiB. GNU time tells it; 0 where it is not installed. */
function peakOf(argv) {
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%M', ...argv], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  })
  return status === 0 ? Number(stderr.trim().split('\n').at(-1)) : 0
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

function report(name, rows) {
  const [base] = rows
  console.log(`${name}, medians of ${pairs} (ratios to ${base.label})`)
  for (const { label, cpu, wall, memory } of rows) {
    const ms = (seconds) => `${(1000 * seconds).toFixed(0)} ms`.padStart(9)
    const ratio = (value, of) => `${(value / of).toFixed(2)}`.padStart(6)
    const peak = memory ? `  ${(memory / 1024).toFixed(0).padStart(5)} MiB` : ''
    console.log(
      `  ${label.padEnd(15)} CPU${ms(cpu)}${ratio(cpu, base.cpu)}  wall${ms(wall)}${ratio(wall, base.wall)}${peak}`,
    )
  }
  console.log('')
}
