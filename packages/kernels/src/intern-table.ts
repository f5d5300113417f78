import { type Memory, slack } from './memory.ts'

// The words of a table's record; assembly/table.ts says what they are.
const countWord = 0
const slotsWord = 1
const maskWord = 2
const stringsWord = 3
const freeWord = 4
const freeEndWord = 5
const hasVersionsWord = 6
const sizeWord = 7
const alignmentWord = 8
/** A double. */
const addressWord = 10
const recordSize = 48

// … and those of a string's record.
const stringWords = 4
const startWord = 1
const lengthWord = 2
const offsetWord = 3

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
  /** The address of the room that the bytes of new strings go to. */
  #chunk = 0

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
    return this.memory.words[this.#stringWord(number) + startWord]
  }

  length(number: number): number {
    return this.memory.words[this.#stringWord(number) + lengthWord]
  }

  /** Of a piece: where it stands in the output, and of all: the bytes that they take there. */
  offset(number: number): number {
    return this.memory.words[this.#stringWord(number) + offsetWord]
  }

  setOffset(number: number, offset: number): void {
    this.memory.words[this.#stringWord(number) + offsetWord] = offset
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
    const from = memory.words[record + stringsWord] / 4
    const to = memory.take(4 * stringWords * capacity)
    memory.words.copyWithin(to / 4, from, from + stringWords * this.count)
    memory.words[record + stringsWord] = to
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
    this.#chunk = start
    memory.words[this.#word + freeWord] = start
    memory.words[this.#word + freeEndWord] = start + size
  }

  /** Forgets all strings, and makes room for so many new ones of so many bytes, in time proportional to that. */
  restart(strings: number, bytes: number): void {
    const { words, kernels } = this.memory
    words[this.#word + countWord] = 0
    words[this.#word + freeWord] = this.#chunk
    this.makeRoom(strings)
    this.makeRoomForBytes(bytes)
    let slotCount = 2 * initialCapacity
    while (slotCount < 2 * strings) slotCount *= 2
    words[this.#word + maskWord] = slotCount - 1
    kernels.rehash(this.record)
  }

  #stringWord(number: number): number {
    return this.memory.words[this.#word + stringsWord] / 4 + stringWords * number
  }
}
