import { sectionHeader, type Word, writeWord } from '@fle/object'
import { ELFOSABI, EM_X86_64, fileHeader, programHeader } from './headers.ts'

/** The fields of an ELF header that differ between files. */
export interface FileHeaderFields {
  /** ET_*. */
  readonly type: number
  readonly entry: Word
  readonly programHeaders: number
  readonly programHeaderCount: number
  readonly sectionHeaders: number
  readonly sectionHeaderCount: number
  /** Index of the section that holds the names of sections. */
  readonly sectionNames: number
  /** Whether it uses GNU's extensions, and so must say so in EI_OSABI. */
  readonly usesGnuExtensions: boolean
}

/** Counts from here on do not fit e_shnum and e_shstrndx: they stand in section header 0. */
const firstReservedIndex = 0xff00
const extendedIndex = 0xffff
/** The same of e_phnum (PN_XNUM). */
const extendedHeaderCount = 0xffff

/**
 * Writes the ELF header at the start of a file. Where section numbers are too large for it, the caller writes section
 * header 0 with {@link extendedCounts}.
 */
export function writeFileHeader(view: DataView, fields: FileHeaderFields): void {
  const identification = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, fields.usesGnuExtensions ? ELFOSABI.GNU : ELFOSABI.NONE]
  identification.forEach((byte, i) => {
    view.setUint8(i, byte)
  })
  view.setUint16(fileHeader.type, fields.type, true)
  view.setUint16(fileHeader.machine, EM_X86_64, true)
  view.setUint32(fileHeader.version, 1, true)
  writeWord(view, fileHeader.entry, fields.entry)
  writeWord(view, fileHeader.programHeaders, fields.programHeaderCount > 0 ? fields.programHeaders : 0)
  writeWord(view, fileHeader.sectionHeaders, fields.sectionHeaders)
  view.setUint16(fileHeader.headerSize, fileHeader.size, true)
  view.setUint16(fileHeader.programHeaderSize, fields.programHeaderCount > 0 ? programHeader.size : 0, true)
  view.setUint16(fileHeader.programHeaderCount, Math.min(fields.programHeaderCount, extendedHeaderCount), true)
  view.setUint16(fileHeader.sectionHeaderSize, sectionHeader.size, true)
  const { sectionHeaderCount, sectionNames } = fields
  view.setUint16(fileHeader.sectionHeaderCount, sectionHeaderCount < firstReservedIndex ? sectionHeaderCount : 0, true)
  view.setUint16(fileHeader.sectionNames, sectionNames < firstReservedIndex ? sectionNames : extendedIndex, true)
}

/** The fields of section header 0 that carry counts too large for the ELF header. */
export function extendedCounts(
  sectionHeaderCount: number,
  sectionNames: number,
  programHeaderCount = 0,
): SectionHeaderFields {
  return {
    ...nullSection,
    size: sectionHeaderCount < firstReservedIndex ? 0 : sectionHeaderCount,
    link: sectionNames < firstReservedIndex ? 0 : sectionNames,
    info: programHeaderCount < extendedHeaderCount ? 0 : programHeaderCount,
  }
}

/** An Elf64_Phdr. */
export interface ProgramHeaderFields {
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly address: Word
  readonly fileSize: number
  readonly memorySize: number
  readonly alignment: number
}

/** Writes a program header at an offset. The physical address is the virtual one. */
export function writeProgramHeader(view: DataView, at: number, fields: ProgramHeaderFields): void {
  view.setUint32(at + programHeader.type, fields.type, true)
  view.setUint32(at + programHeader.flags, fields.flags, true)
  writeWord(view, at + programHeader.offset, fields.offset)
  writeWord(view, at + programHeader.virtualAddress, fields.address)
  writeWord(view, at + programHeader.physicalAddress, fields.address)
  writeWord(view, at + programHeader.fileSize, fields.fileSize)
  writeWord(view, at + programHeader.memorySize, fields.memorySize)
  writeWord(view, at + programHeader.alignment, fields.alignment)
}

/** An Elf64_Shdr. */
export interface SectionHeaderFields {
  /** Offset of the name in the string table of section names. */
  readonly name: number
  readonly type: number
  readonly flags: number
  readonly address: Word
  readonly offset: number
  readonly size: number
  readonly link: number
  readonly info: number
  readonly alignment: number
  readonly entrySize: number
}

const nullSection: SectionHeaderFields = {
  name: 0,
  type: 0,
  flags: 0,
  address: 0,
  offset: 0,
  size: 0,
  link: 0,
  info: 0,
  alignment: 0,
  entrySize: 0,
}

/** Writes a section header at an offset. */
export function writeSectionHeader(view: DataView, at: number, fields: SectionHeaderFields): void {
  view.setUint32(at + sectionHeader.name, fields.name, true)
  view.setUint32(at + sectionHeader.type, fields.type, true)
  writeWord(view, at + sectionHeader.flags, fields.flags >>> 0)
  writeWord(view, at + sectionHeader.address, fields.address)
  writeWord(view, at + sectionHeader.offset, fields.offset)
  writeWord(view, at + sectionHeader.length, fields.size)
  view.setUint32(at + sectionHeader.link, fields.link, true)
  view.setUint32(at + sectionHeader.info, fields.info, true)
  writeWord(view, at + sectionHeader.alignment, fields.alignment)
  writeWord(view, at + sectionHeader.entrySize, fields.entrySize)
}
