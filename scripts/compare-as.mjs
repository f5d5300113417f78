// Compares fle-as with GNU as: `npm run compare-as -- [--verbose] [--gdwarf-N] FOLDER...`. Every .s below the folders is assembled by
// both, in the same way, and the objects are compared: loaded sections and their relocations, the symbol tables entry by
// entry, and .debug_line. What differs is counted by class; --verbose lists it by file. With --gdwarf-N both tell the lines of
// the assembly itself.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Diagnostics } from '../packages/diagnostics/dist/index.js'
import { nodeFiles } from '../packages/diagnostics/dist/node.js'
import { readObject, writeObject } from '../packages/elf/dist/index.js'
import { assemble, defaultOptions } from '../packages/fle-as/dist/index.js'
import { readWord, relocationRecord } from '../packages/object/dist/index.js'

const words = process.argv.slice(2)
const verbose = words.includes('--verbose')
const debug = words.filter((word) => /^--gdwarf-[2-5]$/.test(word))
const folders = words.filter((word) => !word.startsWith('--'))
if (folders.length === 0) {
  console.error('usage: npm run compare-as -- [--verbose] [--gdwarf-N] FOLDER...')
  process.exit(2)
}

const debugOptions = debug.length > 0 ? { debugLines: true, dwarfVersion: Number(debug[0].slice(-1)) } : {}
const temporary = mkdtempSync(join(tmpdir(), 'compare-as-'))
const classes = new Map()
const totals = { files: 0, refused: 0, alike: 0, symbols: 0, debugLines: 0, withLines: 0 }

try {
  for (const folder of folders) for (const path of assemblyFiles(folder)) compare(path)
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
report()

function assemblyFiles(path) {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true })
    .filter((name) => /\.s$/.test(name))
    .sort()
    .map((name) => join(path, name))
}

function compare(path) {
  const reference = join(temporary, 'reference.o')
  const { status } = spawnSync('as', [...debug, path, '-o', reference, '-I', join(path, '..')], { stdio: 'ignore' })
  const diagnostics = new Diagnostics()
  const source = { name: path, bytes: readFileSync(path) }
  const options = {
    ...defaultOptions,
    includePaths: [join(path, '..')],
    workingDirectory: process.cwd(),
    ...debugOptions,
  }
  const object = assemble([source], options, nodeFiles, diagnostics)
  if (status !== 0) {
    totals.refused++
    if (object) note(path, 'GNU as refuses it, fle-as does not')
    return
  }
  totals.files++
  if (!object) {
    const [first] = diagnostics.list.filter(({ severity }) => severity === 'error')
    note(
      path,
      `error: ${first.message.replace(/'[^']*'|\d+/g, '…')}`,
      `${first.at?.line}: ${first.at?.text ?? ''}: ${first.message}`,
    )
    return
  }
  const bytes = writeObject(object, diagnostics)
  const theirs = readBack(path, readFileSync(reference), 'as')
  const ours = bytes && readBack(path, bytes, 'fle-as')
  if (!theirs || !ours) return
  const differences = compareLoaded(ours, theirs)
  if (differences.length === 0) totals.alike++
  for (const difference of new Set(differences)) note(path, difference)
  const symbols = firstDifference(ours.symbols, theirs.symbols)
  if (symbols === undefined) totals.symbols++
  else note(path, 'symbol table', symbols)
  if (theirs.lines !== undefined) {
    totals.withLines++
    if (ours.lines === theirs.lines) totals.debugLines++
    else note(path, '.debug_line')
  }
  const others = compareOthers(ours, theirs)
  for (const difference of others) note(path, `not loaded: ${difference}`)
}

/** The parts of an object that one of the assemblers made; undefined if our reader refuses it. */
function readBack(path, bytes, maker) {
  const diagnostics = new Diagnostics()
  const object = readObject(bytes, maker, diagnostics)
  if (!object) note(path, `the object of ${maker} is refused`, diagnostics.list[0].message)
  return object && describe(object)
}

