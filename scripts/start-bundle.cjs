// Runs the bundle beside this file. V8 takes the functions it has compiled already from the cache; a cache that it
// rejects (another Node) only costs time.
'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

// These take Node 2 ms to load, and most runs do without them: they are loaded when one of their functions is called.
const seldomNeeded = new Set(['node:child_process', 'node:crypto', 'node:os', 'node:v8', 'node:zlib'])
const requireWhenNeeded = (name) =>
  seldomNeeded.has(name) ? new Proxy({}, { get: (_, key) => require(name)[key] }) : require(name)

/** Runs DIST/NAME.bundle.cjs and returns what it exports. */
function runBundle(name) {
  const path = `${__dirname}/${name}.bundle.cjs`
  // esbuild writes ASCII alone, and a one-byte string needs no decoding.
  const source = readFileSync(path, 'latin1')
  const script = new Script(source, { filename: path, cachedData: readFileSync(`${path}.cache`) })
  const bundle = { exports: {} }
  script.runInThisContext()(requireWhenNeeded, bundle, bundle.exports, path, __dirname, importWhenNeeded)
  return bundle.exports
}

/** import(): a relative path is that of a part of this command with a bundle of its own. */
async function importWhenNeeded(name) {
  return name.startsWith('./') ? runBundle(name.slice('./'.length, -'.js'.length)) : import(name)
}

runBundle(__filename.slice(__dirname.length + 1, -'.cjs'.length))
