// The expressions of relocations: `i32(name - 0x4 - 📍)`.
import {
  isCode,
  isDigit,
  meaningOf,
  nameRunEnd,
  readName,
  readNameNumber,
  readNumber,
  readValue,
  relocationSize,
  skipBlanks,
  TextReader,
  take,
} from './text-reader'

/** 📍 */
const here: u32 = 0x8d939ff0

const openParenthesis: u8 = 0x28
const closeParenthesis: u8 = 0x29
const plus: u8 = 0x2b
const minus: u8 = 0x2d

/** Of the forms those that are not written as a call, src/text-reader.ts numbers all. */
const absoluteForm: u32 = 1
const pcForm: u32 = 2
const gotbaseForm: u32 = 11
const formCount: u32 = 20
/** There is no symbol in the sum. */
const noForm: u32 = 0xffffffff

/** A type in the table of types: there is none. */
const noType: u32 = 0xffff

const R_X86_64_PC32: u32 = 2
/** Beside the type of a relocation that becomes R_X86_64_PLT32 if its symbol is not local. */
export const mayCall: u32 = 0x80000000

/** What has been read of a sum: the number, how often 📍 is in it, and of its only symbol the form and the name. */
let addend: u64 = 0
let hereCount: i32 = 0
let form: u32 = noForm
let name: u32 = 0

/** Reads an expression and adds its relocation; returns where it ends, 0 if it is left: for one that is unusual or wrong. */
export function readRelocation(reader: TextReader, at: usize, end: usize): usize {
  const runEnd = nameRunEnd(reader, at, end)
  const meaning = meaningOf(reader, at, runEnd)
  if (meaning === null || meaning.width === 0) return 0
  const width: u32 = meaning.width - 1
  at = take(runEnd, end, openParenthesis)
  if (at === 0) return 0
  at = readSum(reader, at, end)
  if (at === 0) return 0
  at = take(at, end, closeParenthesis)
  if (at === 0 || (hereCount !== 0 && hereCount !== -1)) return 0
  return addRelocation(reader, width) ? at : 0
}

function readSum(reader: TextReader, at: usize, end: usize): usize {
  addend = 0
  hereCount = 0
  form = noForm
  name = 0
  let isNegative = false
  const behindSign = take(at, end, minus)
  if (behindSign !== 0) {
    isNegative = true
    at = behindSign
  }
  while (true) {
    at = readTerm(reader, skipBlanks(at, end), end, isNegative)
    if (at === 0) return 0
    at = skipBlanks(at, end)
    if (at >= end) return 0
    const sign = load<u8>(at)
    if (sign !== plus && sign !== minus) return at
    isNegative = sign === minus
    at++
  }
}

/** Reads a term of the sum; returns where it ends, 0 for parentheses, and a symbol that is not added or not the only one. */
function readTerm(reader: TextReader, at: usize, end: usize, isNegative: bool): usize {
  if (end - at < 4) return 0
  if (load<u32>(at, 0, 1) === here) {
    hereCount += isNegative ? -1 : 1
    return at + 4
  }
  if (isDigit(load<u8>(at))) {
    at = readNumber(reader, at, end)
    if (isNegative) addend -= readValue
    else addend += readValue
    return at
  }
  if (form !== noForm || isNegative) return 0
  const runEnd = nameRunEnd(reader, at, end)
  const afterRun = skipBlanks(runEnd, end)
  if (afterRun >= end) return 0
  if (isGotbase(reader, at, runEnd)) {
    form = gotbaseForm
    name = reader.gotSymbol
    return runEnd
  }
  if (runEnd > at && load<u8>(afterRun) === openParenthesis) {
    const meaning = meaningOf(reader, at, runEnd)
    if (meaning === null || meaning.form === 0 || meaning.form - 1 === gotbaseForm) return 0
    form = meaning.form - 1
    return readArgument(reader, skipBlanks(afterRun + 1, end), end)
  }
  form = absoluteForm
  at = readName(reader, at, end)
  name = readNameNumber
  return at
}

/** Reads the symbol that a function is of, if there is one, and the parenthesis behind it. */
function readArgument(reader: TextReader, at: usize, end: usize): usize {
  if (at < end && load<u8>(at) === closeParenthesis) return at + 1
  at = readName(reader, at, end)
  name = readNameNumber
  return at === 0 ? 0 : take(at, end, closeParenthesis)
}

/** Of names of that length and first letter, few as they are. */
function isGotbase(reader: TextReader, start: usize, end: usize): bool {
  if (end - start !== 7 || load<u8>(start) !== 0x67) return false
  const meaning = meaningOf(reader, start, end)
  return meaning !== null && meaning.form - 1 === gotbaseForm
}

/** Adds the relocation of the sum that has been read, and its field to the section. */
function addRelocation(reader: TextReader, width: u32): bool {
  const called = form === noForm ? absoluteForm : form
  const isRelative = hereCount !== 0
  const meant = called === absoluteForm && isRelative ? pcForm : called
  const type: u32 = load<u16>(reader.types + 2 * (2 * (width * formCount + meant) + u32(isRelative)))
  const fieldSize: u32 = load<u8>(reader.widths + width)
  const index = reader.relocationCount
  const offset = u32(reader.size)
  const field = reader.content + offset
  if (type === noType || index >= reader.limit || fieldSize > reader.contentEnd - field) return false
  const record = reader.relocations + relocationSize * index
  const isCall =
    type === R_X86_64_PC32 && called === absoluteForm && (reader.traits & isCode) !== 0 && isCallSite(field, offset)
  store<u64>(record, offset)
  store<u32>(record, isCall ? type | mayCall : type, 8)
  store<u32>(record, name, 12)
  store<u64>(record, addend, 16)
  store<u32>(reader.relocationLines + 4 * index, reader.line)
  reader.relocationCount = index + 1
  memory.fill(field, 0, fieldSize)
  reader.size += fieldSize
  return true
}

/** Whether a field is the target of a call or a jump: e8 or e9 stands before it, or 0f 80 … 0f 8f. */
function isCallSite(field: usize, offset: u32): bool {
  if (offset < 1) return false
  const last = load<u8>(field - 1)
  if (last === 0xe8 || last === 0xe9) return true
  return offset >= 2 && load<u8>(field - 2) === 0x0f && last >= 0x80 && last <= 0x8f
}
