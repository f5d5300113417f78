import type { LinearMemory } from '@fle/kernels/wasm'

const pageSize = 2 ** 16
/** All that an address of 32 bits reaches. */
const largest = 2 ** 32

/**
 * The memory that WebAssembly works in, given out from its start to its end. Addresses stay when it grows; arrays
 * over it do not, and are made anew.
 */
export class Memory {
  bytes: Uint8Array
  words: Uint32Array
  doubles: Float64Array
  /** Where the next piece begins: a multiple of 8. Whoever sets it back gives up all that came after. */
  end = 8
  readonly #memory: LinearMemory

  constructor(memory: LinearMemory) {
    this.#memory = memory
    this.bytes = new Uint8Array(memory.buffer)
    this.words = new Uint32Array(memory.buffer)
    this.doubles = new Float64Array(memory.buffer)
  }

  /** Whether so many bytes more can be had at all. */
  canTake(size: number): boolean {
    return this.end + size < largest / 2
  }

  /** Takes bytes of any content; returns their address. Throws a RangeError if there are none to be had. */
  take(size: number): number {
    const start = this.end
    this.end = Math.ceil((start + size) / 8) * 8
    if (this.end > this.bytes.length) this.#grow()
    return start
  }

  place(bytes: Uint8Array): number {
    const start = this.take(bytes.length)
    this.bytes.set(bytes, start)
    return start
  }

  placeWords(words: Int32Array): number {
    const start = this.take(4 * words.length)
    this.words.set(words, start / 4)
    return start
  }

  placeDoubles(doubles: ArrayLike<number>): number {
    const start = this.take(8 * doubles.length)
    this.doubles.set(doubles, start / 8)
    return start
  }

  /** Grows by half at least, so that many small pieces cost a few new arrays. */
  #grow(): void {
    const wanted = Math.min(largest, Math.max(this.end, this.bytes.length * 1.5))
    this.#memory.grow(Math.ceil((wanted - this.bytes.length) / pageSize))
    this.bytes = new Uint8Array(this.#memory.buffer)
    this.words = new Uint32Array(this.#memory.buffer)
    this.doubles = new Float64Array(this.#memory.buffer)
  }
}
