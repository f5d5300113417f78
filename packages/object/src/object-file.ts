import { relocationRecord, SHF, SHN, SHT, sectionHeader, symbolRecord } from './constants.ts'
import { readSize, readWord, type Word } from './word.ts'

/** Where the tables of an {@link ObjectFile} stand in its bytes. All offsets are in bytes. */
export interface ObjectTables {
  /** Offset and count of the Elf64_Shdr records; record 0 is the null section. */
  readonly sectionHeaders: number
  readonly sectionCount: number
  /** Offset of the string table that section names are in. */
  readonly sectionNames: number
  /** Index of the SHT_SYMTAB section, 0 if there is none. */
  readonly symbolTable: number
  /** Index of the SHT_SYMTAB_SHNDX section, 0 if there is none. */
  readonly extendedIndexTable: number
}

/** The lines of the text that an object was read from, for messages. Numbers count from 1; 0 is unknown. */
export interface SourceLines {
  lineOfSymbol(symbol: number): number
  /** `relocation` counts within the relocation section. */
  lineOfRelocation(relocationSection: number, relocation: number): number
}

/** What is known of an object beyond ELF's records. */
export interface ObjectDetails {
  /** Set when the object was read from text. */
  readonly source?: SourceLines
  /**
   * Undefined symbols that mean the start of a section of this object where no file of the link defines the name (FLE's
   * `classic` dialect: `_text` for `.text`): from symbol to section.
   */
  readonly sectionAliases?: ReadonlyMap<number, number>
}

const noAliases: ReadonlyMap<number, number> = new Map()

const decoder = new TextDecoder()

/**
 * A relocatable object: tables of ELF's own records over one arena of bytes. Whoever makes one (the ELF reader, the
 * FLE reader, {@link ObjectBuilder}) has checked it: every offset, size and index in its tables lies inside what it
 * points into, section and symbol names end with a NUL, and a symbol table is there if relocations or groups are.
 */
export class ObjectFile {
  /** For messages: `main.o`, or `libc.a(printf.o)` for a member. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly tables: ObjectTables
  /** Set when the object was read from text. */
  readonly source: SourceLines | undefined
  /** See {@link ObjectDetails.sectionAliases}. */
  readonly sectionAliases: ReadonlyMap<number, number>

  readonly sectionCount: number
  readonly symbolCount: number
  /** Index of the first symbol that is not local. */
  readonly firstGlobal: number
  /** Offset of the Elf64_Sym records and of the string table their names are in. */
  readonly symbols: number
  readonly symbolNames: number
  readonly #extendedIndices: number
  #relocationSections: Int32Array | undefined

  constructor(name: string, bytes: Uint8Array, tables: ObjectTables, details: ObjectDetails = {}) {
    this.name = name
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.tables = tables
    this.source = details.source
    this.sectionAliases = details.sectionAliases ?? noAliases
    this.sectionCount = tables.sectionCount
    const table = tables.symbolTable
    this.symbols = table ? this.sectionOffset(table) : 0
    this.symbolCount = table ? this.sectionSize(table) / symbolRecord.size : 0
    this.firstGlobal = table ? this.sectionInfo(table) : 0
    this.symbolNames = table ? this.sectionOffset(this.sectionLink(table)) : 0
    this.#extendedIndices = tables.extendedIndexTable ? this.sectionOffset(tables.extendedIndexTable) : 0
  }

  /** Offset of a section's header record. */
  sectionHeader(section: number): number {
    return this.tables.sectionHeaders + section * sectionHeader.size
  }

  sectionName(section: number): string {
    return this.stringAt(this.sectionNameOffset(section))
  }

  /** Offset of the section's name in {@link bytes}. */
  sectionNameOffset(section: number): number {
    return this.tables.sectionNames + this.view.getUint32(this.sectionHeader(section), true)
  }

  sectionType(section: number): number {
    return this.view.getUint32(this.sectionHeader(section) + sectionHeader.type, true)
  }

  /** The low 32 bits of sh_flags: no flag above them is in use. */
  sectionFlags(section: number): number {
    return this.view.getUint32(this.sectionHeader(section) + sectionHeader.flags, true)
  }

  /** Offset of the section's content in {@link bytes}; of no meaning for SHT_NOBITS. */
  sectionOffset(section: number): number {
    return readSize(this.view, this.sectionHeader(section) + sectionHeader.offset)
  }

