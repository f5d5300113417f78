// The headers of .debug_line: how a unit's line program is written, and its directories and files. Source: DWARF 5,
// 6.2.4; DWARF 2 to 4, 6.2.4.
import { ByteCursor } from './byte-cursor.ts'
import type { LineSections } from './line-sections.ts'

/** The header of a unit's line program. Offsets are in .debug_line. */
export interface LineUnit {
  readonly version: number
  /** Bytes of an offset into another section: 4, or 8 in 64-bit DWARF. */
  readonly offsetSize: 4 | 8
  /** Smallest instruction in bytes, by which addresses are counted. */
  readonly instructionSize: number
  readonly defaultIsStatement: boolean
  readonly lineBase: number
  readonly lineRange: number
  readonly opcodeBase: number
  /** How many numbers follow each standard opcode. */
  readonly operandCounts: Uint8Array
  /** Where directories and files are listed. */
  readonly tables: number
  /** Where the program begins and ends. */
  readonly program: number
  readonly end: number
}

/** Reads the header at the cursor: undefined if it is damaged or of an unknown version. `next` is the next unit's. */
export function readLineUnit(cursor: ByteCursor): { unit: LineUnit | undefined; next: number } {
  const first = cursor.u32()
  // 0xfffffff0 and more are reserved, but for what begins 64-bit DWARF.
  const offsetSize = first === 0xffffffff ? 8 : 4
  const length = offsetSize === 8 ? cursor.i64() : first
  const end = cursor.at + length
  if (cursor.overrun || !(length >= 0 && end <= cursor.end) || (offsetSize === 4 && length >= 0xfffffff0)) {
    return { unit: undefined, next: cursor.end }
  }
  return { unit: readHeader(new ByteCursor(cursor.bytes, cursor.at, end), offsetSize), next: end }
}

function readHeader(cursor: ByteCursor, offsetSize: 4 | 8): LineUnit | undefined {
  const version = cursor.u16()
  if (version < 2 || version > 5) return undefined
  if (version === 5) {
    if (cursor.u8() !== 8) return undefined // address size
    cursor.skip(1) // segment selector size
  }
  const headerLength = readOffset(cursor, offsetSize)
  const program = cursor.at + headerLength
  const instructionSize = cursor.u8()
  // More than one operation in an instruction is for VLIW machines.
  if (version >= 4 && cursor.u8() !== 1) return undefined
  const defaultIsStatement = cursor.u8() !== 0
  const lineBase = cursor.i8()
  const lineRange = cursor.u8()
  const opcodeBase = cursor.u8()
  const operandCounts = cursor.bytes.subarray(cursor.at, cursor.at + Math.max(0, opcodeBase - 1))
  cursor.skip(operandCounts.length)
  const tables = cursor.at
  if (cursor.overrun || lineRange === 0 || opcodeBase === 0) return undefined
  if (!(program >= tables && program <= cursor.end)) return undefined
  const encoding = { instructionSize, defaultIsStatement, lineBase, lineRange, opcodeBase, operandCounts }
  return { version, offsetSize, ...encoding, tables, program, end: cursor.end }
}

/** An offset of a unit's format; NaN if it is beyond what can be. */
function readOffset(cursor: ByteCursor, offsetSize: 4 | 8): number {
  return offsetSize === 8 ? cursor.i64() : cursor.u32()
}

/** A string in one of the sections. */
interface StringPlace {
  readonly bytes: Uint8Array
  readonly offset: number
}

/** A directory (whose own directory is 0) or a file. */
interface PathEntry {
  readonly name: StringPlace
  readonly directory: number
}

/**
 * The path of a file of a unit: as the compiler was given it, so relative to the directory it ran in; '' if it is not
 * known. The tables are walked each time: paths are for messages.
 */
export function linePath(sections: LineSections, unit: LineUnit, file: number): string {
  const cursor = new ByteCursor(sections.line, unit.tables, unit.program)
  const { entry, directory } = unit.version >= 5 ? findEntry5(sections, unit, cursor, file) : findEntry4(cursor, file)
  if (!entry || cursor.overrun) return ''
  const name = textOf(entry.name)
  if (name.startsWith('/') || !directory) return name
  const where = textOf(directory)
  return where === '' ? name : `${where}/${name}`
}

/** The directory that the compiler of a unit ran in; '' if the table does not say: before DWARF 5 none did. */
export function workingDirectory(sections: LineSections, unit: LineUnit): string {
  if (unit.version < 5) return ''
  const cursor = new ByteCursor(sections.line, unit.tables, unit.program)
  const directory = readEntries(sections, unit, cursor, 0)
  return directory ? textOf(directory.name) : ''
}

interface FoundEntry {
  readonly entry: PathEntry | undefined
  /** Undefined: the one that the compiler ran in. */
  readonly directory: StringPlace | undefined
}

