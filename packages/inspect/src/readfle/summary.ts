// The view without options: what a file is, what it holds, what it gives and what it wants, for a person.
import { ET } from '@fle/elf'
import { SHF, SHN, SHT, STB, STT } from '@fle/object'
import type { BinaryFile, Section, SymbolEntry } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'

const kinds: Readonly<Record<number, string>> = {
  [ET.REL]: 'object',
  [ET.EXEC]: 'program at fixed addresses',
  [ET.DYN]: 'program or library for any address',
  [ET.CORE]: 'core dump',
}

const bookkeeping: readonly number[] = [SHT.NULL, SHT.SYMTAB, SHT.STRTAB, SHT.RELA, SHT.GROUP, SHT.SYMTAB_SHNDX]

/** How many names a line of the summary spells out. */
const mostNames = 40

/** A few lines that say what a file is. */
export function formatSummary(file: BinaryFile): string {
  const format = file.format === 'fle' ? `FLE (${file.dialect})` : 'ELF x86-64'
  const entry = file.type === ET.REL ? '' : `, starts at 0x${hex(file.entry)}`
  const lines = [`${file.name}: ${format}, ${kinds[file.type] ?? 'of unknown type'}${entry}`]
  const sections = file.sections.filter(({ type }) => !bookkeeping.includes(type))
  if (sections.length > 0) lines.push('', '  section               address     size  access  relocations')
  const counts = new Map(file.relocations.map(({ target, relocations }) => [target, relocations.length]))
  for (const section of sections) lines.push(sectionLine(section, counts.get(section) ?? 0))
  const { given, wanted } = namesOf(file)
  lines.push(...nameLines('defines', given), ...nameLines('needs', wanted))
  return `${lines.join('\n')}\n`
}

function sectionLine(section: Section, count: number): string {
  const { name, address, size, flags, type } = section
  const isAllocated = (flags & SHF.ALLOC) !== 0
  const access = `r${flags & SHF.WRITE ? 'w' : '-'}${flags & SHF.EXECINSTR ? 'x' : '-'}`
  const words = isAllocated ? `${access}${type === SHT.NOBITS ? ' zeros' : ''}` : '-'
  const columns = [name.padEnd(16), hex(address).padStart(12), String(size).padStart(8), ` ${words.padEnd(7)}`]
  return `  ${columns.join(' ')} ${count === 0 ? '' : count}`.trimEnd()
}

function namesOf({ symbols, dynamicSymbols }: BinaryFile): { readonly given: string[]; readonly wanted: string[] } {
  const given: string[] = []
  const wanted: string[] = []
  for (const symbol of (symbols ?? dynamicSymbols)?.symbols.slice(1) ?? []) {
    if (symbol.binding === STB.LOCAL || symbol.type === STT.SECTION || symbol.type === STT.FILE) continue
    if (symbol.section === SHN.UNDEF) wanted.push(withWeakness(symbol))
    else given.push(withWeakness(symbol))
  }
  return { given, wanted }
}

function withWeakness({ name, binding }: SymbolEntry): string {
  return binding === STB.WEAK ? `${name} (weak)` : name
}

function nameLines(verb: string, names: readonly string[]): string[] {
  if (names.length === 0) return []
  const more = names.length > mostNames ? `, and ${names.length - mostNames} more` : ''
  return ['', `  ${verb}: ${names.slice(0, mostNames).join(', ')}${more}`]
}
