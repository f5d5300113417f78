// What BFD makes of a section's type and flags: the words of objdump -h, the letters of nm, the columns of size.
// Source: _bfd_elf_make_section_from_shdr() of bfd/elf.c.
import { SHF, SHT } from '@fle/object'
import type { Section } from './binary-file.ts'

const debugPrefixes = ['.debug', '.gnu.debuglto_.debug_', '.gnu.linkonce.wi.', '.zdebug', '.line', '.stab']

export interface SectionKind {
  readonly hasContents: boolean
  readonly isAllocated: boolean
  readonly isLoaded: boolean
  readonly isReadOnly: boolean
  readonly isCode: boolean
  readonly isData: boolean
  readonly isDebugging: boolean
}

export function sectionKind({ type, flags, name }: Section): SectionKind {
  const hasContents = type !== SHT.NOBITS
  const isAllocated = (flags & SHF.ALLOC) !== 0
  const isLoaded = isAllocated && hasContents
  const isCode = (flags & SHF.EXECINSTR) !== 0
  return {
    hasContents,
    isAllocated,
    isLoaded,
    isReadOnly: (flags & SHF.WRITE) === 0,
    isCode,
    isData: isLoaded && !isCode,
    isDebugging: !isAllocated && (name === '.gdb_index' || debugPrefixes.some((prefix) => name.startsWith(prefix))),
  }
}

const bookkeeping: readonly number[] = [SHT.NULL, SHT.SYMTAB, SHT.SYMTAB_SHNDX]

/**
 * The sections that BFD's tools speak of: neither the file's own bookkeeping (symbol table, string tables, relocations of
 * other sections) nor the null section.
 */
export function visibleSections(sections: readonly Section[]): Section[] {
  return sections.filter(({ type, flags, name, info }) => {
    if (bookkeeping.includes(type)) return false
    if (flags & SHF.ALLOC) return true
    if (type === SHT.STRTAB) return name !== '.strtab' && name !== '.shstrtab'
    return (type !== SHT.RELA && type !== SHT.REL) || info === 0
  })
}
