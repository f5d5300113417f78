import { SymbolWriter } from '@fle/kernels'
import { SHF, SHN, STB, STT, STV, specialSection, symbolRecord, type Word, writeWord } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { isPrivate } from './linker-symbols.ts'
import type { OutputSection } from './output-section.ts'
import { globalSymbol, outputValue, shownSection } from './output-symbols.ts'
import { Rank } from './symbol-table.ts'
import { UniqueNames } from './unique-names.ts'

/** .symtab's records and .strtab. */
export interface SymbolTables {
  readonly records: Uint8Array
  readonly strings: Uint8Array
  /** .symtab_shndx, where a symbol's section has an index that a record has no room for (gABI, SHN_XINDEX). */
  readonly extendedIndices: Uint8Array | undefined
  readonly firstGlobal: number
  /** Whether a symbol asks for what is GNU's alone: an IFUNC, or one that is unique in a process. */
  readonly usesGnuExtensions: boolean
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

/**
 * The symbol table of an executable. As GNU ld: what is hidden in a static program stays global, but for what the linker
 * itself defines; once there are dynamic sections hidden symbols become local. Fills `indices`.
 */
export function buildSymbolTables(link: LinkState, indices?: SymbolIndices): SymbolTables {
  const table = new SymbolTableBuilder(link, indices)
  table.addSections()
  if (link.options.discardLocals !== 'all') for (const input of link.objects) table.addLocals(input)
  table.addGlobals(true)
  const firstGlobal = table.count
  table.addGlobals(false)
  return { ...table.result, firstGlobal }
}

const encoder = new TextEncoder()
const dot = 0x2e
const letterL = 0x4c
const noName = new Uint8Array(0)

/**
 * Adds symbols to the tables. Nearly all are written by the loops of {@link SymbolWriter}; what those leave, and all of
 * them where every symbol is to be looked at, is added one by one.
 */
class SymbolTableBuilder {
  readonly #link: LinkState
  readonly #indices: SymbolIndices | undefined
  readonly #writer: SymbolWriter
  readonly #isWalked: boolean
  readonly #uniqueNames: UniqueNames | undefined
  readonly #extended: { readonly symbol: number; readonly section: number }[] = []

  constructor(link: LinkState, indices: SymbolIndices | undefined) {
    this.#link = link
    this.#indices = indices
    const keepsLabels = link.options.discardLocals === 'none'
    const { uniqueSymbols = false } = link.options
    this.#uniqueNames = uniqueSymbols ? new UniqueNames() : undefined
    this.#isWalked = !(indices || link.retainedSymbols || keepsLabels || uniqueSymbols || link.versionAliases.size > 0)
    const { objects, symbols, outputSections, memory, layout } = link
    // A file symbol for each object, and one for those of no file.
    let most = symbols.count + objects.length + 1 + outputSections.length
    let nameBytes = 1
    for (const { object } of objects) {
      most += object.firstGlobal
      nameBytes += object.symbolNameTable().length
    }
    const outputs = outputSections.map((output) => ({
      base: output.flags & SHF.TLS ? output.address - layout.threadImageStart : output.address,
      address: output.address,
      index: rawIndex(output),
    }))
    this.#writer = new SymbolWriter(memory, link.objectRecords, outputs, most, nameBytes)
  }

  get count(): number {
    return this.#writer.count
  }

