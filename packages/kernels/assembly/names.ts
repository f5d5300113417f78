// NUL-terminated names in a table.
import { add, find, freeEndField, freeField, hasVersionsField, mix } from './table'

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
      return mix(hashed, word & ((1 << bits) - 1))
    }
    hashed = mix(hashed, word)
    at += 4
  }
}

/** Bytes of a name, without its NUL. */
export function lengthOf(name: usize): u32 {
  let at = name
  while (true) {
    const word = load<u32>(at, 0, 1)
    const zeros = (word - 0x01010101) & ~word & 0x80808080
    if (zeros !== 0) return u32(at - name) + (ctz(zeros) >> 3)
    at += 4
  }
}

/** Whether a name has an `@`, which a version follows. */
function hasVersion(name: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(name + i) === 0x40) return true
  return false
}

/**
 * Writes the numbers of `count` names to `results`. Where the names stand is said by records of `recordSize` bytes,
 * whose first word is an offset from `names`. Stops where there is no room for the bytes of a new name; returns how
 * many are done. The columns have room for all.
 */
export function internNames(
  table: usize,
  names: usize,
  records: usize,
  recordSize: usize,
  count: u32,
  results: usize,
): u32 {
  for (let i: u32 = 0; i < count; i++, records += recordSize) {
    const name = names + load<u32>(records)
    const hashed = hash(name)
    const slot = find(table, name, hashedLength, hashed)
    const known = load<u32>(slot)
    if (known === 0 && load<u32>(table, freeField) + hashedLength > load<u32>(table, freeEndField)) return i
    if (known !== 0) store<u32>(results + 4 * i, known - 1)
    else {
      store<u32>(results + 4 * i, add(table, slot, name, hashedLength, hashed))
      if (hasVersion(name, hashedLength)) store<u32>(table, 1, hasVersionsField)
    }
  }
  return count
}

/** The number of a name, a new one if there is no equal one; -1 if there is no room for its bytes. */
export function internName(table: usize, name: usize): i32 {
  const hashed = hash(name)
  const length = hashedLength
  const slot = find(table, name, length, hashed)
  const known = load<u32>(slot)
  if (known !== 0) return known - 1
  if (load<u32>(table, freeField) + length > load<u32>(table, freeEndField)) return -1
  return add(table, slot, name, length, hashed)
}

/** The number of an equal name, -1 if there is none. */
export function lookUpName(table: usize, name: usize): i32 {
  const hashed = hash(name)
  return i32(load<u32>(find(table, name, hashedLength, hashed))) - 1
}
