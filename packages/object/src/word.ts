/**
 * A 64-bit value, modulo 2^64. Read as signed it is a number where a double holds it exactly (|value| < 2^53, so
 * that addresses of both halves of the address space are numbers) and a bigint otherwise.
 */
export type Word = number | bigint

const two32 = 2 ** 32

/** The {@link Word} of its low half, read as unsigned, and its high half, read as signed. */
export function wordOf(low: number, high: number): Word {
  const value = low + high * two32
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low)
}

/** Reads a little-endian 64-bit value as a {@link Word}. */
export function readWord(view: DataView, offset: number): Word {
  const low = view.getUint32(offset, true)
  const high = view.getInt32(offset + 4, true)
  return high === 0 ? low : wordOf(low, high)
}

/**
 * Reads a little-endian 64-bit value that counts something (a size, an offset), rounded to a double: a value of
 * 2^53 and more is too large for any file or memory, whatever its last digits are.
 */
export function readSize(view: DataView, offset: number): number {
  const low = view.getUint32(offset, true)
  const high = view.getUint32(offset + 4, true)
  // A product is a double, which unoptimized code allocates.
  return high === 0 ? low : low + high * two32
}

/** Writes a {@link Word} as eight little-endian bytes. */
export function writeWord(view: DataView, offset: number, value: Word): void {
  if (typeof value === 'bigint') {
    view.setBigUint64(offset, BigInt.asUintN(64, value), true)
    return
  }
  if (value >= 0 && value < two32) {
    view.setUint32(offset, value, true)
    view.setUint32(offset + 4, 0, true)
    return
  }
  // DataView stores modulo 2^32, and floor keeps the borrow of a negative value.
  view.setUint32(offset, value % two32, true)
  view.setInt32(offset + 4, Math.floor(value / two32), true)
}

/** The {@link Word} of a bigint of any size. */
export function toWord(value: bigint): Word {
  const signed = BigInt.asIntN(64, value)
  const narrow = Number(signed)
  return Number.isSafeInteger(narrow) ? narrow : signed
}

/** a + b modulo 2^64. */
export function addWords(a: Word, b: Word): Word {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return toWord(BigInt(a) + BigInt(b))
}

/** a - b modulo 2^64. */
export function subtractWords(a: Word, b: Word): Word {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return toWord(BigInt(a) - BigInt(b))
}

/** A word as C writes an address: `0x401000`, `0xffffffff80000000`. */
export function hexadecimal(value: Word): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`
}
