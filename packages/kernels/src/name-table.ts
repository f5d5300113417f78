import { InternTable } from './intern-table.ts'
import { type Memory, Region, slack } from './memory.ts'

/** A record that says that a name stands at the start. */
const noOffset = new Uint8Array(4)

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * NUL-terminated names, interned: each gets a number, counted from 0. A name is kept as bytes; a string is made of it
 * only for a message. The work is done by assembly/names.ts.
 */
export class NameTable {
  readonly #table: InternTable
  readonly #region: Region
  readonly #single = new Int32Array(1)

  constructor(memory: Memory) {
    this.#table = new InternTable(memory)
    this.#region = new Region(memory)
  }

  get count(): number {
    return this.#table.count
  }

  /** Whether a name has an `@`. */
  get hasVersions(): boolean {
    return this.#table.hasVersions
  }

  /** What the loops know the table by. */
  get record(): number {
    return this.#table.record
  }

  /**
   * Gives many names their numbers, new ones to those that have not been seen before. Where each name stands in
   * `names` says the first word of a record of `recordSize` bytes. The names end with a NUL within `names`. Arrays that
   * stand in the memory are used where they are.
   */
  internAll(names: Uint8Array, records: Uint8Array, recordSize: number, numbers: Int32Array): void {
    const table = this.#table
    const { memory } = table
    const count = numbers.length
    if (count === 0) return
    table.makeRoom(count)
    const knownNumbers = memory.addressOf(numbers)
    const knownNames = memory.addressOf(names)
    const knownRecords = memory.addressOf(records)
    const namesSize = knownNames < 0 ? alignUp(names.length + slack) : 0
    const recordsSize = knownRecords < 0 ? alignUp(records.length) : 0
    const region = this.#region.reserve(namesSize + recordsSize + (knownNumbers < 0 ? 4 * count : 0))
    const namesAt = knownNames < 0 ? region : knownNames
    const recordsAt = knownRecords < 0 ? region + namesSize : knownRecords
    const numbersAt = knownNumbers < 0 ? region + namesSize + recordsSize : knownNumbers
    if (knownNames < 0) memory.bytes.set(names, namesAt)
    if (knownRecords < 0) memory.bytes.set(records, recordsAt)
    for (let done = 0; ; ) {
      // Names that share their bytes in the file can take more room than the file has.
      table.makeRoomForBytes(names.length)
      const rest = recordsAt + done * recordSize
      const to = numbersAt + 4 * done
      done += memory.kernels.internNames(table.record, namesAt, rest, recordSize, count - done, to)
      if (done === count) break
    }
    if (knownNumbers < 0) numbers.set(memory.words.subarray(numbersAt / 4, numbersAt / 4 + count))
  }

  /** Makes room for so many names more, of so many bytes, for the loops to add. */
  makeRoom(names: number, bytes: number): void {
    this.#table.makeRoom(names)
    this.#table.makeRoomForBytes(bytes)
  }

  /** Keeps a number beside a name, for the loops. */
  setOffset(name: number, offset: number): void {
    this.#table.setOffset(name, offset)
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
    const { memory, record } = this.#table
    const bytes = encoder.encode(`${name}\0`)
    const at = this.#region.reserve(bytes.length + slack)
    memory.bytes.set(bytes, at)
    return memory.kernels.lookUpName(record, at)
  }

  text(name: number): string {
    return decoder.decode(this.bytes(name))
  }

  /** The bytes of a name, without its NUL. */
  bytes(name: number): Uint8Array {
    return this.#table.bytes(name)
  }
}

/** To a multiple of 8. */
function alignUp(size: number): number {
  return Math.ceil(size / 8) * 8
}
