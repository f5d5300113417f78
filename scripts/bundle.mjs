// Bundles a package's commands: `node ../../scripts/bundle.mjs [OPTION]... NAME...`, run in the package's folder. For each
// NAME it makes, from dist/NAME.js, dist/NAME.bundle.cjs (everything but what is loaded when needed), a V8 code cache
// beside it, and dist/NAME.cjs, which starts the one with the help of the other.
//   --apart=PART  import('./PART.js') loads a bundle of its own. It shares no objects with the one that loads it: classes
//                 are others, even those of one name.
//   --first=FILE  a script that runs before the bundle is read
//   --computed=FILE  a module of texts that takes long to compute: the bundle has the texts
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { build } from 'esbuild'

const startScript = fileURLToPath(new URL('start-bundle.cjs', import.meta.url))
const cacheScript = fileURLToPath(new URL('write-code-cache.cjs', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))

// Loaded by import() when they are needed, never at start-up.
const loadedWhenNeeded = ['@fle/options/help', 'binary-parser', 'capstone-wasm']

// Runs of each command, in the root folder, whose functions the cache then holds compiled.
const objects = ['foo', 'libc', 'main'].map((name) => `fixtures/warm-up/${name}.fle`)
const assemblyText = 'fixtures/warm-up/main.s'
const elfObject = 'fixtures/warm-up/main.o'
const library = 'fixtures/warm-up/libwarm.a'
// To write a file takes more than to write to /dev/null.
const scratch = mkdtempSync(join(tmpdir(), 'fle-warm-up-'))
const output = join(scratch, 'program')
const newLibrary = join(scratch, 'library')
process.on('exit', () => rmSync(scratch, { recursive: true }))
const canRun = process.platform === 'linux' && process.arch === 'x64'
const warmUps = {
  'fle-as': [[assemblyText, '-o', output]],
  'fle-ld': [
    ['-o', output, ...objects],
    ['-o', output, objects[0], objects[1], elfObject],
    // As gcc -static does.
    [
      ...['--build-id', '--eh-frame-hdr', '-m', 'elf_x86_64', '--hash-style=gnu', '--as-needed', '-static'],
      ...['-w', '-o', output, 'fixtures/warm-up/start.o', '-Lfixtures/warm-up', '-lgroup'],
      ...['--start-group', '-lwarm', '--end-group'],
    ],
  ],
  // Where programs can be run, an ELF one too: the one that runs this. It comes last: the program takes over.
  'fle-exec': [['--dry-run', 'examples/minimal/minimal.fle']],
  'elf-loader': [
    ['--dry-run', 'examples/minimal/minimal.fle'],
    ...(canRun ? [['--emit-plan=1', process.execPath], [process.execPath]] : []),
  ],
  'fle-nm': [[elfObject], objects, [library]],
  'fle-size': [[elfObject, ...objects]],
  'fle-readfle': [
    ['-h', '-S', '-s', '-r', elfObject],
    ['-S', '-s', '-r', ...objects],
  ],
  'fle-diff': [[elfObject, elfObject]],
  'fle-grade': [['--list', 'fixtures/warm-up/lab']],
  'fle-objdump': [
    ['-x', '-s', elfObject],
    ['-d', '-r', elfObject],
    ['-d', '-M', 'intel', objects[2]],
  ],
  fle: [
    ['lab', 'run', 'linklab', 'nm', objects[2]],
    ['lab', 'run', 'linklab', 'readfle', objects[0]],
    ['lab', 'run', 'linklab', 'ld', '-o', output, ...objects],
    ['lab', 'run', 'linklab', 'ar', newLibrary, objects[0]],
    ['lab', 'run', 'linklab', 'disasm', objects[2], '.text'],
    ['lab', 'run', 'linklab', 'exec', objects[0]],
    ['lab', 'run', 'linklab', 'cc'],
    ['lab', 'check'],
  ],
  'fle-ar': [
    ['rcs', newLibrary, elfObject],
    ['t', library],
  ],
  'fle-cc': [
    ['-c', elfObject, '-o', output, '--oformat=fle'],
    ['-c', assemblyText, '-o', output],
  ],
}

