import { ByteBuffer, SHF, SHN, STB, STT, STV, symbolRecord, type Word, writeWord } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { placeLinkerSymbol } from './linker-symbols.ts'
import type { OutputSection } from './output-section.ts'
import { linkerDefined, Rank } from './symbol-table.ts'
import { exactSymbolValue } from './symbol-values.ts'

/** One symbol of the output, on its way to a symbol table or a map. */
export interface OutputSymbol {
  readonly name: Uint8Array
  readonly info: number
  readonly other: number
  /** The section it is in; undefined for an absolute or an undefined symbol (see {@link index}). */
  readonly section: OutputSection | undefined
  /** SHN_ABS or SHN_UNDEF for a symbol without a section. */
  readonly index: number
  readonly value: Word
  readonly size: Word
}

/** Calls `visit` for each local symbol that the output keeps, in the order of files. */
function visitLocalSymbols(link: LinkState, visit: (symbol: OutputSymbol) => void): void {
  for (const input of link.objects) {
    const { object } = input
    for (let symbol = 1; symbol < object.firstGlobal; symbol++) {
      if (object.symbolType(symbol) === STT.SECTION) continue
      const found = definedSymbol(link, input, symbol)
      if (found) visit(found)
    }
  }
}

/** Calls `visit` for each global symbol that the output keeps, in the order in which names were first met. */
export function visitGlobalSymbols(link: LinkState, visit: (symbol: OutputSymbol, global: number) => void): void {
  const { symbols } = link
  for (let global = 0; global < symbols.count; global++) {
    const found = globalSymbol(link, global)
    if (found) visit(found, global)
  }
}

function globalSymbol(link: LinkState, global: number): OutputSymbol | undefined {
  const { symbols } = link
  const name = symbols.names.bytes(global)
  const object = symbols.definingObject[global]
  const other = symbols.visibility[global]
  if (object === linkerDefined) {
    const { section, address } = placeLinkerSymbol(link, link.linkerSymbols[symbols.definingSymbol[global]])
    const info = STB.GLOBAL << 4
    return { name, info, other, section: shownSection(section), index: SHN.ABS, value: address, size: 0 }
  }
  if (symbols.rank[global] === Rank.common) {
    const size = symbols.commons.get(global)?.size ?? 0
    const info = (STB.GLOBAL << 4) | STT.OBJECT
    const section = shownSection(link.commonSection)
    return { name, info, other, section, index: SHN.ABS, value: symbols.value[global], size }
  }
  if (object >= 0) {
    const found = definedSymbol(link, link.objects[object], symbols.definingSymbol[global])
    return found && { ...found, other }
  }
  if (symbols.rank[global] !== Rank.weakUndefined) return undefined
  return { name, info: STB.WEAK << 4, other, section: undefined, index: SHN.UNDEF, value: 0, size: 0 }
}

/** A symbol that an object defines, undefined if its section is not in the output. */
function definedSymbol(link: LinkState, input: InputObject, symbol: number): OutputSymbol | undefined {
  const { object } = input
  const record = object.symbolRecord(symbol)
  const section = object.symbolSection(symbol)
  const output = section === 0 ? undefined : link.outputSections[input.outputSection[section]]
  if (section !== 0 && input.outputSection[section] === dropped) return undefined
  const offset = object.symbolValue(symbol)
  const inThreadImage = output && output.flags & SHF.TLS ? link.layout.threadImageStart : 0
  const value = output
    ? output.address + input.outputOffset[section] + Number(offset) - inThreadImage
    : exactSymbolValue(link, input, symbol, typeof offset === 'number' ? offset : Number.NaN)
  return {
    name: object.stringBytesAt(object.symbolNameOffset(symbol)),
    info: object.bytes[record + symbolRecord.info],
    other: object.bytes[record + symbolRecord.other] & 3,
    section: shownSection(output),
    index: SHN.ABS,
    value,
    size: object.symbolSize(symbol),
  }
}

function shownSection(section: OutputSection | undefined): OutputSection | undefined {
  return section && section.size === 0 ? section.neighbour : section
}

/** .symtab's records and .strtab. */
export interface SymbolTables {
  readonly records: Uint8Array
  readonly strings: Uint8Array
  readonly firstGlobal: number
}

/** The symbol table of an executable: hidden symbols are local in it, since nothing outside may see them. */
export function buildSymbolTables(link: LinkState): SymbolTables {
  const records = new ByteBuffer(1 << 12)
  const strings = new ByteBuffer(1 << 12)
  const globals: OutputSymbol[] = []
  records.reserve(symbolRecord.size)
  strings.byte(0)
  const append = (symbol: OutputSymbol, info: number) => {
    const at = records.reserve(symbolRecord.size)
    const { view } = records
    view.setUint32(at, symbol.name.length > 0 ? strings.length : 0, true)
    view.setUint8(at + symbolRecord.info, info)
    view.setUint8(at + symbolRecord.other, symbol.other)
    view.setUint16(at + symbolRecord.section, symbol.section?.headerIndex ?? symbol.index, true)
    writeWord(view, at + symbolRecord.value, symbol.value)
    writeWord(view, at + symbolRecord.length, symbol.size)
    if (symbol.name.length === 0) return
    strings.append(symbol.name)
    strings.byte(0)
  }
  visitLocalSymbols(link, (symbol) => append(symbol, symbol.info))
  visitGlobalSymbols(link, (symbol) => {
    const isHidden = symbol.other === STV.HIDDEN || symbol.other === STV.INTERNAL
    if (isHidden && symbol.index !== SHN.UNDEF) append({ ...symbol, other: 0 }, symbol.info & 0xf)
    else globals.push(symbol)
  })
  const firstGlobal = records.length / symbolRecord.size
  for (const symbol of globals) append(symbol, symbol.info)
  return { records: records.bytes, strings: strings.bytes, firstGlobal }
}
