import { ByteBuffer } from './byte-buffer.ts'
import { GRP_COMDAT, relocationRecord, SHF, SHN, SHT, STB, sectionHeader, symbolRecord } from './constants.ts'
import { ObjectFile, type SourceLines } from './object-file.ts'
import { type Word, writeWord } from './word.ts'

export interface SectionProperties {
  readonly name: string | Uint8Array
  readonly type: number
  /** Without SHF_GROUP: {@link ObjectBuilder.addGroup} sets it. */
  readonly flags: number
  readonly alignment: number
  readonly entrySize?: number
}

export interface SymbolProperties {
  readonly name: string | Uint8Array
  readonly binding: number
  readonly type: number
  readonly visibility?: number
  /** Section as the builder numbers it, or one of the special indices by {@link specialSection}. 0 is undefined. */
  readonly section: number
  readonly value?: Word
  readonly size?: Word
  /** Line of the text it was read from. */
  readonly line?: number
  /** For an undefined symbol: the section whose start it means where nothing defines it. */
  readonly alias?: number
}

interface SectionUnderConstruction extends SectionProperties {
  alignment: number
  link: number
  size: number
  content: ByteBuffer | undefined
  relocations: ByteBuffer | undefined
  relocationLines: number[]
  group: number
}

interface Group {
  readonly signature: number
  readonly comdat: boolean
  readonly members: number[]
}

/** Sections of symbols from here on are groups, by their number. */
const firstGroup = 2 ** 31

/** A special section index (SHN_ABS, SHN_COMMON …) as a {@link SymbolProperties.section}. */
export function specialSection(index: number): number {
  return -index
}

/**
 * Builds an {@link ObjectFile} piece by piece. Sections and symbols are numbered from 1 in the order in which they are
 * added; `build()` puts groups first and local symbols before the others, as ELF requires, and renumbers.
 */
export class ObjectBuilder {
  readonly #sections: SectionUnderConstruction[] = []
  readonly #groups: Group[] = []
  readonly #names = new ByteBuffer(4096)
  /** Elf64_Sym records but for st_shndx, which stands in #symbolSections. */
  readonly #symbols = new ByteBuffer(4096)
  readonly #symbolSections: number[] = [0]
  readonly #symbolLines: number[] = [0]
  readonly #aliases = new Map<number, number>()

  constructor() {
    this.#names.byte(0)
    this.#symbols.reserve(symbolRecord.size)
  }

  get sectionCount(): number {
    return this.#sections.length
  }

  get symbolCount(): number {
    return this.#symbolSections.length - 1
  }

  /** Adds an empty section and returns its number. */
  addSection(properties: SectionProperties): number {
    const content = properties.type === SHT.NOBITS ? undefined : new ByteBuffer()
    const state = { link: 0, size: 0, content, relocations: undefined, relocationLines: [], group: 0 }
    return this.#sections.push({ ...properties, ...state })
  }

  /** The content of a section, to append to or to patch. Throws for SHT_NOBITS, which has none. */
  content(section: number): ByteBuffer {
    const { content } = this.#sections[section - 1]
    if (!content) throw new Error('a SHT_NOBITS section has no content')
    return content
  }

  /** Sets the size of a SHT_NOBITS section. */
  setSize(section: number, size: number): void {
    this.#sections[section - 1].size = size
  }

  /** Raises the alignment of a section to at least this. */
  raiseAlignment(section: number, alignment: number): void {
    const state = this.#sections[section - 1]
    if (alignment > state.alignment) state.alignment = alignment
  }

  /** Sets the section that sh_link of a SHF_LINK_ORDER section names. */
  setLink(section: number, target: number): void {
    this.#sections[section - 1].link = target
  }

  /** Adds a symbol and returns its number. */
  addSymbol(symbol: SymbolProperties): number {
    const name = this.#addName(symbol.name)
    const at = this.#symbols.reserve(symbolRecord.size)
    const view = this.#symbols.view
    view.setUint32(at, name, true)
    view.setUint8(at + symbolRecord.info, (symbol.binding << 4) | symbol.type)
    view.setUint8(at + symbolRecord.other, symbol.visibility ?? 0)
    writeWord(view, at + symbolRecord.value, symbol.value ?? 0)
    writeWord(view, at + symbolRecord.length, symbol.size ?? 0)
    this.#symbolLines.push(symbol.line ?? 0)
    const number = this.#symbolSections.push(symbol.section) - 1
    if (symbol.alias !== undefined) this.#aliases.set(number, symbol.alias)
    return number
  }

