import { groupOf, registerAt } from './alike-registers.ts'
import { CharacterClass, characterClass } from './characters.ts'
import type { Register } from './operand.ts'

const { nameStart, namePart, space, end, digit } = CharacterClass
const blank = 32
const doubleQuote = 34
const dollar = 36
const percent = 37
const quote = 39
const opening = 40
const closing = 41
const star = 42
const comma = 44
const minus = 45
const plus = 43
const dot = 46
const zero = 48
const colon = 58
const at = 64

/**
 * Characters of a shape that stand for a symbol, a symbol with `@PLT`, numbers of a {@link rangeOf}, and registers of a
 * {@link groupOf}.
 */
const symbolMark = 256
const pltMark = 257
const numberMark = 258
const registerMark = 270

/** The longest shape that is kept. */
const longestShape = 100
/** Numerals of more digits are not taken apart. */
const mostDigits = 15

/**
 * The text of an instruction, with marks in the place of its numbers, its symbol and its registers: instructions of the
 * same shape are encoded in the same way, for a mark says in which range a number is, and among which registers one.
 */
export class InstructionShape {
  readonly characters = new Uint16Array(longestShape + 1)
  length = 0
  hash = 0
  /** Where the instruction ends in its text. */
  end = 0
  /** The numbers with marks, and the operands that they stand in: 0 is the first that is written. */
  readonly numbers = new Float64Array(longestShape)
  readonly numberOperands = new Int32Array(longestShape)
  numberCount = 0
  /** The registers with marks, as they are written. */
  readonly registers = new Int32Array(longestShape)
  registerCount = 0
  /** The symbol's name in the text, its operand, and the number that is added to it. The operand is -1 if there is none. */
  symbolStart = 0
  symbolEnd = 0
  symbolHash = 0
  symbolOperand = -1
  symbolNumber = 0
  hasPlt = false
  /** Whether the number stands before the symbol. */
  hasNumberFirst = false

  /** Where the number or symbol ends whose mark was told last. */
  #position = 0

