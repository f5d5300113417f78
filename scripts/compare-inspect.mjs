// `npm run compare-inspect [-- --files=N] [FILE...]`: what fle-nm, fle-objdump and fle-readfle say beside what binutils says, line
// by line: of the system's programs (50 by default) and of the members of its libc.a. Prints lines, equal lines and the classes of
// differences, by their most frequent shape. Ends with 1 if more than one line in a thousand differs.
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

const bin = new URL('../node_modules/.bin/', import.meta.url).pathname
const views = [
  ['nm', 'fle-nm', []],
  ['nm', 'fle-nm', ['-D']],
  ['objdump', 'fle-objdump', ['-h']],
  ['objdump', 'fle-objdump', ['-d', '-r']],
  ['readelf', 'fle-readfle', ['-W', '-h', '-l', '-S', '-s', '-r']],
]

const words = process.argv.slice(2)
const count = Number(words.find((word) => word.startsWith('--files='))?.slice(8) ?? 50)
const only = words.find((word) => word.startsWith('--view='))?.slice(7)
const shown = Number(words.find((word) => word.startsWith('--classes='))?.slice(10) ?? 12)
const named = words.filter((word) => !word.startsWith('--'))
const files = named.length > 0 ? named : [...programs(count), archive()]

let lines = 0
let equal = 0
for (const [theirs, ours, options] of views) {
  const title = `${theirs} ${options.join(' ')}`.trim()
  if (only !== undefined && only !== title) continue
  const tally = { lines: 0, equal: 0, seconds: 0, theirSeconds: 0, classes: new Map() }
  for (const file of files) compare(file, theirs, ours, options, tally)
  lines += tally.lines
  equal += tally.equal
  const share = ((100 * tally.equal) / Math.max(1, tally.lines)).toFixed(3)
  const times = `${tally.seconds.toFixed(1)} s, binutils ${tally.theirSeconds.toFixed(1)} s`
  console.log(`${title}: ${tally.lines} lines of ${files.length} files, ${tally.equal} equal (${share}%); ${times}`)
  const classes = [...tally.classes].sort((a, b) => b[1].count - a[1].count)
  for (const [shape, { count, file, theirs, ours }] of classes.slice(0, shown))
    console.log(`  ${count} × ${shape}\n      ${file}\n      - ${theirs}\n      + ${ours}`)
  if (classes.length > shown) console.log(`  … and ${classes.length - shown} classes more`)
}
console.log(`all: ${lines} lines, ${equal} equal`)
process.exitCode = lines - equal > lines / 1000 ? 1 : 0

/** The largest programs of the system below 2 MB, each once. */
function programs(limit) {
  const found = new Map()
  for (const folder of ['/usr/bin', '/usr/sbin']) {
    for (const name of readdirSync(folder)) {
      const path = realpathSync(join(folder, name))
      if (!found.has(path) && isProgram(path)) found.set(path, statSync(path).size)
    }
  }
  const small = [...found].filter(([, size]) => size < 2e6)
  return small
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([path]) => path)
}

function isProgram(path) {
  if (!statSync(path).isFile()) return false
  const magic = Buffer.alloc(20)
  const descriptor = openSync(path, 'r')
  readSync(descriptor, magic, 0, 20, 0)
  closeSync(descriptor)
  return magic.toString('latin1', 0, 4) === '\x7fELF' && magic[4] === 2 && magic[18] === 62
}

function archive() {
  const { stdout } = spawnSync('gcc', ['-print-file-name=libc.a'], { encoding: 'utf8' })
  if (!existsSync(stdout.trim())) throw new Error('gcc knows no libc.a: install libc6-dev')
  return stdout.trim()
}

function compare(file, theirs, ours, options, tally) {
  const start = performance.now()
  const expected = output(theirs, [...options, file])
  const middle = performance.now()
  const actual = output(join(bin, ours), options.includes('-W') ? [...options.slice(1), file] : [...options, file])
  tally.theirSeconds += (middle - start) / 1000
  tally.seconds += (performance.now() - middle) / 1000
  tally.lines += expected.length
  let i = 0
  let j = 0
  while (i < expected.length || j < actual.length) {
    if (expected[i] === actual[j]) {
      tally.equal++
      i++
      j++
      continue
    }
    const isSamePlace = placeOf(expected[i]) !== undefined && placeOf(expected[i]) === placeOf(actual[j])
    const [skipTheirs, skipOurs] = isSamePlace ? [1, 1] : distance(expected, actual, i, j)
    for (let k = 0; k < Math.max(skipTheirs, skipOurs); k++) {
      const a = k < skipTheirs ? expected[i + k] : '(nothing)'
      const b = k < skipOurs ? actual[j + k] : '(nothing)'
      const shape = `${shapeOf(a)}  /  ${shapeOf(b)}`
      const known = tally.classes.get(shape)
      if (known) known.count++
      else tally.classes.set(shape, { count: 1, file, theirs: a, ours: b })
    }
    i += skipTheirs
    j += skipOurs
  }
}

function output(command, args) {
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout, error } = spawnSync(command, args, {
    encoding: 'latin1',
    maxBuffer: 2 ** 30,
    env: { ...env, LC_ALL: 'C' },
  })
  if (error) throw error
  return stdout.split('\n')
}

/** How many lines of each side to pass over to come to lines of the same place again. */
function distance(expected, actual, i, j) {
  for (let sum = 1; sum < 200; sum++) {
    for (let a = 0; a <= sum; a++) {
      const place = placeOf(expected[i + a])
      if (place !== undefined && place === placeOf(actual[j + sum - a])) return [a, sum - a]
    }
  }
  return [expected.length - i, actual.length - j]
}

/** What tells that two lines are of the same place: in code the address, elsewhere all of it. */
function placeOf(line) {
  return line === undefined || line === '' ? undefined : (/^ *[0-9a-f]+:\t/.exec(line)?.[0] ?? line)
}

/** A line without its numbers and names, so that differences of a kind fall together. */
function shapeOf(line) {
  return (line ?? '(nothing)')
    .replace(/^ *[0-9a-f]+:\t(?:[0-9a-f]{2} )+ */, '')
    .replace(/<[^>]*>/g, '<>')
    .replace(/%[a-z0-9]+/g, '%r')
    .replace(/0x[0-9a-f]+|\b[0-9a-f]*\d[0-9a-f]*\b/g, 'N')
    .replace(/\s+/g, ' ')
    .slice(0, 60)
}
