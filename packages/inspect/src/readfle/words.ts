// The words that readelf has for ELF's numbers. Source: binutils/readelf.c.
import { ET, PT } from '@fle/elf'
import { SHF, SHN, SHT, STB, STT } from '@fle/object'
import { hex } from '../view/hexadecimal.ts'

type Words = Readonly<Record<number, string>>

const fileTypes: Words = {
  [ET.NONE]: 'NONE (None)',
  [ET.REL]: 'REL (Relocatable file)',
  [ET.EXEC]: 'EXEC (Executable file)',
  [ET.CORE]: 'CORE (Core file)',
}

/** The words for e_type; `isPie` tells programs from shared objects, which have the same. */
export function fileTypeWords(type: number, isPie: boolean): string {
  if (type === ET.DYN) return isPie ? 'DYN (Position-Independent Executable file)' : 'DYN (Shared object file)'
  return fileTypes[type] ?? `<unknown>: ${hex(type)}`
}

const sectionTypes: Words = {
  [SHT.NULL]: 'NULL',
  [SHT.PROGBITS]: 'PROGBITS',
  [SHT.SYMTAB]: 'SYMTAB',
  [SHT.STRTAB]: 'STRTAB',
  [SHT.RELA]: 'RELA',
  [SHT.RELR]: 'RELR',
  [SHT.HASH]: 'HASH',
  [SHT.DYNAMIC]: 'DYNAMIC',
  [SHT.NOTE]: 'NOTE',
  [SHT.NOBITS]: 'NOBITS',
  [SHT.REL]: 'REL',
  [SHT.SHLIB]: 'SHLIB',
  [SHT.DYNSYM]: 'DYNSYM',
  [SHT.INIT_ARRAY]: 'INIT_ARRAY',
  [SHT.FINI_ARRAY]: 'FINI_ARRAY',
  [SHT.PREINIT_ARRAY]: 'PREINIT_ARRAY',
  [SHT.GROUP]: 'GROUP',
  [SHT.SYMTAB_SHNDX]: 'SYMTAB SECTION INDICES',
  [SHT.LLVM_ADDRSIG]: 'LLVM_ADDRSIG',
  [SHT.GNU_ATTRIBUTES]: 'GNU_ATTRIBUTES',
  1879048182: 'GNU_HASH',
  1879048183: 'GNU_LIBLIST',
  1879048189: 'VERDEF',
  1879048190: 'VERNEED',
  1879048191: 'VERSYM',
  [SHT.X86_64_UNWIND]: 'X86_64_UNWIND',
}

/** The words for sh_type, in a column of 15. */
export function sectionTypeWords(type: number): string {
  const known = sectionTypes[type]
  if (known !== undefined) return known
  if (type >= 0x80000000) return `LOUSER+0x${hex(type - 0x80000000)}`
  if (type >= 0x70000000) return `LOPROC+0x${hex(type - 0x70000000)}`
  if (type >= 0x60000000) return `LOOS+0x${hex(type - 0x60000000)}`
  return `${hex(type, 8)}: <unknown>`
}

const flagLetters: Words = {
  [SHF.WRITE]: 'W',
  [SHF.ALLOC]: 'A',
  [SHF.EXECINSTR]: 'X',
  [SHF.MERGE]: 'M',
  [SHF.STRINGS]: 'S',
  [SHF.INFO_LINK]: 'I',
  [SHF.LINK_ORDER]: 'L',
  [SHF.OS_NONCONFORMING]: 'O',
  [SHF.GROUP]: 'G',
  [SHF.TLS]: 'T',
  [SHF.COMPRESSED]: 'C',
  [SHF.EXCLUDE]: 'E',
  [SHF.GNU_RETAIN]: 'R',
  [SHF.X86_64_LARGE]: 'l',
}

const operatingSystemFlags = 0x0ff00000
const processorFlags = 0xf0000000

/** The letters for sh_flags, from the lowest bit to the highest. Those of GNU alone need its OSABI (`hasGnuFlags`). */
export function sectionFlagLetters(flags: number, hasGnuFlags: boolean): string {
  let letters = ''
  for (let rest = flags >>> 0; rest !== 0; ) {
    const bit = (rest & -rest) >>> 0
    rest = (rest & ~bit) >>> 0
    const isKnown = bit in flagLetters && (bit !== SHF.GNU_RETAIN || hasGnuFlags)
    if (isKnown) letters += flagLetters[bit]
    else if (bit & operatingSystemFlags) {
      letters += 'o'
      rest = (rest & ~operatingSystemFlags) >>> 0
    } else if (bit & processorFlags) {
      letters += 'p'
      rest = (rest & ~processorFlags) >>> 0
    } else letters += 'x'
  }
  return letters
}

const segmentTypes: Words = {
  [PT.NULL]: 'NULL',
  [PT.LOAD]: 'LOAD',
  [PT.DYNAMIC]: 'DYNAMIC',
  [PT.INTERP]: 'INTERP',
  [PT.NOTE]: 'NOTE',
  5: 'SHLIB',
  [PT.PHDR]: 'PHDR',
  [PT.TLS]: 'TLS',
  [PT.GNU_EH_FRAME]: 'GNU_EH_FRAME',
  [PT.GNU_STACK]: 'GNU_STACK',
  [PT.GNU_RELRO]: 'GNU_RELRO',
  [PT.GNU_PROPERTY]: 'GNU_PROPERTY',
  1685382484: 'GNU_SFRAME',
}

/** The words for p_type. */
export function segmentTypeWords(type: number): string {
  const known = segmentTypes[type]
  if (known !== undefined) return known
  if (type >= 0x70000000 && type < 0x80000000) return `LOPROC+0x${hex(type - 0x70000000)}`
  if (type >= 0x60000000 && type < 0x70000000) return `LOOS+0x${hex(type - 0x60000000)}`
  return `<unknown>: ${hex(type)}`
}

const symbolTypes: Words = {
  [STT.NOTYPE]: 'NOTYPE',
  [STT.OBJECT]: 'OBJECT',
  [STT.FUNC]: 'FUNC',
  [STT.SECTION]: 'SECTION',
  [STT.FILE]: 'FILE',
  [STT.COMMON]: 'COMMON',
  [STT.TLS]: 'TLS',
  [STT.GNU_IFUNC]: 'IFUNC',
}

/** The word for a symbol's type. */
export function symbolTypeWords(type: number): string {
  return symbolTypes[type] ?? (type >= 13 ? '<processor specific>' : type >= 10 ? '<OS specific>' : '<unknown>')
}

const bindings: Words = {
  [STB.LOCAL]: 'LOCAL',
  [STB.GLOBAL]: 'GLOBAL',
  [STB.WEAK]: 'WEAK',
  [STB.GNU_UNIQUE]: 'UNIQUE',
}

/** The word for a symbol's binding. */
export function bindingWords(binding: number): string {
  return bindings[binding] ?? '<unknown>'
}

/** The words for a symbol's visibility, by the low two bits of st_other. */
export const visibilityWords = ['DEFAULT', 'INTERNAL', 'HIDDEN', 'PROTECTED'] as const

const specialSections: Words = {
  [SHN.UNDEF]: 'UND',
  [SHN.ABS]: 'ABS',
  [SHN.COMMON]: 'COM',
  [SHN.X86_64_LCOMMON]: 'LARGE_COM',
}

/** The section of a symbol: its index, or the word for a special one. */
export function sectionIndexWords(section: number): string {
  return specialSections[section] ?? String(section)
}
