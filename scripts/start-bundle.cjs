// Runs the bundle beside this file. V8 takes the functions it has compiled already from the cache; a cache that it
// rejects (another Node) only costs time.
'use strict'
const { readFileSync } = require('node:fs')
const vm = require('node:vm')

const bundle = __filename.replace(/\.cjs$/, '.bundle.cjs')
const script = new vm.Script(readFileSync(bundle, 'latin1'), {
  filename: bundle,
  cachedData: readFileSync(`${bundle}.cache`),
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
script.runInThisContext()(require, module, exports, bundle, __dirname)
