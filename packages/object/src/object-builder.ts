import { ByteBuffer } from './byte-buffer.ts'
import { relocationRecord, SHN, SHT, STB, symbolRecord } from './constants.ts'
import type { ObjectFile } from './object-file.ts'
import {
  type FinishedRelocations,
  type FinishedSection,
  type FinishedSymbols,
  type Group,
  layOutObject,
} from './object-layout.ts'
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

interface SectionUnderConstruction extends FinishedSection {
  alignment: number
  link: number
  size: number
  relocations: FinishedRelocations | undefined
  group: number
}

interface GroupUnderConstruction extends Group {
  signature: number
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
  readonly #groups: GroupUnderConstruction[] = []
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
    const { name, type, flags, alignment, entrySize = 0 } = properties
    const content = type === SHT.NOBITS ? undefined : new ByteBuffer()
    const relocations = undefined
    // Not made by spreading the properties: V8 would make a new map for each.
    return this.#sections.push({
      name,
      type,
      flags,
      alignment,
      entrySize,
      link: 0,
      size: 0,
      content,
      relocations,
      group: 0,
    })
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
    state.relocations ??= { records: new ByteBuffer(16 * relocationRecord.size), lines: new ByteBuffer(16 * 4) }
    const { records, lines } = state.relocations
    const at = records.reserve(relocationRecord.size)
    const { view } = records
    writeWord(view, at, offset)
    view.setUint32(at + relocationRecord.type, type, true)
    view.setUint32(at + relocationRecord.symbol, symbol, true)
    writeWord(view, at + relocationRecord.addend, addend)
    lines.uint32(line)
  }

  /** Adds all relocations of a section, which has none yet: Elf64_Rela records, and the line of each in 32 bits. */
  addRelocations(section: number, records: Uint8Array, lines: Uint8Array): void {
    const state = this.#sections[section - 1]
    state.relocations = { records: new ByteBuffer(records.length), lines: new ByteBuffer(lines.length) }
    state.relocations.records.append(records)
    state.relocations.lines.append(lines)
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

  /**
   * Puts the object together; the builder must not be used after it. `symbols` are all of its symbols, made elsewhere: what
   * has been said of symbols here is then said by their indices there.
   */
  build(name: string, symbols?: FinishedSymbols): ObjectFile {
    const sectionNumbers = this.sectionNumbers()
    const finished = symbols ?? this.#finishSymbols(sectionNumbers)
    return layOutObject(name, { sections: this.#sections, groups: this.#groups, sectionNumbers }, finished)
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

  /** Makes the symbol table, and gives symbols their numbers there wherever they are named. */
  #finishSymbols(sectionNumbers: Int32Array): FinishedSymbols {
    const count = this.#symbolSections.length
    const { numbers, firstGlobal } = this.#numberSymbols()
    for (const { relocations } of this.#sections) if (relocations) renumber(relocations.records, numbers)
    for (const group of this.#groups) group.signature = numbers[group.signature]
    const records = new ByteBuffer(count * symbolRecord.size)
    records.reserve(count * symbolRecord.size)
    const extended = new Uint32Array(count)
    const lines = new Uint32Array(count)
    let needsExtended = false
    for (let symbol = 1; symbol < count; symbol++) {
      const number = numbers[symbol]
      const to = number * symbolRecord.size
      const from = symbol * symbolRecord.size
      const section = this.#symbolSections[symbol]
      records.storage.set(this.#symbols.bytes.subarray(from, from + symbolRecord.size), to)
      let index = sectionIndex(section, sectionNumbers)
      if (section > 0 && index >= SHN.LORESERVE) {
        extended[number] = index
        needsExtended = true
        index = SHN.XINDEX
      }
      records.view.setUint16(to + symbolRecord.section, index, true)
      lines[number] = this.#symbolLines[symbol]
    }
    const aliases = new Map(
      Array.from(this.#aliases, ([symbol, section]) => [numbers[symbol], sectionNumbers[section]] as const),
    )
    const symbols = { records: records.bytes, names: this.#names.bytes, firstGlobal, lines, aliases }
    return needsExtended ? { ...symbols, extended } : symbols
  }

  /** Final symbol numbers: local symbols first, each kind in the order of adding. */
  #numberSymbols(): { numbers: Uint32Array; firstGlobal: number } {
    const count = this.#symbolSections.length
    const numbers = new Uint32Array(count)
    const isLocal = (symbol: number) =>
      this.#symbols.view.getUint8(symbol * symbolRecord.size + symbolRecord.info) >> 4 === STB.LOCAL
    let next = 1
    for (let symbol = 1; symbol < count; symbol++) if (isLocal(symbol)) numbers[symbol] = next++
    const firstGlobal = next
    for (let symbol = 1; symbol < count; symbol++) if (!isLocal(symbol)) numbers[symbol] = next++
    return { numbers, firstGlobal }
  }
}

/** Gives the symbols of relocations other numbers. */
function renumber(relocations: ByteBuffer, numbers: Uint32Array): void {
  const { view } = relocations
  for (let at = relocationRecord.symbol; at < relocations.length; at += relocationRecord.size) {
    const symbol = view.getUint32(at, true)
    if (symbol) view.setUint32(at, numbers[symbol], true)
  }
}

function sectionIndex(section: number, sectionNumbers: Int32Array): number {
  if (section > firstGroup) return section - firstGroup
  return section > 0 ? sectionNumbers[section] : -section
}
