import { ByteBuffer, type Word } from '@fle/object'
import { NameTable } from './name-table.ts'
import { isDigit, nameRunEnd, qualifierOf } from './names.ts'
import { hexadecimalDigit, type ParsedNumber, parseDigits, parseNumber, startsHexadecimal } from './number.ts'
import type { SourceText } from './source-text.ts'

const backquote = 0x60
const backslash = 0x5c
const letterX = 0x78
const equals = 0x3d

/** A name with a qualifier, as an expression may have it. */
export interface QualifiedName {
  readonly name: number
  readonly isSection: boolean
  readonly occurrence: number
}

/**
 * Where reading is in a line, and the words that lines are made of. Each `read…` reports what it finds wrong and then
 * returns undefined, or 0 where it returns the number of a name.
 */
export class LineCursor {
  readonly source: SourceText
  readonly names = new NameTable()
  readonly qualifiedNames: QualifiedName[] = []
  text: Uint8Array
  /** What comes next, and the end of the line, in {@link text}. */
  at = 0
  end = 0
  /** The line's number in the file. */
  line = 0
  readonly #offsetOf: (position: number) => number
  readonly #unquoted = new ByteBuffer(256)
  readonly #words = new NameTable()
  readonly #wordTexts: string[] = []

  /** `offsetOf` gives the offset in the file of an offset in the line's text. */
  constructor(source: SourceText, offsetOf: (position: number) => number) {
    this.source = source
    this.text = source.bytes
    this.#offsetOf = offsetOf
  }

  /** Goes to the start of a line. */
  moveTo(text: Uint8Array, start: number, end: number, line: number): void {
    this.text = text
    this.at = start
    this.end = end
    this.line = line
  }

  /** The byte that comes next, -1 at the end of the line. */
  get next(): number {
    return this.at < this.end ? this.text[this.at] : -1
  }

  /** The offset in the file of a position in the line. */
  offset(position: number = this.at): number {
    return this.#offsetOf(position)
  }

  skipBlanks(): void {
    while (this.at < this.end && (this.text[this.at] === 0x20 || this.text[this.at] === 0x09)) this.at++
  }

  /** Whether only blanks are left. */
  isAtEnd(): boolean {
    this.skipBlanks()
    return this.at >= this.end
  }

  /** Reports an error at a position of the line. */
  error(code: string, message: string, position: number = this.at, hint?: string): undefined {
    return this.source.error(code, message, this.offset(position), hint)
  }

  /** Checks that the line ends here. */
  expectEnd(): boolean {
    if (this.isAtEnd()) return true
    this.error('invalid-line', 'nothing more is expected on this line')
    return false
  }

  /** Takes a character, behind blanks, if it comes next. */
  take(byte: number): boolean {
    const { text, end } = this
    let { at } = this
    while (at < end && (text[at] === 0x20 || text[at] === 0x09)) at++
    const isNext = at < end && text[at] === byte
    this.at = isNext ? at + 1 : at
    return isNext
  }

  /** Reads a number, decimal or behind 0x hexadecimal. */
  readNumber(): Word | undefined {
    return this.#takeNumber(parseNumber(this.text, this.at, this.end))
  }

  /** Reads a number of this base; behind 0x it is hexadecimal where that is the base. */
  readDigits(base: 10 | 16): Word | undefined {
    if (base === 16 && startsHexadecimal(this.text, this.at)) this.at += 2
    return this.#takeNumber(parseDigits(this.text, this.at, this.end, base))
  }

