import {
  addWords,
  ByteBuffer,
  SHF,
  SHN,
  STB,
  STT,
  STV,
  specialSection,
  symbolRecord,
  type Word,
  writeWord,
} from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { placeLinkerSymbol } from './linker-symbols.ts'
import type { OutputSection } from './output-section.ts'
import { requestedType } from './requested-symbols.ts'
import { commandLineDefined, linkerDefined, Rank } from './symbol-table.ts'
import { commonSection } from './symbol-values.ts'

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
    const { kind = 'small', size = 0 } = symbols.commons.get(global) ?? {}
    const isThread = kind === 'thread'
    const info = (STB.GLOBAL << 4) | (isThread ? STT.TLS : STT.OBJECT)
    const section = shownSection(commonSection(link, global))
    const value = symbols.value[global] - (isThread ? link.layout.threadImageStart : 0)
    return { name, info, other, section, index: SHN.ABS, value, size }
  }
  if (object >= 0) {
    const found = definedSymbol(link, link.objects[object], symbols.definingSymbol[global])
    return found && { ...found, other }
  }
  const isWeak = symbols.rank[global] === Rank.weakUndefined
  if (!isWeak && !(symbols.rank[global] === Rank.undefined && isWanted(link, global))) return undefined
  return {
    name,
    info: (isWeak ? STB.WEAK : STB.GLOBAL) << 4,
    other,
    section: undefined,
    index: SHN.UNDEF,
    value: 0,
    size: 0,
  }
}

