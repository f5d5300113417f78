import { ByteBuffer } from './byte-buffer.ts'
import { GRP_COMDAT, relocationRecord, SHF, SHT, sectionHeader, symbolRecord } from './constants.ts'
import { ObjectFile, type SourceLines } from './object-file.ts'
import { writeWord } from './word.ts'

/** Elf64_Rela records, and the line of the text that each was read from in 32 bits. */
export interface FinishedRelocations {
  readonly records: ByteBuffer
  readonly lines: ByteBuffer
}

/** A section that is complete but for its place in the object. */
export interface FinishedSection {
  readonly name: string | Uint8Array
  readonly type: number
  readonly flags: number
  readonly alignment: number
  readonly entrySize?: number
  /** The section that sh_link names, 0 for none. */
  readonly link: number
  /** Undefined for SHT_NOBITS, whose size is in its place. */
  readonly content: ByteBuffer | undefined
  readonly size: number
  /** Undefined if there are none. */
  readonly relocations: FinishedRelocations | undefined
  /** The group that it is in, counted from 1; 0 for none. */
  readonly group: number
}

export interface Group {
  /** Index of a symbol. */
  readonly signature: number
  readonly comdat: boolean
  /** Numbers of sections. */
  readonly members: readonly number[]
}

/** Sections, counted from 1, and by that number the index that each has in the object. */
interface FinishedSections {
  readonly sections: readonly FinishedSection[]
  readonly groups: readonly Group[]
  readonly sectionNumbers: Int32Array
}

/** The symbols of an object as they are in it. */
export interface FinishedSymbols {
  /** Elf64_Sym records, the null symbol's first. */
  readonly records: Uint8Array
  /** The names, each ended by a NUL; the empty one first. */
  readonly names: Uint8Array
  /** Index of the first symbol that is not local. */
  readonly firstGlobal: number
  /** The section of each symbol that has SHN_XINDEX; undefined if none does. */
  readonly extended?: Uint32Array
  /** The line of the text that each symbol was read from, 0 if it is not known. */
  readonly lines: Uint32Array
  /** See ObjectDetails.sectionAliases. */
  readonly aliases?: ReadonlyMap<number, number>
}

/** By relocation section. */
type RelocationLines = Map<number, Uint32Array>

/** Puts an object together from what it is made of. */
export function layOutObject(name: string, sections: FinishedSections, symbols: FinishedSymbols): ObjectFile {
  return new Layout(sections).write(name, symbols)
}

const relaPrefix = new TextEncoder().encode('.rela')

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}

/** Lays the finished pieces out in one arena: contents, then tables, then section headers. */
class Layout {
  readonly #sections: readonly FinishedSection[]
  readonly #groups: readonly Group[]
  readonly #sectionNumbers: Int32Array
  readonly #arena = new ByteBuffer(4096)
  readonly #headers = new ByteBuffer(64 * sectionHeader.size)
  readonly #sectionNames = new ByteBuffer(4096)

  constructor({ sections, groups, sectionNumbers }: FinishedSections) {
    this.#sections = sections
    this.#groups = groups
    this.#sectionNumbers = sectionNumbers
  }

