// `node write-code-cache.cjs '["COMMAND.cjs","ARG"]'...` runs bundled commands, one after the other, and, when all have ended,
// writes what V8 has compiled of each bundle to BUNDLE.cache.
'use strict'
const { writeFileSync } = require('node:fs')
const vm = require('node:vm')

const [, , ...runs] = process.argv

/** The scripts by their paths. All runs share them, so that they collect what each run compiles. */
const scripts = new Map()
const { Script } = vm
vm.Script = function sharedScript(source, options) {
  const { filename } = options
  if (!scripts.has(filename)) scripts.set(filename, new Script(source, { filename }))
  return scripts.get(filename)
}

// V8 rejects a cache that was written under other flags than it starts with.
require('node:v8').setFlagsFromString = () => {}

// A program that takes this process over would end the runs too early: they end when it is about to.
process.dlopen = (module) => {
  const end = () => process.exit()
  module.exports = { executeKept() {}, execute: end, supervise: end }
}

process.on('exit', () => {
  for (const [path, script] of scripts) writeFileSync(`${path}.cache`, script.createCachedData())
  process.exitCode = 0
})

async function runAll() {
  for (const run of runs) {
    const [command, ...words] = JSON.parse(run)
    process.argv = [process.argv[0], command, ...words]
    delete require.cache[require.resolve(command)]
    require(command)
    await new Promise(setImmediate)
  }
}
runAll()
