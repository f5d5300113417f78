// The symbols of a text: while its lines are read, and made a table of ELF's records when all of them are.
import { symbolLength, symbolSize, symbolValue } from './input-object'
import { lengthOf, startOf } from './table'
import { mayCall } from './text-expression'
import {
  isThreadLocal,
  meaningOf,
  quote,
  readName,
  readNameNumber,
  readNumber,
  readValue,
  relocationSize,
  skipBlanks,
  symbolOf,
  TextReader,
  TextSymbol,
  useOf,
} from './text-reader'

export const STB_LOCAL: u32 = 0
export const STB_GLOBAL: u32 = 1
export const STB_WEAK: u32 = 2
const STB_GNU_UNIQUE: u32 = 10

const STT_SECTION: u32 = 3
const STT_FILE: u32 = 4
const STT_TLS: u32 = 6

// Special indices, as sections of symbols.
const undefinedSection: i32 = 0
const absoluteSection: i32 = -0xfff1
const commonSection: i32 = -0xfff2
const largeCommonSection: i32 = -0xff02

const R_X86_64_PLT32: u32 = 4

// The properties of symbols that words tell of, as src/text-reader.ts numbers them.
const typeProperty: u32 = 1
const visibilityProperty: u32 = 2
const bindingProperty: u32 = 3
/** Where the symbol is: from here … */
const common: u32 = 4
const largeCommon: u32 = 5
const file: u32 = 6
const atPlace: u32 = 7
const absolute: u32 = 8
/** … to here. */
const sizeProperty: u32 = 9
const alignProperty: u32 = 10

/** Nothing is said of where the symbol is: in no place, or where its own line above is. */
const notSaid: u32 = 0
/** A property that no word tells of. */
const absent: u32 = 0xff

const equalsSign: u8 = 0x3d
const largestAlignment: u64 = 0x80000000

// What the words of a 🔖 line have told.
let type: u32 = absent
let visibility: u32 = absent
let binding: u32 = absent
let home: u32 = notSaid
let hasSize: bool = false
let size: u64 = 0
let hasValue: bool = false
let value: u64 = 0

/** Adds a symbol; returns its number, 0 if there is no room, or its name has one that is not local already. */
export function addSymbol(reader: TextReader, name: u32, symbolBinding: u32, section: i32, address: u64): u32 {
  const use = useOf(reader, name)
  if (symbolBinding !== STB_LOCAL && use.global !== 0) return 0
  const symbol = append(reader, name, symbolBinding << 4, section, address)
  if (symbol === 0) return 0
  use.nearest = symbol
  if (symbolBinding !== STB_LOCAL) use.global = symbol
  else if (use.local === 0) use.local = symbol
  return symbol
}

/** Adds a symbol that no expression means by its name; 0 if there is no room. */
function append(reader: TextReader, name: u32, properties: u32, section: i32, address: u64): u32 {
  if (reader.symbolCount >= reader.limit) return 0
  const symbol = ++reader.symbolCount
  const record = symbolOf(reader, symbol)
  record.name = name
  record.properties = properties
  record.value = address
  record.size = 0
  record.section = section
  record.line = reader.line
  return symbol
}

/**
 * The signature of the group in the section of that number: a symbol of the name that is defined, or one of the group's own.
 * 0 if there is no room for that.
 */
export function signatureOf(reader: TextReader, name: u32, section: i32): u32 {
  const use = useOf(reader, name)
  const known = use.local !== 0 ? use.local : use.global
  if (known !== 0 && symbolOf(reader, known).section !== undefinedSection) return known
  reader.line = 0
  return append(reader, name, STB_LOCAL, -section, 0)
}

/**
 * Reads the rest of a 🔖 line: what else is known of a symbol above, or a symbol that has no other line. Returns where it
 * ends, 0 if it is left.
 */