/** DWARF 2 to 4: both lists count from 1 and end with an empty name. Directory 0 is the one that the compiler ran in. */
function findEntry4(cursor: ByteCursor, file: number): FoundEntry {
  const directories = cursor.at
  const { bytes } = cursor
  while (!cursor.isAtEnd && bytes[cursor.at] !== 0) cursor.passString()
  cursor.skip(1)
  let entry: PathEntry | undefined
  for (let index = 1; index <= file && !cursor.isAtEnd && bytes[cursor.at] !== 0; index++) {
    const name = { bytes, offset: cursor.passString() }
    const found = { name, directory: cursor.uleb() }
    cursor.uleb() // time of last modification
    cursor.uleb() // size in bytes
    if (index === file) entry = found
  }
  if (!entry || entry.directory === 0) return { entry, directory: undefined }
  const walk = new ByteCursor(bytes, directories, cursor.end)
  for (let index = 1; index < entry.directory && !walk.isAtEnd && bytes[walk.at] !== 0; index++) walk.passString()
  return { entry, directory: walk.isAtEnd ? undefined : { bytes, offset: walk.at } }
}

/** DWARF 5: both lists count from 0. Directory 0 is the one that the compiler ran in. */
function findEntry5(sections: LineSections, unit: LineUnit, cursor: ByteCursor, file: number): FoundEntry {
  const start = cursor.at
  readEntries(sections, unit, cursor, -1)
  const entry = readEntries(sections, unit, cursor, file)
  const directoryAt = (index: number) =>
    readEntries(sections, unit, new ByteCursor(cursor.bytes, start, cursor.end), index)?.name
  if (!entry) return { entry, directory: undefined }
  const directory = directoryAt(entry.directory)
  const here = directoryAt(0)
  return { entry, directory: directory && here && textOf(directory) === textOf(here) ? undefined : directory }
}

/** What an entry's fields mean (DWARF 5, 6.2.4.1). */
const DW_LNCT = { path: 1, directory_index: 2 } as const

/** The forms that fields come in (DWARF 5, 7.5.6). */
const DW_FORM = {
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  strp: 0x0e,
  udata: 0x0f,
  data16: 0x1e,
  line_strp: 0x1f,
} as const

/** Passes a list of directories or files; returns the entry of number `wanted`, if there is one. */
function readEntries(
  sections: LineSections,
  unit: LineUnit,
  cursor: ByteCursor,
  wanted: number,
): PathEntry | undefined {
  const formatCount = cursor.u8()
  const format = Array.from({ length: formatCount }, () => ({ content: cursor.uleb(), form: cursor.uleb() }))
  const count = cursor.uleb()
  if (formatCount === 0 && count > 0) cursor.skip(Number.POSITIVE_INFINITY)
  let result: PathEntry | undefined
  // No form is without bytes, so this ends with them.
  for (let index = 0; index < count && !cursor.overrun; index++) {
    let name: StringPlace = { bytes: cursor.bytes, offset: cursor.end }
    let directory = 0
    for (const { content, form } of format) {
      const value = readForm(sections, unit, cursor, form)
      if (content === DW_LNCT.path && typeof value === 'object') name = value
      else if (content === DW_LNCT.directory_index && typeof value === 'number') directory = value
    }
    if (index === wanted) result = { name, directory }
  }
  return cursor.overrun ? undefined : result
}

/** Reads a field; undefined for what no name or number can be. An unknown form ends the reading. */
function readForm(
  sections: LineSections,
  unit: LineUnit,
  cursor: ByteCursor,
  form: number,
): StringPlace | number | undefined {
  switch (form) {
    case DW_FORM.string:
      return { bytes: cursor.bytes, offset: cursor.passString() }
    case DW_FORM.line_strp:
    case DW_FORM.strp: {
      const place = sections.relocated?.(cursor.at)
      const stored = readOffset(cursor, unit.offsetSize)
      const bytes = form === DW_FORM.strp ? sections.strings : sections.lineStrings
      return { bytes, offset: place?.offset ?? stored }
    }
    case DW_FORM.udata:
      return cursor.uleb()
    case DW_FORM.data1:
      return cursor.u8()
    case DW_FORM.data2:
      return cursor.u16()
    case DW_FORM.data4:
      return cursor.u32()
    case DW_FORM.data8:
      cursor.skip(8)
      return undefined
    case DW_FORM.data16:
      cursor.skip(16)
      return undefined
    case DW_FORM.block:
      cursor.skip(cursor.uleb())
      return undefined
    case DW_FORM.block1:
      cursor.skip(cursor.u8())
      return undefined
    case DW_FORM.block2:
      cursor.skip(cursor.u16())
      return undefined
    case DW_FORM.block4:
      cursor.skip(cursor.u32())
      return undefined
    default:
      cursor.skip(Number.POSITIVE_INFINITY)
      return undefined
  }
}

/** Bytes of the longest name that is shown: Linux's PATH_MAX. */
const longestName = 4096

/** A string as text, '' if it is not there. */
function textOf({ bytes, offset }: StringPlace): string {
  if (!(offset >= 0 && offset < bytes.length)) return ''
  const rest = bytes.subarray(offset, offset + longestName)
  const end = rest.indexOf(0)
  return new TextDecoder().decode(end < 0 ? rest : rest.subarray(0, end))
}
