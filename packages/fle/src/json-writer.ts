import { ByteBuffer } from '@fle/object'

const encoder = new TextEncoder()
const indentation = encoder.encode(' '.repeat(64))

const quote = 0x22
const backslash = 0x5c
const lineFeed = 0x0a
const comma = 0x2c
const space = 0x20
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Spaces for each level. */
const indent = 4

/**
 * Writes JSON in the layout of all FLE files: every item on a line of its own, four spaces for each level, emoji as they
 * are. Strings are built in {@link out} between {@link openString} and {@link closeString}, escapes and all.
 */
export class JsonWriter {
  readonly out: ByteBuffer = new ByteBuffer(1 << 16)
  #depth = 0
  #isFirst = true

  openObject(): void {
    this.#open(openBrace)
  }

  closeObject(): void {
    this.#close(closeBrace)
  }

  openArray(): void {
    this.#open(openBracket)
  }

  closeArray(): void {
    this.#close(closeBracket)
  }

  /** Begins the next item of an array or object on a line of its own. */
  item(): void {
    if (!this.#isFirst) this.out.byte(comma)
    this.#isFirst = false
    this.#newLine()
  }

  /** Begins the next item with its key, which needs no escape or has them. */
  key(key: string | Uint8Array): void {
    this.item()
    this.out.byte(quote)
    if (typeof key === 'string') this.out.text(key)
    else this.out.append(key)
    this.out.byte(quote)
    this.out.byte(0x3a)
    this.out.byte(space)
  }

  /** Begins an array's next item, a string. */
  openString(): void {
    this.item()
    this.out.byte(quote)
  }

  closeString(): void {
    this.out.byte(quote)
  }

  /** Writes a value as it stands: a number, or a whole array that fits a line. */
  raw(value: string): void {
    this.out.text(value)
  }

  /** Writes any text as a string value. */
  string(value: string): void {
    this.out.byte(quote)
    this.out.append(escapeJson(encoder.encode(value)))
    this.out.byte(quote)
  }

  /** Ends the file. Returns its bytes. */
  end(): Uint8Array {
    this.out.byte(lineFeed)
    return this.out.bytes
  }

  #open(bracket: number): void {
    this.out.byte(bracket)
    this.#depth++
    this.#isFirst = true
  }

  #close(bracket: number): void {
    this.#depth--
    if (!this.#isFirst) this.#newLine()
    this.#isFirst = false
    this.out.byte(bracket)
  }

  #newLine(): void {
    this.out.byte(lineFeed)
    this.out.append(indentation.subarray(0, indent * this.#depth))
  }
}

/** A text with the escapes that a JSON string needs. Bytes beyond ASCII stand as they are. */
export function escapeJson(text: Uint8Array): Uint8Array {
  if (!text.some((byte) => byte < 0x20 || byte === quote || byte === backslash)) return text
  const escaped = new ByteBuffer(2 * text.length)
  for (const byte of text) {
    if (byte < 0x20) escaped.text(`\\u${byte.toString(16).padStart(4, '0')}`)
    else {
      if (byte === quote || byte === backslash) escaped.byte(backslash)
      escaped.byte(byte)
    }
  }
  return escaped.bytes
}
