import type { Failure } from '../results.ts'
import { showLine } from './show-text.ts'

/**
 * The first place where a program's output is not what was expected, white space at the end of either left aside as
 * course graders do; with `ignoreWhiteSpace` runs of it are equal everywhere. Undefined if there is none.
 */
export function compareOutput(
  actual: Uint8Array,
  expected: Uint8Array,
  ignoreWhiteSpace: boolean,
): Failure | undefined {
  const normalize = (bytes: Uint8Array): string => {
    const text = textOf(bytes).replace(/\r\n/g, '\n').trimEnd()
    return ignoreWhiteSpace ? text.trim().replace(/\s+/g, ' ') : text
  }
  const [left, right] = [normalize(actual), normalize(expected)]
  if (left === right) return undefined
  const binary = actual.indexOf(0)
  const notes = binary < 0 ? [] : [`the output is no text: it has a zero byte at offset ${binary}`]
  const [got, wanted] = [left.split('\n'), right.split('\n')]
  let line = 0
  while (got[line] === wanted[line]) line++
  const details = [
    line < wanted.length ? `expected: ${showLine(wanted[line])}` : 'expected: nothing more',
    line < got.length && left !== '' ? `got:      ${showLine(got[line])}` : 'got:      nothing more',
  ]
  if (left !== '' && line < got.length && line < wanted.length)
    details.push(`          ${caret(got[line], wanted[line])}`)
  const empty = left === '' ? 'stdout is empty' : `stdout differs from line ${line + 1} on`
  return { message: empty, details: [...details, ...notes] }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function caret(got: string, wanted: string): string {
  let column = 0
  while (column < got.length && got[column] === wanted[column]) column++
  return column < 150 ? `${' '.repeat(column)}^` : ''
}
