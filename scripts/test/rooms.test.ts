// The shape of the house: which room may lean on which, who may touch the machine, and what every package looks like.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t from 'tap'

/** Which rooms each room may lean on. A command is a room too; nothing leans on commands but those that start them. */
const mayLeanOn: Record<string, readonly string[]> = {
  diagnostics: [],
  object: [],
  dwarf: ['diagnostics'],
  demangle: [],
  kernels: [],
  'x86-64': ['object'],
  elf: ['object', 'diagnostics'],
  fle: ['object', 'x86-64', 'diagnostics'],
  options: ['diagnostics'],
  inspect: ['diagnostics', 'object', 'x86-64', 'elf', 'fle', 'dwarf', 'demangle', 'options'],
  'fle-as': ['diagnostics', 'object', 'x86-64', 'elf', 'fle', 'dwarf', 'options'],
  'fle-ld': ['diagnostics', 'object', 'x86-64', 'kernels', 'elf', 'fle', 'dwarf', 'demangle', 'options'],
  'elf-loader': ['diagnostics', 'object', 'x86-64', 'elf', 'fle', 'dwarf', 'options'],
  cc: ['diagnostics', 'elf', 'fle', 'options', 'fle-as', 'fle-ld'],
  grade: ['diagnostics', 'options', 'inspect', 'elf-loader'],
  lab: ['diagnostics', 'object', 'x86-64', 'fle', 'fle-ld', 'elf-loader', 'inspect', 'cc', 'grade'],
  testkit: ['diagnostics', 'object', 'x86-64', 'elf', 'fle', 'dwarf', 'options'],
}

/** The commands that each command package installs; src/NAME.ts is where NAME starts. */
const commandsOf: Record<string, readonly string[]> = {
  'fle-ld': ['fle-ld'],
  'elf-loader': ['elf-loader', 'fle-exec'],
  cc: ['fle-cc'],
  grade: ['fle-grade'],
  'fle-as': ['fle-as'],
  inspect: ['fle-nm', 'fle-readfle', 'fle-size', 'fle-ar', 'fle-objdump', 'fle-diff'],
  lab: ['fle'],
}

/** Files that touch the machine, besides the start of each command. The testkit is all about running commands. */
const touchTheMachine = ['cli.ts', 'launch.ts', 'node.ts']

/** What the others may still use: paths are text, and decompression is a function of bytes. */
const purePlatformModules = ['node:path', 'node:zlib', 'node:crypto']

/** Packages from outside that a room's source may import. */
const outside: Record<string, readonly string[]> = {
  options: ['yargs'],
  grade: ['p-limit', 'toml-eslint-parser'],
  inspect: ['binary-parser', 'capstone-wasm'],
  'elf-loader': ['capstone-wasm'],
}

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..')
const packages = join(root, 'packages')
const rooms = readdirSync(packages)
  .filter((name) => existsSync(join(packages, name, 'package.json')))
  .sort()

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

/** A source text without its comments. */
function codeOf(path: string): string {
  return readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}

/** The modules that a source file imports: of `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`. */
function importsOf(path: string): string[] {
  const pattern = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+|\brequire(?:\.resolve)?\(\s*)['"]([^'"\n]+)['"]/gm
  return Array.from(codeOf(path).matchAll(pattern), (match) => match[1])
}

function roomOf(module: string): string | undefined {
  return /^@fle\/([^/]+)/.exec(module)?.[1]
}

t.strictSame(
  rooms.filter((room) => !Object.hasOwn(mayLeanOn, room)),
  [],
  'every package is a room of the table',
)

