import { InternTable, type TableMemory } from './intern-table.ts'

/** Where the pieces of a section begin, ascending, and the number that the table knows each by. */
export interface SectionPieces {
  readonly starts: Int32Array
  readonly numbers: Int32Array
}

/**
 * Pieces of bytes, each kept once, in the order in which they were first met, and each at the alignment of the
 * section that it came from. The work is done by assembly/pieces.ts.
 */
export class PieceTable {
  readonly #table: InternTable
  readonly #alignment: number

  /** `alignment` is a power of two. */
  constructor(memory: TableMemory, alignment: number) {
    this.#table = new InternTable(memory, alignment)
    this.#alignment = alignment
  }

  get count(): number {
    return this.#table.count
  }

  /** Bytes of all pieces in the output. */
  get size(): number {
    return this.#table.size
  }

  /** Where a piece stands. */
  offset(piece: number): number {
    return this.#table.offset(piece)
  }

  /**
   * Takes the content of a section apart: into strings of characters of `width` bytes, or into constants of that
   * size. The content's size is a multiple of it. Returns undefined if the last string has no end.
   */
  add(content: Uint8Array, width: number, areStrings: boolean): SectionPieces | undefined {
    const table = this.#table
    const { memory, kernels } = table
    const size = content.length
    const most = size / width
    // Constants are as many as there can be; of strings it is known only when they have been taken apart.
    if (!areStrings) table.makeRoom(most)
    table.makeRoomForBytes(size)
    const start = memory.end
    const at = memory.place(content)
    const startsAt = memory.take(4 * most)
    const count = areStrings ? kernels.splitStrings(at, size, width, startsAt) : most
    if (!areStrings) for (let i = 0; i < most; i++) memory.words[startsAt / 4 + i] = i * width
    let isMoved = false
    if (areStrings && count > 0) {
      const end = memory.end
      table.makeRoom(count)
      isMoved = memory.end !== end
    }
    const numbersAt = memory.take(4 * Math.max(0, count))
    if (count >= 0) kernels.internPieces(table.address, at, size, startsAt, count, numbersAt)
    if (!isMoved) memory.end = start
    const column = (address: number) => Int32Array.from(memory.words.subarray(address / 4, address / 4 + count))
    return count < 0 ? undefined : { starts: column(startsAt), numbers: column(numbersAt) }
  }

  /** Lets strings that are the end of another stand inside that, where its place has the alignment. */
  mergeTails(): void {
    const table = this.#table
    const { count } = table
    const order = Array.from({ length: count }, (_, piece) => piece).sort((a, b) => this.#compareTails(a, b))
    const containers = new Int32Array(count).fill(-1)
    let container = -1
    for (const piece of order) {
      const distance = container < 0 ? -1 : table.length(container) - table.length(piece)
      const fits = distance > 0 && distance % this.#alignment === 0 && this.#isTail(piece, container)
      if (fits) containers[piece] = container
      else container = piece
    }
    let size = 0
    for (let piece = 0; piece < count; piece++) {
      if (containers[piece] >= 0) continue
      size = Math.ceil(size / this.#alignment) * this.#alignment
      table.setOffset(piece, size)
      size += table.length(piece)
    }
    table.size = size
    for (let piece = 0; piece < count; piece++) {
      const outer = containers[piece]
      if (outer >= 0) table.setOffset(piece, table.offset(outer) + table.length(outer) - table.length(piece))
    }
  }

  /** Writes all pieces at their places from `at` on. */
  write(output: Uint8Array, at: number): void {
    const { memory, kernels, address, size } = this.#table
    const start = memory.end
    const copy = memory.take(size)
    memory.end = start
    const bytes = memory.bytes.subarray(copy, copy + size)
    bytes.fill(0)
    kernels.copyPieces(address, copy)
    output.set(bytes, at)
  }

  /**
   * Orders by the bytes from the last to the first; of two of which one is the end of the other the longer comes
   * first.
   */
  #compareTails(a: number, b: number): number {
    const table = this.#table
    const { bytes } = table.memory
    const lengths = [table.length(a), table.length(b)]
    let i = table.start(a) + lengths[0]
    let j = table.start(b) + lengths[1]
    for (let rest = Math.min(...lengths); rest > 0; rest--) {
      const difference = bytes[--i] - bytes[--j]
      if (difference !== 0) return difference
    }
    return lengths[1] - lengths[0]
  }

  #isTail(piece: number, container: number): boolean {
    const table = this.#table
    const { bytes } = table.memory
    const length = table.length(piece)
    const inner = table.start(piece)
    const outer = table.start(container) + table.length(container) - length
    for (let i = 0; i < length; i++) if (bytes[outer + i] !== bytes[inner + i]) return false
    return true
  }
}
