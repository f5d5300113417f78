// What the values of options mean.

import type { BuildId } from './build-id.ts'

/** The id that --build-id=VALUE asks for; undefined for none, null for a value that means nothing. */
export function parseBuildId(value: string): BuildId | null | undefined {
  if (value === 'none') return undefined
  if (value === '' || value === 'tree' || value === 'fast') return 'fast'
  if (value === 'sha1' || value === 'md5' || value === 'uuid') return value
  const digits = /^0x((?:[\da-f]{2})+)$/i.exec(value)?.[1]
  return digits === undefined ? null : Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/**
 * An address: hexadecimal with or without 0x where `base` is 16 (-Ttext), C's notations where it is 0. Addresses of the
 * upper half are negative. Undefined for anything else, and where a double cannot hold it.
 */
export function parseAddress(text: string, base: 0 | 16): number | undefined {
  const isHexadecimal = /^(0x)?[\da-f]{1,16}$/i.test(text) && (base === 16 || /^0x/i.test(text))
  if (!isHexadecimal && !(base === 0 && /^\d{1,20}$/.test(text))) return undefined
  const digits = isHexadecimal ? `0x${text.replace(/^0x/i, '')}` : text
  const value = Number(BigInt.asIntN(64, BigInt(digits)))
  return Number.isSafeInteger(value) ? value : undefined
}

/** Whether a word is one of those known. */
export function isOneOf<T extends string>(word: string, known: readonly T[]): word is T {
  return known.some((one) => one === word)
}
