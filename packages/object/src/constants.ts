// The constants of ELF's records that a relocatable object is made of. Source: the System V ABI (gABI),
// chapters "Sections" and "Symbol Table", with the GNU and x86-64 additions where the name says so.

/** Section types, `sh_type`. */
export const SHT = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  HASH: 5,
  DYNAMIC: 6,
  NOTE: 7,
  NOBITS: 8,
  REL: 9,
  SHLIB: 10,
  DYNSYM: 11,
  INIT_ARRAY: 14,
  FINI_ARRAY: 15,
  PREINIT_ARRAY: 16,
  GROUP: 17,
  SYMTAB_SHNDX: 18,
  RELR: 19,
  LLVM_ADDRSIG: 0x6fff4c03,
  LLVM_CALL_GRAPH_PROFILE: 0x6fff4c09,
  GNU_ATTRIBUTES: 0x6ffffff5,
  X86_64_UNWIND: 0x70000001,
} as const

/** Section flags, `sh_flags`. */
export const SHF = {
  WRITE: 0x1,
  ALLOC: 0x2,
  EXECINSTR: 0x4,
  MERGE: 0x10,
  STRINGS: 0x20,
  INFO_LINK: 0x40,
  LINK_ORDER: 0x80,
  OS_NONCONFORMING: 0x100,
  GROUP: 0x200,
  TLS: 0x400,
  COMPRESSED: 0x800,
  GNU_RETAIN: 0x200000,
  X86_64_LARGE: 0x10000000,
  EXCLUDE: 0x80000000,
} as const

/** Special section indices, `st_shndx`. */
export const SHN = {
  UNDEF: 0,
  LORESERVE: 0xff00,
  X86_64_LCOMMON: 0xff02,
  ABS: 0xfff1,
  COMMON: 0xfff2,
  XINDEX: 0xffff,
} as const

/** Symbol bindings, the high half of `st_info`. */
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2, GNU_UNIQUE: 10 } as const

/** Symbol types, the low half of `st_info`. */
export const STT = {
  NOTYPE: 0,
  OBJECT: 1,
  FUNC: 2,
  SECTION: 3,
  FILE: 4,
  COMMON: 5,
  TLS: 6,
  GNU_IFUNC: 10,
} as const

/** Symbol visibilities, the low two bits of `st_other`. */
export const STV = { DEFAULT: 0, INTERNAL: 1, HIDDEN: 2, PROTECTED: 3 } as const

/** The first word of a SHT_GROUP section: a COMDAT group, of which a link keeps one. */
export const GRP_COMDAT = 1

/** Sizes and field offsets of ELF's 64-bit records, in bytes. */
export const sectionHeader = {
  size: 64,
  name: 0,
  type: 4,
  flags: 8,
  address: 16,
  offset: 24,
  length: 32,
  link: 40,
  info: 44,
  alignment: 48,
  entrySize: 56,
} as const

export const symbolRecord = { size: 24, name: 0, info: 4, other: 5, section: 6, value: 8, length: 16 } as const

export const relocationRecord = { size: 24, offset: 0, type: 8, symbol: 12, addend: 16 } as const
