import type { Diagnostic, Place } from './diagnostic.ts'

export interface RenderOptions {
  /** The command's name, the first word of every message. */
  readonly tool: string
  readonly colour?: boolean
}

const escapes = { error: '\x1b[1;31m', warning: '\x1b[1;35m', caret: '\x1b[1;32m', off: '\x1b[0m' }

/**
 * Renders one diagnostic in lld's shape, ending with a newline:
 * `tool: error: message`, an excerpt with a caret if the place has a line's text, notes and hint behind `>>> `.
 */
export function renderText(diagnostic: Diagnostic, { tool, colour = false }: RenderOptions): string {
  const paint = (kind: keyof typeof escapes, text: string) => (colour ? escapes[kind] + text + escapes.off : text)
  const { severity, at } = diagnostic
  const where = at ? `${renderPlace(at)}: ` : ''
  const lines = [`${tool}: ${paint(severity, `${severity}:`)} ${where}${printable(diagnostic.message)}`]
  if (at?.text !== undefined) {
    const excerpt = excerptOf(at.text, at.column)
    lines.push(`>>> ${excerpt.text}`)
    if (at.column !== undefined) lines.push(`    ${' '.repeat(excerpt.width)}${paint('caret', '^')}`)
  }
  for (const note of diagnostic.notes ?? []) lines.push(`>>> ${printable(note)}`)
  if (diagnostic.hint !== undefined) lines.push(`>>> hint: ${printable(diagnostic.hint)}`)
  return `${lines.join('\n')}\n`
}

/** Renders one diagnostic as a JSON object on a line of its own. */
export function renderJson(diagnostic: Diagnostic, { tool }: RenderOptions): string {
  return `${JSON.stringify({ tool, ...diagnostic })}\n`
}

/** `file`, `file:line` or `file:line:column`. */
export function renderPlace(place: Place): string {
  let text = printable(place.file)
  if (place.line !== undefined) text += `:${place.line}`
  if (place.line !== undefined && place.column !== undefined) text += `:${place.column}`
  return text
}

/**
 * Names come from untrusted files: neither control characters (a line feed is one too) nor those that turn the direction
 * of writing may reach the terminal.
 */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t]|[\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`
  })
}

const excerptColumns = 100

/** The part of a line around a column, and the terminal width of what stands before that column. */
function excerptOf(line: string, column = 1): { text: string; width: number } {
  // A line can be a megabyte long: only the neighbourhood of the column is looked at.
  const characters = Array.from(line.slice(0, 4 * (column + excerptColumns)), (c) => printable(c).replace('\t', ' '))
  const start = column > excerptColumns * 0.8 ? column - 1 - excerptColumns / 2 : 0
  const shown = characters.slice(start, start + excerptColumns)
  const before = characters.slice(start, column - 1)
  const head = start > 0 ? '…' : ''
  const tail = start + excerptColumns < characters.length ? '…' : ''
  return { text: head + shown.join('') + tail, width: head.length + terminalWidth(before.join('')) }
}

/** Columns that a terminal gives to a text: emoji take two, variation selectors none. */
function terminalWidth(text: string): number {
  let width = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code === 0xfe0f || (code >= 0x300 && code <= 0x36f)) continue
    const wide = code >= 0x1f300 || (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xffdc)
    width += wide || code === 0x2753 ? 2 : 1
  }
  return width
}
