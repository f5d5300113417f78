const decoder = new TextDecoder()

/** The distinct names of a file, as bytes. Each has a number, counted from 1 in the order of appearance. */
export class NameTable {
  #pool = new Uint8Array(1 << 12)
  #used = 0
  /** End of each name in the pool: name `i` stands from ends[i - 1] to ends[i]. */
  readonly #ends: number[] = [0]
  readonly #hashes: number[] = [0]
  /** Open addressing; 0 is free. */
  #slots = new Int32Array(1 << 8)

  /** The number of names. */
  get count(): number {
    return this.#ends.length - 1
  }

  /** The number of the name that stands in `bytes` from `start` to `end`. */
  intern(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    let hash = 0x811c9dc5 // FNV-1a
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
    const mask = this.#slots.length - 1
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const name = this.#slots[slot]
      if (name === 0) return this.#add(bytes, start, end, hash, slot)
      if (this.#hashes[name] === hash && this.#isName(name, bytes, start, end)) return name
    }
  }

  /** The bytes of a name: a view, valid until the next {@link intern}. */
  bytesOf(name: number): Uint8Array {
    return this.#pool.subarray(this.#ends[name - 1], this.#ends[name])
  }

  /** A name for a message. */
  textOf(name: number): string {
    return decoder.decode(this.bytesOf(name))
  }

  #isName(name: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#ends[name - 1]
    if (this.#ends[name] - from !== end - start) return false
    for (let i = 0; i < end - start; i++) if (this.#pool[from + i] !== bytes[start + i]) return false
    return true
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const length = end - start
    if (this.#used + length > this.#pool.length) {
      const larger = new Uint8Array(Math.max(this.#used + length, 2 * this.#pool.length))
      larger.set(this.#pool.subarray(0, this.#used))
      this.#pool = larger
    }
    this.#pool.set(bytes.subarray(start, end), this.#used)
    this.#used += length
    const name = this.#ends.push(this.#used) - 1
    this.#hashes.push(hash)
    this.#slots[slot] = name
    if (2 * name > this.#slots.length) this.#grow()
    return name
  }

  #grow(): void {
    this.#slots = new Int32Array(4 * this.#slots.length)
    const mask = this.#slots.length - 1
    for (let name = 1; name <= this.count; name++) {
      const hash = this.#hashes[name]
      let slot = (hash ^ (hash >>> 15)) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = name
    }
  }
}
