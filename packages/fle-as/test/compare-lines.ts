import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics } from '@fle/diagnostics'
import { readObject } from '@fle/elf'
import { type ObjectFile, readWord, relocationRecord } from '@fle/object'
import { runCommand } from '@fle/testkit'
import type { Test } from 'tap'
import { assembleText } from './same-as-gnu.ts'

/** The lines with a label before each, and one behind the last. */
function labelled(lines: readonly string[], head: string): string {
  return `${head}${lines.map((line, i) => `line${i}:\n${line}\n`).join('')}line${lines.length}:\n`
}

/** The bytes and relocations between the labels, as text. */
function sliced(object: ObjectFile, count: number): string[] {
  const starts: number[] = []
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    const found = /^line(\d+)$/.exec(object.symbolName(symbol))
    if (found) starts[Number(found[1])] = Number(object.symbolValue(symbol))
  }
  let text = 1
  while (object.sectionName(text) !== '.text') text++
  const bytes = object.sectionContent(text)
  const relocations = new Map<number, string>()
  const table = object.relocationSections[text]
  for (let i = 0; table && i < object.relocationCount(table); i++) {
    const record = object.relocationRecord(table, i)
    const kind = object.view.getUint32(record + relocationRecord.type, true)
    const addend = readWord(object.view, record + relocationRecord.addend)
    relocations.set(Number(readWord(object.view, record + relocationRecord.offset)), `type ${kind} + ${addend}`)
  }
  return Array.from({ length: count }, (_, i) => {
    const words: string[] = []
    for (let at = starts[i]; at < starts[i + 1]; at++) {
      words.push(bytes[at].toString(16).padStart(2, '0'))
      const relocation = relocations.get(at)
      if (relocation !== undefined) words.push(`<${relocation}>`)
    }
    return words.join(' ')
  })
}

/** What GNU as makes of the lines, and by number why it refuses which. */
function byGnu(
  folder: string,
  lines: readonly string[],
  head: string,
): { refused: Map<number, string>; slices: string[] } {
  const object = join(folder, 'object.o')
  const result = runCommand('as', ['-mx86-used-note=no', '-o', object, '-'], { input: labelled(lines, head) })
  const refused = new Map<number, string>()
  const before = head.split('\n').length - 1
  for (const [, line, message] of result.stderr.matchAll(/^[^\n]*?:(\d+): Error: (.*)$/gm)) {
    refused.set((Number(line) - before) / 2 - 1, message)
  }
  if (refused.size > 0) return { refused, slices: [] }
  const read = readObject(new Uint8Array(readFileSync(object)), object, new Diagnostics())
  return { refused, slices: read ? sliced(read, lines.length) : [] }
}

/**
 * Assembles lines with GNU as, which must take all of them, and here, and compares the bytes and relocations of each line.
 * `head` stands in front of the first one.
 */
export function compareLines(test: Test, lines: readonly string[], head = ''): void {
  const { refused, slices } = byGnu(test.testdir({}), lines, head)
  for (const [line, message] of refused) test.fail(`GNU as refuses '${lines[line]}': ${message}`)
  if (refused.size > 0) return
  const { object, messages } = assembleText(labelled(lines, head))
  if (!object) {
    test.fail(messages)
    return
  }
  const ours = sliced(object, lines.length)
  const differences = lines.flatMap((line, i) =>
    ours[i] === slices[i] ? [] : [`${line}: ${ours[i]}, by GNU as ${slices[i]}`],
  )
  test.same(differences, [])
}
