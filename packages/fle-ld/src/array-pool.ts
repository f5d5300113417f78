const chunkSize = 1 << 16

/**
 * Small arrays of zeros, cut from large ones: to allocate an array of its own takes V8 as long as to fill one of a
 * thousand elements, and a link has five for each object.
 */
export class ArrayPool {
  #chunk = new ArrayBuffer(chunkSize)
  #used = 0

  bytes(length: number): Uint8Array {
    const start = this.#take(length)
    return new Uint8Array(this.#chunk, start, length)
  }

  int32(length: number): Int32Array {
    const start = this.#take(4 * length)
    return new Int32Array(this.#chunk, start, length)
  }

  float64(length: number): Float64Array {
    const start = this.#take(8 * length)
    return new Float64Array(this.#chunk, start, length)
  }

  /** Takes so many bytes of the chunk, which is a new one if the rest of the old one is too small. */
  #take(size: number): number {
    if (this.#used + size > this.#chunk.byteLength) {
      this.#chunk = new ArrayBuffer(Math.max(chunkSize, size))
      this.#used = 0
    }
    const start = this.#used
    // Not by bits: an object can have more than 2^31 bytes of these.
    this.#used = start + Math.ceil(size / 8) * 8
    return start
  }
}
