const initialCapacity = 1 << 10

/** The bytes of a file or of a few names of our own, with the view that hashing reads words through. */
export interface NamePool {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** An odd number without pattern: 2^32 over the golden ratio. */
const multiplier = 0x9e3779b1

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * NUL-terminated names, interned: each gets a number, counted from 0. A name stays where it stands, as a place in one of
 * the pools; a string is made of it only for a message. Open addressing over the bytes, hashed a word at a time.
 */
export class NameTable {
  count = 0
  readonly #pools: NamePool[] = []
  /** Number + 1 of the name in each slot, 0 for a free one. */
  #slots = new Int32Array(initialCapacity * 2)
  #hashes = new Int32Array(initialCapacity)
  #poolOf = new Int32Array(initialCapacity)
  #offsets = new Int32Array(initialCapacity)
  #lengths = new Int32Array(initialCapacity)
  /** Length of the name last hashed: {@link #hash} has two results, and an object for each name would cost more than hashing. */
  #hashedLength = 0

  /** Adds a pool that names may stand in and returns its number. */
  addPool(pool: NamePool): number {
    return this.#pools.push(pool) - 1
  }

  /** The number of the name at an offset of a pool; a new one if it has not been seen before. */
  intern(pool: number, offset: number): number {
    const { bytes, view } = this.#pools[pool]
    const hash = this.#hash(bytes, view, offset)
    const length = this.#hashedLength
    const slot = this.#find(view, offset, length, hash)
    const known = this.#slots[slot]
    if (known !== 0) return known - 1
    const name = this.count++
    this.#slots[slot] = name + 1
    this.#hashes[name] = hash
    this.#poolOf[name] = pool
    this.#offsets[name] = offset
    this.#lengths[name] = length
    if (this.count === this.#hashes.length) this.#grow()
    return name
  }

  /** The number of a name given as a text; a new one if it has not been seen before. */
  internText(name: string): number {
    const bytes = encoder.encode(`${name}\0`)
    const known = this.lookup(bytes, new DataView(bytes.buffer), 0)
    return known >= 0 ? known : this.intern(this.addPool({ bytes, view: new DataView(bytes.buffer) }), 0)
  }

  /** The number of the name at an offset of any bytes, -1 if it has not been interned. */
  lookup(bytes: Uint8Array, view: DataView, offset: number): number {
    const hash = this.#hash(bytes, view, offset)
    return this.#slots[this.#find(view, offset, this.#hashedLength, hash)] - 1
  }

  /** The number of a name given as a text, -1 if it has not been interned. */
  lookupText(name: string): number {
    const bytes = encoder.encode(`${name}\0`)
    return this.lookup(bytes, new DataView(bytes.buffer), 0)
  }

  text(name: number): string {
    return decoder.decode(this.bytes(name))
  }

  /** The bytes of a name, without its NUL. */
  bytes(name: number): Uint8Array {
    const start = this.#offsets[name]
    return this.#pools[this.#poolOf[name]].bytes.subarray(start, start + this.#lengths[name])
  }

  /** Hashes a NUL-terminated name, four bytes at a time; its length is then in {@link #hashedLength}. */
  #hash(bytes: Uint8Array, view: DataView, offset: number): number {
    let hash = 0
    let at = offset
    let last = 0
    const lastWord = bytes.length - 4
    for (; at <= lastWord; at += 4) {
      const word = view.getInt32(at, true)
      // Sets the high bit of the first zero byte (and perhaps of bytes after it).
      const zeros = (word - 0x01010101) & ~word & 0x80808080
      if (zeros !== 0) {
        const bits = 24 - Math.clz32(zeros & -zeros) // of the word that stand before that byte
        this.#hashedLength = at - offset + (bits >> 3)
        hash = Math.imul(hash ^ (word & ((1 << bits) - 1)), multiplier)
        return hash ^ (hash >>> 15)
      }
      hash = Math.imul(hash ^ word, multiplier)
      hash ^= hash >>> 15
    }
    for (let shift = 0; at < bytes.length && bytes[at] !== 0; at++, shift += 8) last |= bytes[at] << shift
    this.#hashedLength = at - offset
    hash = Math.imul(hash ^ last, multiplier)
    return hash ^ (hash >>> 15)
  }

  /** The slot of an equal name, or the free slot where it would go. */
  #find(view: DataView, offset: number, length: number, hash: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash & mask
    for (;;) {
      const name = slots[slot] - 1
      if (name < 0) return slot
      if (this.#hashes[name] === hash && this.#lengths[name] === length && this.#equals(name, view, offset)) return slot
      slot = (slot + 1) & mask
    }
  }

  #equals(name: number, view: DataView, offset: number): boolean {
    const other = this.#pools[this.#poolOf[name]].view
    const start = this.#offsets[name]
    if (other === view && start === offset) return true
    const length = this.#lengths[name]
    let i = 0
    for (; i + 4 <= length; i += 4) {
      if (other.getInt32(start + i, true) !== view.getInt32(offset + i, true)) return false
    }
    for (; i < length; i++) if (other.getUint8(start + i) !== view.getUint8(offset + i)) return false
    return true
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2
    this.#hashes = resized(this.#hashes, capacity)
    this.#poolOf = resized(this.#poolOf, capacity)
    this.#offsets = resized(this.#offsets, capacity)
    this.#lengths = resized(this.#lengths, capacity)
    this.#slots = new Int32Array(capacity * 2)
    const mask = this.#slots.length - 1
    for (let name = 0; name < this.count; name++) {
      let slot = this.#hashes[name] & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = name + 1
    }
  }
}

function resized(table: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity)
  larger.set(table)
  return larger
}
