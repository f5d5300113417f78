import { type Word, writeWord } from '@fle/object'
import { Range } from './relocation-kinds.ts'

/** Whether a value fits a field of `width` bytes. */
export function fitsField(value: Word, width: number, range: number): boolean {
  if (range === Range.any) return true
  if (typeof value === 'bigint') return false // beyond 2^53, and all ranged fields are of 32 bits at most
  const half = 2 ** (8 * width - 1)
  const least = range === Range.unsigned ? 0 : range === Range.signed ? -half : -2 * half
  const most = range === Range.signed ? half - 1 : 2 * half - 1
  return value >= least && value <= most
}

/** Stores the low bytes of a value, little-endian. */
export function writeField(view: DataView, offset: number, width: number, value: Word): void {
  if (width === 8) {
    writeWord(view, offset, value)
    return
  }
  const low = typeof value === 'number' ? value : Number(BigInt.asUintN(32, value))
  if (width === 4) view.setUint32(offset, low, true)
  else if (width === 2) view.setUint16(offset, low, true)
  else if (width === 1) view.setUint8(offset, low)
}

/** The range of a field for a message, e.g. `-2^31 … 2^31-1`. */
export function describeRange(width: number, range: number): string {
  const bits = 8 * width
  const least = range === Range.unsigned ? '0' : `-2^${range === Range.signed ? bits - 1 : bits}`
  const most = range === Range.signed ? `2^${bits - 1}-1` : `2^${bits}-1`
  return `${least} … ${most}`
}
