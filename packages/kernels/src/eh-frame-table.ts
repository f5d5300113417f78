import { InternTable } from './intern-table.ts'
import { type Memory, Region } from './memory.ts'

/** Records of one input section that stand one behind the other in the output too, and their relocations. */
export interface FrameRun {
  /** The number of the object, and of the section there. */
  readonly object: number
  readonly section: number
  /** The number of its relocation section, 0 if there is none. */
  readonly rela: number
  /** Where they stand in the input section, in bytes. */
  readonly start: number
  readonly size: number
  /** Where they stand in the output section. */
  readonly outputOffset: number
  /** The relocations that belong to them: from the first up to the end. */
  readonly firstRelocation: number
  readonly endRelocation: number
}

// The words of the record that assembly/eh-frame.ts works on.
const sizeWord = 0
const hasTerminatorWord = 1
const runsWord = 2
const runCountWord = 3
const fdesWord = 4
const fdeCountWord = 5
const ciesWord = 6
const scratchWord = 8
const neededCiesWord = 10
const neededCieBytesWord = 11
const neededScratchWord = 12
const recordSize = 56
const runWords = 8

/** No record of .eh_frame takes less. */
const smallestRecord = 8

/** The records of .eh_frame that a program keeps. The work is done by assembly/eh-frame.ts. */
export class FrameTable {
  /** What the loops know it by. */
  readonly record: number
  readonly #memory: Memory
  readonly #symbols: number
  readonly #cies: InternTable
  readonly #region: Region

  /** `size` is that of all input sections together; `symbols` is what the global symbols are known by. */
  constructor(memory: Memory, size: number, symbols: number) {
    this.#memory = memory
    this.#symbols = symbols
    this.record = memory.take(recordSize)
    this.#cies = new InternTable(memory)
    this.#region = new Region(memory)
    const most = Math.floor(size / smallestRecord)
    const runs = memory.take(4 * runWords * most)
    const fdes = memory.take(8 * most)
    const word = this.record / 4
    memory.words[word + runsWord] = runs
    memory.words[word + fdesWord] = fdes
    memory.words[word + ciesWord] = this.#cies.record
  }

  /**
   * Adds the records of sections and writes where each begins in the output; false if one is to be looked at closely, and the
   * table is of no use any more. `members` has for each section the number of its object in the list `objects` and its
   * own in that, in turn.
   */
  add(objects: number, members: Int32Array): boolean {
    const memory = this.#memory
    const count = members.length / 2
    const known = memory.addressOf(members)
    const at = known < 0 ? memory.take(4 * members.length) : known
    if (known < 0) memory.words.set(members, at / 4)
    for (let done = 0; ; ) {
      done = memory.kernels.addFrames(this.record, objects, at, done, count, this.#symbols)
      if (done === count) return true
      if (!this.#makeRoom()) return false
    }
  }

  /** Makes room for the next section; false if that is not what it lacks. */
  #makeRoom(): boolean {
    const scratchSize = this.#word(neededScratchWord)
    if (scratchSize === 0) return false
    this.#cies.makeRoom(this.#word(neededCiesWord))
    this.#cies.makeRoomForBytes(this.#word(neededCieBytesWord))
    const scratch = this.#region.reserve(scratchSize)
    this.#memory.words.set([scratch, this.#region.size], this.record / 4 + scratchWord)
    return true
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
        rela: words[word + 2],
        start: words[word + 3],
        size: words[word + 4],
        outputOffset: words[word + 5],
        firstRelocation: words[word + 6],
        endRelocation: words[word + 7],
      }
    })
  }

  /** By FDE: where in the output it stands, and where its CIE does, in turn. */
  get fdes(): Uint32Array {
    const start = this.#word(fdesWord) / 4
    return this.#memory.words.subarray(start, start + 2 * this.fdeCount)
  }

  #word(word: number): number {
    return this.#memory.words[this.record / 4 + word]
  }
}
