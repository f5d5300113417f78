import type { Word } from '@fle/object'

/** A value modulo 2^64 in hexadecimal digits, padded with `fill` to a width. */
export function hex(value: Word, width = 0, fill = '0'): string {
  const digits =
    typeof value === 'number' && value >= 0 ? value.toString(16) : BigInt.asUintN(64, BigInt(value)).toString(16)
  return digits.padStart(width, fill)
}

/** A word as an unsigned number of 64 bits, for comparison. */
export function unsigned(value: Word): Word {
  return value < 0 ? BigInt.asUintN(64, BigInt(value)) : value
}

/** Compares two words as addresses: negative, 0 or positive. */
export function compareAddresses(a: Word, b: Word): number {
  const left = unsigned(a)
  const right = unsigned(b)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Compares two names byte by byte, as strcmp does. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
