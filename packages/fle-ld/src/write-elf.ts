import {
  ET,
  extendedCounts,
  fileHeader,
  programHeader,
  type SectionHeaderFields,
  writeFileHeader,
  writeProgramHeader,
  writeSectionHeader,
} from '@fle/elf'
import { ByteBuffer, relocationRecord, SHF, SHT, sectionHeader, symbolRecord, type Word } from '@fle/object'
import { copySections } from './apply-relocations.ts'
import { writeBuildId } from './build-id.ts'
import { buildSymbolTables, emptyIndices, type SymbolTables } from './build-symbol-tables.ts'
import { copyCompressed } from './compress-sections.ts'
import { type EmittedRelocations, emitRelocations } from './emit-relocations.ts'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'

import { programHeadersOf } from './program-headers.ts'

/** Writes the program as an ELF executable, with section headers and a symbol table. */
export function writeElf(link: LinkState, entry: Word): Uint8Array {
  const { compressDebug } = link.options
  const compressed = compressDebug && copyCompressed(link, compressDebug)
  const { sectionOrder, contentSize } = link.layout
  const table = new SectionTable(contentSize)
  sectionOrder.forEach((section, i) => {
    section.headerIndex = i + 1
  })
  const indices = link.options.emitRelocations ? emptyIndices(link) : undefined
  const symbols = link.options.strip === 'all' ? undefined : buildSymbolTables(link, indices)
  const emitted = symbols && indices ? emitRelocations(link, indices) : []
  const symbolTable = symbols ? 1 + sectionOrder.length + emitted.length : 0
  for (const section of sectionOrder) table.addPlaced(section, symbolTable)
  addRelocations(table, emitted, symbolTable)
  if (symbols) addSymbolTables(table, symbols)
  table.addNames()

  const sectionHeaders = alignUp(table.end, 8)
  const output = link.memory.allocate(sectionHeaders + table.count * sectionHeader.size)
  const view = new DataView(output.buffer, output.byteOffset, output.length)
  if (compressed) output.set(compressed)
  else copySections(link, output)
  const programHeaders = programHeadersOf(link)
  table.write(output, view, sectionHeaders, programHeaders.length)
  programHeaders.forEach((fields, i) => {
    writeProgramHeader(view, fileHeader.size + i * programHeader.size, fields)
  })
  writeFileHeader(view, {
    type: link.options.pie ? ET.DYN : ET.EXEC,
    entry,
    programHeaders: fileHeader.size,
    programHeaderCount: programHeaders.length,
    sectionHeaders,
    sectionHeaderCount: table.count,
    sectionNames: table.count - 1,
    usesGnuExtensions: symbols?.usesGnuExtensions ?? false,
  })
  writeBuildId(link, output)
  return output
}

function addRelocations(table: SectionTable, emitted: readonly EmittedRelocations[], link: number): void {
  for (const { section, records } of emitted) {
    const rest = { flags: SHF.INFO_LINK, link, info: section.headerIndex, entrySize: relocationRecord.size }
    table.append(`.rela${section.name}`, SHT.RELA, records, 8, rest)
  }
}

function addSymbolTables(table: SectionTable, symbols: SymbolTables): void {
  const { records, strings, extendedIndices, firstGlobal } = symbols
  const symbolTable = table.count
  const stringTable = symbolTable + (extendedIndices ? 2 : 1)
  const entrySize = symbolRecord.size
  table.append('.symtab', SHT.SYMTAB, records, 8, { link: stringTable, info: firstGlobal, entrySize })
  if (extendedIndices) {
    table.append('.symtab_shndx', SHT.SYMTAB_SHNDX, extendedIndices, 4, { link: symbolTable, entrySize: 4 })
  }
  table.append('.strtab', SHT.STRTAB, strings, 1)
}

/** The section headers of the output, and the tables that stand behind the sections' contents. */
class SectionTable {
  /** Where what has been added so far ends in the file. */
  end: number
  readonly #headers: SectionHeaderFields[] = []
  readonly #contents: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  readonly #names = new ByteBuffer()

  constructor(end: number) {
    this.end = end
    this.#names.byte(0)
  }

  /** Number of section headers, the null section's included. */
  get count(): number {
    return this.#headers.length + 1
  }

  /** Adds a section that the layout has placed. Relocations refer to the symbol table unless they name another. */
  addPlaced(section: OutputSection, symbolTable: number): void {
    const { name, type, flags, address, fileOffset: offset, size, alignment, entrySize } = section
    const link = section.link?.headerIndex ?? (type === SHT.RELA ? symbolTable : 0)
    const info = section.appliesTo?.headerIndex ?? section.info
    const fields = { type, flags, address, offset, size, link, info, alignment, entrySize }
    this.#headers.push({ ...fields, name: this.#addName(name) })
  }

  /** Adds a table behind everything else. */
  append(
    name: string,
    type: number,
    bytes: Uint8Array,
    alignment: number,
    rest: { flags?: number; link?: number; info?: number; entrySize?: number } = {},
  ): void {
    const offset = alignUp(this.end, alignment)
    this.end = offset + bytes.length
    this.#contents.push({ offset, bytes })
    const { flags = 0, link = 0, info = 0, entrySize = 0 } = rest
    const fields = { type, flags, address: 0, offset, size: bytes.length, link, info, alignment, entrySize }
    this.#headers.push({ ...fields, name: this.#addName(name) })
  }

  /** Adds the table of section names, its own name included: nothing can be added after it. */
  addNames(): void {
    const name = '.shstrtab'
    const at = this.#addName(name)
    this.append('', SHT.STRTAB, this.#names.bytes, 1)
    this.#headers[this.#headers.length - 1] = { ...this.#headers[this.#headers.length - 1], name: at }
  }

  write(output: Uint8Array, view: DataView, at: number, programHeaderCount: number): void {
    for (const { offset, bytes } of this.#contents) output.set(bytes, offset)
    writeSectionHeader(view, at, extendedCounts(this.count, this.count - 1, programHeaderCount))
    this.#headers.forEach((fields, i) => {
      writeSectionHeader(view, at + (i + 1) * sectionHeader.size, fields)
    })
  }

  #addName(name: string): number {
    if (name === '') return 0
    const offset = this.#names.length
    this.#names.text(name)
    this.#names.byte(0)
    return offset
  }
}