  /**
   * Takes the shape of the instruction that begins at `start`. With `literally`, numbers and registers stay as they are. Returns false for what has
   * strings, characters or more than one symbol, or is long.
   */
  read(text: string, start: number, literally: boolean): boolean {
    const { characters } = this
    this.numberCount = 0
    this.registerCount = 0
    this.symbolOperand = -1
    let operand = 0
    let depth = 0
    let length = 0
    let previous = 0
    let position = start
    let code = text.charCodeAt(position)
    let isWord = true
    for (;;) {
      if (isWord)
        while (characterClass[code] & namePart && length < longestShape) {
          previous = characters[length++] = code
          code = text.charCodeAt(++position)
        }
      isWord = false
      const kind = characterClass[code]
      if (kind & end) break
      if (length >= longestShape) return false
      let mark = 0
      if (kind & space) {
        code = text.charCodeAt(++position)
        if (previous !== blank) previous = characters[length++] = blank
        continue
      }
      const beginsValue = previous === blank || previous === comma || previous === dollar || previous === star
      if (kind & digit || (code === minus && characterClass[text.charCodeAt(position + 1)] & digit)) {
        if (beginsValue && !literally) mark = this.#readNumber(text, position, operand)
        isWord = mark === 0
      } else if (kind & nameStart && code !== dollar) {
        if (literally || this.symbolOperand >= 0 || !(beginsValue || previous === colon)) return false
        mark = this.#readSymbol(text, position, operand)
        if (mark === 0) return false
      } else if (code === percent) {
        if (!literally) mark = this.#readRegister(text, position, depth > 0)
        isWord = mark === 0
      } else if (code === opening) depth++
      else if (code === closing) depth--
      else if (code === comma && depth === 0) operand++
      else if (code === doubleQuote || code === quote) return false
      previous = characters[length++] = mark === 0 ? code : mark
      position = mark === 0 ? position + 1 : this.#position
      code = text.charCodeAt(position)
    }
    let hash = 0
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + characters[i]) | 0
    this.length = length
    this.hash = hash
    this.end = position
    return true
  }

  /** Takes the register at a percent sign and returns its mark, or 0 if it is to be left as it is. */
  #readRegister(text: string, start: number, isAddress: boolean): number {
    let position = start + 1
    while (characterClass[text.charCodeAt(position)] & namePart) position++
    const register: Register = registerAt(text, start + 1, position)
    const group = groupOf(register, isAddress)
    if (group === 0) return 0
    this.registers[this.registerCount++] = register
    this.#position = position
    return registerMark + group
  }

  /** Takes a number, or one that is added to a symbol, and returns its mark, or 0 if it is to be left as it is. */
  #readNumber(text: string, start: number, operand: number): number {
    const isNegative = text.charCodeAt(start) === minus
    const first = isNegative ? start + 1 : start
    let position = first
    let value = 0
    let code = text.charCodeAt(position)
    while (code >= zero && code < zero + 10) {
      value = value * 10 + code - zero
      code = text.charCodeAt(++position)
    }
    const digits = position - first
    // Octal numerals begin with a zero; others go on with a letter; scales and sums stay as they are.
    if ((digits > 1 && text.charCodeAt(first) === zero) || digits > mostDigits) return 0
    if (isNegative) value = -value
    if (code === plus && this.symbolOperand < 0 && characterClass[text.charCodeAt(position + 1)] & nameStart) {
      const mark = this.#readSymbol(text, position + 1, operand)
      this.symbolNumber += value
      this.hasNumberFirst = true
      return mark
    }
    if (!endsValue(code)) return 0
    const range = rangeOf(value)
    if (range === 0) return 0
    this.numbers[this.numberCount] = value
    this.numberOperands[this.numberCount++] = operand
    this.#position = position
    return numberMark + range
  }

  /** Takes a symbol and what is added to it and returns its mark, or 0 if there is more to it. */
  #readSymbol(text: string, start: number, operand: number): number {
    let position = start
    // As hashOf does it.
    let hash = 0
    let code = text.charCodeAt(position)
    while (characterClass[code] & namePart) {
      hash = (Math.imul(hash, 31) + code) | 0
      code = text.charCodeAt(++position)
    }
    // `.` alone is the place of the instruction.
    if (position === start + 1 && text.charCodeAt(start) === dot) return 0
    this.symbolStart = start
    this.symbolEnd = position
    this.symbolHash = hash
    this.symbolOperand = operand
    this.symbolNumber = 0
    this.hasNumberFirst = false
    this.hasPlt = code === at
    if (code === at) {
      if (!text.startsWith('PLT', position + 1)) return 0
      position += 4
    } else if (code === plus || code === minus) {
      const first = ++position
      let value = 0
      for (let digit = text.charCodeAt(position); digit >= zero && digit < zero + 10; ) {
        value = value * 10 + digit - zero
        digit = text.charCodeAt(++position)
      }
      const digits = position - first
      if (digits === 0 || digits > mostDigits || (digits > 1 && text.charCodeAt(first) === zero)) return 0
      this.symbolNumber = code === minus ? 0 - value : value
    }
    this.#position = position
    if (!endsValue(text.charCodeAt(position))) return 0
    return this.hasPlt ? pltMark : symbolMark
  }
}

/** What may stand behind a number or a symbol that is a whole displacement or immediate. */
function endsValue(code: number): boolean {
  return code === opening || code === comma || (characterClass[code] & (space | end)) !== 0
}

/**
 * The range of a number, from 1 on: whether and how numbers fit the fields of instructions is the same for all numbers of a range.
 * 0 for numbers that instructions know by themselves, and for those of more than 32 bits.
 */
function rangeOf(value: number): number {
  if (value < 0) return value >= -0x80 ? 1 : value >= -0x8000 ? 2 : value >= -0x80000000 ? 3 : 0
  if (value <= 3) return value === 2 ? 4 : 0
  if (value <= 0x7f) return 4
  if (value <= 0xff) return 5
  if (value <= 0x7fff) return 6
  if (value < 0x10000 - 0x80) return 7
  if (value <= 0xffff) return 8
  if (value <= 0x7fffffff) return 9
  if (value < 0x100000000 - 0x80) return 10
  return value <= 0xffffffff ? 11 : 0
}
