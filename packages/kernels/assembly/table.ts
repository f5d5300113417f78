// A table of byte strings, interned: open addressing over the bytes, hashed a word at a time. A table is known by the
// address of its record, whose words src/intern-table.ts sets when it makes room:

/** How many strings there are. They are numbered from 0. */
export const countField: usize = 0
/** Addresses: number + 1 of the string in each slot, 0 for a free one … */
export const slotsField: usize = 4
/** … of which there are a power of two: that, less one. */
export const maskField: usize = 8
/** … and the records of the strings by number, side by side so that a look at one costs one miss of the cache. */
const stringsField: usize = 12
/** Where the bytes of the next new string go, and where their room ends. */
export const freeField: usize = 16
export const freeEndField: usize = 20
/** Of names: 1 if one of them has an `@`. */
export const hasVersionsField: usize = 24
/** Of pieces: the bytes that they take there, and the multiple at which each begins. */
export const sizeField: usize = 28
export const alignmentField: usize = 32
/** … and, a double, the address of the first in the program. */
export const addressField: usize = 40

/** The record of a string: its hash, its address, its length, and of some where they stand in the output. */
const stringRecordSize: u32 = 16
const stringHash: usize = 0
const stringStart: usize = 4
const stringLength: usize = 8
const stringOffset: usize = 12

/** The address of a string's copy, and its length. */
export function startOf(table: usize, number: u32): usize {
  return load<u32>(load<u32>(table, stringsField) + stringRecordSize * number, stringStart)
}

export function lengthOf(table: usize, number: u32): u32 {
  return load<u32>(load<u32>(table, stringsField) + stringRecordSize * number, stringLength)
}

/** Where a string stands in the output. */
export function offsetOf(table: usize, number: u32): u32 {
  return load<u32>(load<u32>(table, stringsField) + stringRecordSize * number, stringOffset)
}

export function setOffset(table: usize, number: u32, offset: u32): void {
  store<u32>(load<u32>(table, stringsField) + stringRecordSize * number, offset, stringOffset)
}

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
  const strings: usize = load<u32>(table, stringsField)
  let slot = hashed & mask
  while (true) {
    const known = load<u32>(slots + 4 * slot)
    if (known === 0) return slots + 4 * slot
    const string = strings + stringRecordSize * (known - 1)
    if (
      load<u32>(string, stringHash) === hashed &&
      load<u32>(string, stringLength) === length &&
      equals(load<u32>(string, stringStart), start, length)
    ) {
      return slots + 4 * slot
    }
    slot = (slot + 1) & mask
  }
}

/** Whether there is room for so many strings more, of so many bytes. */
export function hasRoomFor(table: usize, count: u32, bytes: u32): bool {
  const capacity = (load<u32>(table, maskField) + 1) / 2
  const free = load<u32>(table, freeEndField) - load<u32>(table, freeField)
  return load<u32>(table, countField) + count <= capacity && bytes <= free
}

/** Adds a string, whose slot find() has given, with a copy of its bytes. Returns its number. There is room. */
export function add(table: usize, slot: usize, start: usize, length: u32, hashed: u32): u32 {
  const number = load<u32>(table, countField)
  const copy = load<u32>(table, freeField)
  memory.copy(copy, start, length)
  const string = load<u32>(table, stringsField) + stringRecordSize * number
  store<u32>(string, hashed, stringHash)
  store<u32>(string, copy, stringStart)
  store<u32>(string, length, stringLength)
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
  const strings: usize = load<u32>(table, stringsField)
  memory.fill(slots, 0, 4 * (mask + 1))
  for (let number: u32 = 0; number < count; number++) {
    let slot = load<u32>(strings + stringRecordSize * number, stringHash) & mask
    while (load<u32>(slots + 4 * slot) !== 0) slot = (slot + 1) & mask
    store<u32>(slots + 4 * slot, number + 1)
  }
}

/** Copies all strings to their places from `to` on. */
export function copyStrings(table: usize, to: usize): void {
  const count = load<u32>(table, countField)
  const strings: usize = load<u32>(table, stringsField)
  for (let number: u32 = 0; number < count; number++) {
    const string = strings + stringRecordSize * number
    memory.copy(to + load<u32>(string, stringOffset), load<u32>(string, stringStart), load<u32>(string, stringLength))
  }
}
