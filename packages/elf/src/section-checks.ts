// Checks the section headers of an object, in one pass over them, and finds the sections that are its tables.
import {
  ObjectFile,
  type ObjectTables,
  readSize,
  relocationRecord,
  SHF,
  SHT,
  sectionHeader,
  symbolRecord,
} from '@fle/object'
import type { FileErrors } from './file-errors.ts'

/** LLVM's compact relocations (`clang -Wa,--crel`), of which no ABI knows yet. */
const SHT_CREL = 0x40000014

/** A section header and its fields in words of 32 bits. */
const headerWords = sectionHeader.size / 4
const typeWord = sectionHeader.type / 4
const flagsWord = sectionHeader.flags / 4
const offsetWord = sectionHeader.offset / 4
const lengthWord = sectionHeader.length / 4
const linkWord = sectionHeader.link / 4
const infoWord = sectionHeader.info / 4
const alignmentWord = sectionHeader.alignment / 4

const letterZ = 0x7a

/** The sections that are tables of the object itself. */
export interface TableSections {
  /** Index of the SHT_SYMTAB section, 0 if there is none. */
  readonly symbolTable: number
  /** Index of the SHT_SYMTAB_SHNDX section, 0 if there is none. */
  readonly extendedIndexTable: number
  /** Indices of the SHT_RELA sections. */
  readonly relocations: readonly number[]
  /** Indices of the SHT_GROUP sections. */
  readonly groups: readonly number[]
  /** Whether the content of a section is, or by its name may be, compressed. */
  readonly hasCompressed: boolean
  /** Whether there is a section of gcc's link-time optimization. */
  readonly hasLto: boolean
  /** Whether a table does not stand at a multiple of 4, as an {@link ObjectFile}'s must. */
  readonly hasMisaligned: boolean
}

/** Where the section headers are, and the size of the table of their names. */
export interface SectionHeaders {
  readonly tables: ObjectTables
  readonly namesSize: number
}

/** Reads the section headers of one file. */
export class SectionScan {
  readonly #bytes: Uint8Array
  /** The file in words of 32 bits; section headers stand at multiples of 4. */
  readonly #words: Uint32Array
  readonly #tables: ObjectTables
  readonly #namesSize: number
  readonly #errors: FileErrors

  constructor(bytes: Uint8Array, { tables, namesSize }: SectionHeaders, errors: FileErrors) {
    this.#bytes = bytes
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
    this.#tables = tables
    this.#namesSize = namesSize
    this.#errors = errors
  }

