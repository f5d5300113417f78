// Runs the bundle beside this file. V8 takes the functions it has compiled already from the cache; a cache that it
// rejects (another Node) only costs time.
'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

const bundle = __filename.replace(/\.cjs$/, '.bundle.cjs')
// esbuild writes ASCII alone, and a one-byte string needs no decoding.
const source = readFileSync(bundle, 'latin1')
const script = new Script(source, { filename: bundle, cachedData: readFileSync(`${bundle}.cache`) })

// These take Node 2 ms to load, and most runs do without them: they are loaded when one of their functions is called.
const seldomNeeded = new Set(['node:child_process', 'node:crypto', 'node:os', 'node:v8', 'node:zlib'])
const requireWhenNeeded = (name) =>
  seldomNeeded.has(name) ? new Proxy({}, { get: (_, key) => require(name)[key] }) : require(name)

script.runInThisContext()(requireWhenNeeded, module, exports, bundle, __dirname, (name) => import(name))
