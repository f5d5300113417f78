import { InternTable } from './intern-table.ts'
import { type Memory, Region } from './memory.ts'

/** Where the pieces of a section begin, ascending, and the number that the table knows each by. */
export interface SectionPieces {
  readonly starts: Int32Array
  readonly numbers: Int32Array
  /** What the loops know them by. */
  readonly record: number
}

/** The words of their record; assembly/pieces.ts says what they are. */
const recordWords = 4

/**
 * Pieces of bytes, each kept once, in the order in which they were first met, and each at the alignment of the
 * section that it came from. The work is done by assembly/pieces.ts.
 */
export class PieceTable {
  readonly #table: InternTable
  readonly #region: Region
  readonly #alignment: number

  /** `alignment` is a power of two. */
  constructor(memory: Memory, alignment: number) {
    this.#table = new InternTable(memory, alignment)
    this.#region = new Region(memory)
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

  /** The address of the first piece in the program, for those who ask for the addresses of pieces. */
  set address(address: number) {
    this.#table.address = address
  }

  /**
   * Takes the content of a section apart: into strings of characters of `width` bytes, or into constants of that
   * size. The content's size is a multiple of it. Returns undefined if the last string has no end.
   */
  add(content: Uint8Array, width: number, areStrings: boolean): SectionPieces | undefined {
    const table = this.#table
    const { memory } = table
    const { kernels } = memory
    const size = content.length
    const known = memory.addressOf(content)
    const at = known < 0 ? this.#region.reserve(size) : known
    if (known < 0) memory.bytes.set(content, at)
    const count = areStrings ? kernels.countStrings(at, size, width) : size / width
    if (count < 0) return undefined
    table.makeRoom(count)
    table.makeRoomForBytes(size)
    const starts = memory.takeInt32(count)
    const numbers = memory.takeInt32(count)
    if (areStrings) kernels.splitStrings(at, size, width, starts.byteOffset)
    else kernels.splitConstants(count, width, starts.byteOffset)
    kernels.internPieces(table.record, at, size, starts.byteOffset, count, numbers.byteOffset)
    const record = memory.take(4 * recordWords)
    memory.words.set([table.record, starts.byteOffset, numbers.byteOffset, count], record / 4)
    return { starts, numbers, record }
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

  /** Writes all pieces at their places from `at` on, and zeros between them. */
  write(output: Uint8Array, at: number): void {
    const { memory, record, size } = this.#table
    const known = memory.addressOf(output)
    const to = known < 0 ? this.#region.reserve(size) : known + at
    memory.kernels.copyPieces(record, to, size)
    if (known < 0) output.set(memory.bytes.subarray(to, to + size), at)
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
