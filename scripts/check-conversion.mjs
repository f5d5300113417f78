// `npm run check-conversion [ARCHIVE...]`: takes every member of the system's static libraries from ELF to FLE and back
// and compares what comes out with what went in. Without arguments: libc, libm, libstdc++, libgcc.
import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Diagnostics } from '../packages/diagnostics/dist/index.js'
import { nodeFiles } from '../packages/diagnostics/dist/node.js'
import { openArchive, readObject, writeObject } from '../packages/elf/dist/index.js'
import { readFleObject, writeFleObject } from '../packages/fle/dist/index.js'
import { compareObjects } from '../packages/testkit/dist/index.js'

const usual = ['libc.a', 'libm.a', 'libstdc++.a', 'libgcc.a']
const archives = process.argv.length > 2 ? process.argv.slice(2) : usual.flatMap(findLibrary)

/** Where gcc finds a library; of a script in its place, the archives that it names. */
function findLibrary(name) {
  const path = execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
  if (!path.startsWith('/')) return []
  const content = readFileSync(path, 'latin1')
  return content.startsWith('!<arch>') ? [realpathSync(path)] : (content.match(/\/\S+\.a\b/g) ?? [])
}

let failures = 0
for (const path of archives) {
  for (const keepDebug of [false, true]) {
    const diagnostics = new Diagnostics()
    const archive = openArchive(nodeFiles.open(path), path, nodeFiles, diagnostics)
    if (!archive) {
      console.log(`${basename(path)}: ${diagnostics.list[0]?.message}`)
      break
    }
    const tally = { members: 0, identical: 0, text: 0, readMs: 0 }
    for (let member = 0; member < archive.memberCount; member++) {
      const name = archive.memberName(member)
      const original = readObject(archive.readMember(member, diagnostics), name, diagnostics)
      if (!original) continue
      tally.members++
      const text = writeFleObject(original, { dialect: 'fle', keepDebug }, diagnostics)
      const start = performance.now()
      const read = text && readFleObject(text, name, diagnostics)
      tally.readMs += performance.now() - start
      const bytes = read && writeObject(read, diagnostics)
      const back = bytes && readObject(bytes, name, diagnostics)
      const differences = back ? compareObjects(original, back, { all: keepDebug }) : ['it could not be converted']
      // An object without .note.GNU-stack asks for an executable stack; as FLE it says so in that section.
      const real = differences.filter((difference) => !/\.note\.GNU-stack/.test(difference))
      if (real.length === 0) tally.identical++
      else console.log(`${basename(path)}(${name}): ${real[0]}`)
      tally.text += text?.length ?? 0
    }
    if (tally.identical < tally.members || diagnostics.hasErrors) failures++
    for (const { message } of diagnostics.list.slice(0, 5)) console.log(`${basename(path)}: ${message}`)
    const kind = keepDebug ? 'all sections' : 'loaded sections'
    const size = (tally.text / 1e6).toFixed(1)
    const counts = `${tally.identical} of ${tally.members} members identical`
    console.log(`${basename(path)}, ${kind}: ${counts}, ${size} MB of text read in ${tally.readMs.toFixed(0)} ms`)
  }
}
process.exitCode = failures > 0 ? 1 : 0
