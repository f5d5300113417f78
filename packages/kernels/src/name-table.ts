import { InternTable, slack, type TableMemory } from './intern-table.ts'

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
  readonly #single = new Int32Array(1)

  constructor(memory: TableMemory) {
    this.#table = new InternTable(memory)
  }

  get count(): number {
    return this.#table.count
  }

  /**
   * Gives many names their numbers, new ones to those that have not been seen before. Where each name stands in
   * `names` says the first word of a record of `recordSize` bytes. The names end with a NUL within `names`.
   */
  internAll(names: Uint8Array, records: Uint8Array, recordSize: number, numbers: Int32Array): void {
    const table = this.#table
    const { memory, kernels } = table
    const count = numbers.length
    if (count === 0) return
    table.makeRoom(count)
    table.makeRoomForBytes(names.length)
    const start = memory.end
    const namesAt = memory.place(names)
    memory.take(slack)
    const recordsAt = memory.place(records)
    const numbersAt = memory.take(4 * count)
    const end = memory.end
    for (let done = 0; ; table.makeRoomForBytes(names.length)) {
      const rest = recordsAt + done * recordSize
      done += kernels.internNames(table.address, namesAt, rest, recordSize, count - done, numbersAt + 4 * done)
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
    const { memory, kernels, address } = this.#table
    const start = memory.end
    const at = memory.place(encoder.encode(`${name}\0`))
    memory.take(slack)
    memory.end = start
    return kernels.lookUpName(address, at)
  }

  text(name: number): string {
    return decoder.decode(this.bytes(name))
  }

  /** The bytes of a name, without its NUL; of use until a name is added. */
  bytes(name: number): Uint8Array {
    return this.#table.bytes(name)
  }
}
