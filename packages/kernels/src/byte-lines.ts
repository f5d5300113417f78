import { type Memory, Region } from './memory.ts'

const bytesPerLine = 16

/** Writes bytes as lines of a text. The work is done by assembly/byte-lines.ts. */
export class ByteLines {
  readonly #memory: Memory
  readonly #region: Region
  #start: Uint8Array = new Uint8Array()
  #startAddress = 0

  constructor(memory: Memory) {
    this.#memory = memory
    this.#region = new Region(memory)
  }

  /**
   * The bytes from one offset up to another as lines, valid until the next call: on each `start`, at most 16 pairs of
   * hexadecimal digits, and a quote. Undefined if the bytes are not in the memory.
   */
  write(bytes: Uint8Array, from: number, end: number, start: Uint8Array): Uint8Array | undefined {
    const memory = this.#memory
    const at = memory.addressOf(bytes)
    const count = end - from
    const size = 3 * count + Math.ceil(count / bytesPerLine) * start.length
    if (at < 0 || !memory.hasRoom(2 * size)) return undefined
    if (start !== this.#start) {
      this.#start = start
      this.#startAddress = memory.place(start.slice())
    }
    const to = this.#region.reserve(size)
    const textEnd = memory.kernels.writeByteLines(at + from, count, this.#startAddress, start.length, to)
    return memory.bytes.subarray(to, textEnd)
  }
}
