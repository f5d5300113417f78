import { SHN, STT } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { requestedPlace } from './requested-symbols.ts'
import { commandLineDefined, linkerDefined, Rank } from './symbol-table.ts'

/** What a symbol stands for, as far as relocations must know before addresses are final. */
export const SymbolPlace = {
  /** A place in the output: its value moves with the image. */
  address: 0,
  /** A constant: SHN_ABS. */
  absolute: 1,
  /** Undefined and weak, or no symbol at all: 0. */
  zero: 2,
  /** In a section that is not in the output. */
  dropped: 3,
  /** Nothing defines it, and it must be defined. */
  undefined: 4,
  /** An IFUNC: stands at the address of its entry in the IPLT. */
  indirect: 5,
  /** The start of a section whose pieces were merged: with the addend, the piece that stood there. */
  mergedSection: 6,
  /** The loader decides: defined in a shared object, or replaceable in the one that is made. */
  shared: 7,
} as const

/**
 * Finds out for every symbol of every object what it stands for, once, so that the passes over relocations need only
 * look it up: {@link InputObject.places}.
 */
export function classifySymbols(link: LinkState): void {
  const { symbols, walker, objectRecords } = link
  const { count } = symbols
  const globals = link.memory.takeBytes(count)
  for (let symbol = 0; ; symbol++) {
    symbol = walker.placeGlobals(symbols.record, objectRecords, symbol, globals)
    if (symbol >= count) break
    globals[symbol] = globalPlace(link, symbol)
  }
  link.requestedDefinitions.forEach(({ symbol }, i) => {
    if (symbols.definingObject[symbol] === commandLineDefined) globals[symbol] = requestedPlace(link, i, globals)
  })
  if (link.shared) {
    for (let symbol = 0; symbol < count; symbol++)
      if (link.shared.isLeft(symbol, globals[symbol])) globals[symbol] = SymbolPlace.shared
  }
  for (const input of link.objects) {
    const { object, places, record } = input
    const { symbolCount, firstGlobal } = object
    places[0] = SymbolPlace.zero
    for (let symbol = 1; ; symbol++) {
      if (record > 0) symbol = walker.placeSymbols(record, symbol, globals)
      if (symbol >= symbolCount) break
      const global = input.globalOf(symbol)
      places[symbol] = symbol < firstGlobal ? definitionPlace(input, symbol) : globals[global]
    }
    for (const symbol of object.sectionAliases.keys()) {
      if (!symbols.isDefined(input.globalOf(symbol))) places[symbol] = SymbolPlace.address
    }
  }
}

/** Whether a symbol of this place moves with the image. */
export function isAddress(place: number): boolean {
  return place === SymbolPlace.address || place === SymbolPlace.indirect || place === SymbolPlace.mergedSection
}

function globalPlace(link: LinkState, symbol: number): number {
  const { symbols } = link
  const object = symbols.definingObject[symbol]
  if (object === linkerDefined || symbols.rank[symbol] === Rank.common) return SymbolPlace.address
  if (object >= 0) return definitionPlace(link.objects[object], symbols.definingSymbol[symbol])
  return symbols.rank[symbol] === Rank.undefined ? SymbolPlace.undefined : SymbolPlace.zero
}

function definitionPlace(input: InputObject, objectSymbol: number): number {
  const { object } = input
  const section = object.symbolSection(objectSymbol)
  if (section === 0) {
    return object.symbolRawSection(objectSymbol) === SHN.ABS ? SymbolPlace.absolute : SymbolPlace.zero
  }
  if (input.outputSection[section] === dropped) return SymbolPlace.dropped
  const type = object.symbolType(objectSymbol)
  if (type === STT.SECTION && input.merged?.[section]) return SymbolPlace.mergedSection
  return type === STT.GNU_IFUNC ? SymbolPlace.indirect : SymbolPlace.address
}