const [, , ...words] = process.argv
const names = words.filter((word) => !word.startsWith('--'))
const valuesOf = (option) =>
  words.filter((word) => word.startsWith(`--${option}=`)).map((word) => word.slice(option.length + 3))
const [firstScript] = valuesOf('first')
const apart = valuesOf('apart')
const computed = valuesOf('computed').map((file) => resolve(file))

const bundles = [...names, ...apart]

for (const name of bundles) await bundleModules(name)
for (const name of names) {
  const start = readFileSync(startScript, 'utf8')
  const first = firstScript === undefined ? '' : readFileSync(firstScript, 'utf8')
  writeFileSync(join('dist', `${name}.cjs`), start.replace("'use strict'\n", `'use strict'\n${first}`))
}
writeCodeCaches()

/** Writes one script, a function to be called with what a CommonJS module is given, and with import(). */
async function bundleModules(name) {
  const entry = resolve('dist', `${name}.js`)
  if (!existsSync(entry)) fail(`${entry} is missing: is there a src/${name}.ts, and did tsc -b leave its output?`)
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20.12',
    format: 'cjs',
    minify: true,
    external: loadedWhenNeeded,
    plugins: [
      { name: 'apart', setup: leaveApart },
      { name: 'computed', setup: compute },
    ],
    // What a bundle has of its own place: the wrapper below passes it.
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'warning',
  })
  // Capstone is a CommonJS module as well, and to load it as one takes 5 ms less.
  const required = outputFiles[0].text.replace(
    /\bimport\("capstone-wasm"\)/g,
    'Promise.resolve(require("capstone-wasm"))',
  )
  // A function that comes out of a code cache has lost what import() needs to know of its script.
  const text = required.replace(/\bimport\(/g, '__import(')
  writeFileSync(bundleOf(name), `(function(require,module,exports,__filename,__dirname,__import){${text}})`)
}

function leaveApart({ onResolve }) {
  onResolve({ filter: /^\.\// }, ({ path, kind }) =>
    kind === 'dynamic-import' && apart.some((part) => path === `./${part}.js`) ? { path, external: true } : undefined,
  )
}

function compute({ onLoad }) {
  onLoad({ filter: /./ }, async ({ path }) => {
    if (!computed.includes(path)) return undefined
    const texts = Object.entries(await import(pathToFileURL(path)))
    return { contents: texts.map(([name, text]) => `export const ${name} = ${JSON.stringify(text)}`).join('\n') }
  })
}

function bundleOf(name) {
  return resolve('dist', `${name}.bundle.cjs`)
}

/** Runs the commands and keeps what V8 compiled of each bundle; checks that V8 takes it back. */
function writeCodeCaches() {
  const { NODE_OPTIONS: _, ...env } = process.env
  for (const name of bundles) writeFileSync(`${bundleOf(name)}.cache`, '')
  const runs = names.flatMap((name) =>
    (warmUps[name] ?? [['--version']]).map((words) => JSON.stringify([resolve('dist', `${name}.cjs`), ...words])),
  )
  const { status, signal } = spawnSync(process.execPath, [cacheScript, ...runs], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) fail(`${names}: the runs for the code cache ended with ${signal ?? `status ${status}`}`)
  for (const bundle of bundles.map(bundleOf)) {
    const cachedData = readFileSync(`${bundle}.cache`)
    const script = new Script(readFileSync(bundle, 'latin1'), { filename: bundle, cachedData })
    if (script.cachedDataRejected) fail(`${bundle}: V8 rejects the code cache that it has just made`)
  }
}

function fail(message) {
  console.error(`bundle: ${message}`)
  process.exit(1)
}