  /** Checks all that the headers say and that no table's content is needed for; undefined if something is wrong. */
  run(): TableSections | undefined {
    const found = this.#scan()
    if (this.#errors.count === 0) this.#checkTables(found)
    return this.#errors.count > 0 ? undefined : found
  }

  /** Checks each header by itself: name and content inside the file, alignment, links to other sections. */
  #scan(): TableSections {
    const words = this.#words
    const namesSize = this.#namesSize
    const count = this.#tables.sectionCount
    const fileSize = this.#bytes.byteLength
    const relocations: number[] = []
    const groups: number[] = []
    let symbolTable = 0
    let extendedIndexTable = 0
    let hasCompressed = false
    let hasLto = false
    let hasMisaligned = false
    let contents = 0
    let header = this.#tables.sectionHeaders / 4
    for (let section = 1; section < count && !this.#errors.full; section++) {
      header += headerWords
      const name = words[header]
      if (name >= namesSize && (name > 0 || namesSize > 0)) {
        this.#error(`section ${section} has its name at offset ${name} of a table of ${namesSize} bytes`)
        continue
      }
      const type = words[header + typeWord]
      if (type !== SHT.NOBITS) {
        const offset = sizeAt(words, header + offsetWord)
        const size = sizeAt(words, header + lengthWord)
        if (offset + size > fileSize) {
          this.#errors.add('truncated', cutShort(this.#describe(section), offset, size, fileSize))
        }
        contents += size
      }
      const alignment = sizeAt(words, header + alignmentWord)
      if (alignment > 1 && !isPowerOfTwo(alignment)) {
        const range = 'it must be a power of two up to 2^32'
        this.#error(`${this.#describe(section)} has the alignment ${alignment}; ${range}`)
      }
      const flags = words[header + flagsWord]
      const link = words[header + linkWord]
      const info = flags & SHF.INFO_LINK ? words[header + infoWord] : 0
      if (link >= count || info >= count) {
        const other = link >= count ? link : info
        this.#error(`${this.#describe(section)} is linked to section ${other}, but there are ${count}`)
      }
      // gcc gives the flag to all of its sections; the names of all others need not be read.
      if (flags & SHF.EXCLUDE) hasLto ||= this.#name(section).startsWith('.gnu.lto_')
      if (flags & SHF.COMPRESSED) hasCompressed = true
      else if ((flags & SHF.ALLOC) === 0 && type === SHT.PROGBITS) hasCompressed ||= this.#beginsWithZ(name)
      if (type === SHT.PROGBITS || type === SHT.NOBITS) continue

      if (words[header + offsetWord] % 4 !== 0 && isTableOfWords(type)) hasMisaligned = true
      if (type === SHT.RELA) relocations.push(section)
      else if (type === SHT.GROUP) groups.push(section)
      else if (type === SHT.SYMTAB) {
        if (symbolTable) this.#error('the file has more than one symbol table')
        symbolTable ||= section
      } else if (type === SHT.SYMTAB_SHNDX) {
        if (extendedIndexTable) this.#error('the file has more than one table of extended section indices')
        extendedIndexTable ||= section
      } else if (type === SHT_CREL || (type === SHT.REL && !this.#isForExcluded(section))) {
        const form = type === SHT.REL ? 'SHT_REL (no addends)' : 'SHT_CREL (compact)'
        const what = `holds relocations of the form ${form}; x86-64 objects have SHT_RELA`
        this.#errors.add('unsupported-relocations', `${this.#describe(section)} ${what}`)
      }
    }
    // Whoever goes through all sections then takes a time that the size of the file bounds.
    if (contents > fileSize && this.#errors.count === 0) {
      this.#error(`the sections overlap: their contents are ${contents} bytes in a file of ${fileSize}`)
    }
    return { symbolTable, extendedIndexTable, relocations, groups, hasCompressed, hasLto, hasMisaligned }
  }

  /** clang's profile of calls has relocations without addends; no program has it, and so they are of no account. */
  #isForExcluded(section: number): boolean {
    const target = this.#field(section, sectionHeader.info)
    return target < this.#tables.sectionCount && (this.#field(target, sectionHeader.flags) & SHF.EXCLUDE) !== 0
  }

