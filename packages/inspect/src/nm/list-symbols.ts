// Which symbols nm shows, and in which order. Source: filter_symbols() and the comparisons of binutils/nm.c.
import { SHN, STB, STT, type Word } from '@fle/object'
import type { BinaryFile, SymbolEntry } from '../view/binary-file.ts'
import { compareAddresses, compareNames } from '../view/hexadecimal.ts'
import { symbolLetter } from './symbol-letter.ts'

/** Which symbols are wanted, in which order. */
export interface Selection {
  /** The dynamic symbols instead of the static ones. */
  readonly dynamic: boolean
  readonly debugging: boolean
  readonly externalOnly: boolean
  readonly undefinedOnly: boolean
  readonly definedOnly: boolean
  readonly withoutWeak: boolean
  readonly order: 'name' | 'address' | 'size' | 'table'
  readonly reverse: boolean
}

/** A symbol as nm shows it. */
export interface ListedSymbol {
  readonly name: string
  /** The name without its version, by which names are sorted. */
  readonly key: string
  readonly letter: string
  readonly value: Word
  readonly size: Word
  readonly symbol: SymbolEntry
}

/** The symbols of a file that a selection asks for; undefined if it has no symbol table, or an empty one. */
export function listSymbols(file: BinaryFile, selection: Selection): ListedSymbol[] | undefined {
  const table = selection.dynamic ? file.dynamicSymbols : file.symbols
  if (!table || table.symbols.length <= 1) return undefined
  const listed: ListedSymbol[] = []
  for (const symbol of table.symbols.slice(1)) {
    if (!isWanted(symbol, selection)) continue
    const { value, size } = isCommon(symbol) ? { value: symbol.size, size: symbol.size } : symbol
    const letter = symbolLetter(symbol, file.sections)
    const key = symbol.type === STT.SECTION && !symbol.name ? (file.sections[symbol.section]?.name ?? '') : symbol.name
    listed.push({ name: key + versionOf(symbol), key, letter, value, size, symbol })
  }
  return sort(listed, selection)
}

function isCommon({ section }: SymbolEntry): boolean {
  return section === SHN.COMMON || section === SHN.X86_64_LCOMMON
}

/** `@VERSION`; nothing for the symbol that stands for a version itself and is called like it. */
function versionOf({ name, version, isDefaultVersion }: SymbolEntry): string {
  return version === '' || version === name ? '' : `${isDefaultVersion ? '@@' : '@'}${version}`
}

function isWanted(symbol: SymbolEntry, selection: Selection): boolean {
  const isUndefined = symbol.section === SHN.UNDEF
  const isSized = !isUndefined && symbol.section !== SHN.ABS
  if (selection.undefinedOnly && !isUndefined) return false
  if (selection.definedOnly && isUndefined) return false
  if (selection.externalOnly && symbol.binding === STB.LOCAL && !isUndefined) return false
  if (selection.withoutWeak && symbol.binding === STB.WEAK) return false
  if (selection.order === 'size' && !isSized) return false
  return selection.debugging || (symbol.type !== STT.SECTION && symbol.type !== STT.FILE)
}

function sort(symbols: ListedSymbol[], { order, reverse }: Selection): ListedSymbol[] {
  const sign = reverse ? -1 : 1
  if (order === 'table') return reverse ? symbols.reverse() : symbols
  if (order === 'name') return symbols.sort((a, b) => sign * compareNames(a.key, b.key))
  if (order === 'size') {
    const sized = symbols.filter(({ size }) => size !== 0)
    return sized.sort((a, b) => sign * (compareAddresses(a.size, b.size) || compareNames(a.key, b.key)))
  }
  return symbols.sort((a, b) => sign * compareByAddress(a, b))
}

/** Undefined symbols come first. */
function compareByAddress(a: ListedSymbol, b: ListedSymbol): number {
  const first = Number(b.symbol.section === SHN.UNDEF) - Number(a.symbol.section === SHN.UNDEF)
  return first || compareAddresses(a.value, b.value) || compareNames(a.key, b.key)
}
