// `npm run check-torture [-- [-O1 -O2 …] [FOLDER] [SUITE...]]`: builds the programs of gcc's own tests that run, links each
// statically with fle-ld and with ld.bfd, runs both, and counts those that pass. FOLDER is gcc's source; without it that of
// Debian's package gcc-12-source is unpacked. A program that does otherwise with fle-ld than with ld.bfd is a failure.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env

/** The suites: where they are, and whether all of their files are programs or those that say `dg-do run`. */
const suites = {
  'c-torture': { folder: 'gcc/testsuite/gcc.c-torture/execute', all: true },
  builtins: { folder: 'gcc/testsuite/gcc.c-torture/execute/builtins', all: true, builtins: true },
  tls: { folder: 'gcc/testsuite/gcc.dg/tls' },
  'gcc-torture': { folder: 'gcc/testsuite/gcc.dg/torture' },
  i386: { folder: 'gcc/testsuite/gcc.target/i386', pattern: /ifunc|mvc|tls|pr|cet|code-model|static/ },
  'g++-torture': { folder: 'gcc/testsuite/g++.dg/torture' },
  'g++-eh': { folder: 'gcc/testsuite/g++.dg/eh' },
  'g++-init': { folder: 'gcc/testsuite/g++.dg/init' },
  'g++-tls': { folder: 'gcc/testsuite/g++.dg/tls' },
  'g++-abi': { folder: 'gcc/testsuite/g++.dg/abi' },
  'g++-ext': { folder: 'gcc/testsuite/g++.dg/ext' },
  'g++-cpp0x': { folder: 'gcc/testsuite/g++.dg/cpp0x' },
  deja: { folder: 'gcc/testsuite/g++.old-deja', deep: true, pattern: /\.C$/ },
  'libstdc++': { folder: 'libstdc++-v3/testsuite', deep: true, pattern: /^(1|2[0-9]|3)[\d_a-z]*\//, hooks: true },
}
/** Without names, those that are quick enough to be run at every change. */
const usual = ['c-torture', 'builtins', 'tls', 'i386', 'g++-torture', 'g++-eh', 'g++-tls']

const words = process.argv.slice(2)
const levels = words.filter((word) => word.startsWith('-O'))
if (levels.length === 0) levels.push('-O1', '-O2')
const names = words.filter((word) => word in suites)
const scratch = mkdtempSync(join(tmpdir(), 'check-torture-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
const sources = words.find((word) => !word.startsWith('-') && !(word in suites)) ?? unpackSources()

const linkers = { 'fle-ld': join(scratch, 'ours'), 'ld.bfd': join(scratch, 'bfd') }
const programs = {
  'fle-ld': `"${process.execPath}" "${join(root, 'packages/fle-ld/bin/fle-ld.cjs')}"`,
  'ld.bfd': 'ld.bfd',
}
for (const [linker, folder] of Object.entries(linkers)) {
  mkdirSync(folder)
  writeFileSync(join(folder, 'ld'), `#!/bin/sh\nexec ${programs[linker]} "$@"\n`, { mode: 0o755 })
}

let failures = 0
for (const name of names.length > 0 ? names : usual) {
  const suite = suites[name]
  if (!existsSync(join(sources, suite.folder))) {
    console.log(`${name}: skipped: there is no ${suite.folder}`)
    continue
  }
  const files = filesOf(suite)
  for (const level of levels) await runSuite(name, suite, files, level)
}
process.exitCode = failures > 0 ? 1 : 0

/** gcc's tests out of Debian's source package. */
function unpackSources() {
  const folder = '/usr/src/gcc-12'
  const archive = existsSync(folder) && readdirSync(folder).find((file) => /^gcc-12.*\.tar\.xz$/.test(file))
  if (!archive) {
    console.log("skipped: gcc's tests are not there; install gcc-12-source, or name the folder of gcc's source")
    process.exit(0)
  }
  const parts = Object.values(suites).map((suite) => `*/${suite.folder}/*`)
  spawnSync('tar', ['-xf', join(folder, archive), '-C', scratch, '--wildcards', ...parts], { stdio: 'inherit' })
  return join(scratch, readdirSync(scratch).find((file) => file.startsWith('gcc-')) ?? '')
}

/** The programs of a suite. */
function filesOf({ folder, all, deep, builtins, pattern = /./ }) {
  return readdirSync(join(sources, folder), { recursive: deep === true })
    .filter((file) => /\.(c|C|cc)$/.test(file) && pattern.test(file) && !(builtins && file.endsWith('-lib.c')))
    .filter((file) => {
      const text = readFileSync(join(sources, folder, file), 'latin1')
      // Plug-ins of the compiler, shared libraries and link-time optimization are not what static links are about.
      if (/-shared\b|-flto|-fdump-|dg-require-effective-target lto|{ dg-skip-if "" { \*-\*-\* }/.test(text))
        return false
      return all === true || /dg-do\s+run/.test(text) || (folder.endsWith('old-deja') && !/dg-do|dg-error/.test(text))
    })
    .sort()
}

/** What a test says of how it is compiled. Options for other machines are left out. */
function directives(text) {
  const options = []
  for (const [, quoted, selector] of text.matchAll(/dg-(?:additional-)?options\s+"([^"]*)"\s*({[^}]*})?/g)) {
    if (selector === undefined || /x86_64|i\?86|linux|\*-\*-\*|c\+\+1[17]\b/.test(selector))
      options.push(...quoted.split(/\s+/))
  }
  const more = [...text.matchAll(/dg-additional-sources\s+"([^"]*)"/g)].flatMap(([, list]) => list.trim().split(/\s+/))
  return { options: options.filter((option) => option !== '' && !/^-(O|flto|shared|save-temps)/.test(option)), more }
}

async function runSuite(name, suite, files, level) {
  const counts = { programs: 0, 'fle-ld': 0, 'ld.bfd': 0 }
  const queue = [...files]
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const outcome = await check(suite, file, level)
      if (!outcome) continue
      counts.programs++
      for (const linker of Object.keys(linkers)) if (outcome[linker] === 'passes') counts[linker]++
      if (outcome['fle-ld'] === outcome['ld.bfd']) continue
      failures++
      console.log(`${name}/${file} ${level}: ${outcome['fle-ld']} with fle-ld, ${outcome['ld.bfd']} with ld.bfd`)
      if (outcome.message) console.log(outcome.message.replace(/^/gm, '    '))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  const { programs, ...passes } = counts
  const tally = Object.entries(passes).map(([linker, count]) => `${count} pass with ${linker}`)
  console.log(`${name} ${level}: ${programs} programs, ${tally.join(', ')}`)
}

/** What became of a program with each linker; undefined if it does not compile. */
async function check(suite, file, level) {
  const folder = mkdtempSync(join(scratch, 'program-'))
  try {
    const path = join(sources, suite.folder, file)
    const { options, more } = directives(readFileSync(path, 'latin1'))
    const compiler = extname(file) === '.c' ? 'gcc' : 'g++'
    const parts = [path, ...more.map((part) => join(dirname(path), part))]
    if (suite.builtins) parts.push(path.replace(/\.c$/, '-lib.c'), join(dirname(path), 'lib/main.c'))
    const include = suite.hooks ? [`-I${join(sources, 'libstdc++-v3/testsuite/util')}`] : []
    const flags = ['-w', level, ...include, ...options]
    if (suite.builtins) flags.push('-fno-tree-loop-distribute-patterns')
    const compiled = await run(compiler, [...flags, '-c', ...parts], folder, 120)
    if (compiled.status !== 0) return undefined
    const objects = parts.map((part) => `${basename(part, extname(part))}.o`)
    const outcome = {}
    for (const [linker, directory] of Object.entries(linkers)) {
      const link = ['-static', `-B${directory}`, ...options, ...objects, '-o', linker, '-lm', '-pthread']
      const linked = await run(compiler, link, folder, 120)
      if (linker === 'fle-ld') outcome.message = linked.stderr.slice(0, 2000)
      if (linked.status !== 0) outcome[linker] = 'does not link'
      else {
        const { status, signal } = await run(join(folder, linker), [], folder, 60)
        outcome[linker] = status === 0 ? 'passes' : `ends with ${signal ?? status}`
      }
    }
    return outcome
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a command to its end, at most so many seconds. */
function run(command, args, cwd, seconds) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], timeout: seconds * 1000 })
    let stderr = ''
    child.stderr.on('data', (text) => {
      if (stderr.length < 10_000) stderr += text
    })
    child.on('error', (error) => resolve({ status: -1, signal: null, stderr: error.message }))
    child.on('close', (status, signal) => resolve({ status, signal, stderr }))
  })
}
