// Texts that programs print, made fit to be shown: bounded, and without what a terminal would obey.

const mostColumns = 160

/** One line as it can be shown: control characters as `\x1b`, at most 160 characters. */
export function showLine(line: string): string {
  const characters = Array.from(line.slice(0, 4 * mostColumns))
  const shown = characters.slice(0, mostColumns).map(showCharacter).join('')
  return characters.length > mostColumns || line.length > 4 * mostColumns ? `${shown}…` : shown
}

function showCharacter(character: string): string {
  if (character === '\t' || !/[\p{Cc}\p{Cf}\p{Cs}\ufffd]/u.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  // Joiners and selectors are part of emoji.
  if (code === 0x200d) return character
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** The last lines of a text, as they can be shown. */
export function lastLines(text: string, most: number): string[] {
  const lines = text.replace(/\s+$/, '').split('\n')
  const shown = lines.slice(-most).map(showLine)
  if (shown.length === 1 && shown[0] === '') return []
  return lines.length > most ? [`… ${lines.length - most} lines before`, ...shown] : shown
}
