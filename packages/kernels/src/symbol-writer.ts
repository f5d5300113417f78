import type { Memory } from './memory.ts'

/** An output section as symbols see it. */
export interface SymbolOutput {
  /** What the values of its symbols count from. */
  readonly base: number
  readonly address: number
  /** The index of the header that they name. */
  readonly index: number
}

// The words of the record that assembly/symbol-writer.ts works on.
const countWord = 0
const recordsWord = 1
const stringsWord = 2
const stringsSizeWord = 3
const stringsLimitWord = 4
const recordSize = 24

/** Words of a symbol's record (gABI, Elf64_Sym), and of a {@link SymbolOutput}. */
const symbolWords = 6
const outputWords = 6

/** Symbol records and their names as they grow, in memory: what the loops leave to the caller is added by {@link add}. */
export class SymbolWriter {
  readonly #memory: Memory
  readonly #record: number
  readonly #objects: number

  /**
   * `objects` is the address of the records of the objects. There are at most `symbols` symbols, and about `nameBytes` bytes of
   * names. Throws a RangeError if the memory has no room.
   */
  constructor(memory: Memory, objects: number, outputs: readonly SymbolOutput[], symbols: number, nameBytes: number) {
    this.#memory = memory
    this.#record = memory.take(recordSize)
    this.#objects = objects
    const table = memory.take(4 * outputWords * outputs.length)
    outputs.forEach(({ base, address, index }, i) => {
      const word = table / 4 + outputWords * i
      memory.doubles[word / 2] = base
      memory.doubles[word / 2 + 1] = address - base
      memory.words[word + 4] = index
    })
    const records = memory.take(4 * symbolWords * (symbols + 1))
    const strings = memory.take(nameBytes)
    // The null symbol and the empty name.
    memory.words.set([1, records, strings, 1, nameBytes, table], this.#record / 4)
  }

  /** Number of symbols, the null symbol's included. */
  get count(): number {
    return this.#memory.words[this.#record / 4 + countWord]
  }

  get records(): Uint8Array {
    const start = this.#word(recordsWord)
    return this.#memory.bytes.subarray(start, start + 4 * symbolWords * this.count)
  }

  get strings(): Uint8Array {
    const start = this.#word(stringsWord)
    return this.#memory.bytes.subarray(start, start + this.#word(stringsSizeWord))
  }

  /** Whether a symbol is of a kind of GNU's: an IFUNC, or unique in a process. */
  get hasGnuSymbols(): boolean {
    return this.#memory.kernels.hasGnuSymbols(this.#word(recordsWord), this.count) === 1
  }

  /** Writes local symbols of an object, and returns the first that is left: see assembly/symbol-writer.ts. */
  writeLocals(object: number, symbol: number, hasFile: boolean, withoutLabels: boolean): number {
    const { writeLocals } = this.#memory.kernels
    return writeLocals(this.#record, object, symbol, hasFile ? 1 : 0, withoutLabels ? 1 : 0)
  }

  /**
   * The same of the `count` global symbols, whose columns are at `symbols`: of those that become local, or of all others. If
   * `hidesAll` is set, those that are hidden become local.
   */
  writeGlobals(
    symbols: number,
    symbol: number,
    count: number,
    hidesAll: boolean,
    asLocal: boolean,
    hasFile: boolean,
  ): number {
    const { writeGlobals } = this.#memory.kernels
    const objects = this.#objects
    return writeGlobals(this.#record, objects, symbols, symbol, count, +hidesAll, +asLocal, +hasFile)
  }

  /**
   * Adds a symbol; returns the address of its record, for value and size, which are 0. `section` has 16 bits.
   */
  add(name: Uint8Array, info: number, other: number, section: number): number {
    const { words } = this.#memory
    const word = this.#record / 4
    const count = words[word + countWord]++
    const at = words[word + recordsWord] / 4 + count * symbolWords
    words[at] = name.length > 0 ? this.#addName(name) : 0
    words[at + 1] = info | (other << 8) | (section << 16)
    return 4 * at
  }

  #addName(name: Uint8Array): number {
    const size = this.#word(stringsSizeWord)
    const end = size + name.length + 1
    if (end > this.#word(stringsLimitWord)) this.#grow(2 * end)
    this.#memory.bytes.set(name, this.#word(stringsWord) + size)
    this.#setWord(stringsSizeWord, end)
    return size
  }

  #grow(limit: number): void {
    const { strings } = this
    const to = this.#memory.takeBytes(limit)
    to.set(strings)
    this.#setWord(stringsWord, to.byteOffset)
    this.#setWord(stringsLimitWord, limit)
  }

  #word(word: number): number {
    return this.#memory.words[this.#record / 4 + word]
  }

  #setWord(word: number, value: number): void {
    this.#memory.words[this.#record / 4 + word] = value
  }
}
