import type { Assembly } from './assembly.ts'
import { bytesOfText } from './characters.ts'

const escapes: Readonly<Record<string, number>> = { b: 8, t: 9, n: 10, f: 12, r: 13 }

/** Parses a string in quotes at the cursor into its bytes. What is wrong is reported. */
export function parseString(assembly: Assembly): Uint8Array | undefined {
  const { cursor } = assembly
  if (cursor.peek() !== 34) return assembly.error('bad-string', 'a string in double quotes is expected here')
  const { text } = cursor
  const start = ++cursor.position
  const { end, hasEscapes } = endOfString(text, start)
  if (text.charCodeAt(end) !== 34) {
    const quote = text.indexOf('"', start)
    cursor.position = quote < 0 ? end : start
    return assembly.error('bad-string', 'the string has no closing quote on its line')
  }
  cursor.position = end + 1
  return hasEscapes ? withoutEscapes(text, start, end) : bytesOfText(text.substring(start, end))
}

/** Where the quote that ends a string stands, or the end of the line if none does. */
function endOfString(text: string, start: number): { end: number; hasEscapes: boolean } {
  let hasEscapes = false
  let at = start
  for (let code = text.charCodeAt(at); code !== 34 && code !== 10 && at < text.length; code = text.charCodeAt(++at))
    if (code === 92) {
      hasEscapes = true
      at++
    }
  return { end: at, hasEscapes }
}

/** The bytes of a text with escapes: no escape is shorter than what it stands for. */
function withoutEscapes(text: string, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start)
  let count = 0
  for (let at = start; at < end; ) {
    const code = text.charCodeAt(at++)
    if (code === 92) at = parseEscape(text, at, (byte) => (bytes[count++] = byte))
    else bytes[count++] = code
  }
  return bytes.subarray(0, count)
}

/** What stands behind a backslash: \n, \123 (up to three octal digits), \x1f (of any number of digits the last two). */
function parseEscape(text: string, start: number, put: (byte: number) => void): number {
  const octal = /^[0-7]{1,3}/.exec(text.substring(start, start + 3))
  if (octal) {
    put(Number.parseInt(octal[0], 8) & 0xff)
    return start + octal[0].length
  }
  const character = text[start]
  if (character === 'x' || character === 'X') {
    let at = start + 1
    let value = 0
    while (/[0-9a-fA-F]/.test(text[at])) value = ((value << 4) | Number.parseInt(text[at++], 16)) & 0xff
    put(value)
    return at
  }
  if (character === '\n') return start
  put(escapes[character] ?? character.charCodeAt(0))
  return start + 1
}
