const initialCapacity = 1 << 10

/** The bytes of a file or of a few names of our own, with the view that hashing reads words through. */
export interface NamePool {
  readonly bytes: Uint8Array
  readonly view: DataView
}

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
  /** Length of the name last hashed: {@link hash} has two results, and an object for each name would cost more than hashing. */
  #hashedLength = 0

  /** Adds a pool that names may stand in and returns its number. */
  addPool(pool: NamePool): number {
    return this.#pools.push(pool) - 1
  }

  /** The number of the name at an offset of a pool; a new one if it has not been seen before. */
  intern(pool: number, offset: number): number {
    const { bytes, view } = this.#pools[pool]
    const hash = this.hash(bytes, view, offset)
    const length = this.#hashedLength
    const slot = this.#find(bytes, offset, length, hash)
    if (this.#slots[slot]) return this.#slots[slot] - 1
    const name = this.count++
    if (name === this.#hashes.length) this.#grow()
    this.#hashes[name] = hash
    this.#poolOf[name] = pool
    this.#offsets[name] = offset
    this.#lengths[name] = length
    this.#slots[this.#freeSlot(hash)] = name + 1
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
    const hash = this.hash(bytes, view, offset)
    return this.lookupHashed(bytes, offset, this.#hashedLength, hash)
  }

  /** As {@link lookup}, where the hash and the length are known. */
  lookupHashed(bytes: Uint8Array, offset: number, length: number, hash: number): number {
    return this.#slots[this.#find(bytes, offset, length, hash)] - 1
  }

  /** The number of a name given as a text, -1 if it has not been interned. */
  lookupText(name: string): number {
    const bytes = encoder.encode(`${name}\0`)
    return this.lookup(bytes, new DataView(bytes.buffer), 0)
  }

  /** Length of the name that {@link hash} was last called for, in bytes. */
  get hashedLength(): number {
    return this.#hashedLength
  }

  text(name: number): string {
    return decoder.decode(this.bytes(name))
  }

  /** The bytes of a name, without its NUL. */
  bytes(name: number): Uint8Array {
    const start = this.#offsets[name]
    return this.#pools[this.#poolOf[name]].bytes.subarray(start, start + this.#lengths[name])
  }

  /** Hashes a NUL-terminated name, four bytes at a time; its length is then in {@link hashedLength}. */
  hash(bytes: Uint8Array, view: DataView, offset: number): number {
    let hash = 0
    let at = offset
    const lastWord = bytes.length - 4
    for (; at <= lastWord; at += 4) {
      const word = view.getInt32(at, true)
      // Sets the high bit of the first zero byte (and perhaps of bytes after it).
      const zeros = (word - 0x01010101) & ~word & 0x80808080
      if (zeros !== 0) {
        const bits = 24 - Math.clz32(zeros & -zeros) // of the word that stand before that byte
        this.#hashedLength = at - offset + (bits >> 3)
        return mix(hash, word & ((1 << bits) - 1))
      }
      hash = mix(hash, word)
    }
    let tail = 0
    let shift = 0
    for (; at < bytes.length && bytes[at] !== 0; at++, shift += 8) tail |= bytes[at] << shift
    this.#hashedLength = at - offset
    return mix(hash, tail)
  }

  /** The slot of an equal name, or the free slot where it would go. */
  #find(bytes: Uint8Array, offset: number, length: number, hash: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const name = this.#slots[slot] - 1
      if (name < 0) return slot
      if (this.#hashes[name] === hash && this.#lengths[name] === length && this.#equals(name, bytes, offset))
        return slot
      slot = (slot + 1) & mask
    }
  }

  #equals(name: number, bytes: Uint8Array, offset: number): boolean {
    const other = this.#pools[this.#poolOf[name]].bytes
    const start = this.#offsets[name]
    if (other === bytes && start === offset) return true
    for (let i = this.#lengths[name] - 1; i >= 0; i--) if (other[start + i] !== bytes[offset + i]) return false
    return true
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot]) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2
    this.#hashes = resized(this.#hashes, capacity)
    this.#poolOf = resized(this.#poolOf, capacity)
    this.#offsets = resized(this.#offsets, capacity)
    this.#lengths = resized(this.#lengths, capacity)
    this.#slots = new Int32Array(capacity * 2)
    for (let name = 0; name < this.count - 1; name++) this.#slots[this.#freeSlot(this.#hashes[name])] = name + 1
  }
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

function resized(table: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity)
  larger.set(table)
  return larger
}
