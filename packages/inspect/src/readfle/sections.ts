import { SHN } from '@fle/object'
import type { BinaryFile, Section } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import { sectionFlagLetters, sectionTypeWords } from './words.ts'

const heading = '  [Nr] Name              Type            Address          Off    Size   ES Flg Lk Inf Al\n'

const ELFOSABI_GNU = 3

/** The section headers of a file (readelf -S). `withPlace`: says how many there are and where. */
export function formatSections(file: BinaryFile, { withPlace }: { readonly withPlace: boolean }): string {
  const { sections } = file
  if (sections.length === 0) return '\nThere are no sections in this file.\n'
  const hasGnuFlags = file.osAbi === ELFOSABI_GNU
  const rows = sections.map((section) => row(section, hasGnuFlags))
  const key = ['', ...keyLines(hasGnuFlags), ''].join('\n').slice(1)
  return `${withPlace ? place(file) : ''}\nSection Headers:\n${heading}${rows.join('')}Key to Flags:\n${key}`
}

function keyLines(hasGnuFlags: boolean): string[] {
  return [
    '  W (write), A (alloc), X (execute), M (merge), S (strings), I (info),',
    '  L (link order), O (extra OS processing required), G (group), T (TLS),',
    '  C (compressed), x (unknown), o (OS specific), E (exclude),',
    `  ${hasGnuFlags ? 'R (retain), ' : ''}D (mbind), l (large), p (processor specific)`,
  ]
}

function place({ sections, bytes, format }: BinaryFile): string {
  const count = sections.length === 1 ? 'There is 1 section header' : `There are ${sections.length} section headers`
  if (format === 'fle') return `${count}:\n`
  const offset = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(40, true)
  return `${count}, starting at offset 0x${offset.toString(16)}:\n`
}

function row(section: Section, hasGnuFlags: boolean): string {
  const { index, name, type, flags, address, offset, size, link, info, alignment, entrySize } = section
  const columns = [
    `  [${String(index).padStart(2)}] ${name.padEnd(17)} ${sectionTypeWords(type).slice(0, 15).padEnd(15)}`,
    hex(address, 16),
    hex(offset, 6),
    hex(size, 6),
    hex(entrySize, 2),
    sectionFlagLetters(flags, hasGnuFlags).padStart(3),
    String(link).padStart(2),
    String(info).padStart(3),
    String(alignment).padStart(2),
  ]
  return `${columns.join(' ')}\n`
}

/** The names of sections that a symbol may be in, for the symbols that have none of their own. */
export function sectionNameOf(index: number, sections: readonly Section[]): string {
  if (index === SHN.ABS) return 'ABS'
  if (index === SHN.COMMON) return 'COMMON'
  if (index === SHN.UNDEF) return 'UND'
  return sections[index]?.name ?? `<section 0x${hex(index)}>`
}
