// Compares the instructions of fle-as with those of GNU as: `npm run compare-encoder -- FOLDER|FILE...`, where the folders hold
// assembly files, such as gas/testsuite/gas/i386 of the binutils sources. Of the 64-bit instructions in them, each distinct
// line that GNU as takes is assembled by both. The table counts them by encoding and syntax: those with the same bytes
// and relocations, those that differ, those that fle-as refuses. Then every class of difference follows, with an example.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Diagnostics } from '../packages/diagnostics/dist/index.js'
import { nodeFiles } from '../packages/diagnostics/dist/node.js'
import { readObject } from '../packages/elf/dist/index.js'
import { assemble, defaultOptions } from '../packages/fle-as/dist/index.js'
import { readWord, relocationRecord } from '../packages/object/dist/index.js'

const paths = process.argv.slice(2)
if (paths.length === 0) {
  console.error('usage: npm run compare-encoder -- FOLDER|FILE...')
  process.exit(2)
}

const attSyntax = '.att_syntax prefix'
const temporary = mkdtempSync(join(tmpdir(), 'compare-encoder-'))
try {
  report(compare(paths.flatMap(assemblyFiles)))
} finally {
  rmSync(temporary, { recursive: true, force: true })
}

/** The file itself, or the files for 64 bits of a folder. */
function assemblyFiles(path) {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path)
    .filter((name) => name.endsWith('.s') && (!path.includes('testsuite') || name.startsWith('x86-64')))
    .sort()
    .map((name) => join(path, name))
}

