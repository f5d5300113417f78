import { instantiate, type Kernels, type LinearMemory } from '@fle/kernels/wasm'

const pageSize = 2 ** 16
/** Names are read by words of four bytes, so beyond their ends. */
export const slack = 8

/**
 * The memory that the loops in WebAssembly work in, given out from its start to its end and never taken back. It is
 * shared memory, because the arrays over it stay what they are when it grows.
 */
export class Memory {
  readonly kernels: Kernels
  /** All of it that there is so far. */
  bytes: Uint8Array
  words: Uint32Array
  doubles: Float64Array
  readonly #memory: LinearMemory
  /** Each time that the memory grows, it gets another object for the same bytes. */
  readonly #buffers = new Set<ArrayBufferLike>()
  #buffer: ArrayBufferLike
  #end = 8

  constructor(kernels: Kernels = instantiate()) {
    this.kernels = kernels
    this.#memory = kernels.memory
    const { buffer } = this.#memory
    this.#buffers.add(buffer)
    this.#buffer = buffer
    this.bytes = new Uint8Array(buffer)
    this.words = new Uint32Array(buffer)
    this.doubles = new Float64Array(buffer)
  }

  /** Whether so many bytes more, which need not be here, leave room for what must be. */
  hasRoom(size: number): boolean {
    return this.#end + size < this.#memory.largest / 2
  }

  /** Takes bytes, zeros; returns their address, a multiple of 8. Throws a RangeError if there are none to be had. */
  take(size: number): number {
    const start = this.#end
    const end = Math.ceil((start + size) / 8) * 8
    if (end + slack > this.bytes.length) this.#grow(end + slack)
    this.#end = end
    return start
  }

  /** Takes bytes and gives them as an array; this and those below throw as {@link take} does. */
  takeBytes(length: number): Uint8Array {
    const start = this.take(length)
    return new Uint8Array(this.bytes.buffer, start, length)
  }

  takeInt32(length: number): Int32Array {
    const start = this.take(4 * length)
    return new Int32Array(this.bytes.buffer, start, length)
  }

  takeFloat64(length: number): Float64Array {
    const start = this.take(8 * length)
    return new Float64Array(this.bytes.buffer, start, length)
  }

  /** Bytes, zeros: here if there is room for what need not be here, and elsewhere otherwise. */
  allocate(length: number): Uint8Array {
    return this.hasRoom(length) ? this.takeBytes(length) : new Uint8Array(length)
  }

  /** The address of an array that stands here, -1 for any other. */
  addressOf({ buffer, byteOffset }: ArrayBufferView): number {
    return buffer === this.#buffer || this.#buffers.has(buffer) ? byteOffset : -1
  }

  /** The address of an array, or of a copy if it does not stand here. */
  place(array: Uint8Array): number {
    const known = this.addressOf(array)
    if (known >= 0) return known
    const start = this.take(array.length)
    this.bytes.set(array, start)
    return start
  }

  /** Grows by half at least, so that many small pieces cost a few new arrays. */
  #grow(end: number): void {
    const wanted = Math.max(end, Math.min(this.#memory.largest, this.bytes.length * 1.5))
    this.#memory.grow(Math.ceil((wanted - this.bytes.length) / pageSize))
    const { buffer } = this.#memory
    this.#buffers.add(buffer)
    this.#buffer = buffer
    this.bytes = new Uint8Array(buffer)
    this.words = new Uint32Array(buffer)
    this.doubles = new Float64Array(buffer)
  }
}

/** Room for what a call needs and nobody after it. */
export class Region {
  /** The address of what has been reserved last. */
  start = 0
  /** How many bytes there are. */
  size = 0
  readonly #memory: Memory

  constructor(memory: Memory) {
    this.#memory = memory
  }

  /** The address of so many bytes, a multiple of 8: their content is anything, and the room of the last call is in it. */
  reserve(size: number): number {
    if (size > this.size) {
      this.size = Math.max(size, 2 * this.size)
      this.start = this.#memory.take(this.size)
    }
    return this.start
  }
}
