// An object of the link (gABI, Elf64_Shdr, Elf64_Sym), as src/walked-records.ts describes it.

@unmanaged
export class InputObject {
  /** Address of the file's bytes. */
  bytes: usize
  sectionHeaders: usize
  /** Address of the table of the names of sections. */
  sectionNames: usize
  sectionCount: u32
  symbols: usize
  symbolCount: u32
  /** The first of the symbols that are not local. */
  firstGlobal: u32
  /** Address of the table of their names. */
  symbolNames: usize
  /** By symbol: a byte, what it stands for … */
  places: usize
  /** … and from `firstGlobal` on, the number of the global symbol. */
  globals: usize
  /** By section: a byte, whether it is left out for a section of another object … */
  discarded: usize
  /** … the number of its output section, negative if there is none … */
  outputSections: usize
  /** … and the offset in it, a double. */
  outputOffsets: usize
  /** By section: the record of the pieces that it was taken apart into; 0 for all others, and if no section was. */
  pieces: usize
}

/** Records of section headers. */
export const sectionHeaderSize: u32 = 64
export const sectionType: usize = 4
export const sectionFlags: usize = 8
export const sectionOffset: usize = 24
export const sectionSize: usize = 32
export const sectionLink: usize = 40
export const sectionInfo: usize = 44
export const sectionAlignment: usize = 48
export const sectionEntrySize: usize = 56

export const SHT_NULL: u32 = 0
export const SHT_PROGBITS: u32 = 1
export const SHT_SYMTAB: u32 = 2
export const SHT_STRTAB: u32 = 3
export const SHT_RELA: u32 = 4
export const SHT_NOBITS: u32 = 8
export const SHT_REL: u32 = 9
export const SHT_GROUP: u32 = 17
export const SHT_SYMTAB_SHNDX: u32 = 18

export const SHF_ALLOC: u32 = 2

/** Records of symbols. */
export const symbolSize: u32 = 24
export const symbolInfo: usize = 4
export const symbolOther: usize = 5
export const symbolSection: usize = 6
export const symbolValue: usize = 8

export const symbolLength: usize = 16

/** Section indices from here on are special (gABI, SHN_LORESERVE). */
export const firstReservedSection: u32 = 0xff00

/** A constant, or the name of a source file. */
export const SHN_ABS: u32 = 0xfff1

export const STT_SECTION: u32 = 3
export const STT_GNU_IFUNC: u32 = 10

/** A symbol whose section index does not fit its record (gABI, SHN_XINDEX). */
export const extendedSection: u32 = 0xffff

/** The record of the pieces of a section, 0 if it was not taken apart. */
export function piecesOf(object: InputObject, section: u32): usize {
  return object.pieces === 0 ? 0 : load<u32>(object.pieces + 4 * section)
}

/** An output section, as src/walked-records.ts describes it. */
@unmanaged
export class OutputSection {
  address: f64
  /** Where it begins in the output. */
  fileOffset: u32
  /** One of the kinds below. */
  kind: u32
}

/** A kind of output section: one of the program, one beside it, and one whose sections are copied elsewhere. */
export const programKind: u32 = 0
export const otherKind: u32 = 1
export const byHandKind: u32 = 2

export const outputSectionSize: usize = 16
