import type { Assembly } from './assembly.ts'

const escapes: Readonly<Record<string, number>> = { b: 8, t: 9, n: 10, f: 12, r: 13 }

/** Parses a string in quotes at the cursor into its bytes. What is wrong is reported. */
export function parseString(assembly: Assembly): Uint8Array | undefined {
  const { cursor } = assembly
  if (cursor.peek() !== 34) return assembly.error('bad-string', 'a string in double quotes is expected here')
  const { text } = cursor
  const start = ++cursor.position
  const plainEnd = text.indexOf('"', start)
  const bytes: number[] = []
  let at = start
  for (;;) {
    const code = text.charCodeAt(at)
    if (code === 34) break
    if (code === 10 || Number.isNaN(code)) {
      cursor.position = plainEnd < 0 ? at : start
      return assembly.error('bad-string', 'the string has no closing quote on its line')
    }
    if (code !== 92) {
      bytes.push(code)
      at++
      continue
    }
    at = parseEscape(text, at + 1, bytes)
  }
  cursor.position = at + 1
  return Uint8Array.from(bytes)
}

/** What stands behind a backslash: \n, \123 (up to three octal digits), \x1f (of any number of digits the last two). */
function parseEscape(text: string, start: number, bytes: number[]): number {
  const octal = /^[0-7]{1,3}/.exec(text.substring(start, start + 3))
  if (octal) {
    bytes.push(Number.parseInt(octal[0], 8) & 0xff)
    return start + octal[0].length
  }
  const character = text[start]
  if (character === 'x' || character === 'X') {
    let at = start + 1
    let value = 0
    while (/[0-9a-fA-F]/.test(text[at])) value = ((value << 4) | Number.parseInt(text[at++], 16)) & 0xff
    bytes.push(value)
    return at
  }
  if (character === '\n') return start
  bytes.push(escapes[character] ?? character.charCodeAt(0))
  return start + 1
}
