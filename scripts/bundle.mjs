// Bundles a package's commands: `node ../../scripts/bundle.mjs NAME...`, run in the package's folder. For each NAME it
// makes, from dist/NAME.js, dist/NAME.bundle.cjs (everything but what is loaded when needed), a V8 code cache beside
// it, and dist/NAME.cjs, which starts the one with the help of the other.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const startScript = new URL('start-bundle.cjs', import.meta.url)
const cacheScript = new URL('write-code-cache.cjs', import.meta.url).pathname
const root = new URL('..', import.meta.url).pathname

// Loaded by import() when they are needed, never at start-up.
const loadedWhenNeeded = ['@fle/options/help', 'binary-parser', 'capstone-wasm', 'keystone-wasm']

// A run of each command whose functions the cache then holds compiled.
const warmUps = {
  'fle-ld': ['-o', '/dev/null', 'fixtures/warm-up/foo.fle', 'fixtures/warm-up/main.fle'],
  'elf-loader': ['--plan', 'fixtures/warm-up/minimal.fle'],
  'fle-exec': ['--plan', 'fixtures/warm-up/minimal.fle'],
  'fle-cc': ['-c', 'fixtures/warm-up/main.o', '-o', '/dev/null', '--oformat=fle'],
}

for (const name of process.argv.slice(2)) {
  const entry = resolve('dist', `${name}.js`)
  const bundle = join('dist', `${name}.bundle.cjs`)
  await build({
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20.12',
    format: 'cjs',
    minify: true,
    external: loadedWhenNeeded,
    // What a bundle has of its own place: the wrapper below passes it.
    define: { 'import.meta.dirname': '__dirname' },
    banner: { js: '(function(require,module,exports,__filename,__dirname){' },
    footer: { js: '})' },
    logLevel: 'warning',
  })
  copyFileSync(startScript, join('dist', `${name}.cjs`))
  writeFileSync(`${bundle}.cache`, '')
  const warmUp = (warmUps[name] ?? ['--version']).map((word) =>
    existsSync(join(root, word)) ? join(root, word) : word,
  )
  const { NODE_OPTIONS: _, ...env } = process.env
  execFileSync(process.execPath, [cacheScript, resolve(bundle), ...warmUp], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
