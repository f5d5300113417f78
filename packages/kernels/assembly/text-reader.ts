// A text of FLE while its lines are read (docs/fle-format.md), as src/text-reader.ts describes it.
import { hashBytes } from './pieces'
import { add, countField, find, freeEndField, freeField } from './table'

@unmanaged
export class TextReader {
  /** What comes next, and the end of the text: addresses. */
  at: usize
  end: usize
  /** The line of what comes next, counted from 1. */
  line: u32
  /** Tables by byte: the value of a hexadecimal digit, 255 for others; and 1 for bytes of names. */
  digits: usize
  nameBytes: usize
  /** The table of the words that lines have, and what each means: a {@link Meaning}. */
  words: usize
  meanings: usize
  /** By width, form and whether the address is taken away: the type of the relocation, 16 bits. By width: bytes of the field. */
  types: usize
  widths: usize
  /** The table of the names of the text, and what each stands for, counted from 1: a {@link NameUse}. */
  names: usize
  uses: usize
  /** No more names, symbols and relocations than this. */
  limit: u32
  /** Symbols, counted from 1, in the order of their lines: a {@link TextSymbol} of each. */
  symbols: usize
  symbolCount: u32
  /** Elf64_Rela records, of which the symbol is a name until {@link resolveNames}, and the line of each. */
  relocations: usize
  relocationLines: usize
  relocationCount: u32
  /** The section that is read: its number, 0 for the symbols without a place, and traits of those below. */
  section: u32
  traits: u32
  /** The greatest that its lines align to. */
  alignment: u32
  /** Its bytes, and where there is no more room. */
  content: usize
  contentEnd: usize
  /** 1 once there is a line that the dialect `classic` does not have. */
  isExtended: u32
  /** The name of the symbol that `gotbase` means. */
  gotSymbol: u32
  /** Of the finished symbols: the first that is not local, and the bytes of all names. */
  firstGlobal: u32
  stringsSize: u32
  /** How many bytes the section has. */
  size: u64
}

/** Traits of sections. */
export const isCode: u32 = 1
export const isThreadLocal: u32 = 2
export const hasNoBits: u32 = 4

/** What a word means: as a width and as a form of expressions, each from 1 on, and as one of a symbol's properties. */
@unmanaged
export class Meaning {
  width: u8
  form: u8
  property: u8
  /** Which of the property's values it is. */
  value: u8
}

const meaningSize: u32 = 4

/** What a name stands for: symbols and a section by their numbers, 0 for none. */
@unmanaged
export class NameUse {
  /** The first local symbol, the one that is not local, and that of the nearest line above. */
  local: u32
  global: u32
  nearest: u32
  section: u32
  sectionSymbol: u32
}

const nameUseSize: u32 = 20

@unmanaged
export class TextSymbol {
  /** 0 for none. */
  name: u32
  /** As in ELF's record: st_info, and above it st_other. */
  properties: u32
  value: u64
  size: u64
  /** Negative for special indices. */
  section: i32
  line: u32
  /** Its index in the finished table. */
  number: u32
}

export const textSymbolSize: u32 = 40

export const relocationSize: u32 = 24

export const quote: u8 = 0x22
export const blank: u8 = 0x20
export const backslash: u8 = 0x5c
const backquote: u8 = 0x60
const numberSign: u8 = 0x23

export function useOf(reader: TextReader, name: u32): NameUse {
  return changetype<NameUse>(reader.uses + nameUseSize * name)
}

export function symbolOf(reader: TextReader, symbol: u32): TextSymbol {
  return changetype<TextSymbol>(reader.symbols + textSymbolSize * symbol)
}

/** The number of a byte string in a table, counted from 1. There is room for a new one. */
export function internBytes(table: usize, start: usize, length: u32): u32 {
  const hashed = hashBytes(start, length)
  const slot = find(table, start, length, hashed)
  const known = load<u32>(slot)
  return known !== 0 ? known : add(table, slot, start, length, hashed) + 1
}

/** The number of a name of the text, counted from 1; 0 if there may be no room for it. */
export function internTextName(reader: TextReader, start: usize, length: u32): u32 {
  const table = reader.names
  const count = load<u32>(table, countField)
  if (count >= reader.limit || length > load<u32>(table, freeEndField) - load<u32>(table, freeField)) return 0
  const name = internBytes(table, start, length)
  if (name > count) memory.fill(changetype<usize>(useOf(reader, name)), 0, nameUseSize)
  return name
}

/** What a word means; null for none of them. */
export function meaningOf(reader: TextReader, start: usize, end: usize): Meaning | null {
  const length = u32(end - start)
  const word = load<u32>(find(reader.words, start, length, hashBytes(start, length)))
  return word === 0 ? null : changetype<Meaning>(reader.meanings + meaningSize * (word - 1))
}

export function skipBlanks(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) === blank) at++
  return at
}

/** Behind a character, that may stand behind blanks; 0 if another comes next. */
export function take(at: usize, end: usize, character: u8): usize {
  at = skipBlanks(at, end)
  return at < end && load<u8>(at) === character ? at + 1 : 0
}

export function isDigit(character: u8): bool {
  return character - 0x30 < 10
}

/** Behind a run of bytes that names are made of. */
export function nameRunEnd(reader: TextReader, at: usize, end: usize): usize {
  const nameBytes = reader.nameBytes
  while (at < end && load<u8>(nameBytes + load<u8>(at)) !== 0) at++
  return at
}

/** The number that {@link readNumber} has read. */
export let readValue: u64 = 0

/** Reads a number; returns where it ends, 0 if there is none, or one of more digits than 64 bits are sure to have. */
export function readNumber(reader: TextReader, at: usize, end: usize): usize {
  const digits = reader.digits
  let base: u64 = 10
  let most: usize = 19
  if (at + 1 < end && load<u8>(at) === 0x30 && (load<u8>(at, 1) | 0x20) === 0x78) {
    base = 16
    most = 16
    at += 2
  }
  const start = at
  readValue = 0
  for (; at < end; at++) {
    const digit: u64 = load<u8>(digits + load<u8>(at))
    if (digit >= base) break
    readValue = readValue * base + digit
  }
  return at > start && at - start <= most ? at : 0
}

/** The name that {@link readName} has read. */
export let readNameNumber: u32 = 0

/**
 * Reads a name; returns where it ends, 0 if it is left: for one with an escape, without an end, with a number sign, which
 * tells it from others of the same name, and for one that is none.
 */
export function readName(reader: TextReader, at: usize, end: usize): usize {
  if (at >= end) return 0
  const first = load<u8>(at)
  let start = at
  let nameEnd = at
  if (first === backquote) {
    start++
    for (nameEnd = start; ; nameEnd++) {
      if (nameEnd >= end) return 0
      const character = load<u8>(nameEnd)
      if (character === backquote) break
      if (character < blank || character === quote || character === backslash || character === numberSign) return 0
    }
    at = nameEnd + 1
  } else {
    nameEnd = nameRunEnd(reader, at, end)
    if (nameEnd === start || isDigit(first)) return 0
    at = nameEnd
  }
  readNameNumber = internTextName(reader, start, u32(nameEnd - start))
  return readNameNumber === 0 ? 0 : at
}
