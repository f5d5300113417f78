import { InternTable } from './intern-table.ts'
import { type Memory, Region } from './memory.ts'

/** Records of one input section that stand one behind the other in the output too, and their relocations. */
export interface FrameRun {
  /** The number of the object, and of the section there. */
  readonly object: number
  readonly section: number
  /** Where they stand in the input section, in bytes. */
  readonly start: number
  readonly size: number
  /** Where they stand in the output section. */
  readonly outputOffset: number
  /** The relocations that belong to them: from the first up to the end. */
  readonly firstRelocation: number
  readonly endRelocation: number
}

/** A section of the records of an object: what the walker knows that by, its number, and the sizes of both tables. */
export interface FrameSection {
  readonly record: number
  readonly object: number
  readonly section: number
  readonly size: number
  /** The number of its relocation section, 0 if there is none, and the bytes of that. */
  readonly rela: number
  readonly relocationsSize: number
}

// The words of the record that assembly/eh-frame.ts works on.
const sizeWord = 0
const hasTerminatorWord = 1
const runsWord = 2
const runCountWord = 3
const fdesWord = 4
const fdeCountWord = 5
const ciesWord = 6
const recordSize = 32
const runWords = 7

/** No record of .eh_frame takes less. */
const smallestRecord = 8

/** The records of .eh_frame that a program keeps. The work is done by assembly/eh-frame.ts. */
export class FrameTable {
  readonly #memory: Memory
  readonly #record: number
  readonly #symbols: number
  readonly #cies: InternTable
  readonly #region: Region

  /** `size` is that of all input sections together; `symbols` is what the global symbols are known by. */
  constructor(memory: Memory, size: number, symbols: number) {
    this.#memory = memory
    this.#symbols = symbols
    this.#record = memory.take(recordSize)
    this.#cies = new InternTable(memory)
    this.#region = new Region(memory)
    const most = Math.floor(size / smallestRecord)
    const runs = memory.take(4 * runWords * most)
    const fdes = memory.take(8 * most)
    const word = this.#record / 4
    memory.words[word + runsWord] = runs
    memory.words[word + fdesWord] = fdes
    memory.words[word + ciesWord] = this.#cies.record
  }

  /** Adds the records of a section; false if it is to be looked at closely, and the table is of no use any more. */
  add({ record, object, section, size, rela, relocationsSize }: FrameSection): boolean {
    this.#cies.makeRoom(Math.ceil(size / smallestRecord))
    this.#cies.makeRoomForBytes(size + relocationsSize)
    const scratch = this.#region.reserve(4 * size + relocationsSize)
    const { addRecords } = this.#memory.kernels
    return addRecords(this.#record, record, object, section, rela, this.#symbols, scratch) === 1
  }

  /** Bytes of the records so far. */
  get size(): number {
    return this.#word(sizeWord)
  }

  get hasTerminator(): boolean {
    return this.#word(hasTerminatorWord) === 1
  }

  get fdeCount(): number {
    return this.#word(fdeCountWord)
  }

  /** The runs, in the order of their sections. */
  get runs(): FrameRun[] {
    const start = this.#word(runsWord) / 4
    const { words } = this.#memory
    return Array.from({ length: this.#word(runCountWord) }, (_, i) => {
      const word = start + runWords * i
      return {
        object: words[word],
        section: words[word + 1],
        start: words[word + 2],
        size: words[word + 3],
        outputOffset: words[word + 4],
        firstRelocation: words[word + 5],
        endRelocation: words[word + 6],
      }
    })
  }

  /** By FDE: where in the output it stands, and where its CIE does, in turn. */
  get fdes(): Uint32Array {
    const start = this.#word(fdesWord) / 4
    return this.#memory.words.subarray(start, start + 2 * this.fdeCount)
  }

  #word(word: number): number {
    return this.#memory.words[this.#record / 4 + word]
  }
}
