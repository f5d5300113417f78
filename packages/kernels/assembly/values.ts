// The loops that find the values of symbols.
import { GlobalSymbols, notDefined, rankCommon } from './global-symbols'
import {
  extendedSection,
  firstReservedSection,
  InputObject,
  OutputSection,
  outputSectionSize,
  piecesOf,
  STT_GNU_IFUNC,
  symbolInfo,
  symbolSection,
  symbolSize,
  symbolValue,
} from './input-object'
import { pieceAddress, SectionPieces } from './pieces'
import { addressPlace, mergedPlace } from './places'

/** Words whose high half is less are exact as doubles, also when added: 2^51. */
const exactHigh: u32 = 0x80000

/** The address of a place in a section that is in the output. */
function addressOf(object: InputObject, outputs: usize, section: u32, offset: f64): f64 {
  const pieces = piecesOf(object, section)
  if (pieces !== 0) return pieceAddress(changetype<SectionPieces>(pieces), offset)
  const output = load<i32>(object.outputSections + 4 * section)
  const base = output < 0 ? 0 : changetype<OutputSection>(outputs + outputSectionSize * output).address
  return base + load<f64>(object.outputOffsets + 8 * section) + offset
}

/**
 * Writes the values of the global symbols from `symbol` up to `count` to `values`. Returns the first one that is left to
 * the caller, or `count`: one that the link itself defines, that is common, an IFUNC, or whose value or section does not
 * fit here.
 */
export function fillGlobalValues(
  symbols: GlobalSymbols,
  objects: usize,
  outputs: usize,
  symbol: u32,
  count: u32,
  values: usize,
): u32 {
  for (; symbol < count; symbol++) {
    const definedBy = load<i32>(symbols.definingObjects + 4 * symbol)
    if (definedBy === notDefined) {
      store<f64>(values + 8 * symbol, 0)
      continue
    }
    if (definedBy < 0 || load<u8>(symbols.ranks + symbol) === rankCommon) return symbol
    const record = load<u32>(objects + 4 * definedBy)
    if (record === 0) return symbol
    const object = changetype<InputObject>(record)
    const definition = object.symbols + symbolSize * load<u32>(symbols.definingSymbols + 4 * symbol)
    const section: u32 = load<u16>(definition, symbolSection)
    if (section === extendedSection || (load<u8>(definition, symbolInfo) & 0xf) === STT_GNU_IFUNC) return symbol
    if (load<u32>(definition, symbolValue + 4) >= exactHigh) return symbol
    let value = f64(load<u64>(definition, symbolValue))
    if (section !== 0 && section < firstReservedSection) {
      const isIn = load<i32>(object.outputSections + 4 * section) >= 0
      value = isIn ? addressOf(object, outputs, section, value) : 0
    }
    store<f64>(values + 8 * symbol, value)
  }
  return count
}

/**
 * Writes the value of each symbol to `values`: of a local one its address, if it has one; of the others that of the
 * global symbol, from `globalValues`. Writes the indices of the local symbols that are something else, or whose
 * address is not a number, to `left`, and returns how many they are.
 */
export function fillValues(object: InputObject, outputs: usize, globalValues: usize, values: usize, left: usize): u32 {
  const places = object.places
  const firstGlobal = object.firstGlobal
  const symbolCount = object.symbolCount
  const globals = object.globals
  let found: u32 = 0
  store<f64>(values, 0)
  let record = object.symbols + symbolSize
  for (let symbol: u32 = 1; symbol < firstGlobal; symbol++, record += symbolSize) {
    const section: u32 = load<u16>(record, symbolSection)
    const place: u32 = load<u8>(places + symbol)
    if (
      (place === addressPlace || place === mergedPlace) &&
      section - 1 < firstReservedSection - 1 &&
      load<u32>(record, symbolValue + 4) < exactHigh
    ) {
      const value = addressOf(object, outputs, section, f64(load<u64>(record, symbolValue)))
      store<f64>(values + 8 * symbol, value)
      // False for what is not a number.
      if (abs(value) <= Infinity) continue
    }
    store<u32>(left + 4 * found++, symbol)
  }
  for (let symbol = max(firstGlobal, 1); symbol < symbolCount; symbol++) {
    const global = load<u32>(globals + 4 * (symbol - firstGlobal))
    store<f64>(values + 8 * symbol, load<f64>(globalValues + 8 * global))
  }
  return found
}