/** Whether the command line names a symbol that it wants, with -u. */
function isWanted({ options, symbols }: LinkState, global: number): boolean {
  return options.wantedSymbols?.some((name) => symbols.names.lookupText(name) === global) ?? false
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

/** The section that what is in a section is shown in: another one if it is empty, which has no header. */
export function shownSection(section: OutputSection | undefined): OutputSection | undefined {
  return section && section.size === 0 ? section.neighbour : section
}

/** .symtab's records and .strtab. */
export interface SymbolTables {
  readonly records: Uint8Array
  readonly strings: Uint8Array
  /** .symtab_shndx, where a symbol's section has an index that a record has no room for (gABI, SHN_XINDEX). */
  readonly extendedIndices: Uint8Array | undefined
  readonly firstGlobal: number
}

/** Where sections, global symbols and each object's local symbols are in the symbol table: their index, 0 if they are not. */
export interface SymbolIndices {
  readonly sections: Int32Array
  readonly globals: Int32Array
  readonly locals: Int32Array[]
}

/** Room for the indices of all that relocations may refer to. */
export function emptyIndices({ outputSections, symbols, objects }: LinkState): SymbolIndices {
  return {
    sections: new Int32Array(outputSections.length),
    globals: new Int32Array(symbols.count),
    locals: objects.map(({ object }) => new Int32Array(object.firstGlobal)),
  }
}

/** The symbol table of an executable: hidden symbols become local, since nothing outside may see them. Fills `indices`. */
export function buildSymbolTables(link: LinkState, indices?: SymbolIndices): SymbolTables {
  const { symbols } = link
  const table = new SymbolTableWriter()
  if (indices) addSectionSymbols(link, table, indices)
  if (link.options.discardLocals !== 'all') {
    for (const input of link.objects) addLocalSymbols(link, input, table, indices?.locals[input.index])
  }
  const retained = link.retainedSymbols
  const shown: number[] = []
  let hasHidden = false
  const hasAliases = link.versionAliases.size > 0
  for (let global = 0, { count } = symbols; global < count; global++) {
    if (hasAliases && link.versionAliases.has(global)) continue
    if (retained && !retained.has(symbols.names.text(global))) continue
    const visibility = symbols.visibility[global]
    const isHidden = visibility === STV.HIDDEN || visibility === STV.INTERNAL
    if (!isHidden || !symbols.isDefined(global)) {
      shown.push(global)
      continue
    }
    if (!hasHidden) addFileSymbol(table, '')
    hasHidden = true
    addGlobalSymbol(link, global, true, table, indices?.globals)
  }
  const firstGlobal = table.count
  for (const global of shown) addGlobalSymbol(link, global, false, table, indices?.globals)
  return { ...table.bytes, firstGlobal }
}

/** A symbol for the start of each section that has a header. */
function addSectionSymbols(link: LinkState, table: SymbolTableWriter, { sections }: SymbolIndices): void {
  for (const { number, headerIndex, address } of link.layout.sectionOrder) {
    sections[number] = table.count
    table.add(noName, 0, 0, STT.SECTION, 0, headerIndex)
    table.setValue(address, 0)
  }
}

const noName = new Uint8Array(0)

function addGlobalSymbol(
  link: LinkState,
  global: number,
  asLocal: boolean,
  table: SymbolTableWriter,
  indices: Int32Array | undefined,
): void {
  const { symbols } = link
  const next = table.count
  const object = symbols.definingObject[global]
  if (object >= 0 && symbols.rank[global] !== Rank.common) {
    const input = link.objects[object]
    const symbol = symbols.definingSymbol[global]
    const info = input.object.bytes[input.object.symbolRecord(symbol) + symbolRecord.info]
    addDefinedSymbol(link, input, symbol, asLocal ? info & 0xf : info, asLocal ? 0 : symbols.visibility[global], table)
    if (indices && table.count > next) indices[global] = next
    return
  }
  const symbol = globalSymbol(link, global)
  if (!symbol) return
  const { name, section, index, value, size, info, other } = symbol
  if (indices) indices[global] = next
  table.add(
    name,
    0,
    name.length,
    asLocal ? info & 0xf : info,
    asLocal ? 0 : other,
    section?.headerIndex ?? specialSection(index),
  )
  table.setValue(value, size)
}

const encoder = new TextEncoder()

/** Says which file the local symbols behind it are from; of an empty name, from no one file. */
function addFileSymbol(table: SymbolTableWriter, name: string): void {
  const bytes = encoder.encode(name)
  table.add(bytes, 0, bytes.length, STT.FILE, 0, specialSection(SHN.ABS))
}

/** The name of an object's file, or of the archive's member, without its folder. */
function fileNameOf(path: string): string {
  const member = path.endsWith(')') ? path.slice(path.lastIndexOf('(') + 1, -1) : path
  return member.slice(member.lastIndexOf('/') + 1)
}

const dot = 0x2e
const letterL = 0x4c

function addLocalSymbols(
  link: LinkState,
  input: InputObject,
  table: SymbolTableWriter,
  indices: Int32Array | undefined,
): void {
  const { object } = input
  const { bytes, firstGlobal } = object
  const retained = link.retainedSymbols
  const discardTemporary = link.options.discardLocals === 'temporary'
  let record = object.symbols
  let hasFile = false
  for (let symbol = 1; symbol < firstGlobal; symbol++) {
    record += symbolRecord.size
    const info = bytes[record + symbolRecord.info]
    if ((info & 0xf) === STT.SECTION) continue
    if (retained && !retained.has(object.symbolName(symbol))) continue
    if (input.merged || discardTemporary) {
      // As GNU ld: the compiler's own labels of strings that were merged are of no use to anyone.
      const start = object.symbolNameOffset(symbol)
      const isTemporary = bytes[start] === dot && bytes[start + 1] === letterL
      if (isTemporary && (discardTemporary || input.merged?.[object.symbolSection(symbol)])) continue
    }
    // Symbols belong to the file that was named last, so an object that names none gets its own name (as GNU ld).
    if (!hasFile) {
      const section = object.symbolSection(symbol)
      if (section !== 0 && input.outputSection[section] === dropped) continue
      if ((info & 0xf) !== STT.FILE) addFileSymbol(table, fileNameOf(object.name))
      hasFile = true
    }
    const next = table.count
    addDefinedSymbol(link, input, symbol, info, bytes[record + symbolRecord.other] & 3, table)
    if (indices && table.count > next) indices[symbol] = next
  }
}

/** Adds a symbol that an object defines, unless its section is not in the output. */
function addDefinedSymbol(
  link: LinkState,
  input: InputObject,
  symbol: number,
  info: number,
  other: number,
  table: SymbolTableWriter,
): void {
  const { object } = input
  const section = object.symbolSection(symbol)
  if (section !== 0 && input.outputSection[section] === dropped) return
  const output = section === 0 ? undefined : link.outputSections[input.outputSection[section]]
  const index = shownSection(output)?.headerIndex ?? specialSection(SHN.ABS)
  const start = object.symbolNameOffset(symbol)
  table.add(object.bytes, start, object.bytes.indexOf(0, start), info, other, index)
  table.setValue(outputValue(link, input, symbol, output), object.symbolSize(symbol))
}

const initialRecords = 1 << 10
/** A record and its fields in words of 32 bits. */
const recordWords = symbolRecord.size / 4
const valueWord = symbolRecord.value / 4
const sizeWord = symbolRecord.length / 4

/** Symbol records and their names, as they grow. */
class SymbolTableWriter {
  /** Number of symbols, the null symbol's included. */
  count = 1
  #words = new Uint32Array(initialRecords * recordWords)
  readonly #strings = new ByteBuffer(1 << 14)
  readonly #extended: { symbol: number; section: number }[] = []

  constructor() {
    this.#strings.byte(0)
  }

  get bytes(): Omit<SymbolTables, 'firstGlobal'> {
    const records = new Uint8Array(this.#words.buffer, 0, this.count * symbolRecord.size)
    return { records, strings: this.#strings.bytes, extendedIndices: this.#extendedIndices() }
  }

  #extendedIndices(): Uint8Array | undefined {
    if (this.#extended.length === 0) return undefined
    const indices = new Uint32Array(this.count)
    for (const { symbol, section } of this.#extended) indices[symbol] = section
    return new Uint8Array(indices.buffer)
  }

  /**
   * Adds a symbol whose name are the bytes from `start` to `end`; its value and size are 0. The section is the index of its
   * header, or a {@link specialSection}.
   */
  add(names: Uint8Array, start: number, end: number, info: number, other: number, section: number): void {
    const at = this.count * recordWords
    if (at === this.#words.length) {
      const larger = new Uint32Array(2 * at)
      larger.set(this.#words)
      this.#words = larger
    }
    this.count++
    if (end > start) this.#words[at] = this.#strings.addString(names.subarray(start, end))
    let index = section < 0 ? -section : section
    if (section >= SHN.LORESERVE) {
      this.#extended.push({ symbol: this.count - 1, section })
      index = SHN.XINDEX
    }
    this.#words[at + 1] = info | (other << 8) | (index << 16)
  }

  /** Sets value and size of the symbol added last. */
  setValue(value: Word, size: Word): void {
    const at = (this.count - 1) * recordWords
    this.#setWord(at + valueWord, value)
    this.#setWord(at + sizeWord, size)
  }

  #setWord(at: number, value: Word): void {
    if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) this.#words[at] = value
    else writeWord(new DataView(this.#words.buffer), 4 * at, value)
  }
}
