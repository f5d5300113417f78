import { SHN, STB, STT, specialSection, type Word } from '@fle/object'
import type { LineCursor } from './line-cursor.ts'
import type { SymbolTables } from './symbol-tables.ts'
import { bindingWords, symbolTypeWords, visibilityWords } from './symbol-words.ts'

/** What a 🔖 line says. */
interface SymbolDetails {
  type: number | undefined
  visibility: number | undefined
  binding: number | undefined
  size: Word | undefined
  /** `at=`, `abs=` or `align=`. */
  value: Word | undefined
  /** Which of them it was: a place in the section, or one of the special sections. */
  home: 'above' | 'at' | 'abs' | 'common' | 'lcommon' | 'file'
}

/**
 * Reads the rest of a 🔖 line of a section, or, for section 0, of the key "symbols": more about a symbol above, or a
 * symbol that no other line can stand for. `mayBeThreadLocal` is whether `tls` symbols can be there.
 */
export function readSymbolDetails(
  cursor: LineCursor,
  symbols: SymbolTables,
  section: number,
  mayBeThreadLocal: boolean,
): void {
  const start = cursor.at
  const name = cursor.readName()
  if (name === 0) return
  const details = readWords(cursor, section !== 0)
  if (details === undefined) return
  if (details.type === STT.TLS && !mayBeThreadLocal) {
    const hint = 'thread-local data stands in .tdata, .tbss or a section with the flag T'
    cursor.error('invalid-line', 'a tls symbol in a section that is not thread-local', start, hint)
    return
  }
  const symbol =
    section === 0 ? addPlaceless(cursor, symbols, name, details) : find(cursor, symbols, name, details, section, start)
  if (symbol === undefined) return
  if (symbol === 0) {
    cursor.error('duplicate-symbol', `${cursor.names.textOf(name)} is defined twice`, start)
    return
  }
  if (details.type !== undefined) symbols.type[symbol] = details.type
  if (details.visibility !== undefined) symbols.visibility[symbol] = details.visibility
  if (details.size !== undefined) symbols.size[symbol] = details.size
}

/** The symbol that a 🔖 line of a section is about; 0 if it is defined twice. */
function find(
  cursor: LineCursor,
  symbols: SymbolTables,
  name: number,
  details: SymbolDetails,
  section: number,
  start: number,
): number | undefined {
  if (details.home === 'at')
    return symbols.add(name, details.binding ?? STB.GLOBAL, section, details.value ?? 0, cursor.line)
  const symbol = symbols.nearest(name, section)
  if (symbol === 0) {
    const hint = 'the symbol’s own line (📤, 🏷️ or 📎) must stand above it'
    return cursor.error(
      'invalid-line',
      `there is no symbol ${cursor.names.textOf(name)} above in this section`,
      start,
      hint,
    )
  }
  if (details.binding === undefined) return symbol
  if (details.binding !== STB.GNU_UNIQUE || symbols.binding[symbol] !== STB.GLOBAL)
    return cursor.error('invalid-line', 'weak and local are said by 📎 and 🏷️, unique goes with 📤', start)
  symbols.binding[symbol] = STB.GNU_UNIQUE
  return symbol
}

/** Adds a symbol of the key "symbols"; 0 if it is defined twice. */
function addPlaceless(cursor: LineCursor, symbols: SymbolTables, name: number, details: SymbolDetails): number {
  if (details.home === 'file') return symbols.addFile(name, cursor.line)
  const binding = details.binding ?? STB.GLOBAL
  return symbols.add(name, binding, specialSectionOf(details.home), details.value ?? 0, cursor.line)
}

function specialSectionOf(home: SymbolDetails['home']): number {
  if (home === 'abs') return specialSection(SHN.ABS)
  if (home === 'common') return specialSection(SHN.COMMON)
  return home === 'lcommon' ? specialSection(SHN.X86_64_LCOMMON) : SHN.UNDEF
}

function readWords(cursor: LineCursor, hasPlace: boolean): SymbolDetails | undefined {
  const details: SymbolDetails = {
    type: undefined,
    visibility: undefined,
    binding: undefined,
    size: undefined,
    value: undefined,
    home: 'above',
  }
  while (!cursor.isAtEnd()) {
    const start = cursor.at
    const word = cursor.readWord()
    const isOk = cursor.takeEquals() ? readValue(cursor, word, hasPlace, details) : takeWord(word, hasPlace, details)
    if (isOk) continue
    if (isOk === false) cursor.error('invalid-line', `not a property of a symbol here: ${word}`, start)
    return undefined
  }
  if ((details.home === 'common' || details.home === 'lcommon') && !isAlignment(details.value))
    return cursor.error('invalid-line', `${details.home} needs its alignment: align=, a power of two up to 2^31`)
  if (details.home === 'above' && details.value !== undefined)
    return cursor.error('invalid-line', 'align= belongs to common or lcommon')
  return details
}

function isAlignment(value: Word | undefined): boolean {
  return typeof value === 'number' && value >= 1 && value <= 2 ** 31 && Number.isInteger(Math.log2(value))
}

function takeWord(word: string, hasPlace: boolean, details: SymbolDetails): boolean {
  const type = symbolTypeWords.get(word)
  const visibility = visibilityWords.get(word)
  const binding = bindingWords.get(word)
  if (type !== undefined) details.type = type
  else if (visibility !== undefined) details.visibility = visibility
  else if (binding !== undefined) details.binding = binding
  else if (hasPlace || details.home !== 'above') return false
  else if (word === 'common' || word === 'lcommon' || word === 'file') details.home = word
  else return false
  return true
}

/** Reads the value behind `word=`; undefined if it is wrong, which is reported, false if the word is. */
function readValue(cursor: LineCursor, word: string, hasPlace: boolean, details: SymbolDetails): boolean | undefined {
  if (word === 'size') {
    details.size = cursor.readNumber()
    return details.size !== undefined || undefined
  }
  const isPlace = hasPlace ? word === 'at' : word === 'abs'
  if (!isPlace && (hasPlace || word !== 'align')) return false
  details.value = cursor.readNumber()
  if (details.value === undefined) return undefined
  if (word === 'at' || word === 'abs') details.home = word
  return true
}