export function readDetails(reader: TextReader, at: usize, end: usize): usize {
  at = readName(reader, at, end)
  if (at === 0) return 0
  const name = readNameNumber
  at = readWords(reader, at, end)
  if (at === 0) return 0
  const section = i32(reader.section)
  if (type === STT_TLS && section !== 0 && (reader.traits & isThreadLocal) === 0) return 0
  const symbol =
    section !== 0 && home === notSaid ? findAbove(reader, name, section) : addDetailed(reader, name, section)
  if (symbol === 0) return 0
  const record = symbolOf(reader, symbol)
  if (type !== absent) record.properties = (record.properties & ~0xf) | type
  if (visibility !== absent) record.properties = (record.properties & 0xff) | (visibility << 8)
  if (hasSize) record.size = size
  return at
}

function readWords(reader: TextReader, at: usize, end: usize): usize {
  type = absent
  visibility = absent
  binding = absent
  home = notSaid
  hasSize = false
  hasValue = false
  value = 0
  while (true) {
    at = skipBlanks(at, end)
    if (at >= end || load<u8>(at) === quote) break
    const start = at
    while (at < end && isWordByte(load<u8>(at))) at++
    const meaning = meaningOf(reader, start, at)
    if (meaning === null || at >= end) return 0
    if (load<u8>(at) !== equalsSign) {
      if (!takeWord(reader, meaning.property, meaning.value)) return 0
      continue
    }
    at = readNumber(reader, at + 1, end)
    if (at === 0 || !takeNumber(reader, meaning.property)) return 0
  }
  if (home === common || home === largeCommon) return popcnt(value) === 1 && value <= largestAlignment ? at : 0
  return hasValue && home !== atPlace && home !== absolute ? 0 : at
}

function isWordByte(character: u8): bool {
  return character > 0x20 && character !== equalsSign && character !== quote
}

/** Takes what a word tells of a symbol; false if it tells nothing here. */
function takeWord(reader: TextReader, property: u32, meant: u32): bool {
  if (property === typeProperty) type = meant
  else if (property === visibilityProperty) visibility = meant
  else if (property === bindingProperty) binding = meant
  else if (property >= common && property <= file && reader.section === 0 && home === notSaid) home = property
  else return false
  return true
}

/** Takes the number behind a word; false if it tells nothing here, or again where the symbol is. */
function takeNumber(reader: TextReader, property: u32): bool {
  if (property === sizeProperty) {
    hasSize = true
    size = readValue
    return true
  }
  const hasPlace = reader.section !== 0
  if (hasPlace !== (property === atPlace) || hasValue) return false
  if (property === atPlace || (property === absolute && home === notSaid)) home = property
  else if (property !== alignProperty || home === absolute) return false
  hasValue = true
  value = readValue
  return true
}

/** The symbol of a 🔖 line that has its own line above; 0 if it has none, or its binding would be another. */
function findAbove(reader: TextReader, name: u32, section: i32): u32 {
  const symbol = useOf(reader, name).nearest
  if (symbol === 0) return 0
  const record = symbolOf(reader, symbol)
  if (record.section !== section) return 0
  if (binding === absent) return symbol
  if (binding !== STB_GNU_UNIQUE || ((record.properties >>> 4) & 0xf) !== STB_GLOBAL) return 0
  record.properties = (record.properties & ~0xf0) | (STB_GNU_UNIQUE << 4)
  return symbol
}

/** Adds the symbol of a 🔖 line that has no other; 0 if it cannot be. */
function addDetailed(reader: TextReader, name: u32, section: i32): u32 {
  if (home === file) return append(reader, name, STT_FILE, absoluteSection, 0)
  let where = section
  if (home === absolute) where = absoluteSection
  else if (home === common) where = commonSection
  else if (home === largeCommon) where = largeCommonSection
  return addSymbol(reader, name, binding === absent ? STB_GLOBAL : binding, where, value)
}

/**
 * Finds the symbols that relocations name, and numbers all symbols: local ones first. To be called when all lines have been
 * read; false if there is no room for symbols that have no line.
 */
