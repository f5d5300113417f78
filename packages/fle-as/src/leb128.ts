import type { Word } from '@fle/object'

/** The bytes of a value as LEB128. An unsigned one is taken modulo 2^64. */
export function leb128(value: Word, isSigned: boolean): Uint8Array {
  const bytes: number[] = []
  if (typeof value === 'number' && value >= 0 && !isSigned) {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
    bytes.push(rest)
    return Uint8Array.from(bytes)
  }
  let rest = isSigned ? BigInt(value) : BigInt.asUintN(64, BigInt(value))
  for (;;) {
    const low = Number(rest & 127n)
    rest >>= 7n
    const isLast = isSigned ? (rest === 0n && low < 64) || (rest === -1n && low >= 64) : rest === 0n
    bytes.push(isLast ? low : low | 128)
    if (isLast) return Uint8Array.from(bytes)
  }
}

/** Stores a value as LEB128 in so many bytes, which are as many as {@link leb128Size} says. */
export function storeLeb128(bytes: Uint8Array, start: number, size: number, value: Word, isSigned: boolean): void {
  if (size > 4 || typeof value !== 'number') {
    bytes.set(leb128(value, isSigned).subarray(0, size), start)
    return
  }
  // Of four bytes: 28 bits.
  let rest = value
  const last = start + size - 1
  for (let at = start; at < last; at++, rest >>= 7) bytes[at] = (rest & 127) | 128
  bytes[last] = rest & 127
}

/** How many bytes {@link leb128} gives. */
export function leb128Size(value: Word, isSigned: boolean): number {
  if (typeof value === 'number' && (value >= 0 || isSigned)) {
    let size = 1
    if (!isSigned) for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
    else for (let rest = value; rest < -64 || rest >= 64; rest = Math.floor(rest / 128)) size++
    return size
  }
  return leb128(value, isSigned).length
}
