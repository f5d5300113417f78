import { ByteBuffer } from '@fle/object'

const encoder = new TextEncoder()

const quote = 0x22
const backslash = 0x5c
const lineFeed = 0x0a
const space = 0x20
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Spaces for each level. */
const indent = 4

/** What stands before an item by level: behind another one, and without the comma where it is the first. */
export const itemStarts: readonly Uint8Array[] = Array.from({ length: 16 }, (_, depth) =>
  encoder.encode(`,\n${' '.repeat(indent * depth)}`),
)
const firstItemStarts = itemStarts.map((start) => start.subarray(1))

/** Loops that write lines of bytes quicker than TypeScript does. */
export interface ByteLineLoops {
  /**
   * The bytes from one offset up to another as lines, valid until the next call: on each `start`, at most 16 pairs of
   * hexadecimal digits, and a quote. Undefined if that is left.
   */
  write(bytes: Uint8Array, from: number, end: number, start: Uint8Array): Uint8Array | undefined
}

/**
 * Writes JSON in the layout of all FLE files: every item on a line of its own, four spaces for each level, emoji as they
 * are. Strings are built in {@link out} between {@link openString} and {@link closeString}, escapes and all.
 */
export class JsonWriter {
  readonly out: ByteBuffer = new ByteBuffer(1 << 16)
  /** What writes many lines of bytes at once. */
  readonly byteLines: ByteLineLoops | undefined
  #depth = 0
  #isFirst = true

  constructor(byteLines?: ByteLineLoops) {
    this.byteLines = byteLines
  }

  /** How many objects and arrays are open. */
  get depth(): number {
    return this.#depth
  }

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
    this.out.append((this.#isFirst ? firstItemStarts : itemStarts)[this.#depth])
    this.#isFirst = false
  }

  /** Writes items that are complete, each behind its {@link itemStarts}. */
  items(text: Uint8Array): void {
    this.out.append(this.#isFirst ? text.subarray(1) : text)
    this.#isFirst = false
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
    if (!this.#isFirst) this.out.append(firstItemStarts[this.#depth])
    this.#isFirst = false
    this.out.byte(bracket)
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
