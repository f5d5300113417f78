import type { Diagnostics } from './diagnostic.ts'

/** A file opened for reading. */
export interface OpenFile {
  /** Bytes in the file, or undefined where that cannot be told before reading (a pipe, a device). */
  readonly size: number | undefined
  /** Reads from an offset until `into` is full or the file ends. Returns the bytes read; throws {@link FileError}. */
  readAt(into: Uint8Array, offset: number): number
  close(): void
}

/** The one way in which verbs reach files. Commands pass the real one, tests and pages one in memory. */
export interface FileSystem {
  /** Opens a file for reading. Throws {@link FileError}. */
  open(path: string): OpenFile
}

/** A file operation that failed, with the name of the errno, e.g. `ENOENT`. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly code: string
  readonly path: string

  constructor(code: string, path: string, reason: string) {
    super(reason)
    this.code = code
    this.path = path
  }
}

/** The longest file that is read whole: Node's largest buffer is 4 GiB, and offsets must stay exact. */
const longestFile = 2 ** 32 - 1

/** Reads a whole file. Throws {@link FileError}, `EFBIG` beyond 4 GiB. */
export function readWhole(files: FileSystem, path: string): Uint8Array {
  const file = files.open(path)
  try {
    if (file.size !== undefined && file.size > longestFile) throw new FileError('EFBIG', path, 'file too large')
    return file.size === undefined ? readStream(file, path) : readKnown(file, file.size)
  } finally {
    file.close()
  }
}

function readKnown(file: OpenFile, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  const count = file.readAt(bytes, 0)
  return count === size ? bytes : bytes.slice(0, count)
}

function readStream(file: OpenFile, path: string): Uint8Array {
  let bytes = new Uint8Array(1 << 16)
  let length = 0
  for (;;) {
    const count = file.readAt(bytes.subarray(length), length)
    length += count
    if (length < bytes.length) return bytes.slice(0, length)
    if (length * 2 > longestFile) throw new FileError('EFBIG', path, 'file too large')
    const larger = new Uint8Array(length * 2)
    larger.set(bytes)
    bytes = larger
  }
}

/** Reads a whole file; a failure is reported as `cannot open PATH: reason` and gives undefined. */
export function readInput(files: FileSystem, path: string, diagnostics: Diagnostics): Uint8Array | undefined {
  try {
    return readWhole(files, path)
  } catch (error) {
    return reportFileError(error, path, diagnostics)
  }
}

/** Reports a {@link FileError} as `cannot open PATH: reason`; rethrows anything else. */
export function reportFileError(error: unknown, path: string, diagnostics: Diagnostics): undefined {
  if (!(error instanceof FileError)) throw error
  return diagnostics.error('cannot-open', `cannot open ${path}: ${error.message}`)
}

/** A file system in memory, from paths to contents. */
export function memoryFiles(contents: Readonly<Record<string, Uint8Array | string>>): FileSystem {
  return {
    open(path) {
      if (!Object.hasOwn(contents, path)) throw new FileError('ENOENT', path, 'No such file or directory')
      const content = contents[path]
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
      return {
        size: bytes.length,
        readAt(into, offset) {
          const part = bytes.subarray(offset, offset + into.length)
          into.set(part)
          return part.length
        },
        close() {},
      }
    },
  }
}