  write(name: string, symbols: FinishedSymbols): ObjectFile {
    this.#sectionNames.byte(0)
    this.#headers.reserve(sectionHeader.size)
    const relocationSections = this.#sections.reduce((count, section) => count + (section.relocations ? 1 : 0), 0)
    const symbolTable = 1 + this.#groups.length + this.#sections.length + relocationSections

    for (const group of this.#groups) this.#writeGroup(group, symbolTable)
    const relocationLines: RelocationLines = new Map()
    for (const section of this.#sections) this.#writeSection(section, symbolTable, relocationLines)
    // As gas and ld, an object that names nothing has no symbol table either (bfd/elf.c: _bfd_elf_compute_section_file_positions).
    const hasSymbols = symbols.records.length > symbolRecord.size || this.#groups.length + relocationSections > 0
    const extendedIndexTable = hasSymbols ? this.#writeSymbols(symbols, symbolTable) : 0
    const sectionNames = this.#writeSectionNames()

    this.#arena.align(8)
    const sectionHeaders = this.#arena.length
    const sectionCount = this.#headers.length / sectionHeader.size
    this.#arena.append(this.#headers.bytes)
    const tables = {
      sectionHeaders,
      sectionCount,
      sectionNames,
      symbolTable: hasSymbols ? symbolTable : 0,
      extendedIndexTable,
    }
    const source = sourceLines(symbols.lines, relocationLines)
    const sectionAliases = symbols.aliases ?? new Map()
    return new ObjectFile(name, this.#arena.bytes, tables, source ? { source, sectionAliases } : { sectionAliases })
  }

  #writeGroup(group: Group, symbolTable: number): void {
    const start = this.#place(4)
    this.#arena.uint32(group.comdat ? GRP_COMDAT : 0)
    for (const member of group.members) {
      const section = this.#sectionNumbers[member]
      this.#arena.uint32(section)
      // gas and ld list the relocations of a member as members too.
      if (this.#sections[member - 1].relocations) this.#arena.uint32(section + 1)
    }
    const size = this.#arena.length - start
    this.#addHeader('.group', SHT.GROUP, 0, start, size, symbolTable, group.signature, 4, 4)
  }

  #writeSection(section: FinishedSection, symbolTable: number, relocationLines: RelocationLines): void {
    const start = this.#place(16)
    if (section.content) this.#arena.append(section.content.bytes)
    const size = section.content ? section.content.length : section.size
    const groupFlag = section.group ? SHF.GROUP : 0
    const link = section.link ? this.#sectionNumbers[section.link] : 0
    const { name, type, flags, alignment, entrySize = 0 } = section
    const header = this.#addHeader(name, type, flags | groupFlag, start, size, link, 0, alignment, entrySize)
    if (section.relocations) {
      const { records, lines } = section.relocations
      const at = this.#place(8)
      this.#arena.append(records.bytes)
      relocationLines.set(header + 1, new Uint32Array(lines.bytes.slice().buffer))
      const flags = SHF.INFO_LINK | groupFlag
      const rela = typeof name === 'string' ? `.rela${name}` : joined(relaPrefix, name)
      this.#addHeader(rela, SHT.RELA, flags, at, records.length, symbolTable, header, 8, relocationRecord.size)
    }
  }

  /** Writes .symtab, .strtab and, where section numbers need it, .symtab_shndx, whose number is returned (or 0). */
  #writeSymbols({ records, names, firstGlobal, extended }: FinishedSymbols, symbolTable: number): number {
    const start = this.#place(8)
    this.#arena.append(records)
    const size = records.length
    this.#addHeader('.symtab', SHT.SYMTAB, 0, start, size, symbolTable + 1, firstGlobal, 8, symbolRecord.size)
    const strings = this.#place(1)
    this.#arena.append(names)
    this.#addHeader('.strtab', SHT.STRTAB, 0, strings, names.length, 0, 0, 1, 0)
    if (!extended) return 0
    const at = this.#place(4)
    this.#arena.append(new Uint8Array(extended.buffer))
    return this.#addHeader('.symtab_shndx', SHT.SYMTAB_SHNDX, 0, at, 4 * extended.length, symbolTable, 0, 4, 4)
  }

  #writeSectionNames(): number {
    const start = this.#place(1)
    const header = this.#addHeader('.shstrtab', SHT.STRTAB, 0, start, 0, 0, 0, 1, 0)
    this.#arena.append(this.#sectionNames.bytes)
    const at = header * sectionHeader.size + sectionHeader.length
    writeWord(this.#headers.view, at, this.#sectionNames.length)
    return start
  }

  #place(alignment: number): number {
    this.#arena.align(alignment)
    return this.#arena.length
  }

  #addHeader(
    name: string | Uint8Array,
    type: number,
    flags: number,
    offset: number,
    length: number,
    link: number,
    info: number,
    alignment: number,
    entrySize: number,
  ): number {
    const at = this.#headers.reserve(sectionHeader.size)
    const { view } = this.#headers
    view.setUint32(at + sectionHeader.name, this.#sectionNames.length, true)
    if (typeof name === 'string') this.#sectionNames.text(name)
    else this.#sectionNames.append(name)
    this.#sectionNames.byte(0)
    view.setUint32(at + sectionHeader.type, type, true)
    writeWord(view, at + sectionHeader.flags, flags >>> 0)
    writeWord(view, at + sectionHeader.offset, offset)
    writeWord(view, at + sectionHeader.length, length)
    view.setUint32(at + sectionHeader.link, link, true)
    view.setUint32(at + sectionHeader.info, info, true)
    writeWord(view, at + sectionHeader.alignment, alignment)
    writeWord(view, at + sectionHeader.entrySize, entrySize)
    return at / sectionHeader.size
  }
}

/** The lines of symbols and relocations, undefined if none is known. */
function sourceLines(symbolLines: Uint32Array, relocationLines: RelocationLines): SourceLines | undefined {
  const known = (list: Uint32Array) => list.some((line) => line > 0)
  if (!known(symbolLines) && ![...relocationLines.values()].some(known)) return undefined
  return {
    lineOfSymbol: (symbol) => symbolLines[symbol] ?? 0,
    lineOfRelocation: (section, relocation) => relocationLines.get(section)?.[relocation] ?? 0,
  }
}