  #takeNumber(number: ParsedNumber | string): Word | undefined {
    if (typeof number === 'string') return this.error('invalid-number', number)
    this.at = number.end
    return number.value
  }

  /** Reads a number of bytes, up to 2^53. */
  readCount(): number | undefined {
    const start = this.at
    const value = this.readNumber()
    if (value === undefined) return undefined
    if (typeof value === 'number' && value >= 0) return value
    return this.error('invalid-number', 'the number is too large', start)
  }

  /** Reads the characters up to a blank or `=`, which is not taken. */
  readWord(): string {
    const { text, at: start, end } = this
    let at = start
    while (at < end && text[at] !== 0x20 && text[at] !== 0x09 && text[at] !== equals) at++
    this.at = at
    return this.#wordOf(start, at)
  }

  /** Reads a run of name bytes. */
  readRun(): string {
    const start = this.at
    this.at = nameRunEnd(this.text, start, this.end)
    return this.#wordOf(start, this.at)
  }

  /** A piece of the line as a string: the same words come again and again, and each is made once. */
  #wordOf(start: number, end: number): string {
    const word = this.#words.intern(this.text, start, end)
    this.#wordTexts[word] ??= this.#words.textOf(word)
    return this.#wordTexts[word]
  }

  /** Takes `=` if it comes next. */
  takeEquals(): boolean {
    if (this.next !== equals) return false
    this.at++
    return true
  }

  /** Reads a name; returns its number in {@link names}. */
  readName(): number {
    if (this.next === backquote) return this.#readQuoted() ? this.#intern(this.#unquoted.bytes) : 0
    const start = this.at
    const end = nameRunEnd(this.text, start, this.end)
    if (end === start || isDigit(this.text[start])) {
      this.error('invalid-name', 'a name is expected', start, 'any name may be written in `backquotes`')
      return 0
    }
    this.at = end
    return this.names.intern(this.text, start, end)
  }

  /**
   * Reads a name that may carry a qualifier. Returns the number of the name or, with a qualifier, that of the entry in
   * {@link qualifiedNames} as -1 - entry.
   */
  readReference(): number {
    if (this.next !== backquote) return this.readName()
    if (!this.#readQuoted()) return 0
    const text = this.#unquoted.bytes
    const qualifier = qualifierOf(text)
    if (!qualifier) return this.#intern(text)
    const { isSection, occurrence, nameLength } = qualifier
    const name = this.#intern(text.subarray(0, nameLength))
    return name && -this.qualifiedNames.push({ name, isSection, occurrence })
  }

  /** Reads a name that is a whole key: in backquotes, or as it stands. Returns its number. */
  readKeyName(): number {
    if (this.next !== backquote) return this.#takeRest()
    const name = this.readName()
    return name !== 0 && this.expectEnd() ? name : 0
  }

  /** Reads a section's name as a key has it: in backquotes, `#2` behind it makes it the second of that name. */
  readSectionKey(): { name: number; occurrence: number } | undefined {
    if (this.next !== backquote) {
      const name = this.#takeRest()
      return name === 0 ? undefined : { name, occurrence: 1 }
    }
    const start = this.at
    if (!this.#readQuoted()) return undefined
    const text = this.#unquoted.bytes
    const qualifier = qualifierOf(text)
    const isNumbered = qualifier !== undefined && !qualifier.isSection
    const name = this.#intern(isNumbered ? text.subarray(0, qualifier.nameLength) : text)
    const occurrence = isNumbered ? qualifier.occurrence : 1
    if (name === 0 || !this.expectEnd()) return undefined
    if (occurrence < 1) return this.error('invalid-name', 'sections of the same name are counted from 1', start)
    return { name, occurrence }
  }

  #takeRest(): number {
    const name = this.#intern(this.text.subarray(this.at, this.end))
    this.at = this.end
    return name
  }

  #intern(name: Uint8Array): number {
    if (!name.includes(0)) return this.names.intern(name)
    this.error('invalid-name', 'a name cannot contain a NUL byte')
    return 0
  }

  /** Reads a name in backquotes into #unquoted. */
  #readQuoted(): boolean {
    const start = this.at
    this.#unquoted.length = 0
    for (this.at++; this.at < this.end; this.at++) {
      const byte = this.text[this.at]
      if (byte === backquote) {
        this.at++
        return true
      }
      if (byte !== backslash) this.#unquoted.byte(byte)
      else if (!this.#readEscape()) return false
    }
    this.error('invalid-name', 'the name in backquotes is not closed', start)
    return false
  }

  /** Reads `` \` ``, `\\` or `\xHH` up to its last character. */
  #readEscape(): boolean {
    const next = this.at + 1 < this.end ? this.text[this.at + 1] : -1
    if (next === backquote || next === backslash) {
      this.#unquoted.byte(next)
      this.at++
      return true
    }
    const high = this.at + 3 < this.end ? hexadecimalDigit[this.text[this.at + 2]] : 255
    const low = this.at + 3 < this.end ? hexadecimalDigit[this.text[this.at + 3]] : 255
    if (next !== letterX || high === 255 || low === 255) {
      this.error('invalid-name', 'in backquotes a backslash stands before `, \\ or xHH (two hexadecimal digits)')
      return false
    }
    this.#unquoted.byte(16 * high + low)
    this.at += 3
    return true
  }
}
