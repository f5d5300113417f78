// Pieces of mergeable sections (gABI, SHF_MERGE and SHF_STRINGS) in a table.
import { add, addressField, alignmentField, copyStrings, find, mix, offsetOf, setOffset, sizeField } from './table'

export function hashBytes(start: usize, length: u32): u32 {
  let hashed = length
  let i: u32 = 0
  for (; i + 4 <= length; i += 4) hashed = mix(hashed, load<u32>(start + i, 0, 1))
  let rest: u32 = 0
  for (; i < length; i++) rest = (rest << 8) | load<u8>(start + i)
  return mix(hashed, rest)
}

/** Whether a character of `width` bytes is zero. */
function isTerminator(at: usize, width: u32): bool {
  for (let i: u32 = 0; i < width; i++) if (load<u8>(at + i) !== 0) return false
  return true
}

/**
 * How many strings `size` bytes at `content` are made of, of characters of `width` bytes; -1 if the last does not end
 * with a terminator. `size` is a multiple of `width`.
 */
export function countStrings(content: usize, size: u32, width: u32): i32 {
  let count: i32 = 0
  let begins = true
  for (let at: u32 = 0; at < size; at += width) {
    begins = width === 1 ? load<u8>(content + at) === 0 : isTerminator(content + at, width)
    if (begins) count++
  }
  return begins ? count : -1
}

/** Writes the offsets at which those strings begin to `starts`. */
export function splitStrings(content: usize, size: u32, width: u32, starts: usize): void {
  let begins = true
  for (let at: u32 = 0; at < size; at += width) {
    if (begins) {
      store<u32>(starts, at)
      starts += 4
    }
    begins = width === 1 ? load<u8>(content + at) === 0 : isTerminator(content + at, width)
  }
}

/** Writes the offsets at which `count` constants of `width` bytes begin to `starts`. */
export function splitConstants(count: u32, width: u32, starts: usize): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(starts + 4 * i, i * width)
}

/**
 * Writes the numbers of the `count` pieces that `size` bytes at `content` are made of, and that begin at `starts`, to
 * `results`. A new piece goes to the end of the output. There is room for all.
 */
export function internPieces(table: usize, content: usize, size: u32, starts: usize, count: u32, results: usize): void {
  const alignment = load<u32>(table, alignmentField)
  for (let i: u32 = 0; i < count; i++) {
    const offset = load<u32>(starts + 4 * i)
    const end = i + 1 < count ? load<u32>(starts + 4 * i, 4) : size
    const start = content + offset
    const length = end - offset
    const hashed = hashBytes(start, length)
    const slot = find(table, start, length, hashed)
    const known = load<u32>(slot)
    if (known !== 0) {
      store<u32>(results + 4 * i, known - 1)
      continue
    }
    const number = add(table, slot, start, length, hashed)
    const place = (load<u32>(table, sizeField) + alignment - 1) & ~(alignment - 1)
    setOffset(table, number, place)
    store<u32>(table, place + length, sizeField)
    store<u32>(results + 4 * i, number)
  }
}

/** Copies all pieces to their places from `to` on; `size` bytes in all, with zeros between the pieces. */
export function copyPieces(table: usize, to: usize, size: u32): void {
  memory.fill(to, 0, size)
  copyStrings(table, to)
}

/** The pieces of a section, as src/piece-table.ts writes it. */
@unmanaged
export class SectionPieces {
  table: usize
  /** Ascending, and the numbers of the pieces. */
  starts: usize
  numbers: usize
  count: u32
}

/** The address in the program of what stands at an offset of a section that was taken apart. */
export function pieceAddress(pieces: SectionPieces, offset: f64): f64 {
  const address = load<f64>(pieces.table, addressField)
  const starts = pieces.starts
  const count = pieces.count
  if (count === 0) return address + offset
  let low: u32 = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (f64(load<u32>(starts + 4 * middle)) <= offset) low = middle
    else high = middle - 1
  }
  const piece = load<u32>(pieces.numbers + 4 * low)
  const start = load<u32>(starts + 4 * low)
  return address + offsetOf(pieces.table, piece) + (offset - start)
}