  /** Adds a relocation of a section's field; `symbol` is 0 for none. */
  addRelocation(section: number, offset: number, type: number, symbol: number, addend: Word, line = 0): void {
    const state = this.#sections[section - 1]
    state.relocations ??= new ByteBuffer(16 * relocationRecord.size)
    const at = state.relocations.reserve(relocationRecord.size)
    const view = state.relocations.view
    writeWord(view, at, offset)
    view.setUint32(at + relocationRecord.type, type, true)
    view.setUint32(at + relocationRecord.symbol, symbol, true)
    writeWord(view, at + relocationRecord.addend, addend)
    state.relocationLines.push(line)
  }

  /**
   * Adds a group of sections, known by the name of its signature symbol. A symbol that is there for its name alone can be
   * defined in the group's own section, as gas does.
   */
  addGroup(signature: number, comdat: boolean, members: readonly number[], definesSignature = false): void {
    this.#groups.push({ signature, comdat, members: [...members] })
    if (definesSignature) this.#symbolSections[signature] = firstGroup + this.#groups.length
    for (const member of members) this.#sections[member - 1].group = this.#groups.length
  }

  /** Puts the object together. The builder must not be used after it. */
  build(name: string): ObjectFile {
    const sectionNumbers = this.sectionNumbers()
    const symbolNumbers = this.#numberSymbols()
    return new Layout(this.#sections, this.#groups, sectionNumbers, symbolNumbers).write(name, {
      names: this.#names,
      symbols: this.#symbols,
      sections: this.#symbolSections,
      lines: this.#symbolLines,
      aliases: this.#aliases,
    })
  }

  #addName(name: string | Uint8Array): number {
    if (name.length === 0) return 0
    const offset = this.#names.length
    if (typeof name === 'string') this.#names.text(name)
    else this.#names.append(name)
    this.#names.byte(0)
    return offset
  }

  /** The numbers that sections have in the object, by the builder's: groups come first, and each section's relocations behind it. */
  sectionNumbers(): Int32Array {
    const numbers = new Int32Array(this.#sections.length + 1)
    let next = 1 + this.#groups.length
    for (let i = 0; i < this.#sections.length; i++) {
      numbers[i + 1] = next
      next += this.#sections[i].relocations ? 2 : 1
    }
    return numbers
  }

  /** Final symbol numbers: local symbols first, each kind in the order of adding. */
  #numberSymbols(): Int32Array {
    const count = this.#symbolSections.length
    const numbers = new Int32Array(count)
    const isLocal = (symbol: number) =>
      this.#symbols.view.getUint8(symbol * symbolRecord.size + symbolRecord.info) >> 4 === STB.LOCAL
    let next = 1
    for (let symbol = 1; symbol < count; symbol++) if (isLocal(symbol)) numbers[symbol] = next++
    numbers[0] = next // the place of the null symbol carries the number of locals
    for (let symbol = 1; symbol < count; symbol++) if (!isLocal(symbol)) numbers[symbol] = next++
    return numbers
  }
}

const relaPrefix = new TextEncoder().encode('.rela')

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}

interface SymbolTables {
  readonly names: ByteBuffer
  readonly symbols: ByteBuffer
  readonly sections: readonly number[]
  readonly lines: readonly number[]
  readonly aliases: ReadonlyMap<number, number>
}

/** Lays the finished pieces out in one arena: contents, then tables, then section headers. */
class Layout {
  readonly #sections: readonly SectionUnderConstruction[]
  readonly #groups: readonly Group[]
  readonly #sectionNumbers: Int32Array
  readonly #symbolNumbers: Int32Array
  readonly #arena = new ByteBuffer(4096)
  readonly #headers = new ByteBuffer(64 * sectionHeader.size)
  readonly #sectionNames = new ByteBuffer(4096)

  constructor(
    sections: readonly SectionUnderConstruction[],
    groups: readonly Group[],
    sectionNumbers: Int32Array,
    symbolNumbers: Int32Array,
  ) {
    this.#sections = sections
    this.#groups = groups
    this.#sectionNumbers = sectionNumbers
    this.#symbolNumbers = symbolNumbers
  }

