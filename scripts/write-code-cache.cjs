// `node write-code-cache.cjs BUNDLE 'ARG ARG'...` runs a bundled command with each list of arguments and, when all have
// ended, writes what V8 has compiled of it to BUNDLE.cache. It must load the script as start-bundle.cjs does, or V8
// rejects the cache.
'use strict'
const { createRequire } = require('node:module')
const { readFileSync, writeFileSync } = require('node:fs')
const { dirname } = require('node:path')
const { Script } = require('node:vm')

const [, , bundle, ...runs] = process.argv
const script = new Script(readFileSync(bundle, 'latin1'), { filename: bundle })
process.on('exit', () => writeFileSync(`${bundle}.cache`, script.createCachedData()))
const command = script.runInThisContext()
for (const words of runs) {
  process.argv = [process.argv[0], bundle, ...words.split(' ')]
  command(createRequire(bundle), module, exports, bundle, dirname(bundle), (name) => import(name))
}
