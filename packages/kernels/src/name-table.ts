import { instantiate, type Kernels } from '@fle/kernels/wasm'
import { Memory } from './linear-memory.ts'

// The words of a table's record; assembly/names.ts says what they are.
const countWord = 0
const slotsWord = 1
const maskWord = 2
const hashesWord = 3
const startsWord = 4
const lengthsWord = 5
const freeWord = 6
const freeEndWord = 7
const recordWords = 8

const initialCapacity = 2 ** 10
/** Room for the bytes of new names is taken in pieces of so many bytes at least. */
const chunkSize = 2 ** 17
/** Names are read by words of four bytes, so beyond their ends. */
const slack = 4
/** A record that says that a name stands at the start. */
const noOffset = new Uint8Array(4)

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** The memory that the tables of one link share. */
export class NameMemory {
  readonly kernels: Kernels
  readonly memory: Memory

  constructor(kernels: Kernels = instantiate()) {
    this.kernels = kernels
    this.memory = new Memory(kernels.memory)
  }
}

/**
 * NUL-terminated names, interned: each gets a number, counted from 0. A name is kept as bytes; a string is made of it
 * only for a message. The work is done by assembly/names.ts.
 */
export class NameTable {
  readonly #kernels: Kernels
  readonly #memory: Memory
  readonly #record: number
  readonly #single = new Int32Array(1)
  #capacity = 0

  constructor({ kernels, memory }: NameMemory) {
    this.#kernels = kernels
    this.#memory = memory
    this.#record = memory.placeWords(new Int32Array(recordWords)) / 4
    this.#makeRoom(initialCapacity)
  }

  get count(): number {
    return this.#memory.words[this.#record + countWord]
  }

  /**
   * Gives many names their numbers, new ones to those that have not been seen before. Where each name stands in `names`
   * says the first word of a record of `recordSize` bytes. The names end with a NUL within `names`.
   */
  internAll(names: Uint8Array, records: Uint8Array, recordSize: number, numbers: Int32Array): void {
    const memory = this.#memory
    const count = numbers.length
    if (count === 0) return
    if (this.count + count > this.#capacity) this.#makeRoom(this.count + count)
    this.#makeRoomForBytes(names.length)
    const start = memory.end
    const namesAt = memory.place(names)
    memory.take(slack)
    const recordsAt = memory.place(records)
    const numbersAt = memory.take(4 * count)
    const table = 4 * this.#record
    const { intern } = this.#kernels
    const end = memory.end
    for (let done = 0; ; this.#makeRoomForBytes(names.length + 1)) {
      const rest = recordsAt + done * recordSize
      done += intern(table, namesAt, rest, recordSize, count - done, numbersAt + 4 * done)
      if (done === count) break
    }
    // Names that share their bytes in the file can take more room than the file has: room behind what is read here.
    if (memory.end === end) memory.end = start
    numbers.set(memory.words.subarray(numbersAt / 4, numbersAt / 4 + count))
  }

  /** The number of the name at an offset of some bytes; a new one if it has not been seen before. */
  intern(bytes: Uint8Array, offset: number): number {
    this.internAll(bytes.subarray(offset, bytes.indexOf(0, offset) + 1), noOffset, noOffset.length, this.#single)
    return this.#single[0]
  }

  /** The number of a name given as a text; a new one if it has not been seen before. */
  internText(name: string): number {
    return this.intern(encoder.encode(`${name}\0`), 0)
  }

  /** The number of a name given as a text, -1 if it has not been interned. */
  lookupText(name: string): number {
    const memory = this.#memory
    const start = memory.end
    const at = memory.place(encoder.encode(`${name}\0`))
    memory.take(slack)
    memory.end = start
    return this.#kernels.lookUp(4 * this.#record, at)
  }

  text(name: number): string {
    return decoder.decode(this.bytes(name))
  }

  /** The bytes of a name, without its NUL; of use until a name is added. */
  bytes(name: number): Uint8Array {
    const { words, bytes } = this.#memory
    const start = words[words[this.#record + startsWord] / 4 + name]
    return bytes.subarray(start, start + words[words[this.#record + lengthsWord] / 4 + name])
  }

  /** Sets the number of slots and of names to twice what is needed, and numbers the slots anew. */
  #makeRoom(needed: number): void {
    const memory = this.#memory
    const record = this.#record
    const { count } = this
    let capacity = Math.max(initialCapacity, this.#capacity)
    while (capacity < needed) capacity *= 2
    for (const column of [hashesWord, startsWord, lengthsWord]) {
      const from = memory.words[record + column] / 4
      const to = memory.take(4 * capacity)
      memory.words.copyWithin(to / 4, from, from + count)
      memory.words[record + column] = to
    }
    const slotCount = 2 * capacity
    const slots = memory.take(4 * slotCount)
    memory.words[record + slotsWord] = slots
    memory.words[record + maskWord] = slotCount - 1
    this.#capacity = capacity
    this.#kernels.rehash(4 * record)
  }

  #makeRoomForBytes(needed: number): void {
    const memory = this.#memory
    const { words } = memory
    if (words[this.#record + freeEndWord] - words[this.#record + freeWord] >= needed) return
    const size = Math.max(chunkSize, needed)
    const start = memory.take(size + slack)
    memory.words[this.#record + freeWord] = start
    memory.words[this.#record + freeEndWord] = start + size
  }
}