  sectionSize(section: number): number {
    return readSize(this.view, this.sectionHeader(section) + sectionHeader.length)
  }

  sectionLink(section: number): number {
    return this.view.getUint32(this.sectionHeader(section) + sectionHeader.link, true)
  }

  sectionInfo(section: number): number {
    return this.view.getUint32(this.sectionHeader(section) + sectionHeader.info, true)
  }

  /** A power of two, at least 1. */
  sectionAlignment(section: number): number {
    return readSize(this.view, this.sectionHeader(section) + sectionHeader.alignment) || 1
  }

  sectionEntrySize(section: number): number {
    return readSize(this.view, this.sectionHeader(section) + sectionHeader.entrySize)
  }

  isAllocated(section: number): boolean {
    return (this.sectionFlags(section) & SHF.ALLOC) !== 0
  }

  /** The section's bytes: a view of the arena, empty for SHT_NOBITS. */
  sectionContent(section: number): Uint8Array {
    if (this.sectionType(section) === SHT.NOBITS) return this.bytes.subarray(0, 0)
    const offset = this.sectionOffset(section)
    return this.bytes.subarray(offset, offset + this.sectionSize(section))
  }

  /** Offset of a symbol's record. */
  symbolRecord(symbol: number): number {
    return this.symbols + symbol * symbolRecord.size
  }

  symbolName(symbol: number): string {
    return this.stringAt(this.symbolNameOffset(symbol))
  }

  /** Offset of the symbol's name in {@link bytes}. */
  symbolNameOffset(symbol: number): number {
    return this.symbolNames + this.view.getUint32(this.symbolRecord(symbol), true)
  }

  symbolBinding(symbol: number): number {
    return this.bytes[this.symbolRecord(symbol) + symbolRecord.info] >> 4
  }

  symbolType(symbol: number): number {
    return this.bytes[this.symbolRecord(symbol) + symbolRecord.info] & 0xf
  }

  symbolVisibility(symbol: number): number {
    return this.bytes[this.symbolRecord(symbol) + symbolRecord.other] & 3
  }

  /** st_shndx as it stands: a section below SHN_LORESERVE, or one of the special indices (SHN_XINDEX among them). */
  symbolRawSection(symbol: number): number {
    return this.view.getUint16(this.symbolRecord(symbol) + symbolRecord.section, true)
  }

  /**
   * The section that a symbol is defined in, 0 when it is in none: undefined, absolute, common (see
   * {@link symbolRawSection}). Indices beyond 0xfeff are looked up in the table beside.
   */
  symbolSection(symbol: number): number {
    const index = this.symbolRawSection(symbol)
    if (index < SHN.LORESERVE) return index
    return index === SHN.XINDEX ? this.view.getUint32(this.#extendedIndices + 4 * symbol, true) : 0
  }

  symbolValue(symbol: number): Word {
    return readWord(this.view, this.symbolRecord(symbol) + symbolRecord.value)
  }

  symbolSize(symbol: number): Word {
    return readWord(this.view, this.symbolRecord(symbol) + symbolRecord.length)
  }

  /** The index of the SHT_RELA section for each section, 0 where there is none. */
  get relocationSections(): Int32Array {
    if (!this.#relocationSections) {
      const table = new Int32Array(this.sectionCount)
      for (let section = 1; section < this.sectionCount; section++) {
        if (this.sectionType(section) === SHT.RELA) table[this.sectionInfo(section)] = section
      }
      this.#relocationSections = table
    }
    return this.#relocationSections
  }

  /** Number of records in a SHT_RELA section. */
  relocationCount(relocationSection: number): number {
    return this.sectionSize(relocationSection) / relocationRecord.size
  }

  /** Offset of a relocation's record. */
  relocationRecord(relocationSection: number, relocation: number): number {
    return this.sectionOffset(relocationSection) + relocation * relocationRecord.size
  }

  /** The NUL-terminated string at an offset in {@link bytes}. Bytes that are not UTF-8 show as U+FFFD. */
  stringAt(offset: number): string {
    return decoder.decode(this.stringBytesAt(offset))
  }

  /** The bytes of the NUL-terminated string at an offset in {@link bytes}, without the NUL. */
  stringBytesAt(offset: number): Uint8Array {
    return this.bytes.subarray(offset, this.bytes.indexOf(0, offset))
  }
}
