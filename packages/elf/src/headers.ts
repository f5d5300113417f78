// The headers of ELF files and their constants. Source: gABI, chapters "ELF Header" and "Program Header".

/** Object file types, `e_type`. */
export const ET = { NONE: 0, REL: 1, EXEC: 2, DYN: 3, CORE: 4 } as const

/** e_machine of AMD x86-64. */
export const EM_X86_64 = 62

/** OSABI values, `e_ident[EI_OSABI]`. */
export const ELFOSABI = { NONE: 0, GNU: 3 } as const

/** Segment types, `p_type`. */
export const PT = {
  NULL: 0,
  LOAD: 1,
  DYNAMIC: 2,
  INTERP: 3,
  NOTE: 4,
  PHDR: 6,
  TLS: 7,
  GNU_EH_FRAME: 0x6474e550,
  GNU_STACK: 0x6474e551,
  GNU_RELRO: 0x6474e552,
  GNU_PROPERTY: 0x6474e553,
} as const

/** Segment permissions, `p_flags`. */
export const PF = { X: 1, W: 2, R: 4 } as const

/** Size and field offsets of Elf64_Ehdr, in bytes. */
export const fileHeader = {
  size: 64,
  osAbi: 7,
  type: 16,
  machine: 18,
  version: 20,
  entry: 24,
  programHeaders: 32,
  sectionHeaders: 40,
  flags: 48,
  headerSize: 52,
  programHeaderSize: 54,
  programHeaderCount: 56,
  sectionHeaderSize: 58,
  sectionHeaderCount: 60,
  sectionNames: 62,
} as const

/** Size and field offsets of Elf64_Phdr, in bytes. */
export const programHeader = {
  size: 56,
  type: 0,
  flags: 4,
  offset: 8,
  virtualAddress: 16,
  physicalAddress: 24,
  fileSize: 32,
  memorySize: 40,
  alignment: 48,
} as const

/** Whether the bytes begin as an ELF file does. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
}
