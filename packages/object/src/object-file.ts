import { relocationRecord, SHF, SHN, SHT, sectionHeader, symbolRecord } from './constants.ts'
import { type Word, wordOf } from './word.ts'

/** Where the tables of an {@link ObjectFile} stand in its bytes. All offsets are in bytes. */
export interface ObjectTables {
  /** Offset, a multiple of 4, and count of the Elf64_Shdr records; record 0 is the null section. */
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
  /** Whether the content of a section is compressed. */
  readonly hasCompressed?: boolean
  /** Set when the object was read from text. */
  readonly source?: SourceLines
  /**
   * Undefined symbols that mean the start of a section of this object where no file of the link defines the name (FLE's
   * `classic` dialect: `_text` for `.text`): from symbol to section.
   */
  readonly sectionAliases?: ReadonlyMap<number, number>
}

/** The name of an object, or what makes it: few objects of a link are ever named. */
export type ObjectName = string | (() => string)

export function nameText(name: ObjectName): string {
  return typeof name === 'string' ? name : name()
}

const noAliases: ReadonlyMap<number, number> = new Map()

const two32 = 2 ** 32
/** Sizes of the records in words of 32 bits. */
const sectionWords = sectionHeader.size / 4
const symbolWords = symbolRecord.size / 4
/** Fields of the records in words. */
const typeWord = sectionHeader.type / 4
const flagsWord = sectionHeader.flags / 4
const offsetWord = sectionHeader.offset / 4
const lengthWord = sectionHeader.length / 4
const linkWord = sectionHeader.link / 4
const infoWord = sectionHeader.info / 4
const alignmentWord = sectionHeader.alignment / 4
const entrySizeWord = sectionHeader.entrySize / 4
const valueWord = symbolRecord.value / 4
const symbolSizeWord = symbolRecord.length / 4

const decoder = new TextDecoder()

/**
 * A relocatable object: tables of ELF's own records over one arena of bytes. Whoever makes one (the ELF reader, the
 * FLE reader, {@link ObjectBuilder}) has checked it: every offset, size and index in its tables lies inside what it
 * points into, section and symbol names end with a NUL, a symbol table is there if relocations or groups are, and
 * records stand at multiples of 4, so that their fields are {@link words}: short links read them before V8 has
 * optimized anything, and then an element of an array costs a third of a call of a DataView.
 */
export class ObjectFile {
  /** The arena. It begins at a multiple of 4 of its buffer. */
  readonly bytes: Uint8Array
  readonly view: DataView
  /** The arena as words of 32 bits: word `i` stands at offset `4 * i`. */
  readonly words: Uint32Array
  readonly tables: ObjectTables
  /** Set when the object was read from text. */
  readonly source: SourceLines | undefined
  /** Whether the content of a section is compressed; see compressionOf(). */
  readonly hasCompressed: boolean
  /** See {@link ObjectDetails.sectionAliases}. */
  readonly sectionAliases: ReadonlyMap<number, number>

  readonly sectionCount: number
  readonly symbolCount: number
  /** Index of the first symbol that is not local. */
  readonly firstGlobal: number
  /** Offset of the Elf64_Sym records and of the string table their names are in. */
  readonly symbols: number
  readonly symbolNames: number
  #name: ObjectName
  readonly #extendedIndices: number
  /** Where the section headers and the symbol records stand, in words. */
  readonly #sectionWords: number
  readonly #symbolWords: number
  #relocationSections: Int32Array | undefined

  constructor(name: ObjectName, bytes: Uint8Array, tables: ObjectTables, details: ObjectDetails = {}) {
    this.#name = name
    const arena = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
    this.bytes = arena
    this.view = new DataView(arena.buffer, arena.byteOffset, arena.byteLength)
    this.words = new Uint32Array(arena.buffer, arena.byteOffset, arena.byteLength >> 2)
    this.tables = tables
    this.#sectionWords = tables.sectionHeaders >>> 2
    this.source = details.source
    this.hasCompressed = details.hasCompressed ?? false
    this.sectionAliases = details.sectionAliases ?? noAliases
    this.sectionCount = tables.sectionCount
    const table = tables.symbolTable
    this.symbols = table ? this.sectionOffset(table) : 0
    this.#symbolWords = this.symbols >>> 2
    this.symbolCount = table ? this.sectionSize(table) / symbolRecord.size : 0
    this.firstGlobal = table ? this.sectionInfo(table) : 0
    this.symbolNames = table ? this.sectionOffset(this.sectionLink(table)) : 0
    this.#extendedIndices = tables.extendedIndexTable ? this.sectionOffset(tables.extendedIndexTable) : 0
  }

  /** For messages: `main.o`, or `libc.a(printf.o)` for a member. */
  get name(): string {
    this.#name = nameText(this.#name)
    return this.#name
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
    return this.tables.sectionNames + this.words[this.#sectionWords + section * sectionWords]
  }

  sectionType(section: number): number {
    return this.words[this.#sectionWords + section * sectionWords + typeWord]
  }

  /** The low 32 bits of sh_flags: no flag above them is in use. */
  sectionFlags(section: number): number {
    return this.words[this.#sectionWords + section * sectionWords + flagsWord]
  }

  /** Offset of the section's content in {@link bytes}; of no meaning for SHT_NOBITS. */
  sectionOffset(section: number): number {
    return sizeAt(this.words, this.#sectionWords + section * sectionWords + offsetWord)
  }

  sectionSize(section: number): number {
    return sizeAt(this.words, this.#sectionWords + section * sectionWords + lengthWord)
  }

  sectionLink(section: number): number {
    return this.words[this.#sectionWords + section * sectionWords + linkWord]
  }

  sectionInfo(section: number): number {
    return this.words[this.#sectionWords + section * sectionWords + infoWord]
  }

  /** A power of two, at least 1. */
  sectionAlignment(section: number): number {
    return sizeAt(this.words, this.#sectionWords + section * sectionWords + alignmentWord) || 1
  }

  sectionEntrySize(section: number): number {
    return sizeAt(this.words, this.#sectionWords + section * sectionWords + entrySizeWord)
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
    return this.symbolNames + this.words[this.#symbolWords + symbol * symbolWords]
  }

  /** The string table that symbol names are in. */
  symbolNameTable(): Uint8Array {
    const table = this.tables.symbolTable
    return table ? this.sectionContent(this.sectionLink(table)) : this.bytes.subarray(0, 0)
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
    return this.words[this.#symbolWords + symbol * symbolWords + 1] >>> 16
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
    return wordAt(this.words, this.#symbolWords + symbol * symbolWords + valueWord)
  }

  symbolSize(symbol: number): Word {
    return wordAt(this.words, this.#symbolWords + symbol * symbolWords + symbolSizeWord)
  }

  /** The index of the SHT_RELA section for each section, 0 where there is none. */
  get relocationSections(): Int32Array {
    if (!this.#relocationSections) {
      const table = new Int32Array(this.sectionCount)
      const { words } = this
      let header = this.#sectionWords + sectionWords
      for (let section = 1; section < this.sectionCount; section++, header += sectionWords) {
        if (words[header + typeWord] === SHT.RELA) table[words[header + infoWord]] = section
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

/** The 64-bit count or size whose low half is a word; without arithmetic, which costs an allocation, where it can be. */
function sizeAt(words: Uint32Array, word: number): number {
  const high = words[word + 1]
  return high === 0 ? words[word] : words[word] + high * two32
}

function wordAt(words: Uint32Array, word: number): Word {
  const high = words[word + 1] | 0
  return high === 0 ? words[word] : wordOf(words[word], high)
}
