// `npm run check-converted-links`: links programs from ELF, then from the same inputs converted to FLE, all of them: start
// files, objects, libc.a, libstdc++.a … The two programs must be the same byte for byte (but for symbols, which are not
// loaded and so not made), and do the same. Programs whose libraries are not there are skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const fleLd = join(root, 'packages/fle-ld/bin/fle-ld.cjs')
const fleCc = join(root, 'packages/cc/bin/fle-cc.cjs')
const folder = mkdtempSync(join(tmpdir(), 'converted-links-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const converted = join(folder, 'fle')
mkdirSync(converted)

const programs = [
  {
    name: 'hello',
    source: '#include <stdio.h>\nint main(void) { printf("hello %d\\n", 42); return 0; }\n',
    libraries: [],
  },
  {
    name: 'exceptions',
    language: 'c++',
    source: `#include <iostream>
#include <stdexcept>
struct Witness { ~Witness() { std::cout << "unwound\\n"; } };
void f(int n) { Witness witness; if (n == 0) throw std::runtime_error("thrown"); f(n - 1); }
int main() { try { f(3); } catch (const std::exception &e) { std::cout << e.what() << std::endl; } }
`,
    libraries: [],
  },
  {
    name: 'sqlite',
    needs: 'libsqlite3.a',
    source: `#include <sqlite3.h>
#include <stdio.h>
static int row(void *p, int n, char **v, char **names) { puts(v[0]); return 0; }
int main(void) {
  sqlite3 *db;
  sqlite3_open(":memory:", &db);
  return sqlite3_exec(db, "create table t(x); insert into t values(6),(7); select sum(x) from t", row, 0, 0);
}
`,
    libraries: ['-lsqlite3', '-lm', '-lpthread', '-ldl'],
  },
]

let failures = 0
for (const program of programs) {
  if (program.needs && !existsSync(run('gcc', [`-print-file-name=${program.needs}`]).stdout.trim())) {
    console.log(`${program.name}: skipped: there is no ${program.needs}`)
    continue
  }
  const words = linkerWords(program)
  const fromElf = link(words, `${program.name}.elf`)
  const fromFle = link(convertInputs(words), `${program.name}.fle-made`)
  const isSame = fromElf.bytes.equals(fromFle.bytes)
  const isTwice = link(words, `${program.name}.again`).bytes.equals(fromElf.bytes)
  const outputs = [fromElf, fromFle].map(({ path }) => run(path, []).stdout)
  const isRight = outputs[0] !== '' && outputs[0] === outputs[1]
  if (!isSame || !isTwice || !isRight) failures++
  const verdict = isSame ? 'the same bytes' : 'OTHER BYTES'
  console.log(
    `${program.name}: ${verdict} from ELF (${fromElf.ms} ms) and FLE (${fromFle.ms} ms), ${fromElf.bytes.length} in all;` +
      ` ${isTwice ? 'the same' : 'OTHERS'} when linked again; prints ${JSON.stringify(outputs[1])}`,
  )
}
process.exitCode = failures > 0 ? 1 : 0

/** What gcc would have its linker do for a program: the words behind the command. */
function linkerWords({ name, source, language = 'c', libraries }) {
  const compiler = language === 'c' ? 'gcc' : 'g++'
  const file = join(folder, `${name}.${language === 'c' ? 'c' : 'cc'}`)
  writeFileSync(file, source)
  const object = join(folder, `${name}.o`)
  expect(run(compiler, ['-O1', '-c', file, '-o', object]))
  const { stderr } = run(compiler, ['-###', '-static', object, ...libraries])
  const line = stderr.split('\n').find((text) => /\/collect2/.test(text)) ?? ''
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain).slice(1)
  // Neither the output's name, nor what is for link-time optimization.
  return words.filter(
    (word, i) =>
      !/^(-o|-plugin)$/.test(word) && !/^(-o|-plugin)$/.test(words[i - 1]) && !/^-(plugin-opt|-build-id)/.test(word),
  )
}

/** The same words with every file converted. Libraries are found in the folder of converted ones, which comes first. */
function convertInputs(words) {
  for (const file of run(process.execPath, [fleLd, '-t', '-w', ...words, '-o', join(folder, 'x')]).stdout.split('\n')) {
    if (file !== '') convert(file)
  }
  return [`-L${converted}`, ...words.map((word) => (word.endsWith('.o') ? convert(word) : word))]
}

/** Converts an object or an archive, once; of a script in place of an archive makes one for what it names. */
function convert(file) {
  const ending = extname(file) === '.a' ? '.fa' : '.fle'
  const result = join(converted, basename(file, extname(file)) + ending)
  if (existsSync(result)) return result
  const magic = readFileSync(file).toString('latin1', 0, 8)
  if (extname(file) === '.a' && magic !== '!<arch>\n') {
    const text = readFileSync(file, 'utf8').replace(/\/\S*\/(\S+)\.a\b/g, '$1.fa')
    writeFileSync(join(converted, basename(file)), text)
    return file
  }
  expect(run(process.execPath, [fleCc, '-c', '--keep-debug', file, '-o', result]))
  return result
}

function link(words, name) {
  const path = join(folder, name)
  const options = ['--oformat=elf64-x86-64', '--build-id=none', '-s', '-w']
  const start = performance.now()
  expect(run(process.execPath, [fleLd, ...options, ...words, '-o', path]))
  return { path, bytes: readFileSync(path), ms: Math.round(performance.now() - start) }
}

function run(command, words) {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env
  return spawnSync(command, words, { encoding: 'utf8', env, maxBuffer: 1 << 28 })
}

function expect({ status, stderr }) {
  if (status === 0) return
  console.error(stderr)
  process.exit(1)
}