  /** Checks the headers of the object's own tables: sizes, and what they are linked to. */
  #checkTables({ symbolTable, extendedIndexTable, relocations, groups }: TableSections): void {
    const symbols = symbolTable ? this.#checkSymbolTable(symbolTable) : 0
    if (extendedIndexTable) {
      this.#checkLink(extendedIndexTable, symbolTable)
      if (this.#size(extendedIndexTable) !== 4 * symbols) {
        this.#error(`the table of extended section indices does not have one for each of ${symbols} symbols`)
      }
    }
    const relocated = new Uint8Array(relocations.length > 0 ? this.#tables.sectionCount : 0)
    for (const section of relocations) {
      if (this.#errors.full) return
      this.#checkLink(section, symbolTable)
      this.#checkEntrySize(section, relocationRecord.size)
      const target = this.#field(section, sectionHeader.info)
      if (target === 0 || target >= this.#tables.sectionCount) {
        this.#error(`${this.#describe(section)} is for section ${target}, which does not exist`)
      } else if (!canBeRelocated(this.#field(target, sectionHeader.type))) {
        const what = `is for ${this.#describe(target)}, which has no content to relocate`
        this.#error(`${this.#describe(section)} ${what}`)
      } else if (relocated[target]++) {
        this.#error(`${this.#describe(target)} has more than one section of relocations`)
      }
    }
    for (const group of groups) {
      if (this.#errors.full) return
      this.#checkLink(group, symbolTable)
      const size = this.#size(group)
      if (size === 0 || size % 4 !== 0) {
        this.#error(`${this.#describe(group)} is a group of ${size} bytes; it must be one word or more`)
      }
    }
  }

  /** Returns the number of symbols. */
  #checkSymbolTable(table: number): number {
    this.#checkEntrySize(table, symbolRecord.size)
    const strings = this.#field(table, sectionHeader.link)
    const header = this.#tables.sectionHeaders + strings * sectionHeader.size
    if (strings === 0) this.#error('the symbol table has no string table')
    else checkStringTable(viewOf(this.#bytes), header, `the table of symbol names (section ${strings})`, this.#errors)
    const symbols = this.#size(table) / symbolRecord.size
    const locals = this.#field(table, sectionHeader.info)
    // The null symbol is local, so that the first global is 1 at least.
    if (locals > symbols || (locals === 0 && symbols > 0)) {
      this.#error(`the symbol table claims ${locals} local symbols out of ${symbols}`)
    }
    return symbols
  }

  #checkLink(section: number, symbolTable: number): void {
    const link = this.#field(section, sectionHeader.link)
    if (link !== 0 && link === symbolTable) return
    this.#error(`${this.#describe(section)} is linked to section ${link}, not to the symbol table`)
  }

  #checkEntrySize(section: number, expected: number): void {
    const entrySize = this.#field(section, sectionHeader.entrySize)
    const size = this.#size(section)
    if (entrySize === expected && size % expected === 0) return
    const what = `entries of ${entrySize} bytes in ${size} bytes`
    this.#error(`${this.#describe(section)} has ${what}; its entries must have ${expected} bytes`)
  }

  #field(section: number, field: number): number {
    return this.#words[(this.#tables.sectionHeaders + section * sectionHeader.size + field) / 4]
  }

  #size(section: number): number {
    return sizeAt(this.#words, this.#tables.sectionHeaders / 4 + section * headerWords + lengthWord)
  }

  /** Whether the name at an offset begins as `.zdebug_info` does. */
  #beginsWithZ(name: number): boolean {
    return this.#bytes[this.#tables.sectionNames + name + 1] === letterZ
  }

  #name(section: number): string {
    return new ObjectFile('', this.#bytes, this.#tables).sectionName(section)
  }

  #describe(section: number): string {
    const name = this.#name(section)
    return name ? `section ${name}` : `section ${section}`
  }

  #error(message: string): void {
    this.#errors.add('malformed-elf', message)
  }
}

function cutShort(what: string, offset: number, size: number, fileSize: number): string {
  return `the file is cut short: ${what} takes ${size} bytes from offset ${offset}, but the file has ${fileSize} bytes`
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The 64-bit size whose low half is a word; see readSize. */
function sizeAt(words: Uint32Array, word: number): number {
  const high = words[word + 1]
  return high === 0 ? words[word] : words[word] + high * 2 ** 32
}

/** Whether a section of this type is a table of records that are read as words. */
export function isTableOfWords(type: number): boolean {
  return type === SHT.SYMTAB || type === SHT.RELA || type === SHT.GROUP || type === SHT.SYMTAB_SHNDX
}

/** For values of up to 2^32. */
function isPowerOfTwo(value: number): boolean {
  return value === 2 ** 32 || (value < 2 ** 32 && (value & (value - 1)) === 0)
}

/** Whether a section of this type can have relocations: it has content, and is no table of the object itself. */
function canBeRelocated(type: number): boolean {
  const isTable = type === SHT.SYMTAB || type === SHT.STRTAB || type === SHT.RELA || type === SHT.GROUP
  return type !== SHT.NULL && type !== SHT.NOBITS && type !== SHT.SYMTAB_SHNDX && !isTable
}

/** Checks a string table by its section header: it lies in the file and ends with a NUL. Returns its size, 0 if not. */
export function checkStringTable(view: DataView, header: number, what: string, errors: FileErrors): number {
  const type = view.getUint32(header + sectionHeader.type, true)
  const offset = readSize(view, header + sectionHeader.offset)
  const size = readSize(view, header + sectionHeader.length)
  if (type !== SHT.STRTAB) errors.add('malformed-elf', `${what} is no string table (sh_type ${type})`)
  else if (offset + size > view.byteLength) errors.add('truncated', cutShort(what, offset, size, view.byteLength))
  else if (size === 0) errors.add('malformed-elf', `${what} is empty`)
  else if (view.getUint8(offset + size - 1) !== 0) errors.add('malformed-elf', `${what} does not end with a NUL`)
  else return size
  return 0
}