export function resolveNames(reader: TextReader): bool {
  const relocations = reader.relocations
  const count = reader.relocationCount
  for (let i: u32 = 0; i < count; i++) {
    const record = relocations + relocationSize * i
    const name = load<u32>(record, 12)
    if (name === 0) continue
    reader.line = load<u32>(reader.relocationLines + 4 * i)
    const symbol = symbolMeant(reader, name)
    if (symbol === 0) return false
    store<u32>(record, symbol, 12)
  }
  numberSymbols(reader)
  for (let i: u32 = 0; i < count; i++) {
    const record = relocations + relocationSize * i
    const symbol = load<u32>(record, 12)
    const type = load<u32>(record, 8)
    if (symbol !== 0) store<u32>(record, symbolOf(reader, symbol).number, 12)
    if ((type & mayCall) === 0) continue
    const isCall = symbol !== 0 && symbolOf(reader, symbol).number >= reader.firstGlobal
    store<u32>(record, isCall ? R_X86_64_PLT32 : type & ~mayCall, 8)
  }
  return true
}

/** What a name means in an expression: a local symbol, a section, or a symbol that is not local, here or elsewhere. */
function symbolMeant(reader: TextReader, name: u32): u32 {
  const use = useOf(reader, name)
  if (use.local !== 0) return use.local
  if (use.section === 0) return use.global !== 0 ? use.global : addSymbol(reader, name, STB_GLOBAL, undefinedSection, 0)
  if (use.sectionSymbol === 0) {
    reader.line = 0
    use.sectionSymbol = append(reader, 0, STT_SECTION, use.section, 0)
  }
  return use.sectionSymbol
}

function isLocal(symbol: TextSymbol): bool {
  return (symbol.properties & 0xf0) === STB_LOCAL << 4
}

function nameLength(reader: TextReader, symbol: TextSymbol): u32 {
  return symbol.name === 0 ? 0 : lengthOf(reader.names, symbol.name - 1)
}

function numberSymbols(reader: TextReader): void {
  const count = reader.symbolCount
  let locals: u32 = 1
  let size: u32 = 1
  for (let symbol: u32 = 1; symbol <= count; symbol++) {
    const record = symbolOf(reader, symbol)
    if (isLocal(record)) record.number = locals++
    const length = nameLength(reader, record)
    if (length > 0) size += length + 1
  }
  reader.firstGlobal = locals
  reader.stringsSize = size
  for (let symbol: u32 = 1; symbol <= count; symbol++) {
    const record = symbolOf(reader, symbol)
    if (!isLocal(record)) record.number = locals++
  }
}

/**
 * Writes the symbols to `records`, by their numbers from 1 on, their names behind the empty one to `strings`, and by number
 * the line of each to `lines`. `sections` has the index of each section.
 */
export function writeTextSymbols(
  reader: TextReader,
  sections: usize,
  records: usize,
  strings: usize,
  lines: usize,
): void {
  const count = reader.symbolCount
  memory.fill(records, 0, symbolSize)
  store<u8>(strings, 0)
  store<u32>(lines, 0)
  let free: u32 = 1
  for (let symbol: u32 = 1; symbol <= count; symbol++) {
    const record = symbolOf(reader, symbol)
    const to = records + symbolSize * record.number
    const length = nameLength(reader, record)
    const section = record.section
    const index = section > 0 ? load<u32>(sections + 4 * section) : u32(-section)
    store<u32>(to, length > 0 ? free : 0)
    store<u32>(to, record.properties | (index << 16), 4)
    store<u64>(to, record.value, symbolValue)
    store<u64>(to, record.size, symbolLength)
    store<u32>(lines + 4 * record.number, record.line)
    if (length === 0) continue
    memory.copy(strings + free, startOf(reader.names, record.name - 1), length)
    store<u8>(strings + free + length, 0)
    free += length + 1
  }
}
