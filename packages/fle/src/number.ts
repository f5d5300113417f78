import { toWord, type Word } from '@fle/object'

/** A number as it was read, and the offset behind it. */
export interface ParsedNumber {
  readonly value: Word
  readonly end: number
}

/** The value of a hexadecimal digit, 255 for other bytes. */
export const hexadecimalDigit = new Uint8Array(256).fill(255)
for (let digit = 0; digit < 10; digit++) hexadecimalDigit[0x30 + digit] = digit
for (let digit = 10; digit < 16; digit++) {
  hexadecimalDigit[0x61 + digit - 10] = digit
  hexadecimalDigit[0x41 + digit - 10] = digit
}

const letterX = 0x78
const largest = 2n ** 64n - 1n

/**
 * Reads a number without sign, decimal or, where `hexadecimal` allows it, behind `0x` hexadecimal. It is exact and at
 * most 2^64 - 1. Returns what is wrong as a text.
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number, hexadecimal = true): ParsedNumber | string {
  const isHexadecimal = hexadecimal && bytes[start] === 0x30 && (bytes[start + 1] | 0x20) === letterX
  const base = isHexadecimal ? 16 : 10
  const digits = isHexadecimal ? start + 2 : start
  let at = digits
  let value = 0
  while (at < end && hexadecimalDigit[bytes[at]] < base) value = value * base + hexadecimalDigit[bytes[at++]]
  if (at === digits) return isHexadecimal ? 'hexadecimal digits are expected after 0x' : 'a number is expected'
  if (Number.isSafeInteger(value)) return { value, end: at }
  if (value > 2 ** 65) return 'a number beyond 64 bits'
  // A double has lost the last digits: once more, exactly.
  let exact = 0n
  for (let digit = digits; digit < at; digit++) exact = exact * BigInt(base) + BigInt(hexadecimalDigit[bytes[digit]])
  return exact > largest ? 'a number beyond 64 bits' : { value: toWord(exact), end: at }
}
