import { FileError, type OpenFile, openMemory, readAll } from '@fle/diagnostics'

/** To allocate bytes of their own takes V8 as long as to read a small member. */
const chunkSize = 1 << 20
const largestCut = 1 << 16

/** Reads parts of the archive's file. */
export class ArchiveFile {
  readonly path: string
  readonly size: number
  readonly #file: OpenFile
  readonly #allocateLarge: (size: number) => Uint8Array
  readonly #hasChunks: boolean
  #chunk: Uint8Array = new Uint8Array()
  #used = 0

  constructor(file: OpenFile, path: string, allocate?: (size: number) => Uint8Array) {
    this.path = path
    this.#hasChunks = allocate === undefined
    this.#allocateLarge = allocate ?? ((size) => new Uint8Array(size))
    this.#file = file.size === undefined ? openMemory(readAll(file, path)) : file
    this.size = this.#file.size ?? 0
  }

  /** The bytes from an offset, fewer if the file ends before. Throws FileError. */
  read(offset: number, size: number): Uint8Array {
    const bytes = this.#allocate(Math.max(0, Math.min(size, this.size - offset)))
    const count = this.#file.readAt(bytes, offset)
    return count === bytes.length ? bytes : bytes.subarray(0, count)
  }

  /** Small pieces are cut from a chunk; one of any other size, which a file with holes can claim, gets its own bytes. */
  #allocate(size: number): Uint8Array {
    if (this.#hasChunks && size <= largestCut) {
      if (this.#used + size > this.#chunk.length) {
        this.#chunk = new Uint8Array(chunkSize)
        this.#used = 0
      }
      const start = this.#used
      // At multiples of 8, so that what is aligned in the piece is so in memory.
      this.#used = (start + size + 7) & ~7
      return this.#chunk.subarray(start, start + size)
    }
    if (size >= 2 ** 32) throw new FileError('EFBIG', this.path, 'Member too large')
    try {
      return this.#allocateLarge(size)
    } catch {
      throw new FileError('ENOMEM', this.path, 'Cannot allocate memory')
    }
  }
}
