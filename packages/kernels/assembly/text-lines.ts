// The lines of an array of JSON strings, one of FLE's sections or its symbols without a place: those that are common.
import { readRelocation } from './text-expression'
import {
  backslash,
  blank,
  hasNoBits,
  isCode,
  quote,
  readName,
  readNameNumber,
  readNumber,
  readValue,
  skipBlanks,
  TextReader,
  take,
} from './text-reader'
import { addSymbol, readDetails, STB_GLOBAL, STB_LOCAL, STB_WEAK } from './text-symbols'

// The emoji in UTF-8: four bytes, but for ❓, and behind some the variation selector U+FE0F.
const bytesTag: u32 = 0xa2949ff0
const globalTag: u32 = 0xa4939ff0
const localTag: u32 = 0xb78f9ff0
const weakTag: u32 = 0x8e939ff0
const relocationTag: u32 = 0x939de2
const alignTag: u32 = 0x90939ff0
const zerosTag: u32 = 0xb3959ff0
const detailsTag: u32 = 0x96949ff0
const commentTag: u32 = 0xac929ff0
const threeBytes: u32 = 0xffffff
const variationSelector: u32 = 0x8fb8ef

const colon: u8 = 0x3a
const comma: u8 = 0x2c
const closeBracket: u8 = 0x5d
const lineFeed: u8 = 0x0a
const carriageReturn: u8 = 0x0d
const tab: u8 = 0x09

const largestPadding: u64 = 1 << 20
/** The sizes of sections without bytes end where the address space of a process does. */
const largestSize: u64 = 1 << 47
const noOperation: u8 = 0x90

/**
 * Reads the lines of an array from `reader.at` on, which stands behind its bracket or, if `isFirst` is not set, behind one
 * of its strings. Returns true at the bracket that closes it; false if a line is left, and with it the text, of which
 * the reader is good for nothing then.
 */
export function readLines(reader: TextReader, isFirst: bool): bool {
  return walkLines(reader, isFirst, true)
}

/** Goes past them from behind the bracket, in any text. */
export function skipLines(reader: TextReader): bool {
  return walkLines(reader, true, false)
}

function walkLines(reader: TextReader, isFirst: bool, reads: bool): bool {
  const end = reader.end
  let at = skipSpace(reader, reader.at, end)
  while (at < end && load<u8>(at) !== closeBracket) {
    if (!isFirst) {
      if (load<u8>(at) !== comma) return false
      at = skipSpace(reader, at + 1, end)
    }
    isFirst = false
    if (at >= end || load<u8>(at) !== quote) return false
    at = reads ? readLine(reader, at + 1, end) : skipString(at + 1, end)
    if (at === 0) return false
    at = take(at, end, quote)
    if (at === 0) return false
    if (at < end && load<u8>(at) !== comma) at = skipSpace(reader, at, end)
  }
  reader.at = at
  return at < end
}

/** Behind white space between strings, whose lines it counts. */
function skipSpace(reader: TextReader, at: usize, end: usize): usize {
  for (; at < end; at++) {
    const character = load<u8>(at)
    if (character === lineFeed) reader.line++
    else if (character !== blank && character !== tab && character !== carriageReturn) break
  }
  return at
}

/** Reads a line; returns where it ends, but for blanks, 0 if it is left. */
function readLine(reader: TextReader, at: usize, end: usize): usize {
  if (end - at < 8) return 0
  const word = load<u32>(at, 0, 1)
  const isRelocation = (word & threeBytes) === relocationTag
  at += isRelocation ? 3 : 4
  if ((load<u32>(at, 0, 1) & threeBytes) === variationSelector) at += 3
  at = take(at, end, colon)
  if (at === 0) return 0
  at = skipBlanks(at, end)
  const tag = isRelocation ? relocationTag : word
  if (tag === commentTag) {
    reader.isExtended = 1
    return skipString(at, end)
  }
  if (reader.section === 0) return tag === detailsTag ? readDetails(reader, at, end) : 0
  if (tag === globalTag) return readSymbol(reader, at, end, STB_GLOBAL)
  if (tag === localTag) return readSymbol(reader, at, end, STB_LOCAL)
  if (tag === weakTag) return readSymbol(reader, at, end, STB_WEAK)
  const hasBits = (reader.traits & hasNoBits) === 0
  if (tag === bytesTag) return hasBits ? readBytes(reader, at, end) : 0
  if (tag === relocationTag) return hasBits ? readRelocation(reader, at, end) : 0
  reader.isExtended = 1
  if (tag === detailsTag) return readDetails(reader, at, end)
  if (tag === zerosTag) return readZeros(reader, at, end)
  return tag === alignTag ? readAlignment(reader, at, end) : 0
}