  write(name: string, symbols: SymbolTables): ObjectFile {
    this.#sectionNames.byte(0)
    this.#headers.reserve(sectionHeader.size)
    const relocationSections = this.#sections.reduce((count, section) => count + (section.relocations ? 1 : 0), 0)
    const symbolTable = 1 + this.#groups.length + this.#sections.length + relocationSections

    for (const group of this.#groups) this.#writeGroup(group, symbolTable)
    const relocationLines = new Map<number, readonly number[]>()
    for (const section of this.#sections) this.#writeSection(section, symbolTable, relocationLines)
    // As gas and ld, an object that names nothing has no symbol table either (bfd/elf.c: _bfd_elf_compute_section_file_positions).
    const hasSymbols = symbols.sections.length > 1 || this.#groups.length + relocationSections > 0
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
    const source = this.#sourceLines(symbols.lines, relocationLines)
    const sectionAliases = new Map(
      Array.from(symbols.aliases, ([symbol, section]) => [this.#symbolNumbers[symbol], this.#sectionNumbers[section]]),
    )
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
    const info = this.#symbolNumbers[group.signature]
    this.#addHeader('.group', SHT.GROUP, 0, start, this.#arena.length - start, symbolTable, info, 4, 4)
  }

  #writeSection(
    section: SectionUnderConstruction,
    symbolTable: number,
    relocationLines: Map<number, readonly number[]>,
  ): void {
    const start = this.#place(16)
    if (section.content) this.#arena.append(section.content.bytes)
    const size = section.content ? section.content.length : section.size
    const groupFlag = section.group ? SHF.GROUP : 0
    const link = section.link ? this.#sectionNumbers[section.link] : 0
    const { name, type, flags, alignment, entrySize = 0 } = section
    const header = this.#addHeader(name, type, flags | groupFlag, start, size, link, 0, alignment, entrySize)
    if (section.relocations) {
      const at = this.#place(8)
      this.#arena.append(this.#renumbered(section.relocations))
      relocationLines.set(header + 1, section.relocationLines)
      const flags = SHF.INFO_LINK | groupFlag
      const length = section.relocations.length
      const rela = typeof name === 'string' ? `.rela${name}` : joined(relaPrefix, name)
      this.#addHeader(rela, SHT.RELA, flags, at, length, symbolTable, header, 8, relocationRecord.size)
    }
  }

  #renumbered(relocations: ByteBuffer): Uint8Array {
    const { view } = relocations
    for (let at = relocationRecord.symbol; at < relocations.length; at += relocationRecord.size) {
      const symbol = view.getUint32(at, true)
      if (symbol) view.setUint32(at, this.#symbolNumbers[symbol], true)
    }
    return relocations.bytes
  }

  /** Writes .symtab, .strtab and, where section numbers need it, .symtab_shndx, whose number is returned (or 0). */
  #writeSymbols({ names, symbols, sections }: SymbolTables, symbolTable: number): number {
    const count = sections.length
    const start = this.#place(8)
    this.#arena.reserve(count * symbolRecord.size)
    const extended = new Uint32Array(count)
    let needsExtended = false
    for (let symbol = 1; symbol < count; symbol++) {
      const number = this.#symbolNumbers[symbol]
      const to = start + number * symbolRecord.size
      const from = symbol * symbolRecord.size
      this.#arena.bytes.set(symbols.bytes.subarray(from, from + symbolRecord.size), to)
      let index = this.#sectionIndex(sections[symbol])
      if (sections[symbol] > 0 && index >= SHN.LORESERVE) {
        extended[number] = index
        needsExtended = true
        index = SHN.XINDEX
      }
      this.#arena.view.setUint16(to + symbolRecord.section, index, true)
    }
    const firstGlobal = this.#symbolNumbers[0]
    const size = count * symbolRecord.size
    this.#addHeader('.symtab', SHT.SYMTAB, 0, start, size, symbolTable + 1, firstGlobal, 8, symbolRecord.size)
    const strings = this.#place(1)
    this.#arena.append(names.bytes)
    this.#addHeader('.strtab', SHT.STRTAB, 0, strings, names.length, 0, 0, 1, 0)
    if (!needsExtended) return 0
    const at = this.#place(4)
    this.#arena.append(new Uint8Array(extended.buffer))
    return this.#addHeader('.symtab_shndx', SHT.SYMTAB_SHNDX, 0, at, 4 * count, symbolTable, 0, 4, 4)
  }

  #sectionIndex(section: number): number {
    if (section > firstGroup) return section - firstGroup
    return section > 0 ? this.#sectionNumbers[section] : -section
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

  #sourceLines(
    symbolLines: readonly number[],
    relocationLines: ReadonlyMap<number, readonly number[]>,
  ): SourceLines | undefined {
    const known = (list: readonly number[]) => list.some((line) => line > 0)
    if (!known(symbolLines) && ![...relocationLines.values()].some(known)) return undefined
    const lines = new Int32Array(symbolLines.length)
    for (let symbol = 1; symbol < symbolLines.length; symbol++) lines[this.#symbolNumbers[symbol]] = symbolLines[symbol]
    return {
      lineOfSymbol: (symbol) => lines[symbol] ?? 0,
      lineOfRelocation: (section, relocation) => relocationLines.get(section)?.[relocation] ?? 0,
    }
  }
}