  get result(): Omit<SymbolTables, 'firstGlobal'> {
    const { records, strings, hasGnuSymbols } = this.#writer
    return { records, strings, usesGnuExtensions: hasGnuSymbols, extendedIndices: this.#extendedIndices() }
  }

  /** A symbol for the start of each section that has a header, if relocations are to refer to it. */
  addSections(): void {
    if (!this.#indices) return
    for (const { number, headerIndex, address } of this.#link.layout.sectionOrder) {
      this.#indices.sections[number] = this.count
      this.#add(noName, STT.SECTION, 0, headerIndex, address, 0)
    }
  }

  addLocals(input: InputObject): void {
    const { firstGlobal } = input.object
    const first = this.count
    const withoutLabels = this.#link.options.discardLocals === 'temporary'
    for (let symbol = 1; ; symbol++) {
      const hasFile = this.count > first
      if (this.#isWalked && input.record > 0) {
        symbol = this.#writer.writeLocals(input.record, symbol, hasFile, withoutLabels)
      }
      if (symbol >= firstGlobal) return
      this.#addLocal(input, symbol, this.count > first)
    }
  }

  #addLocal(input: InputObject, symbol: number, hasFile: boolean): void {
    const { object } = input
    const { retainedSymbols, options } = this.#link
    const record = object.symbolRecord(symbol)
    const info = object.bytes[record + symbolRecord.info]
    if ((info & 0xf) === STT.SECTION) return
    if (retainedSymbols && !retainedSymbols.has(object.symbolName(symbol))) return
    const section = object.symbolSection(symbol)
    const withoutLabels = options.discardLocals === 'temporary'
    if ((input.merged && options.discardLocals !== 'none') || withoutLabels) {
      // As GNU ld: the compiler's own labels of strings that were merged are of no use to anyone.
      const start = object.symbolNameOffset(symbol)
      const isLabel = object.bytes[start] === dot && object.bytes[start + 1] === letterL
      if (isLabel && (withoutLabels || input.merged?.[section])) return
    }
    // Symbols belong to the file that was named last, so an object that names none gets its own name (as GNU ld).
    if (!hasFile) {
      if (section !== 0 && input.outputSection[section] === dropped) return
      if ((info & 0xf) !== STT.FILE) this.#addFile(fileNameOf(object.name))
    }
    const next = this.count
    this.#addDefined(input, symbol, info, object.bytes[record + symbolRecord.other] & 3)
    if (this.#indices && this.count > next) this.#indices.locals[input.index][symbol] = next
  }

  /** Adds the global symbols that become local, or all others. */
  addGlobals(asLocal: boolean): void {
    const { symbols, dynamic } = this.#link
    const hidesAll = dynamic !== undefined
    const first = this.count
    for (let symbol = 0; ; symbol++) {
      const hasFile = !asLocal || this.count > first
      if (this.#isWalked)
        symbol = this.#writer.writeGlobals(symbols.record, symbol, symbols.count, hidesAll, asLocal, hasFile)
      if (symbol >= symbols.count) return
      if (this.#becomesLocal(symbol, hidesAll) === asLocal) this.#addGlobal(symbol, asLocal, hasFile)
    }
  }

  #becomesLocal(global: number, hidesAll: boolean): boolean {
    const { symbols } = this.#link
    const visibility = symbols.visibility[global]
    const isHidden = (visibility === STV.HIDDEN || visibility === STV.INTERNAL) && symbols.isDefined(global)
    return isHidden && (hidesAll || isPrivate(this.#link, global))
  }

  #addGlobal(global: number, asLocal: boolean, hasFile: boolean): void {
    const { symbols, objects, retainedSymbols, versionAliases } = this.#link
    if (versionAliases.has(global)) return
    if (retainedSymbols && !retainedSymbols.has(symbols.names.text(global))) return
    if (!hasFile) this.#addFile('')
    const next = this.count
    const object = symbols.definingObject[global]
    if (object >= 0 && symbols.rank[global] !== Rank.common) {
      const input = objects[object]
      const symbol = symbols.definingSymbol[global]
      const info = input.object.bytes[input.object.symbolRecord(symbol) + symbolRecord.info]
      this.#addDefined(input, symbol, asLocal ? info & 0xf : info, asLocal ? 0 : symbols.visibility[global])
    } else {
      const symbol = globalSymbol(this.#link, global)
      if (!symbol) return
      const { name, section, index, value, size, info, other } = symbol
      const header = section?.headerIndex ?? specialSection(index)
      this.#add(name, asLocal ? info & 0xf : info, asLocal ? 0 : other, header, value, size)
    }
    if (this.#indices && this.count > next) this.#indices.globals[global] = next
  }

  /** Adds a symbol that an object defines, unless its section is not in the output. */
  #addDefined(input: InputObject, symbol: number, info: number, other: number): void {
    const { object } = input
    const section = object.symbolSection(symbol)
    if (section !== 0 && input.outputSection[section] === dropped) return
    const output = section === 0 ? undefined : this.#link.outputSections[input.outputSection[section]]
    const index = shownSection(output)?.headerIndex ?? specialSection(SHN.ABS)
    const name = object.stringBytesAt(object.symbolNameOffset(symbol))
    this.#add(name, info, other, index, outputValue(this.#link, input, symbol, output), object.symbolSize(symbol))
  }

  /** Says which file the local symbols behind it are from; of an empty name, from no one file. */
  #addFile(name: string): void {
    this.#add(encoder.encode(name), STT.FILE, 0, specialSection(SHN.ABS), 0, 0)
  }

  /** The section is the index of its header, or a {@link specialSection}. */
  #add(given: Uint8Array, info: number, other: number, section: number, value: Word, size: Word): void {
    const isLocal = info >> 4 === STB.LOCAL
    const name = (isLocal && this.#uniqueNames?.nameOf(given, info & 0xf)) || given
    let index = section < 0 ? -section : section
    if (section >= SHN.LORESERVE) {
      this.#extended.push({ symbol: this.count, section })
      index = SHN.XINDEX
    }
    const record = this.#writer.add(name, info, other, index)
    const { bytes } = this.#link.memory
    const view = new DataView(bytes.buffer, record, symbolRecord.size)
    writeWord(view, symbolRecord.value, value)
    writeWord(view, symbolRecord.length, size)
  }

  #extendedIndices(): Uint8Array | undefined {
    if (this.#extended.length === 0) return undefined
    const indices = new Uint32Array(this.count)
    for (const { symbol, section } of this.#extended) indices[symbol] = section
    return new Uint8Array(indices.buffer)
  }
}

/** The index of the header that an output section's symbols name, in the 16 bits that their records have for it. */
function rawIndex(output: OutputSection): number {
  const index = shownSection(output)?.headerIndex ?? -SHN.ABS
  return index >= SHN.LORESERVE ? SHN.XINDEX : Math.abs(index)
}

/** The name of an object's file, or of the archive's member, without its folder. */
function fileNameOf(path: string): string {
  const member = path.endsWith(')') ? path.slice(path.lastIndexOf('(') + 1, -1) : path
  return member.slice(member.lastIndexOf('/') + 1)
}
