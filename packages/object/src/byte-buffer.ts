const encoder = new TextEncoder()

/** Bytes that grow at the end, little-endian. */
export class ByteBuffer {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** What has been written so far, as a view: valid until the next write. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length)
  }

  /** The whole capacity, without the cost of a new view: valid until the next write. */
  get storage(): Uint8Array<ArrayBuffer> {
    return this.#bytes
  }

  /** A view of the whole capacity, for patching what has been written: valid until the next write. */
  get view(): DataView {
    return this.#view
  }

  /** Makes room for `count` more bytes and returns the offset they begin at; they are zero. */
  reserve(count: number): number {
    const start = this.length
    const end = start + count
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      larger.set(this.bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    this.length = end
    return start
  }

  byte(value: number): void {
    const at = this.reserve(1)
    this.#bytes[at] = value
  }

  uint16(value: number): void {
    const at = this.reserve(2)
    this.#view.setUint16(at, value, true)
  }

  uint32(value: number): void {
    const at = this.reserve(4)
    this.#view.setUint32(at, value, true)
  }

  append(content: Uint8Array): void {
    const at = this.reserve(content.length)
    this.#bytes.set(content, at)
  }

  /** Appends a string of a string table and the NUL behind it. Returns the offset of the string. */
  addString(content: Uint8Array): number {
    const at = this.reserve(content.length + 1)
    this.#bytes.set(content, at)
    return at
  }

  /** Appends a few bytes of another buffer, from `start` up to `end`. */
  appendPart(from: ByteBuffer, start: number, end: number): void {
    let at = this.reserve(end - start)
    // Typed arrays copy with a call, which takes longer than a handful of bytes.
    for (let i = start; i < end; i++) this.#bytes[at++] = from.#bytes[i]
  }

  /** Appends a text as UTF-8. */
  text(text: string): void {
    this.append(encoder.encode(text))
  }

  /** Appends zeros up to a multiple of `alignment`. */
  align(alignment: number): void {
    const over = this.length % alignment
    if (over) this.reserve(alignment - over)
  }
}
