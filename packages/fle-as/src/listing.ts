import type { SectionContent } from './build-object.ts'
import { readable } from './characters.ts'
import type { Section, Subsection } from './section.ts'

/** What one statement appended to a subsection: fixed bytes and pieces, from one place up to another. */
export interface ListedStatement {
  readonly line: number
  /** As it was read; expanded, where a macro made it. */
  readonly text: string
  readonly subsection: Subsection
  readonly piece: number
  readonly offset: number
  readonly endPiece: number
  readonly endOffset: number
}

/** Bytes in a row, and rows that a line may have: as GNU as's --listing-lhs-width and its kin say by default. */
const rowBytes = 4
const mostRows = 5

/** The lines of a text with their addresses and bytes before them, as GNU as lists them with -aln. */
export function renderListing(
  text: string,
  statements: readonly ListedStatement[],
  contents: readonly SectionContent[],
): string {
  const bytesOf = new Map<Section, Uint8Array>(contents.map(({ section, bytes }) => [section, bytes]))
  const byLine = new Map<number, ListedStatement[]>()
  for (const statement of statements) {
    const list = byLine.get(statement.line)
    if (list) list.push(statement)
    else byLine.set(statement.line, [statement])
  }
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n')
  return lines.map((line, i) => renderLine(i + 1, readable(line), byLine.get(i + 1) ?? [], bytesOf)).join('')
}

function renderLine(
  number: number,
  text: string,
  statements: readonly ListedStatement[],
  bytesOf: ReadonlyMap<Section, Uint8Array>,
): string {
  const head = String(number).padStart(4)
  const [first] = statements
  if (!first) return `${head}${' '.repeat(14)}\t${text}\n`
  const address = first.subsection.address(first.piece, first.offset)
  const bytes: number[] = []
  for (const { subsection, piece, offset, endPiece, endOffset } of statements) {
    const start = subsection.address(piece, offset)
    const end = Math.min(subsection.address(endPiece, endOffset), start + rowBytes * mostRows)
    // A section without content is all zeros.
    const content = bytesOf.get(subsection.section)
    for (let at = start; at < end; at++) bytes.push(content?.[at] ?? 0)
  }
  const shown = bytes.slice(0, rowBytes * mostRows).map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
  const place = address.toString(16).padStart(4, '0')
  let rows = `${head} ${place} ${shown
    .slice(0, rowBytes)
    .join('')
    .padEnd(2 * rowBytes)} \t${text}\n`
  for (let at = rowBytes; at < shown.length; at += rowBytes)
    rows += `${head}      ${shown.slice(at, at + rowBytes).join('')}\n`
  return rows
}
