import { FileError, type FileSystem } from '@fle/diagnostics'
import { toWord, type Word } from '@fle/object'
import { type Assembly, largestSection } from './assembly.ts'
import { CharacterClass, characterClass } from './characters.ts'
import type { Directive } from './directives.ts'
import { evaluateNumber } from './evaluate.ts'
import { numberExpression } from './expression.ts'
import { leb128Size, storeLeb128 } from './leb128.ts'
import { longestNop } from './nops.ts'
import { PieceKind } from './section.ts'
import { parseString } from './string-parser.ts'

/** How much of a file without a known size is read at once. */
const chunkSize = 1 << 22

/** Space of more bytes than this is not written out while reading: it may be in a section that has no bytes. */
const largestWrittenSpace = 256

/** Reports a directive that stands in a section without bytes. */
export function checkContent(assembly: Assembly, name: string): boolean {
  const { section } = assembly.current
  if (section.hasContent) return true
  assembly.error('bad-section', `section ${section.name} holds no bytes: ${name} cannot stand there`)
  return false
}

/** .byte and its like: values of a width. */
export function values(width: number): Directive {
  return (assembly, name) => {
    const { cursor, current } = assembly
    if (cursor.atEnd()) return
    const isEmpty = !current.section.hasContent
    do {
      const short = cursor.shortNumber()
      if (short !== undefined && !isEmpty && fits(short, width)) {
        if (!assembly.hasRoom(width)) return
        assembly.emitNumber(short, width)
        continue
      }
      const large = short === undefined ? takeNumeral(assembly, width, 17) : BigInt(short)
      const expression = large === undefined ? assembly.expression() : numberExpression(toWord(large))
      if (!expression || !assembly.hasRoom(width)) return
      if (isEmpty && !(expression.number === 0 && !expression.symbolic) && !checkContent(assembly, name)) return
      if (!expression.symbolic && !fits(expression.number, width))
        assembly.warning('truncated', `the value ${expression.number} is cut to ${width} bytes`)
      assembly.emitValue(expression, width)
    } while (cursor.takeComma())
  }
}

