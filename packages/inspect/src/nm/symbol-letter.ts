// The letter that nm has for a symbol. Source: bfd_decode_symclass() and decode_section_type() of bfd/syms.c.
import { SHN, STB, STT } from '@fle/object'
import type { Section, SymbolEntry } from '../view/binary-file.ts'
import { sectionKind } from '../view/section-kind.ts'

/** The letter of a symbol that stands in one of these sections, or in none. */
export function symbolLetter(symbol: SymbolEntry, sections: readonly Section[]): string {
  const { binding, type, section } = symbol
  const isWeak = binding === STB.WEAK
  if (section === SHN.COMMON || section === SHN.X86_64_LCOMMON) return 'C'
  if (section === SHN.UNDEF) {
    if (!isWeak) return 'U'
    return type === STT.OBJECT ? 'v' : 'w'
  }
  if (type === STT.GNU_IFUNC) return 'i'
  if (isWeak) return type === STT.OBJECT ? 'V' : 'W'
  if (binding === STB.GNU_UNIQUE) return 'u'
  const owner = sections[section]
  const letter = owner ? sectionLetter(owner) : 'a'
  return binding === STB.GLOBAL ? letter.toUpperCase() : letter
}

function sectionLetter(section: Section): string {
  const kind = sectionKind(section)
  if (kind.isCode) return 't'
  if (kind.isData) return kind.isReadOnly ? 'r' : 'd'
  if (!kind.hasContents) return 'b'
  if (kind.isDebugging) return 'N'
  return kind.isReadOnly ? 'n' : '?'
}