/** The distinct instructions of assembly files, each with the directive that sets its syntax. */
function readInstructions(files) {
  const found = new Map()
  for (const file of files) {
    let syntax = attSyntax
    let macroDepth = 0
    let is64 = true
    const text = readFileSync(file, 'latin1').replace(/\/\*[\s\S]*?\*\//g, ' ')
    for (const statement of text.split(/\n|;/)) {
      const line = statement
        .replace(/#.*|\/\/.*/, '')
        .trim()
        .replace(/\s+/g, ' ')
      if (/^\.(macro|irpc?|rept)\b/.test(line)) macroDepth++
      else if (/^\.(endm|endr)\b/.test(line)) macroDepth--
      else if (/^\.code(16|32)/.test(line)) is64 = false
      else if (/^\.code64/.test(line)) is64 = true
      else if (/^\.(intel|att)_syntax/.test(line)) syntax = line === '.att_syntax' ? attSyntax : line
      else if (is64 && macroDepth === 0) {
        const instruction = line.replace(/^[\w.$]+:\s*/, '')
        // No directives, assignments, labels, numeric labels as operands, which other lines define.
        if (!/^$|^\.|\\|=|:$|\b\d+[bf]\b/.test(instruction))
          found.set(`${syntax}\n${instruction}`, { syntax, instruction })
      }
    }
  }
  return [...found.values()]
}

/** A text with one label before each instruction, and the lines' numbers in it. */
function labelled(instructions) {
  const lines = []
  const indexes = []
  let syntax = attSyntax
  for (const [index, entry] of instructions.entries()) {
    if (entry.syntax !== syntax) lines.push(entry.syntax)
    syntax = entry.syntax
    lines.push(`instruction_${index}:`, entry.instruction)
    indexes[lines.length] = index
  }
  lines.push(attSyntax, `instruction_${instructions.length}:`)
  return { text: `${lines.join('\n')}\n`, indexes }
}

/** Assembles instructions, without those that are refused. Returns what became of each: { bytes, relocations } or undefined. */
function assembleAll(instructions, tool) {
  let remaining = instructions.map((_, index) => index)
  for (;;) {
    const { text, indexes } = labelled(remaining.map((index) => instructions[index]))
    const { object, refusedLines } = tool(text)
    if (object) {
      const results = instructions.map(() => undefined)
      for (const [i, result] of sliced(object, remaining.length).entries()) results[remaining[i]] = result
      return results
    }
    const refused = new Set(refusedLines.map((line) => indexes[line]))
    const before = remaining.length
    remaining = remaining.filter((_, i) => !refused.has(i))
    if (remaining.length === before) throw new Error('an error at no instruction')
  }
}

function byGnu(text) {
  const object = join(temporary, 'object.o')
  const result = spawnSync('as', ['-mx86-used-note=no', '-o', object, '-'], {
    input: text,
    encoding: 'latin1',
    maxBuffer: 1 << 28,
  })
  const refusedLines = [...result.stderr.matchAll(/^[^\n]*?:(\d+): Error: /gm)].map(([, line]) => Number(line))
  if (refusedLines.length > 0 || result.status !== 0) return { refusedLines }
  return { object: readObject(new Uint8Array(readFileSync(object)), object, new Diagnostics()), refusedLines }
}

function byFle(text) {
  const diagnostics = new Diagnostics()
  const source = { name: 'instructions.s', bytes: new TextEncoder().encode(text) }
  const object = assemble([source], defaultOptions, nodeFiles, diagnostics)
  const errors = diagnostics.list.filter(({ severity }) => severity === 'error')
  return { object, refusedLines: errors.map(({ at }) => at?.line ?? 0) }
}

/** The bytes and relocations between the labels. */
function sliced(object, count) {
  const starts = []
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    const found = /^instruction_(\d+)$/.exec(object.symbolName(symbol))
    if (found) starts[found[1]] = Number(object.symbolValue(symbol))
  }
  let text = 1
  while (object.sectionName(text) !== '.text') text++
  const bytes = object.sectionContent(text)
  const relocations = readRelocations(object, text)
  let next = 0
  return Array.from({ length: count }, (_, i) => {
    const own = []
    while (next < relocations.length && relocations[next].offset < starts[i + 1]) {
      const { offset, kind, addend } = relocations[next++]
      own.push(`${offset - starts[i]}: type ${kind} + ${addend}`)
    }
    const hex = Buffer.from(bytes.subarray(starts[i], starts[i + 1])).toString('hex')
    return { bytes: hex, relocations: own.join(', ') }
  })
}

function readRelocations(object, section) {
  const table = object.relocationSections[section]
  const relocations = []
  for (let i = 0; table && i < object.relocationCount(table); i++) {
    const record = object.relocationRecord(table, i)
    relocations.push({
      offset: Number(readWord(object.view, record + relocationRecord.offset)),
      kind: object.view.getUint32(record + relocationRecord.type, true),
      addend: readWord(object.view, record + relocationRecord.addend),
    })
  }
  return relocations.sort((a, b) => a.offset - b.offset)
}

function compare(files) {
  const instructions = readInstructions(files)
  const theirs = assembleAll(instructions, byGnu)
  const taken = instructions.filter((_, index) => theirs[index] !== undefined)
  const expected = theirs.filter((result) => result !== undefined)
  const actual = assembleAll(taken, byFle)
  const tallies = new Map()
  const differences = new Map()
  for (const [index, { syntax, instruction }] of taken.entries()) {
    // Labels of the test suite's own, alone on their lines, have no bytes.
    if (expected[index].bytes === '') continue
    const encoding = encodingOf(expected[index].bytes)
    const key = `${encoding} ${syntax === attSyntax ? 'AT&T' : 'Intel'}`
    const tally = tallies.get(key) ?? {
      instructions: 0,
      identical: 0,
      'other bytes': 0,
      'other relocation': 0,
      refused: 0,
    }
    tallies.set(key, tally)
    tally.instructions++
    const outcome = judge(expected[index], actual[index])
    tally[outcome]++
    if (outcome === 'identical') continue
    const kind = `${key}, ${outcome}: ${instruction
      .replace(/^(\{\w+\} ?)*/, '')
      .split(' ')[0]
      .toLowerCase()}`
    const examples = differences.get(kind) ?? []
    differences.set(kind, examples)
    examples.push({ instruction, expected: expected[index], actual: actual[index] })
  }
  return { refused: instructions.length - taken.length, tallies, differences }
}

function judge(expected, actual) {
  if (actual === undefined) return 'refused'
  if (actual.bytes !== expected.bytes) return 'other bytes'
  return actual.relocations === expected.relocations ? 'identical' : 'other relocation'
}

/** The encoding that the first byte behind the legacy prefixes tells. */
function encodingOf(hex) {
  const [, first, second] = /^(?:26|2e|36|3e|6[4-7]|f[023]|9b)*(..)(..)?/.exec(hex) ?? []
  if (first === 'c4' || first === 'c5') return 'VEX'
  if (first === '62') return 'EVEX'
  return first === '8f' && (Number.parseInt(second, 16) & 31) >= 8 ? 'XOP' : 'legacy'
}

function report({ refused, tallies, differences }) {
  console.log(`${refused} lines that GNU as refuses are left out.`)
  const shares = [...tallies].sort().map(([name, tally]) => {
    const share = `${((100 * tally.identical) / tally.instructions).toFixed(2)} %`
    return [name, { ...tally, share }]
  })
  console.table(Object.fromEntries(shares))
  const sorted = [...differences].sort((a, b) => b[1].length - a[1].length)
  for (const [kind, examples] of sorted) {
    const [{ instruction, expected, actual }] = examples
    const ours = actual ? `${actual.bytes} ${actual.relocations}` : 'an error'
    console.log(
      `${examples.length} × ${kind}, e.g. ${instruction}: ${expected.bytes} ${expected.relocations}, not ${ours}`,
    )
  }
}
