import { addWords, ByteBuffer, SHF, SHN, STB, STT, STV, symbolRecord, type Word, writeWord } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { placeLinkerSymbol } from './linker-symbols.ts'
import type { OutputSection } from './output-section.ts'
import { requestedType } from './requested-symbols.ts'
import { commandLineDefined, linkerDefined, Rank } from './symbol-table.ts'

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

/** Calls `visit` for each global symbol that the output keeps, in the order in which names were first met. */
export function visitGlobalSymbols(link: LinkState, visit: (symbol: OutputSymbol, global: number) => void): void {
  const { symbols } = link
  for (let global = 0; global < symbols.count; global++) {
    const found = link.versionAliases.has(global) ? undefined : globalSymbol(link, global)
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
  if (object === commandLineDefined) {
    const index = symbols.definingSymbol[global]
    const { section, value } = link.requestedDefinitions[index]
    const info = (STB.GLOBAL << 4) | requestedType(link, index)
    return { name, info, other, section: shownSection(section), index: SHN.ABS, value, size: 0 }
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
  return {
    name: object.stringBytesAt(object.symbolNameOffset(symbol)),
    info: object.bytes[record + symbolRecord.info],
    other: object.bytes[record + symbolRecord.other] & 3,
    section: shownSection(output),
    index: SHN.ABS,
    value: outputValue(link, input, symbol, output),
    size: object.symbolSize(symbol),
  }
}

/** A symbol's value in the symbol table: of a thread-local one, the offset in the thread's block. */
function outputValue(link: LinkState, input: InputObject, symbol: number, output: OutputSection | undefined): Word {
  const offset = input.object.symbolValue(symbol)
  if (!output) return offset
  const base = output.flags & SHF.TLS ? output.address - link.layout.threadImageStart : output.address
  const section = input.object.symbolSection(symbol)
  if (input.merged?.[section]) return base + input.offsetInOutput(section, Number(offset))
  return addWords(base + input.outputOffset[section], offset)
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
  const table = new SymbolTableWriter()
  if (link.options.discardLocals !== 'all') for (const input of link.objects) addLocalSymbols(link, input, table)
  const globals: OutputSymbol[] = []
  visitGlobalSymbols(link, (symbol) => {
    const isHidden = symbol.other === STV.HIDDEN || symbol.other === STV.INTERNAL
    if (isHidden && symbol.index !== SHN.UNDEF) addSymbol(table, { ...symbol, other: 0 }, symbol.info & 0xf)
    else globals.push(symbol)
  })
  const firstGlobal = table.count
  for (const symbol of globals) addSymbol(table, symbol, symbol.info)
  return { ...table.bytes, firstGlobal }
}

function addSymbol(
  table: SymbolTableWriter,
  { name, section, index, value, size, other }: OutputSymbol,
  info: number,
): void {
  const at = table.add(name, 0, name.length, info, other, section?.headerIndex ?? index)
  writeWord(table.view, at + symbolRecord.value, value)
  writeWord(table.view, at + symbolRecord.length, size)
}

const dot = 0x2e
const letterL = 0x4c

/** The many local symbols are copied as records; what they say of section, value and name is put right. */
function addLocalSymbols(link: LinkState, input: InputObject, table: SymbolTableWriter): void {
  const { object } = input
  const { bytes, firstGlobal } = object
  const discardTemporary = link.options.discardLocals === 'temporary'
  for (let symbol = 1; symbol < firstGlobal; symbol++) {
    const record = object.symbolRecord(symbol)
    const info = bytes[record + symbolRecord.info]
    const section = object.symbolSection(symbol)
    if ((info & 0xf) === STT.SECTION || (section !== 0 && input.outputSection[section] === dropped)) continue
    const start = object.symbolNameOffset(symbol)
    // As GNU ld: the compiler's own labels of strings that were merged are of no use to anyone.
    const isDiscarded = input.merged?.[section] || discardTemporary
    if (isDiscarded && bytes[start] === dot && bytes[start + 1] === letterL) continue
    const output = section === 0 ? undefined : link.outputSections[input.outputSection[section]]
    const index = shownSection(output)?.headerIndex ?? SHN.ABS
    const other = bytes[record + symbolRecord.other] & 3
    const at = table.add(bytes, start, bytes.indexOf(0, start), info, other, index)
    writeWord(table.view, at + symbolRecord.value, outputValue(link, input, symbol, output))
    writeWord(table.view, at + symbolRecord.length, object.symbolSize(symbol))
  }
}

/** Symbol records and their names, as they grow. */
class SymbolTableWriter {
  readonly #records = new ByteBuffer(1 << 14)
  readonly #strings = new ByteBuffer(1 << 14)

  constructor() {
    this.#records.reserve(symbolRecord.size)
    this.#strings.byte(0)
  }

  get count(): number {
    return this.#records.length / symbolRecord.size
  }

  get view(): DataView {
    return this.#records.view
  }

  get bytes(): { records: Uint8Array; strings: Uint8Array } {
    return { records: this.#records.bytes, strings: this.#strings.bytes }
  }

  /** Adds a symbol whose name are the bytes from `start` to `end`. Returns the offset of its record; value and size are 0. */
  add(names: Uint8Array, start: number, end: number, info: number, other: number, section: number): number {
    const at = this.#records.reserve(symbolRecord.size)
    const { view } = this.#records
    view.setUint32(at, end > start ? this.#strings.length : 0, true)
    view.setUint8(at + symbolRecord.info, info)
    view.setUint8(at + symbolRecord.other, other)
    view.setUint16(at + symbolRecord.section, section, true)
    if (end > start) {
      this.#strings.append(names.subarray(start, end))
      this.#strings.byte(0)
    }
    return at
  }
}
