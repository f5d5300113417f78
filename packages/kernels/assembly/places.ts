// The loops that find out what symbols stand for. The numbers are those of fle-ld's SymbolPlace.

import { GlobalSymbols, linkerDefined, rankCommon, rankUndefined } from './global-symbols'
import {
  extendedSection,
  firstReservedSection,
  InputObject,
  piecesOf,
  SHN_ABS,
  STT_GNU_IFUNC,
  STT_SECTION,
  symbolInfo,
  symbolSection,
  symbolSize,
} from './input-object'

/** A place in the output. */
export const addressPlace: u32 = 0
const absolutePlace: u32 = 1
/** No symbol at all, or one that may be undefined. */
const zeroPlace: u32 = 2
const droppedPlace: u32 = 3
const undefinedPlace: u32 = 4
const indirectPlace: u32 = 5
/** The start of a section that was taken apart. */
export const mergedPlace: u32 = 6

/** Left to the caller. */
const unknownPlace: u32 = 0xff

/** What a symbol that an object defines stands for. */
function placeOf(object: InputObject, symbol: u32): u32 {
  const record = object.symbols + symbolSize * symbol
  const section: u32 = load<u16>(record, symbolSection)
  if (section === extendedSection) return unknownPlace
  if (section === SHN_ABS) return absolutePlace
  if (section === 0 || section >= firstReservedSection) return zeroPlace
  if (load<i32>(object.outputSections + 4 * section) < 0) return droppedPlace
  const type = load<u8>(record, symbolInfo) & 0xf
  if (type === STT_SECTION && piecesOf(object, section) !== 0) return mergedPlace
  return type === STT_GNU_IFUNC ? indirectPlace : addressPlace
}

/**
 * Writes what the global symbols from `symbol` up to `count` stand for to `places`. Returns the first one that is left
 * to the caller, or `count`.
 */
export function placeGlobals(symbols: GlobalSymbols, objects: usize, symbol: u32, count: u32, places: usize): u32 {
  for (; symbol < count; symbol++) {
    const definedBy = load<i32>(symbols.definingObjects + 4 * symbol)
    const rank = load<u8>(symbols.ranks + symbol)
    let place = rank === rankUndefined ? undefinedPlace : zeroPlace
    if (definedBy === linkerDefined || rank === rankCommon) place = addressPlace
    else if (definedBy >= 0) {
      const object = load<u32>(objects + 4 * definedBy)
      if (object === 0) return symbol
      place = placeOf(changetype<InputObject>(object), load<u32>(symbols.definingSymbols + 4 * symbol))
      if (place === unknownPlace) return symbol
    }
    store<u8>(places + symbol, u8(place))
  }
  return count
}

/** The same for the symbols of an object: of the local ones from `symbol` on, and of all others by `globalPlaces`. */
export function placeSymbols(object: InputObject, symbol: u32, globalPlaces: usize): u32 {
  const places = object.places
  const firstGlobal = object.firstGlobal
  const symbolCount = object.symbolCount
  for (; symbol < firstGlobal; symbol++) {
    const place = placeOf(object, symbol)
    if (place === unknownPlace) return symbol
    store<u8>(places + symbol, u8(place))
  }
  for (; symbol < symbolCount; symbol++) {
    const global = load<u32>(object.globals + 4 * (symbol - firstGlobal))
    store<u8>(places + symbol, load<u8>(globalPlaces + global))
  }
  return symbolCount
}
