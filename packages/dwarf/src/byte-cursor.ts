/**
 * Reads little-endian numbers one after the other. Beyond its end it reads zeros and says so in {@link overrun}, so that
 * a reader of damaged bytes need not ask before each of them.
 */
export class ByteCursor {
  readonly bytes: Uint8Array
  readonly #view: DataView
  /** Offset of the next byte in {@link bytes}; never beyond {@link end}. */
  at: number
  readonly end: number
  /** Whether something was to be read that is not there. */
  overrun = false

  /** Reads `bytes` from `start` up to `end`, which must be within them. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = start
    this.end = end
  }

  get isAtEnd(): boolean {
    return this.at >= this.end
  }

  /** Passes `count` bytes and returns where they began; -1 if they are not there. */
  #take(count: number): number {
    if (count > this.end - this.at) {
      this.overrun = true
      this.at = this.end
      return -1
    }
    this.at += count
    return this.at - count
  }

  skip(count: number): void {
    this.#take(count)
  }

  u8(): number {
    const at = this.#take(1)
    return at < 0 ? 0 : this.bytes[at]
  }

  i8(): number {
    return (this.u8() << 24) >> 24
  }

  u16(): number {
    const at = this.#take(2)
    return at < 0 ? 0 : this.#view.getUint16(at, true)
  }

  u32(): number {
    const at = this.#take(4)
    return at < 0 ? 0 : this.#view.getUint32(at, true)
  }

  /** Eight bytes as a signed number: exact, or NaN if no double is. */
  i64(): number {
    const at = this.#take(8)
    if (at < 0) return 0
    const value = this.#view.getUint32(at, true) + this.#view.getInt32(at + 4, true) * 2 ** 32
    return Number.isSafeInteger(value) ? value : Number.NaN
  }

  /** An unsigned number of the form LEB128; what exceeds 2^53 is not exact. */
  uleb(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  /** A signed number of the form LEB128; what exceeds 2^53 is not exact. */
  sleb(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      scale *= 128
      if (byte < 0x80) return byte & 0x40 ? value - scale : value
    }
  }

  /** Passes a string and the NUL behind it; returns the string's offset. */
  passString(): number {
    const start = this.at
    const nul = this.bytes.indexOf(0, start)
    if (nul < 0 || nul >= this.end) this.skip(Number.POSITIVE_INFINITY)
    else this.at = nul + 1
    return start
  }
}
