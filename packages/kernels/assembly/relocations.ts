// The loops over relocation records (psABI, Elf64_Rela). AssemblyScript: TypeScript's syntax, WebAssembly's types.
// What a relocation kind means is not known here: tables of rules say what to do by kind and by the place of the
// symbol.

// Elf64_Rela
const recordSize: u32 = 24
const offsetHigh: usize = 4
const typeField: usize = 8
const symbolField: usize = 12
const addendField: usize = 16

/** Kinds and places in a table of rules. */
const kinds: u32 = 256
const placesPerKind: u32 = 8

// What a rule says, src/rules.ts.
const PASS: u8 = 0
const LEAVE: u8 = 1
const LEAVE_WITH_NEXT: u8 = 2
const PASS_NOTED: u8 = 3
const DISTANCE_32: u8 = 4
const UNSIGNED_32: u8 = 5
const SIGNED_32: u8 = 6
const WORD_64: u8 = 7

/** Numbers up to here can be added twice without losing a bit: 2^51. */
const exact: f64 = 2251799813685248

/**
 * Looks at `count` records from `records` on, for a section of `size` bytes. Writes the indices of those that the
 * rules leave, that have a kind of no table, or a field outside of the section, to `left`, and returns how many they
 * are. `noted` is the address of a word for the index of the first relocation that is to be noted; it keeps its value
 * if there is none.
 */
export function scan(
  records: usize,
  count: u32,
  size: u32,
  places: usize,
  rules: usize,
  widths: usize,
  left: usize,
  noted: usize,
): u32 {
  let found: u32 = 0
  let isNoted = false
  for (let i: u32 = 0; i < count; i++, records += recordSize) {
    const kind = load<u32>(records, typeField)
    const offset = load<u32>(records)
    if (kind < kinds && load<u32>(records, offsetHigh) === 0 && u64(offset) + load<u8>(widths + kind) <= size) {
      const place: u32 = load<u8>(places + load<u32>(records, symbolField))
      const rule = load<u8>(rules + kind * placesPerKind + place)
      if (rule === PASS) continue
      if (rule === PASS_NOTED) {
        if (!isNoted) store<u32>(noted, i)
        isNoted = true
        continue
      }
      store<u32>(left + 4 * found++, i)
      if (rule === LEAVE_WITH_NEXT) {
        i++
        records += recordSize
      }
    } else store<u32>(left + 4 * found++, i)
  }
  return found
}

/**
 * Stores what `count` records from `records` on ask for into the content at `content`, whose first byte has the
 * address `address` in the program. Writes the indices of the relocations that the rules leave, or whose values are
 * out of their range, to `left`, and returns how many they are. `values` has a double for each symbol.
 */
export function apply(
  records: usize,
  count: u32,
  content: usize,
  address: f64,
  places: usize,
  values: usize,
  rules: usize,
  left: usize,
): u32 {
  let found: u32 = 0
  for (let i: u32 = 0; i < count; i++, records += recordSize) {
    const kind = load<u32>(records, typeField)
    const symbol: usize = load<u32>(records, symbolField)
    let rule = LEAVE
    if (kind < kinds) rule = load<u8>(rules + kind * placesPerKind + load<u8>(places + symbol))
    if (rule === PASS) continue
    if (rule >= DISTANCE_32) {
      const offset = load<u32>(records)
      const addend = load<i32>(records, addendField)
      const base = load<f64>(values + 8 * symbol)
      // A value that is not a number is left as well: the comparison is written so.
      if (load<i32>(records, addendField + 4) === addend >> 31 && abs(base) < exact) {
        const value = base + addend
        if (rule === DISTANCE_32) {
          const distance = value - (address + offset)
          if (distance >= -2147483648 && distance <= 2147483647) {
            store<i32>(content + offset, i32(distance), 0, 1)
            continue
          }
        } else if (rule === UNSIGNED_32) {
          if (value >= 0 && value <= 4294967295) {
            store<u32>(content + offset, u32(value), 0, 1)
            continue
          }
        } else if (rule === SIGNED_32) {
          if (value >= -2147483648 && value <= 2147483647) {
            store<i32>(content + offset, i32(value), 0, 1)
            continue
          }
        } else if (rule === WORD_64) {
          store<i64>(content + offset, i64(value), 0, 1)
          continue
        }
      }
    }
    store<u32>(left + 4 * found++, i)
    if (rule === LEAVE_WITH_NEXT) {
      i++
      records += recordSize
    }
  }
  return found
}
