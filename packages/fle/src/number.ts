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

/** Reads the digits of a number of base 10 or 16, which is exact and at most 2^64 - 1. Returns what is wrong as a text. */
export function parseDigits(bytes: Uint8Array, start: number, end: number, base: 10 | 16): ParsedNumber | string {
  let at = start
  let value = 0
  while (at < end && hexadecimalDigit[bytes[at]] < base) value = value * base + hexadecimalDigit[bytes[at++]]
  if (at === start) return base === 16 ? 'hexadecimal digits are expected' : 'a number is expected'
  if (Number.isSafeInteger(value)) return { value, end: at }
  if (value > 2 ** 65) return 'a number beyond 64 bits'
  // A double has lost the last digits: once more, exactly.
  let exact = 0n
  for (let digit = start; digit < at; digit++) exact = exact * BigInt(base) + BigInt(hexadecimalDigit[bytes[digit]])
  return exact > largest ? 'a number beyond 64 bits' : { value: toWord(exact), end: at }
}

/** Whether `0x` stands at `at`. */
export function startsHexadecimal(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x30 && (bytes[at + 1] | 0x20) === letterX
}

/**
 * Reads a number without sign, decimal or, where `hexadecimal` allows it, behind `0x` hexadecimal. It is exact and at
 * most 2^64 - 1. Returns what is wrong as a text.
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number, hexadecimal = true): ParsedNumber | string {
  if (!hexadecimal || !startsHexadecimal(bytes, start)) return parseDigits(bytes, start, end, 10)
  return parseDigits(bytes, start + 2, end, 16)
}
