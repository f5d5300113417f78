// The loops over sections and symbols that find the values of symbols (gABI, Elf64_Sym).

// Elf64_Sym
const recordSize: u32 = 24
const sectionField: usize = 6
const valueField: usize = 8

/** Section indices from here on are special (gABI, SHN_LORESERVE). */
const firstReserved: u32 = 0xff00

/** Words whose high half is less are exact as doubles, also when added: 2^51. */
const exactHigh: u32 = 0x80000

/**
 * Writes the address of each of `count` sections to `addresses`: that of its output section, a number into
 * `outputAddresses` that is negative if there is none, and the offset in that.
 */
export function placeSections(
  count: u32,
  outputSections: usize,
  outputOffsets: usize,
  outputAddresses: usize,
  addresses: usize,
): void {
  for (let section: u32 = 0; section < count; section++) {
    const output = load<i32>(outputSections + 4 * section)
    const base = output < 0 ? 0 : load<f64>(outputAddresses + 8 * output)
    store<f64>(addresses + 8 * section, base + load<f64>(outputOffsets + 8 * section))
  }
}

/**
 * Writes the value of each symbol to `values`: of the `locals` first, a place in a section if `places` has 0 for it;
 * of the others that of the global symbol. Writes the indices of the local symbols that are something else, or whose
 * section's address is not a number, to `left`, and returns how many they are.
 */
export function fillValues(
  symbols: usize,
  locals: u32,
  count: u32,
  places: usize,
  addresses: usize,
  globals: usize,
  globalValues: usize,
  values: usize,
  left: usize,
): u32 {
  let found: u32 = 0
  store<f64>(values, 0)
  let record = symbols + recordSize
  for (let symbol: u32 = 1; symbol < locals; symbol++, record += recordSize) {
    const section: u32 = load<u16>(record, sectionField)
    if (
      load<u8>(places + symbol) === 0 &&
      section - 1 < firstReserved - 1 &&
      load<u32>(record, valueField + 4) < exactHigh
    ) {
      const value = load<f64>(addresses + 8 * section) + f64(load<u64>(record, valueField))
      store<f64>(values + 8 * symbol, value)
      // False for what is not a number.
      if (abs(value) <= Infinity) continue
    }
    store<u32>(left + 4 * found++, symbol)
  }
  for (let symbol = max(locals, 1); symbol < count; symbol++) {
    const global = load<u32>(globals + 4 * (symbol - locals))
    store<f64>(values + 8 * symbol, load<f64>(globalValues + 8 * global))
  }
  return found
}
