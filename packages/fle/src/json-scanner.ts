import { ByteBuffer, type Word } from '@fle/object'
import { appendUnescaped, stringProblem, unescapedOffset } from './json-string.ts'
import { parseNumber } from './number.ts'
import type { SourceText } from './source-text.ts'

const decoder = new TextDecoder()

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const lineFeed = 0x0a

/** No number is longer. */
const longestWord = 512

/** Whether a byte can be part of a number or of `true`, `false`, `null`. */
function isWordByte(byte: number): boolean {
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
  return isLetter || (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e
}

/** White space between tokens. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === lineFeed || byte === 0x0d || byte === 0x09
}

/**
 * Walks through a JSON text (RFC 8259) once, without building values: the caller asks for what it expects next. After an
 * error in the syntax, which is reported, `failed` stays set and every question is answered with "no more".
 */
export class JsonScanner {
  readonly source: SourceText
  readonly bytes: Uint8Array
  /** Offset of what comes next. */
  at: number
  /** Line of {@link at}, counted from 1. */
  line: number
  failed = false

  /** The string read last stands in `text` from `start` to `end`, its escapes replaced. */
  text: Uint8Array
  start = 0
  end = 0
  /** Offset of the string's first character in the file, and whether it has escapes. */
  #rawStart = 0
  /** Offset of the opening quote of the key read last. */
  keyOffset = 0
  #hasEscapes = false
  readonly #unescaped = new ByteBuffer(256)
  /** Whether nothing of the object or array that was opened last has been read. */
  #isFirst = false

  constructor(source: SourceText, at: number, line: number) {
    this.source = source
    this.bytes = source.bytes
    this.text = source.bytes
    this.at = at
    this.line = line
  }

  /** Opens an object. */
  openObject(): boolean {
    return this.#open(openBrace, 'an object "{" is expected')
  }

  /** Reads the next key of an object up to its value, as the string read last; false at the object's end. */
  nextKey(): boolean {
    if (!this.#nextItem(closeBrace) || !this.readString('a key in double quotes is expected')) return false
    this.keyOffset = this.#rawStart - 1
    const end = this.at
    this.#skipSpace()
    if (this.bytes[this.at] !== colon) return this.fail('":" is expected after the key', end)
    this.at++
    this.#skipSpace()
    return true
  }

  /** Opens an array. */
  openArray(): boolean {
    return this.#open(openBracket, 'an array "[" is expected')
  }

  /** Goes to the next value of an array; false at the array's end. */
  nextElement(): boolean {
    return this.#nextItem(closeBracket)
  }

  get isAtString(): boolean {
    return this.bytes[this.at] === quote
  }

  get isAtArray(): boolean {
    return this.bytes[this.at] === openBracket
  }

  /** Whether an array comes next that is empty or begins with a string. */
  get isAtListOfStrings(): boolean {
    if (!this.isAtArray) return false
    let at = this.at + 1
    while (isSpace(this.bytes[at])) at++
    return this.bytes[at] === quote || this.bytes[at] === closeBracket
  }

  get isAtObject(): boolean {
    return this.bytes[this.at] === openBrace
  }

  /** Reads a string into {@link text}, {@link start} and {@link end}. */
  readString(expectation = 'a string in double quotes is expected'): boolean {
    const { bytes } = this
    if (bytes[this.at] !== quote) return this.fail(expectation)
    let at = this.at + 1
    this.#rawStart = at
    this.#hasEscapes = false
    for (;;) {
      const byte = bytes[at]
      if (byte === quote) break
      if (byte === backslash) {
        this.#hasEscapes = true
        at++ // what follows cannot end the string
      } else if (!(byte >= 0x20)) {
        const isEnd = byte === undefined || byte === lineFeed
        return this.fail(isEnd ? 'the string is not closed' : 'a control character in a string', isEnd ? this.at : at)
      }
      at++
    }
    this.at = at + 1
    this.text = bytes
    this.start = this.#rawStart
    this.end = at
    return this.#hasEscapes ? this.#unescape() : true
  }

  /** The string read last. */
  get stringText(): string {
    return decoder.decode(this.text.subarray(this.start, this.end))
  }

  /** The offset in the file of an offset in {@link text}, for messages. */
  offsetOf(position: number): number {
    return this.#hasEscapes ? unescapedOffset(this.bytes, this.#rawStart, position) : position
  }

  /** Reads a whole number that fits 64 bits; reports and returns undefined for anything else. */
  readInteger(): Word | undefined {
    const start = this.at
    const isNegative = this.bytes[start] === 0x2d
    const number = parseNumber(this.bytes, isNegative ? start + 1 : start, this.bytes.length, false)
    if (typeof number === 'string') {
      this.fail(number)
      return undefined
    }
    const next = this.bytes[number.end]
    if (next === 0x2e || next === 0x65 || next === 0x45) {
      this.fail('a whole number is expected')
      return undefined
    }
    this.at = number.end
    return isNegative ? -number.value : number.value
  }

  /** Goes past a value of any kind and depth. */
  skipValue(): void {
    const closers: number[] = []
    while (!this.failed) {
      const first = this.bytes[this.at]
      if (first === openBrace || first === openBracket) {
        closers.push(first + 2) // in ASCII the closing ones stand two behind the opening ones
        this.at++
        this.#isFirst = true
      } else this.#skipScalar()
      while (closers.length > 0) {
        const hasNext = closers[closers.length - 1] === closeBrace ? this.nextKey() : this.nextElement()
        if (hasNext || this.failed) break
        closers.pop()
      }
      if (closers.length === 0) return
    }
  }

  /** Checks that nothing but white space follows. */
  expectEnd(): void {
    this.#skipSpace()
    if (!this.failed && this.at < this.bytes.length) this.fail('nothing is expected after the closing "}"')
  }

  /** Reports an error in the syntax and gives up. */
  fail(message: string, offset: number = this.at): false {
    const isCut = this.at >= this.bytes.length
    if (!this.failed) this.source.error('invalid-json', isCut ? `the file ends too early: ${message}` : message, offset)
    this.failed = true
    return false
  }

  #open(bracket: number, expectation: string): boolean {
    if (this.failed) return false
    this.#skipSpace()
    if (this.bytes[this.at] !== bracket) return this.fail(expectation)
    this.at++
    this.#isFirst = true
    return true
  }

  #nextItem(closer: number): boolean {
    if (this.failed) return false
    // Mostly the comma stands right behind the value.
    if (this.#isFirst || this.bytes[this.at] !== comma) this.#skipSpace()
    if (this.bytes[this.at] === closer) {
      this.at++
      this.#isFirst = false
      return false
    }
    if (!this.#isFirst) {
      if (this.bytes[this.at] !== comma) return this.fail(`"," or "${String.fromCharCode(closer)}" is expected`)
      this.at++
      this.#skipSpace()
    }
    this.#isFirst = false
    return true
  }

  #skipSpace(): void {
    const { bytes } = this
    let { at } = this
    for (;;) {
      const byte = bytes[at]
      if (byte === lineFeed) this.line++
      else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) break
      at++
    }
    this.at = at
  }

  #skipScalar(): void {
    if (this.isAtString) {
      this.readString()
      return
    }
    const text = this.#word()
    if (/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/.test(text)) this.at += text.length
    else this.fail('a value is expected')
  }

  /** The characters of a number or a word that come next. */
  #word(): string {
    const { bytes, at } = this
    let text = ''
    for (let end = at; text.length < longestWord && isWordByte(bytes[end]); end++)
      text += String.fromCharCode(bytes[end])
    return text
  }

  #unescape(): boolean {
    const problem = stringProblem(this.bytes, this.#rawStart, this.end)
    if (problem) return this.fail(problem.message, problem.at)
    this.#unescaped.length = 0
    appendUnescaped(this.bytes, this.#rawStart, this.end, this.#unescaped)
    this.text = this.#unescaped.bytes
    this.start = 0
    this.end = this.#unescaped.length
    return true
  }
}