/** The parts of an object as texts that do not depend on the numbers of its tables. */
function describe(object) {
  const sections = []
  let lines
  for (let section = 1; section < object.sectionCount; section++) {
    const type = object.sectionType(section)
    const name = object.sectionName(section)
    const isTable = type === 2 || type === 3 || type === 4
    if (isTable) continue
    const content = type === 8 ? '' : Buffer.from(object.sectionContent(section)).toString('latin1')
    const header = `type ${type} flags ${object.sectionFlags(section)} size ${object.sectionSize(section)} align ${object.sectionAlignment(section)} entry ${object.sectionEntrySize(section)}`
    const relocations = relocationTexts(object, section)
    sections.push({ name, header, content, relocations, isLoaded: object.isAllocated(section) || type === 17 })
    if (name === '.debug_line') lines = content + relocations.join('\n')
  }
  const symbols = []
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    const section = object.symbolSection(symbol)
    const place = section ? object.sectionName(section) : object.symbolRawSection(symbol)
    symbols.push(
      `${object.symbolName(symbol)} ${place}+${object.symbolValue(symbol)} size ${object.symbolSize(symbol)} binding ${object.symbolBinding(symbol)} type ${object.symbolType(symbol)} visibility ${object.symbolVisibility(symbol)}`,
    )
  }
  return { sections, symbols, lines }
}

function relocationTexts(object, section) {
  const table = object.relocationSections[section]
  const texts = []
  for (let i = 0; table && i < object.relocationCount(table); i++) {
    const at = object.relocationRecord(table, i)
    const symbol = object.view.getUint32(at + relocationRecord.symbol, true)
    const of = object.symbolSection(symbol)
    const name = symbol === 0 ? '' : object.symbolName(symbol) || (of ? object.sectionName(of) : '')
    const type = object.view.getUint32(at + relocationRecord.type, true)
    texts.push(
      `${readWord(object.view, at)} type ${type} ${name} + ${readWord(object.view, at + relocationRecord.addend)}`,
    )
  }
  return texts
}

function compareLoaded(ours, theirs) {
  return compareSections(
    ours.sections.filter(({ isLoaded }) => isLoaded),
    theirs.sections.filter(({ isLoaded }) => isLoaded),
  )
}

function compareOthers(ours, theirs) {
  return compareSections(
    ours.sections.filter(({ isLoaded }) => !isLoaded),
    theirs.sections.filter(({ isLoaded }) => !isLoaded),
  )
}

function compareSections(ours, theirs) {
  const names = (list) => list.map(({ name }) => name).join(' ')
  if (names(ours) !== names(theirs)) return ['other sections']
  return ours.flatMap((section, i) => {
    const other = theirs[i]
    const kind = section.name.replace(/^(\.\w+).*/, '$1')
    if (section.header !== other.header)
      return [`header of ${kind}: ${verbose ? `${section.header} | ${other.header}` : ''}`]
    if (section.content !== other.content)
      return [`bytes of ${kind}${verbose ? ` at ${at(section.content, other.content)}` : ''}`]
    const difference = firstDifference(section.relocations, other.relocations)
    return difference ? [`relocations of ${kind}${verbose ? `: ${difference}` : ''}`] : []
  })
}

function at(a, b) {
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  return `0x${i.toString(16)}`
}

function firstDifference(ours, theirs) {
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++)
    if (ours[i] !== theirs[i]) return `${ours[i] ?? 'nothing'} | GNU as: ${theirs[i] ?? 'nothing'}`
  return undefined
}

function note(path, kind, detail = '') {
  const known = classes.get(kind) ?? { count: 0, path, detail }
  known.count++
  classes.set(kind, known)
  if (verbose) console.log(`${path}: ${kind}${detail ? `: ${detail}` : ''}`)
}

function report() {
  const share = (count, of) => `${count} of ${of}${of ? ` (${((100 * count) / of).toFixed(2)} %)` : ''}`
  const sorted = [...classes].sort(([, a], [, b]) => b.count - a.count)
  for (const [kind, { count, path, detail }] of sorted)
    console.log(`${String(count).padStart(6)}  ${kind}, e.g. ${path}${detail ? `: ${detail}` : ''}`)
  console.log(`files that GNU as accepts: ${totals.files} (it refuses ${totals.refused})`)
  console.log(`loaded sections and relocations alike: ${share(totals.alike, totals.files)}`)
  console.log(`symbol tables alike: ${share(totals.symbols, totals.files)}`)
  console.log(`.debug_line alike: ${share(totals.debugLines, totals.withLines)}`)
}
