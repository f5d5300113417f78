// A table of NUL-terminated names, interned: open addressing over the bytes, hashed a word at a time. A table is known by
// the address of its record, the words of which src/name-table.ts sets when it makes room:
const countField: usize = 0
/** Addresses: number + 1 of the name in each slot, 0 for a free one … */
const slotsField: usize = 4
/** … of which there are a power of two: that, less one. */
const maskField: usize = 8
/** … and by the number of the name: its hash, its address, its length without the NUL. */
const hashesField: usize = 12
const startsField: usize = 16
const lengthsField: usize = 20
/** Where the bytes of the next new name go, and where their room ends. */
const freeField: usize = 24
const freeEndField: usize = 28

/** An odd number without pattern: 2^32 over the golden ratio. */
const multiplier: u32 = 0x9e3779b1

/** Length of the name last hashed. */
let hashedLength: u32 = 0

function hash(name: usize): u32 {
  let hashed: u32 = 0
  let at = name
  while (true) {
    const word = load<u32>(at, 0, 1)
    // Sets the high bit of the first zero byte (and perhaps of bytes after it).
    const zeros = (word - 0x01010101) & ~word & 0x80808080
    if (zeros !== 0) {
      const bits = ctz(zeros) - 7 // of the word that stand before that byte
      hashedLength = u32(at - name) + (bits >> 3)
      hashed = (hashed ^ (word & ((1 << bits) - 1))) * multiplier
      return hashed ^ (hashed >>> 15)
    }
    hashed = (hashed ^ word) * multiplier
    hashed ^= hashed >>> 15
    at += 4
  }
}

function equals(a: usize, b: usize, length: u32): bool {
  let i: u32 = 0
  for (; i + 4 <= length; i += 4) if (load<u32>(a + i, 0, 1) !== load<u32>(b + i, 0, 1)) return false
  for (; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false
  return true
}

/** The slot of an equal name, or the free slot where it would go. The name's length is in hashedLength. */
function find(table: usize, name: usize, hashed: u32): usize {
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
      load<u32>(lengths + at) === hashedLength &&
      equals(load<u32>(starts + at), name, hashedLength)
    ) {
      return slots + 4 * slot
    }
    slot = (slot + 1) & mask
  }
}

/**
 * Writes the numbers of `count` names to `results`. Where the names stand is said by records of `recordSize` bytes, whose first
 * word is an offset from `names`. Stops where there is no room for the bytes of a new name; returns how many are done. The
 * columns have room for all.
 */
export function intern(table: usize, names: usize, records: usize, recordSize: usize, count: u32, results: usize): u32 {
  for (let i: u32 = 0; i < count; i++, records += recordSize) {
    const name = names + load<u32>(records)
    const hashed = hash(name)
    const slot = find(table, name, hashed)
    const known = load<u32>(slot)
    if (known !== 0) {
      store<u32>(results + 4 * i, known - 1)
      continue
    }
    const start = load<u32>(table, freeField)
    if (start + hashedLength + 1 > load<u32>(table, freeEndField)) return i
    const number = load<u32>(table, countField)
    memory.copy(start, name, hashedLength + 1)
    store<u32>(load<u32>(table, hashesField) + 4 * number, hashed)
    store<u32>(load<u32>(table, startsField) + 4 * number, start)
    store<u32>(load<u32>(table, lengthsField) + 4 * number, hashedLength)
    store<u32>(slot, number + 1)
    store<u32>(table, number + 1, countField)
    store<u32>(table, start + hashedLength + 1, freeField)
    store<u32>(results + 4 * i, number)
  }
  return count
}

/** The number of an equal name, -1 if there is none. */
export function lookUp(table: usize, name: usize): i32 {
  return i32(load<u32>(find(table, name, hash(name)))) - 1
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
