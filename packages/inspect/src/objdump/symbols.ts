// Symbols in BFD's words. Source: bfd_print_symbol_vandf() of bfd/syms.c, bfd_elf_print_symbol() of bfd/elf.c.
import { SHN, STB, STT } from '@fle/object'
import type { BinaryFile, Section, SymbolEntry } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import type { NameStyle } from '../view/name-style.ts'

interface SymbolsOptions {
  readonly dynamic: boolean
  readonly names: NameStyle
}

/** The symbols of a file (objdump -t), or its dynamic ones (-T). */
export function formatSymbols(file: BinaryFile, { dynamic, names }: SymbolsOptions): string {
  const table = dynamic ? file.dynamicSymbols : file.symbols
  const symbols = table?.symbols.slice(1) ?? []
  const hasVersions = file.sections.some(({ type }) => type === SHT_GNU_VERSYM)
  const rows = symbols.map((symbol) => row(symbol, file, { dynamic, names }, hasVersions))
  const title = dynamic ? 'DYNAMIC SYMBOL TABLE' : 'SYMBOL TABLE'
  return `${title}:\n${rows.length === 0 ? 'no symbols\n' : rows.join('')}\n\n`
}

function row(symbol: SymbolEntry, file: BinaryFile, { dynamic, names }: SymbolsOptions, hasVersions: boolean): string {
  const { value, size, section, other } = symbol
  const isCommon = section === SHN.COMMON || section === SHN.X86_64_LCOMMON
  const [shownValue, shownSize] = isCommon ? [size, value] : [value, size]
  const place = `${hex(shownValue, 16)} ${flagLetters(symbol, dynamic)} ${sectionWords(section, file.sections)}`
  return `${place}\t${hex(shownSize, 16)}${hasVersions ? versionColumn(symbol) : ''}${visibilityWord(other)} ${names(symbolName(symbol, file))}\n`
}

function flagLetters({ binding, type, section }: SymbolEntry, dynamic: boolean): string {
  const isPlaced = section !== SHN.UNDEF && section !== SHN.COMMON && section !== SHN.X86_64_LCOMMON
  const isDebugging = type === STT.SECTION || type === STT.FILE
  const scope =
    binding === STB.LOCAL ? 'l' : binding === STB.GLOBAL && isPlaced ? 'g' : binding === STB.GNU_UNIQUE ? 'u' : ' '
  const weak = binding === STB.WEAK ? 'w' : ' '
  const indirect = type === STT.GNU_IFUNC ? 'i' : ' '
  const origin = isDebugging ? 'd' : dynamic ? 'D' : ' '
  const isObject = type === STT.OBJECT || type === STT.COMMON
  const kind = type === STT.FUNC ? 'F' : type === STT.FILE ? 'f' : isObject ? 'O' : ' '
  return `${scope}${weak}  ${indirect}${origin}${kind}`
}

/** The section that a symbol is in, or BFD's word for none. */
function sectionWords(section: number, sections: readonly Section[]): string {
  if (section === SHN.UNDEF) return '*UND*'
  if (section === SHN.ABS) return '*ABS*'
  if (section === SHN.COMMON) return '*COM*'
  if (section === SHN.X86_64_LCOMMON) return 'LARGE_COMMON'
  return sections[section]?.name ?? '*ABS*'
}

const SHT_GNU_VERSYM = 0x6fffffff

/** Only files whose dynamic symbols have versions have the column; it is empty for those without. */
function versionColumn(symbol: SymbolEntry): string {
  const word = symbol.isOfBase ? 'Base' : symbol.version
  const isDefault = symbol.isOfBase || symbol.isDefaultVersion || word === ''
  return isDefault ? `  ${word.padEnd(11)}` : ` (${word})${' '.repeat(Math.max(0, 10 - word.length))}`
}

const visibilityWords = ['', ' .internal', ' .hidden', ' .protected']

function visibilityWord(other: number): string {
  return visibilityWords[other] ?? ` 0x${hex(other, 2)}`
}

/** A symbol's name; of a section symbol, the section's. */
export function symbolName({ name, type, section }: SymbolEntry, { sections }: BinaryFile): string {
  return name === '' && type === STT.SECTION ? (sections[section]?.name ?? '') : name
}
