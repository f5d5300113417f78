import { STT, type Word } from '@fle/object'
import type { BinaryFile, SymbolEntry, SymbolTable } from '../view/binary-file.ts'
import { hex, unsigned } from '../view/hexadecimal.ts'
import { sectionNameOf } from './sections.ts'
import { bindingWords, sectionIndexWords, symbolTypeWords, visibilityWords } from './words.ts'

/** The symbol tables of a file, the dynamic one first (readelf -s), or that alone (--dyn-syms). */
export function formatSymbols(file: BinaryFile, { dynamicOnly }: { readonly dynamicOnly: boolean }): string {
  const tables = [file.dynamicSymbols, dynamicOnly ? undefined : file.symbols]
  return tables
    .filter((table) => table !== undefined)
    .sort((a, b) => a.section.index - b.section.index)
    .map((table) => formatTable(table, file))
    .join('')
}

function formatTable({ section, symbols }: SymbolTable, file: BinaryFile): string {
  const count = symbols.length === 1 ? '1 entry' : `${symbols.length} entries`
  const title = section.name === '' ? 'Symbol table' : `Symbol table '${section.name}'`
  const rows = symbols.map((symbol, index) => row(symbol, index, file))
  return `\n${title} contains ${count}:\n   Num:    Value          Size Type    Bind   Vis      Ndx Name\n${rows.join('')}`
}

function row(symbol: SymbolEntry, index: number, file: BinaryFile): string {
  const other = symbol.other & ~3
  const columns = [
    `${String(index).padStart(6)}:`,
    hex(symbol.value, 16),
    sizeOf(symbol.size),
    symbolTypeWords(symbol.type).padEnd(7),
    bindingWords(symbol.binding).padEnd(6),
    `${visibilityWords[symbol.other & 3].padEnd(7)}${other === 0 ? '' : `  [<other>: ${hex(other)}] `}`,
    sectionIndexWords(symbol.section).padStart(4),
    symbolName(symbol, file),
  ]
  return `${columns.join(' ')}${versionNumber(symbol)}\n`
}

/** Sizes are decimal in five columns, larger ones hexadecimal. */
function sizeOf(size: Word): string {
  const value = unsigned(size)
  return value <= 99999 ? String(value).padStart(5) : `0x${hex(value)}`
}

/** The name of a symbol with its version; of a section symbol without one, the section's. */
function symbolName(symbol: SymbolEntry, { sections }: BinaryFile): string {
  const { name, type, section } = symbol
  if (name === '' && type === STT.SECTION) return sectionNameOf(section, sections)
  return name + versionOf(symbol)
}

/** `@VERSION` or `@@VERSION`; nothing for the symbol that stands for a version itself. */
export function versionOf({ name, version, isDefaultVersion }: SymbolEntry): string {
  return version === '' || version === name ? '' : `${isDefaultVersion ? '@@' : '@'}${version}`
}

/** Of a symbol that another file defines: the number of its version in .gnu.version_r. */
function versionNumber({ versionNumber }: SymbolEntry): string {
  return versionNumber === 0 ? '' : ` (${versionNumber})`
}
