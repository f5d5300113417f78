import { type Memory, slack } from './memory.ts'

// The words of a table's record; assembly/table.ts says what they are.
const countWord = 0
const slotsWord = 1
const maskWord = 2
const hashesWord = 3
const startsWord = 4
const lengthsWord = 5
const freeWord = 6
const freeEndWord = 7
const offsetsWord = 8
const sizeWord = 9
const alignmentWord = 10
const hasVersionsWord = 11
/** A double. */
const addressWord = 12
const recordSize = 56

const initialCapacity = 2 ** 9
/** Room for the bytes of new strings is taken in chunks of so many bytes at least. */
const chunkSize = 2 ** 16

/**
 * Byte strings in {@link Memory}, numbered from 0: what names and pieces have in common. assembly/table.ts works on
 * it.
 */
export class InternTable {
  readonly memory: Memory
  /** What the table is known by there. */
  readonly record: number
  readonly #word: number
  #capacity = 0

  constructor(memory: Memory, alignment = 1) {
    this.memory = memory
    this.record = memory.take(recordSize)
    this.#word = this.record / 4
    memory.words[this.#word + alignmentWord] = alignment
    this.makeRoom(initialCapacity)
  }

  get count(): number {
    return this.memory.words[this.#word + countWord]
  }

  /** Of names: whether one of them has an `@`. */
  get hasVersions(): boolean {
    return this.memory.words[this.#word + hasVersionsWord] === 1
  }

  /** The bytes of a string. */
  bytes(number: number): Uint8Array {
    const start = this.start(number)
    return this.memory.bytes.subarray(start, start + this.length(number))
  }

  /** Address of a string's bytes. */
  start(number: number): number {
    return this.#column(startsWord, number)
  }

  length(number: number): number {
    return this.#column(lengthsWord, number)
  }

  /** Of a piece: where it stands in the output, and of all: the bytes that they take there. */
  offset(number: number): number {
    return this.#column(offsetsWord, number)
  }

  setOffset(number: number, offset: number): void {
    const { words } = this.memory
    words[words[this.#word + offsetsWord] / 4 + number] = offset
  }

  get size(): number {
    return this.memory.words[this.#word + sizeWord]
  }

  set size(size: number) {
    this.memory.words[this.#word + sizeWord] = size
  }

  /** The address of the first piece in the program, once it is known. */
  set address(address: number) {
    this.memory.doubles[(this.#word + addressWord) / 2] = address
  }

  /** Makes room for so many strings more. */
  makeRoom(more: number): void {
    const needed = this.count + more
    if (needed <= this.#capacity) return
    const { memory } = this
    const record = this.#word
    let capacity = Math.max(initialCapacity, this.#capacity)
    while (capacity < needed) capacity *= 2
    for (const column of [hashesWord, startsWord, lengthsWord, offsetsWord]) {
      const from = memory.words[record + column] / 4
      const to = memory.take(4 * capacity)
      memory.words.copyWithin(to / 4, from, from + this.count)
      memory.words[record + column] = to
    }
    const slotCount = 2 * capacity
    const slots = memory.take(4 * slotCount)
    memory.words[record + slotsWord] = slots
    memory.words[record + maskWord] = slotCount - 1
    this.#capacity = capacity
    memory.kernels.rehash(this.record)
  }

  /** Makes room for so many bytes of strings. */
  makeRoomForBytes(needed: number): void {
    const { memory } = this
    const { words } = memory
    if (words[this.#word + freeEndWord] - words[this.#word + freeWord] >= needed) return
    const size = Math.max(chunkSize, needed)
    const start = memory.take(size + slack)
    memory.words[this.#word + freeWord] = start
    memory.words[this.#word + freeEndWord] = start + size
  }

  #column(column: number, number: number): number {
    const { words } = this.memory
    return words[words[this.#word + column] / 4 + number]
  }
}
