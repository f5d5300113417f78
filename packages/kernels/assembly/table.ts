// A table of byte strings, interned: open addressing over the bytes, hashed a word at a time. A table is known by the
// address of its record, whose words src/intern-table.ts sets when it makes room:

/** How many strings there are. They are numbered from 0. */
export const countField: usize = 0
/** Addresses: number + 1 of the string in each slot, 0 for a free one … */
export const slotsField: usize = 4
/** … of which there are a power of two: that, less one. */
export const maskField: usize = 8
/** … and by the number of the string: its hash, its address, its length. */
export const hashesField: usize = 12
export const startsField: usize = 16
export const lengthsField: usize = 20
/** Where the bytes of the next new string go, and where their room ends. */
export const freeField: usize = 24
export const freeEndField: usize = 28
/** Of names: 1 if one of them has an `@`. */
export const hasVersionsField: usize = 44
/** Of pieces: a column more, where each stands in the output … */
export const offsetsField: usize = 32
/** … the bytes that they take there, and the multiple at which each begins. */
export const sizeField: usize = 36
export const alignmentField: usize = 40
/** … and, a double, the address of the first in the program. */
export const addressField: usize = 48

/** An odd number without pattern: 2^32 over the golden ratio. */
const multiplier: u32 = 0x9e3779b1

/** A hash with one word more. */
export function mix(hashed: u32, word: u32): u32 {
  const mixed = (hashed ^ word) * multiplier
  return mixed ^ (mixed >>> 15)
}

function equals(a: usize, b: usize, length: u32): bool {
  let i: u32 = 0
  for (; i + 4 <= length; i += 4) if (load<u32>(a + i, 0, 1) !== load<u32>(b + i, 0, 1)) return false
  for (; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false
  return true
}

/** The address of the slot of an equal string, or of the free slot where it would go. */
export function find(table: usize, start: usize, length: u32, hashed: u32): usize {
  const slots: usize = load<u32>(table, slotsField)
  const mask = load<u32>(table, maskField)
  const hashes: usize = load<u32>(table, hashesField)
  const starts: usize = load<u32>(table, startsField)
  const lengths: usize = load<u32>(table, lengthsField)
  let slot = hashed & mask
  while (true) {
    const known = load<u32>(slots + 4 * slot)
    if (known === 0) return slots + 4 * slot
    const at = 4 * (known - 1)
    if (
      load<u32>(hashes + at) === hashed &&
      load<u32>(lengths + at) === length &&
      equals(load<u32>(starts + at), start, length)
    ) {
      return slots + 4 * slot
    }
    slot = (slot + 1) & mask
  }
}

/** Adds a string, whose slot find() has given, with a copy of its bytes. Returns its number. There is room. */
export function add(table: usize, slot: usize, start: usize, length: u32, hashed: u32): u32 {
  const number = load<u32>(table, countField)
  const copy = load<u32>(table, freeField)
  memory.copy(copy, start, length)
  store<u32>(load<u32>(table, hashesField) + 4 * number, hashed)
  store<u32>(load<u32>(table, startsField) + 4 * number, copy)
  store<u32>(load<u32>(table, lengthsField) + 4 * number, length)
  store<u32>(slot, number + 1)
  store<u32>(table, number + 1, countField)
  store<u32>(table, copy + length, freeField)
  return number
}

/** Fills the slots, which are new ones. */
export function rehash(table: usize): void {
  const count = load<u32>(table, countField)
  const slots: usize = load<u32>(table, slotsField)
  const mask = load<u32>(table, maskField)
  const hashes: usize = load<u32>(table, hashesField)
  memory.fill(slots, 0, 4 * (mask + 1))
  for (let number: u32 = 0; number < count; number++) {
    let slot = load<u32>(hashes + 4 * number) & mask
    while (load<u32>(slots + 4 * slot) !== 0) slot = (slot + 1) & mask
    store<u32>(slots + 4 * slot, number + 1)
  }
}
