import { Diagnostics, memoryFiles } from '@fle/diagnostics'
import type { Difference } from '@fle/inspect'
import { showLine } from './show-text.ts'

/** The first of them lead to the defect; the rest follows from it, mostly. */
const mostShown = 3

/**
 * What differs between a file that was made and the one that was expected: of objects, programs and archives in their own terms,
 * by section and symbol, of other files the first byte. None if they mean the same.
 */
export async function compareFiles(
  actual: Uint8Array,
  expected: Uint8Array,
  path: string,
  expectedPath: string,
): Promise<string[]> {
  const byte = firstByte(actual, expected)
  if (byte === undefined) return []
  // It takes a command 5 ms to load, and few labs compare objects.
  const { diffInputs, inspectFile } = await import('@fle/inspect')
  const diagnostics = new Diagnostics()
  const files = memoryFiles({ actual, expected })
  const wanted = inspectFile(files, 'expected', new Diagnostics())
  if (!wanted) return [byte]
  const made = inspectFile(files, 'actual', diagnostics)
  const differences = made ? diffInputs(wanted, made) : []
  if (!made || diagnostics.hasErrors)
    return diagnostics.list.slice(0, mostShown).map(({ message }) => showLine(message))
  const shown = differences.slice(0, mostShown).flatMap((difference) => showDifference(difference, path, expectedPath))
  const left = differences.length - mostShown
  return left > 0 ? [...shown, `… and ${left} more differences`] : shown
}

function showDifference({ what, first, second }: Difference, path: string, expectedPath: string): string[] {
  if (first === undefined) return [showLine(`${what}: only in ${path}: ${second}`)]
  if (second === undefined) return [showLine(`${what}: only in ${expectedPath}: ${first}`)]
  return [showLine(what), showLine(`  expected: ${first}`), showLine(`  got:      ${second}`)]
}

function firstByte(actual: Uint8Array, expected: Uint8Array): string | undefined {
  const length = Math.min(actual.length, expected.length)
  let at = 0
  while (at < length && actual[at] === expected[at]) at++
  if (at === length && actual.length === expected.length) return undefined
  const show = (bytes: Uint8Array): string =>
    at < bytes.length ? `0x${bytes[at].toString(16).padStart(2, '0')}` : 'the end of the file'
  return `byte at offset ${at}: expected ${show(expected)}, got ${show(actual)}`
}
