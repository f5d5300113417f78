// The escapes of JSON strings (RFC 8259, section 7).

import type { ByteBuffer } from '@fle/object'

const backslash = 0x5c
const letterU = 0x75

/** The byte that `\b` and the like stand for. */
const simpleEscapes = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
])

/** What is wrong with the escapes of a string, or undefined. */
export function stringProblem(
  bytes: Uint8Array,
  start: number,
  end: number,
): { message: string; at: number } | undefined {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== backslash) continue
    const next = bytes[at + 1]
    if (next !== letterU) {
      if (!simpleEscapes.has(next)) return { message: 'an unknown escape in a string', at }
      at++
      continue
    }
    const unit = hexadecimalUnit(bytes, at + 2, end)
    if (unit < 0) return { message: 'four hexadecimal digits are expected after \\u', at }
    if (isSurrogate(unit) && pairedCodePoint(bytes, at, end) === undefined)
      return { message: 'half of a surrogate pair', at }
    at += isSurrogate(unit) ? 11 : 5
  }
  return undefined
}

/** Appends the string with its escapes replaced, in UTF-8. {@link stringProblem} has found nothing wrong with it. */
export function appendUnescaped(bytes: Uint8Array, start: number, end: number, into: ByteBuffer): void {
  for (let at = start; at < end; ) {
    if (bytes[at] !== backslash) {
      into.byte(bytes[at++])
      continue
    }
    const { codePoint, length } = escapeAt(bytes, at, end)
    into.text(String.fromCodePoint(codePoint))
    at += length
  }
}

/** The offset in the file of the byte that stands `position` bytes into a string from `start` once it is unescaped. */
export function unescapedOffset(bytes: Uint8Array, start: number, position: number): number {
  let at = start
  for (let unescaped = 0; unescaped < position && at < bytes.length; ) {
    if (bytes[at] !== backslash) {
      at++
      unescaped++
      continue
    }
    const { codePoint, length } = escapeAt(bytes, at, bytes.length)
    at += length
    unescaped += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4
  }
  return at
}

/** The character that a valid escape stands for, and the escape's length in bytes. */
function escapeAt(bytes: Uint8Array, at: number, end: number): { codePoint: number; length: number } {
  const next = bytes[at + 1]
  if (next !== letterU) return { codePoint: simpleEscapes.get(next) ?? next, length: 2 }
  const paired = pairedCodePoint(bytes, at, end)
  if (paired !== undefined) return { codePoint: paired, length: 12 }
  return { codePoint: hexadecimalUnit(bytes, at + 2, end), length: 6 }
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

/** The character of two `\u` escapes that are a surrogate pair, undefined if they are not. */
function pairedCodePoint(bytes: Uint8Array, at: number, end: number): number | undefined {
  const high = hexadecimalUnit(bytes, at + 2, end)
  if (high < 0xd800 || high > 0xdbff || bytes[at + 6] !== backslash || bytes[at + 7] !== letterU) return undefined
  const low = hexadecimalUnit(bytes, at + 8, end)
  if (low < 0xdc00 || low > 0xdfff) return undefined
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
}

/** The value of four hexadecimal digits, -1 if there are none. */
function hexadecimalUnit(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1
  const text = String.fromCharCode(...bytes.subarray(at, at + 4))
  return /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : -1
}