/** Where a string ends; 0 if it does not, or has an escape by number. */
function skipString(at: usize, end: usize): usize {
  while (at < end) {
    if (end - at >= 8) {
      const special = specialBytes(load<u64>(at, 0, 1))
      if (special === 0) {
        at += 8
        continue
      }
      at += usize(ctz(special) >> 3)
    }
    const character = load<u8>(at)
    if (character === quote) return at
    if (character < blank) return 0
    if (character === backslash) {
      at++
      if (at >= end || !isSimpleEscape(load<u8>(at))) return 0
    }
    at++
  }
  return 0
}

const eachByte: u64 = 0x0101010101010101
const highBits: u64 = 0x8080808080808080

/** The high bit of the first byte that is a quote, a backslash or below a blank, and perhaps of some behind it. */
function specialBytes(bytes: u64): u64 {
  return (
    zeroBytes(bytes ^ (eachByte * quote)) |
    zeroBytes(bytes ^ (eachByte * backslash)) |
    ((bytes - eachByte * blank) & ~bytes & highBits)
  )
}

function zeroBytes(bytes: u64): u64 {
  return (bytes - eachByte) & ~bytes & highBits
}

/** Whether a character behind a backslash stands for one of its own: `" \ / b f n r t`. */
function isSimpleEscape(character: u8): bool {
  if (character === quote || character === backslash || character === 0x2f) return true
  return character === 0x62 || character === 0x66 || character === 0x6e || character === 0x72 || character === 0x74
}

/** Reads pairs of hexadecimal digits. */
function readBytes(reader: TextReader, at: usize, end: usize): usize {
  const digits = reader.digits
  const contentEnd = reader.contentEnd
  let to = reader.content + u32(reader.size)
  while (at + 1 < end) {
    const high: u32 = load<u8>(digits + load<u8>(at))
    const low: u32 = load<u8>(digits + load<u8>(at, 1))
    if ((high | low) < 16) {
      if (to >= contentEnd) return 0
      store<u8>(to++, (high << 4) | low)
      at += 2
    } else if (load<u8>(at) !== blank) break
    else at++
  }
  reader.size = to - reader.content
  return at
}

function readSymbol(reader: TextReader, at: usize, end: usize, binding: u32): usize {
  at = readName(reader, at, end)
  if (at === 0) return 0
  return addSymbol(reader, readNameNumber, binding, i32(reader.section), reader.size) === 0 ? 0 : at
}

function readZeros(reader: TextReader, at: usize, end: usize): usize {
  at = readNumber(reader, at, end)
  return at !== 0 && fill(reader, readValue, 0) ? at : 0
}

function readAlignment(reader: TextReader, at: usize, end: usize): usize {
  at = readNumber(reader, at, end)
  const alignment = readValue
  if (at === 0 || alignment > largestPadding || popcnt(alignment) !== 1) return 0
  reader.alignment = max(reader.alignment, u32(alignment))
  const padding = -reader.size & (alignment - 1)
  return fill(reader, padding, (reader.traits & isCode) !== 0 ? noOperation : 0) ? at : 0
}

/** Adds a byte so many times; false if the section becomes too large for it. */
function fill(reader: TextReader, count: u64, byte: u8): bool {
  if ((reader.traits & hasNoBits) !== 0) {
    if (count > largestSize - reader.size) return false
  } else {
    const to = reader.content + u32(reader.size)
    if (count > reader.contentEnd - to) return false
    memory.fill(to, byte, u32(count))
  }
  reader.size += count
  return true
}
