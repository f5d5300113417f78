import {
  ET,
  extendedCounts,
  fileHeader,
  PF,
  type ProgramHeaderFields,
  PT,
  programHeader,
  type SectionHeaderFields,
  writeFileHeader,
  writeProgramHeader,
  writeSectionHeader,
} from '@fle/elf'
import { ByteBuffer, SHF, SHT, STB, STT, sectionHeader, symbolRecord, type Word } from '@fle/object'
import { copySections } from './apply-relocations.ts'
import { noteRuns } from './layout.ts'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'
import { buildSymbolTables } from './output-symbols.ts'

/** Writes the program as an ELF executable, with section headers and a symbol table. */
export function writeElf(link: LinkState, entry: Word): Uint8Array {
  const { sectionOrder } = link.layout
  sectionOrder.forEach((section, i) => {
    section.headerIndex = i + 1
  })
  const symbols = buildSymbolTables(link)
  const names = new SectionNames()
  const headers: SectionHeaderFields[] = sectionOrder.map((section) => sectionFields(section, names))

  const symbolTable = headers.length + 1
  let end = link.layout.contentSize
  const append = (name: string, type: number, size: number, alignment: number, rest: Partial<SectionHeaderFields>) => {
    const offset = alignUp(end, alignment)
    end = offset + size
    const base = { flags: 0, address: 0, link: 0, info: 0, entrySize: 0 }
    headers.push({ ...base, name: names.add(name), type, offset, size, alignment, ...rest })
    return offset
  }
  const recordsAt = append('.symtab', SHT.SYMTAB, symbols.records.length, 8, {
    link: symbolTable + 1,
    info: symbols.firstGlobal,
    entrySize: symbolRecord.size,
  })
  const stringsAt = append('.strtab', SHT.STRTAB, symbols.strings.length, 1, {})
  const ownName = names.add('.shstrtab')
  const namesAt = end
  headers.push({ ...sectionNamesFields(ownName, namesAt, names.bytes.length) })
  const headersAt = alignUp(end + names.bytes.length, 8)

  const count = headers.length + 1
  const output = new Uint8Array(headersAt + count * sectionHeader.size)
  const view = new DataView(output.buffer)
  copySections(link, output, view)
  output.set(symbols.records, recordsAt)
  output.set(symbols.strings, stringsAt)
  output.set(names.bytes, namesAt)
  writeSectionHeader(view, headersAt, extendedCounts(count, count - 1))
  headers.forEach((fields, i) => {
    writeSectionHeader(view, headersAt + (i + 1) * sectionHeader.size, fields)
  })
  const programHeaders = programHeadersOf(link)
  programHeaders.forEach((fields, i) => {
    writeProgramHeader(view, fileHeader.size + i * programHeader.size, fields)
  })
  writeFileHeader(view, {
    type: ET.EXEC,
    entry,
    programHeaders: fileHeader.size,
    programHeaderCount: programHeaders.length,
    sectionHeaders: headersAt,
    sectionHeaderCount: count,
    sectionNames: count - 1,
    usesGnuExtensions: usesGnuExtensions(symbols.records),
  })
  return output
}

/** The string table of section names, as it grows. */
class SectionNames {
  readonly #buffer = new ByteBuffer()

  constructor() {
    this.#buffer.byte(0)
  }

  add(name: string): number {
    const offset = this.#buffer.length
    this.#buffer.text(name)
    this.#buffer.byte(0)
    return offset
  }

  get bytes(): Uint8Array {
    return this.#buffer.bytes
  }
}

function sectionFields(section: OutputSection, names: SectionNames): SectionHeaderFields {
  const { type, flags, address, fileOffset: offset, size, alignment, entrySize } = section
  return { name: names.add(section.name), type, flags, address, offset, size, link: 0, info: 0, alignment, entrySize }
}

function sectionNamesFields(name: number, offset: number, size: number): SectionHeaderFields {
  const type = SHT.STRTAB
  return { name, type, flags: 0, address: 0, offset, size, link: 0, info: 0, alignment: 1, entrySize: 0 }
}

function programHeadersOf(link: LinkState): ProgramHeaderFields[] {
  const { segments, sectionOrder } = link.layout
  const loads = segments.map(({ flags, fileOffset: offset, address, fileSize, memorySize, alignment }) => {
    return { type: PT.LOAD, flags, offset, address, fileSize, memorySize, alignment }
  })
  const notes = noteRuns(sectionOrder).map((run) => spanOf(PT.NOTE, run))
  const threadData = sectionOrder.filter((section) => section.flags & SHF.TLS)
  const threads = threadData.length > 0 ? [spanOf(PT.TLS, threadData)] : []
  const flags = PF.R | PF.W | (link.needsExecutableStack ? PF.X : 0)
  const stack = { type: PT.GNU_STACK, flags, offset: 0, address: 0, fileSize: 0, memorySize: 0, alignment: 16 }
  return [...loads, ...notes, ...threads, stack]
}

/** A program header over sections that follow each other. */
function spanOf(type: number, sections: readonly OutputSection[]): ProgramHeaderFields {
  const { address, fileOffset: offset } = sections[0]
  const end = sections[sections.length - 1].end
  const fileEnd = sections.findLast((section) => section.type !== SHT.NOBITS)?.end ?? address
  const alignment = Math.max(...sections.map((section) => section.alignment))
  return { type, flags: PF.R, offset, address, fileSize: fileEnd - address, memorySize: end - address, alignment }
}

/** Whether a symbol is of a kind that GNU added: an IFUNC or a unique one. */
function usesGnuExtensions(records: Uint8Array): boolean {
  for (let at = symbolRecord.info; at < records.length; at += symbolRecord.size) {
    if ((records[at] & 0xf) === STT.GNU_IFUNC || records[at] >> 4 === STB.GNU_UNIQUE) return true
  }
  return false
}