const numerals = /([-~]?)(0x[0-9a-f]{1,1000}|0b[01]{1,1000}|[0-9]{1,1000})(?=[ \t]*[,;\n#])/iy

/**
 * Takes a numeral that may have more than 64 bits, and at least so many digits. Of those that do not fit a field of `width`
 * bytes the lowest are taken, with a warning.
 */
function takeNumeral(assembly: Assembly, width: number, leastDigits: number): bigint | undefined {
  const { cursor } = assembly
  const { text } = cursor
  cursor.skipSpaces()
  const isLong = characterClass[text.charCodeAt(cursor.position + leastDigits - 1)] & CharacterClass.namePart
  if (leastDigits > 1 && !isLong) return undefined
  numerals.lastIndex = cursor.position
  const found = numerals.exec(text)
  if (!found) return undefined
  const value = numeralValue(found[2])
  if (value === undefined || (leastDigits > 1 && value < 2n ** 64n)) return undefined
  cursor.position = numerals.lastIndex
  if (value >= 2n ** BigInt(8 * width)) assembly.warning('truncated', `the value is cut to ${width} bytes`)
  if (found[1] === '-') return BigInt.asUintN(8 * width, -value)
  if (found[1] === '') return BigInt.asUintN(8 * width, value)
  // As gas: the complement of what fits 64 bits has no more.
  return BigInt.asUintN(value < 2n ** 64n ? 64 : 8 * width, ~value)
}

/** The value of a numeral of any length; one that begins with a zero is octal. */
function numeralValue(text: string): bigint | undefined {
  if (!/^0[0-9]+$/.test(text)) return BigInt(text)
  return /^[0-7]+$/.test(text) ? BigInt(`0o${text.slice(1)}`) : undefined
}

function fits(value: Word, width: number): boolean {
  if (width >= 8) return true
  const limit = 2 ** (8 * width)
  return value >= -limit && value < limit
}

/** `.octa`: values of 16 bytes, which as numerals may be larger than any other expression. */
export const octas: Directive = (assembly, name) => {
  const { cursor } = assembly
  if (cursor.atEnd() || !checkContent(assembly, name)) return
  do {
    if (!assembly.hasRoom(16)) return
    const large = takeNumeral(assembly, 16, 1)
    if (large !== undefined) {
      assembly.emitNumber(toWord(large), 8)
      assembly.emitNumber(toWord(large >> 64n), 8)
      continue
    }
    const expression = assembly.expression()
    if (!expression) return
    assembly.emitValue(expression, 16)
  } while (cursor.takeComma())
}

/** .ascii and .string, whose characters may be wider than a byte. */
export function strings(hasZero: boolean, width: number): Directive {
  return (assembly, name) => {
    const { cursor } = assembly
    if (cursor.atEnd()) return
    if (!checkContent(assembly, name)) return
    do {
      // Strings that stand side by side are one, as in C.
      do {
        const characters = parseString(assembly)
        if (!characters || !assembly.hasRoom(characters.length * width)) return
        if (width === 1) assembly.current.content.append(characters)
        else for (const character of characters) assembly.emitNumber(character, width)
      } while (cursor.peek() === 34)
      if (hasZero) assembly.emitNumber(0, width)
    } while (cursor.takeComma())
  }
}

/** .uleb128 and .sleb128 */
export function leb128s(isSigned: boolean): Directive {
  return (assembly, name) => {
    const { cursor } = assembly
    if (cursor.atEnd() || !checkContent(assembly, name)) return
    do {
      const short = cursor.shortNumber()
      const expression = short === undefined ? assembly.expression() : undefined
      const number = short ?? expression?.number
      if (number === undefined || !assembly.hasRoom(10)) return
      if (expression?.symbolic) {
        assembly.addPiece(isSigned ? PieceKind.sleb128 : PieceKind.uleb128, 1, expression, 0, 0, 0)
        continue
      }
      const { content } = assembly.current
      const size = leb128Size(number, isSigned)
      const at = content.reserve(size)
      storeLeb128(content.storage, at, size, number, isSigned)
    } while (cursor.takeComma())
  }
}

/** `.skip COUNT, FILL` */
export const skip: Directive = (assembly, name) => {
  const count = assembly.expression()
  if (!count) return
  let fill: Word = 0
  if (assembly.cursor.takeComma()) {
    const value = assembly.number('the fill value')
    if (value === undefined) return
    fill = value
  }
  const number = evaluateNumber(count)
  if (number === undefined) {
    assembly.addPiece(PieceKind.space, 0, count, 1, 0, Number(BigInt.asUintN(8, BigInt(fill))))
    return
  }
  appendSpace(assembly, name, number, 1, fill)
}

/** `.nop COUNT`: nops of one byte, at least one. */
export const singleNops: Directive = (assembly, name) => {
  const count = assembly.cursor.atEnd() ? 1 : assembly.integer('the count', 0, largestSection)
  if (count === undefined || !checkContent(assembly, name) || !assembly.hasRoom(count)) return
  const { content } = assembly.current
  for (let i = 0; i < Math.max(count, 1); i++) {
    assembly.lines.beforeInstruction(assembly)
    content.byte(0x90)
  }
}

/** `.nops SIZE, LONGEST`: code of a size that does nothing. */
export const nops: Directive = (assembly, name) => {
  const size = assembly.expression()
  if (!size) return
  const limit = assembly.cursor.takeComma() ? assembly.integer('the longest nop', 0, longestNop) : 0
  if (limit === undefined || !checkContent(assembly, name)) return
  assembly.addPiece(PieceKind.nops, 0, size, 1, limit, 0)
}

/** `.ds COUNT, FILL` and its like: space for so many values of a width. */
export function reserve(width: number): Directive {
  return (assembly, name) => {
    const count = assembly.integer('the count', 0, largestSection)
    const fill = assembly.cursor.takeComma() ? assembly.number('the fill value') : 0
    if (count !== undefined && fill !== undefined) appendSpace(assembly, name, count * width, 1, fill)
  }
}

/** `.dcb COUNT, VALUE` and its like: so many times a value of a width. */
export function repeatValue(width: number): Directive {
  return (assembly, name) => {
    const count = assembly.integer('the count', 0, largestSection)
    const value = assembly.cursor.takeComma() ? assembly.number('the value') : 0
    if (count !== undefined && value !== undefined) appendSpace(assembly, name, count, width, value)
  }
}

/** `.fill COUNT, SIZE, VALUE` */
export const fill: Directive = (assembly, name) => {
  const { cursor } = assembly
  const count = assembly.expression()
  if (!count) return
  let size: Word = 1
  let value: Word = 0
  if (cursor.takeComma()) {
    const given = assembly.number('the size')
    if (given === undefined) return
    size = given
    if (cursor.takeComma()) {
      const number = assembly.number('the value')
      if (number === undefined) return
      value = number
    }
  }
  if (size < 0) {
    assembly.error('out-of-range', `the size of .fill is ${size}; it must not be negative`)
    return
  }
  const width = size > 8 ? 8 : Number(size)
  // As the BSD assemblers did: of the value four bytes count.
  const low = BigInt.asUintN(Math.min(width, 4) * 8, BigInt(value))
  const number = evaluateNumber(count)
  if (number === undefined) {
    assembly.addPiece(PieceKind.space, 0, count, width, 0, Number(low))
    return
  }
  appendSpace(assembly, name, number, width, Number(low))
}

function appendSpace(assembly: Assembly, name: string, count: Word, width: number, fill: Word): void {
  const { current } = assembly
  if (count < 0) {
    assembly.warning('negative', `${name} with a negative count does nothing`)
    return
  }
  const size = Number(count) * width
  const isEmpty = !current.section.hasContent
  if (isEmpty && fill !== 0 && !checkContent(assembly, name)) return
  if (size > largestSection && !(isEmpty && size <= 2 ** 52)) {
    assembly.error('too-large', `${name} asks for ${size} bytes; a section may have 256 MiB`)
    return
  }
  if (size > largestWrittenSpace || isEmpty) {
    assembly.addPiece(
      PieceKind.space,
      size,
      undefined,
      width,
      0,
      Number(BigInt.asUintN(Math.min(width, 4) * 8, BigInt(fill))),
    )
    return
  }
  if (!assembly.hasRoom(size)) return
  if (fill === 0) current.content.reserve(size)
  else for (let i = 0; i < Number(count); i++) assembly.emitNumber(fill, width)
}

/** `.incbin "FILE", SKIP, COUNT` */
export const includeBytes: Directive = (assembly, name) => {
  const { cursor } = assembly
  if (!checkContent(assembly, name)) return
  const path = parseString(assembly)
  if (!path) return
  let start = 0
  let count: number | undefined
  if (cursor.takeComma()) {
    start = assembly.integer('the number of bytes to skip', 0, 2 ** 52) ?? 0
    if (cursor.takeComma()) count = assembly.integer('the number of bytes', 0, 2 ** 52)
  }
  const file = readFile(assembly, new TextDecoder().decode(path))
  if (!file) return
  const { bytes } = file
  const part = bytes.subarray(start, count === undefined ? bytes.length : start + count)
  if (assembly.hasRoom(part.length)) assembly.current.content.append(part)
}

/** A file that the program names, and the path where it was found. */
interface NamedFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Reads a file that the program names: in the working folder and those of -I, by gas's order (read.c: s_include), or where it says. */
export function readFile(assembly: Assembly, name: string): NamedFile | undefined {
  const { includePaths } = assembly.options
  const folders = includePaths.length === 0 || name.startsWith('/') ? [] : ['.', ...includePaths]
  let reason = ''
  for (const path of [...folders.map((folder) => `${folder}/${name}`), name]) {
    try {
      return { path, bytes: readAtMost(assembly.files, path, largestSection) }
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      reason = error.message
    }
  }
  return assembly.error('cannot-open', `cannot open ${name}: ${reason}`)
}

/** Reads a file. One that is larger, or has no end, is a {@link FileError}. */
function readAtMost(files: FileSystem, path: string, most: number): Uint8Array {
  const file = files.open(path)
  try {
    const chunks: Uint8Array[] = []
    let length = 0
    for (;;) {
      const chunk = new Uint8Array(Math.min(file.size || chunkSize, most + 1))
      const count = file.readAt(chunk, length)
      length += count
      if (length > most) throw new FileError('EFBIG', path, `it has more than ${most / 2 ** 20} MiB`)
      if (count > 0) chunks.push(chunk.subarray(0, count))
      if (count < chunk.length || length === file.size) return join(chunks, length)
    }
  } finally {
    file.close()
  }
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks
  if (chunks.length === 1) return only
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
