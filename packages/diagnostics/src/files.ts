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

  /** By name: of a command that is bundled in parts, each part has a class of its own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'FileError'
  }
}

/** The longest file that is read whole: Node's largest buffer is 4 GiB, and offsets must stay exact. */
const longestFile = 2 ** 32 - 1

/** Reads the whole file at a path. Throws {@link FileError}, `EFBIG` beyond 4 GiB. */
export function readWhole(files: FileSystem, path: string): Uint8Array {
  const file = files.open(path)
  try {
    return readAll(file, path)
  } finally {
    file.close()
  }
}

/**
 * Reads all of an open file, which stays open; of one that knows its size, into bytes that `allocate` gives. Throws
 * {@link FileError}, `EFBIG` beyond 4 GiB.
 */
export function readAll(file: OpenFile, path: string, allocate = newBytes): Uint8Array {
  if (file.size !== undefined && file.size > longestFile) throw new FileError('EFBIG', path, 'File too large')
  return file.size === undefined ? readStream(file, path) : readKnown(file, path, file.size, allocate)
}

function readKnown(file: OpenFile, path: string, size: number, allocate: typeof newBytes): Uint8Array {
  const bytes = allocate(size, path)
  const count = file.readAt(bytes, 0)
  return count === size ? bytes : bytes.slice(0, count)
}

function readStream(file: OpenFile, path: string): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(1 << 16)
  let length = 0
  for (;;) {
    const count = file.readAt(bytes.subarray(length), length)
    length += count
    if (length < bytes.length) return bytes.slice(0, length)
    if (length * 2 > longestFile) throw new FileError('EFBIG', path, 'File too large')
    const larger = newBytes(length * 2, path)
    larger.set(bytes)
    bytes = larger
  }
}

function newBytes(size: number, path: string): Uint8Array {
  try {
    return new Uint8Array(size)
  } catch {
    throw new FileError('ENOMEM', path, 'Cannot allocate memory')
  }
}

/** Whether there is a file that can be opened. */
export function fileExists(files: FileSystem, path: string): boolean {
  try {
    files.open(path).close()
    return true
  } catch (error) {
    if (error instanceof FileError) return false
    throw error
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
      return openMemory(typeof content === 'string' ? new TextEncoder().encode(content) : content)
    },
  }
}

/** Bytes as an open file. */
export function openMemory(bytes: Uint8Array): OpenFile {
  return {
    size: bytes.length,
    readAt(into, offset) {
      const part = bytes.subarray(offset, offset + into.length)
      into.set(part)
      return part.length
    },
    close() {},
  }
}
