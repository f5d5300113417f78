// The packages as a user gets them: packed, installed in an empty folder, and put to the main job there.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand, runToSuccess } from '@fle/testkit'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fle-packed-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** npm tells its children about the package that they were started from; these are of another. */
const { NODE_EXTRA_CA_CERTS } = process.env
const env: Record<string, string | undefined> = { npm_config_update_notifier: 'false', NODE_EXTRA_CA_CERTS }
for (const name of Object.keys(process.env))
  if (/^npm_(package|lifecycle|command|config_local_prefix|config_prefix)/.test(name)) env[name] = undefined

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const manifests = readdirSync(join(root, 'packages'))
  .filter((room) => existsSync(join(root, 'packages', room, 'package.json')))
  .map((room): Manifest => JSON.parse(readFileSync(join(root, 'packages', room, 'package.json'), 'utf8')))
  .filter((manifest) => !manifest.private)

const workspaces = manifests.flatMap(({ name }) => ['--workspace', name])
runToSuccess('npm', ['pack', '--silent', '--pack-destination', folder, ...workspaces], { cwd: root, env })
const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
t.equal(tarballs.length, manifests.length, 'every public package is packed')
const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
runToSuccess('npm', ['install', '--silent', ...options, ...tarballs.map((name) => `./${name}`)], {
  cwd: folder,
  env,
  timeout: 120_000,
})

const installed = join(folder, 'node_modules')
const commands = join(installed, '.bin')

t.test('each package holds what its manifest points to, and no build remains', async (t) => {
  for (const { name, exports } of manifests) {
    const place = join(installed, name)
    const files = readdirSync(place, { recursive: true, encoding: 'utf8' })
    for (const targets of Object.values(exports))
      for (const target of Object.values(targets)) t.ok(existsSync(join(place, target)), `${name}: ${target}`)
    t.ok(files.includes('README.md'), `${name}: README.md`)
    const remains = files.filter((file) => /tsbuildinfo|\.test\.|(^|\/)test\//.test(file))
    t.strictSame(remains, [], `${name}: nothing that only the build or the tests need`)
  }
})

t.test('each package can be imported', async (t) => {
  const modules = manifests.flatMap(({ name, exports }) => Object.keys(exports).map((key) => name + key.slice(1)))
  const script = `for (const name of ${JSON.stringify(modules)}) await import(name)`
  t.equal(runToSuccess(process.execPath, ['--input-type=module', '-e', script], { cwd: folder }), '')
})

t.test('each command says what it is, and V8 takes its code cache', async (t) => {
  for (const { version, bin, name: owner } of manifests) {
    for (const name of Object.keys(bin ?? {})) {
      t.match(runToSuccess(join(commands, name), ['--version'], { cwd: folder }), new RegExp(`^${name} .*${version}`))
      t.match(runToSuccess(join(commands, name), ['--help'], { cwd: folder }), `Usage: ${name}`)
      const bundle = join(installed, owner, 'dist', `${name}.bundle.cjs`)
      const script = `const { readFileSync } = require('node:fs')
        const options = { filename: ${JSON.stringify(bundle)}, cachedData: readFileSync(${JSON.stringify(`${bundle}.cache`)}) }
        console.log(new (require('node:vm').Script)(readFileSync(options.filename, 'latin1'), options).cachedDataRejected)`
      t.equal(runToSuccess(process.execPath, ['-e', script]), 'false\n', `${name}: the cache is taken`)
    }
  }
})

t.test('the main job', async (t) => {
  const work = join(folder, 'work')
  cpSync(join(root, 'examples/hello'), work, { recursive: true })
  const path = { PATH: `${commands}:${process.env.PATH}` }
  const type = (command: string) => runCommand('sh', ['-c', command], { cwd: work, env: path })
  for (const name of ['foo', 'libc', 'main'])
    t.match(type(`fle-cc -Wall -g -Os ${name}.c -o ${name}.o`), { status: 0, stderr: '' })
  t.match(type('fle-ld foo.fle libc.fle main.fle -o hello'), { status: 0, stderr: '' })
  t.match(type('fle-ld --oformat=elf64-x86-64 foo.fle libc.fle main.fle -o hello.elf'), { status: 0, stderr: '' })
  const stdout = readFileSync(join(root, 'examples/hello/expected-output'), 'utf8')
  for (const start of ['./hello', 'fle-exec hello', 'elf-loader hello', './hello.elf', 'elf-loader hello.elf'])
    t.match(type(start), { status: 3, stdout, stderr: '' }, start)
})

t.test('the native front travels in the package, and becomes the command where install scripts run', async (t) => {
  const front = join(installed, '@fle/elf-loader/dist/native/elf-loader')
  t.match(realpathSync(join(commands, 'elf-loader')), 'bin/elf-loader.cjs', 'without install scripts: the Node form')
  runToSuccess(process.execPath, ['native/link.mjs'], { cwd: join(installed, '@fle/elf-loader') })
  for (const name of ['elf-loader', 'fle-exec']) t.equal(realpathSync(join(commands, name)), realpathSync(front))
  const work = join(folder, 'work')
  const type = (command: string) =>
    runCommand('sh', ['-c', command], {
      cwd: work,
      env: { PATH: `${commands}:${process.env.PATH}`, XDG_CACHE_HOME: work },
    })
  const stdout = readFileSync(join(root, 'examples/hello/expected-output'), 'utf8')
  for (const start of ['./hello', 'fle-exec ./hello', 'elf-loader --timeout=9s hello', 'elf-loader hello.elf'])
    t.match(type(start), { status: 3, stdout, stderr: '' }, start)
})