for (const room of rooms) {
  const folder = join(packages, room)
  const allowed = mayLeanOn[room] ?? []
  const sources = filesBelow(join(folder, 'src'))
  const manifest = readJson(join(folder, 'package.json'))
  const dependencies = Object.keys(Object(manifest.dependencies))

  t.test(`${room} leans on what it may`, async (t) => {
    const leaned = new Set<string>()
    for (const source of sources) {
      for (const module of importsOf(source)) {
        // Its compiled half, which its build makes.
        if (room === 'kernels' && module === '@fle/kernels/wasm') continue
        const other = roomOf(module)
        const where = `${source.slice(root.length + 1)} imports ${module}`
        if (other !== undefined) {
          leaned.add(`@fle/${other}`)
          t.ok(allowed.includes(other), `${where}: the room may lean on it`)
        } else if (module.startsWith('.')) {
          t.match(module, /\.ts$/, `${where}: own files are imported with their ending`)
          t.ok(join(dirname(source), module).startsWith(join(folder, 'src/')), `${where}: within the room`)
        } else if (!module.startsWith('node:')) {
          leaned.add(module)
          t.ok(outside[room]?.includes(module), `${where}: the package is one of the room's`)
        }
      }
    }
    const rooms = dependencies.filter((name) => name.startsWith('@fle/'))
    t.strictSame(
      rooms.filter((name) => !allowed.includes(name.slice('@fle/'.length))),
      [],
      'package.json lists only rooms that it may lean on',
    )
    t.strictSame([...leaned].sort(), [...dependencies].sort(), 'package.json lists what the source imports, no more')
    const { references } = readJson(join(folder, 'tsconfig.json'))
    const referenced = Array.isArray(references)
      ? references.map((reference) => `@fle/${basename(reference.path)}`)
      : []
    t.strictSame(referenced.sort(), rooms.sort(), 'tsconfig.json references what package.json lists')
  })

  t.test(`${room} touches the machine in few places`, async (t) => {
    const starts = (commandsOf[room] ?? []).map((name) => `${name}.ts`)
    for (const source of sources) {
      if (room === 'testkit' || touchTheMachine.includes(basename(source)) || starts.includes(basename(source)))
        continue
      const platform = importsOf(source).filter(
        (name) => name.startsWith('node:') && !purePlatformModules.includes(name),
      )
      t.strictSame(platform, [], `${source.slice(root.length + 1)} imports no module of the machine`)
      t.notMatch(codeOf(source), /\bprocess\.|\bBuffer\.|\bconsole\./, 'and uses no global of Node')
    }
  })

  t.test(`${room} has the shape of a package`, async (t) => {
    for (const name of ['README.md', 'tsconfig.json', 'src/index.ts']) t.ok(existsSync(join(folder, name)), name)
    t.ok(
      filesBelow(join(folder, 'test')).some((path) => path.endsWith('.test.ts')),
      'has tests',
    )
    t.match(manifest, {
      name: `@fle/${room}`,
      version: String(readJson(join(root, 'package.json')).version),
      license: 'MIT',
      type: 'module',
      description: /\S/,
    })
    for (const name of dependencies.filter((name) => name.startsWith('@fle/')))
      t.equal(Object(manifest.dependencies)[name], manifest.version, `${name} is pinned`)
    const version = join(folder, 'src/version.ts')
    if (existsSync(version)) t.match(readFileSync(version, 'utf8'), `'${manifest.version}'`, 'src/version.ts is true')
    const commands = commandsOf[room] ?? []
    t.strictSame(Object.keys(Object(manifest.bin)).sort(), [...commands].sort(), 'installs its commands')
    for (const name of commands) {
      t.ok(existsSync(join(folder, 'src', `${name}.ts`)), `src/${name}.ts starts the command`)
      t.match(
        readFileSync(join(folder, 'bin', `${name}.cjs`), 'utf8'),
        `#!/usr/bin/env node\nrequire('../dist/${name}.cjs')`,
      )
    }
    for (const source of sources.filter((path) => path.endsWith('.ts'))) {
      const lines = readFileSync(source, 'utf8').split('\n').length
      t.ok(lines <= 420, `${source.slice(root.length + 1)} has ${lines} lines: one purpose a file`)
    }
  })
}

t.test('the two formats do not know each other', async (t) => {
  t.notOk(mayLeanOn.elf.includes('fle') || mayLeanOn.fle.includes('elf'))
})

t.test('no room leans on itself by way of others', async (t) => {
  const reach = (room: string, path: readonly string[]): void => {
    t.notOk(path.includes(room), [...path, room].join(' → '))
    if (path.includes(room)) return
    for (const next of mayLeanOn[room]) reach(next, [...path, room])
  }
  for (const room of rooms) reach(room, [])
})

t.test('the project names no place of one machine', async (t) => {
  const texts = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
    .map((name) => join(root, name))
    .concat(
      filesBelow(join(root, 'docs')),
      filesBelow(join(root, 'examples')),
      rooms.flatMap((room) => filesBelow(join(packages, room, 'src'))),
    )
  for (const path of texts.filter((path) => existsSync(path)))
    t.notMatch(readFileSync(path, 'utf8'), /\/work\/|\/root\//, path.slice(root.length + 1))
})
