import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { CommandIo } from './command.ts'
import { exitStatus, fail } from './command.ts'
import { FileError, type FileSystem, type OpenFile } from './files.ts'

const reasons: Record<string, string> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  EMFILE: 'Too many open files',
  EFBIG: 'File too large',
  EDQUOT: 'Disk quota exceeded',
  EPERM: 'Operation not permitted',
  ETXTBSY: 'Text file busy',
  EIO: 'Input/output error',
}

/** Runs a file operation; what Node throws becomes a {@link FileError} in the system's own words. */
function attempt<T>(path: string, operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    if (error instanceof FileError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO'
    throw new FileError(code, path, reasons[code] ?? (error instanceof Error ? error.message : String(error)))
  }
}

/** Node takes the length of one read or write for a signed 32-bit number. */
const longestTransfer = 2 ** 30

class NodeFile implements OpenFile {
  readonly size: number | undefined
  readonly #path: string
  readonly #descriptor: number

  constructor(path: string) {
    this.#path = path
    this.#descriptor = attempt(path, () => openSync(path, 'r'))
    try {
      const stat = attempt(path, () => fstatSync(this.#descriptor))
      if (stat.isDirectory()) throw new FileError('EISDIR', path, reasons.EISDIR)
      // Files of /proc say 0 and have content all the same.
      this.size = stat.isFile() && stat.size > 0 ? stat.size : undefined
    } catch (error) {
      closeSync(this.#descriptor)
      throw error
    }
  }

  readAt(into: Uint8Array, offset: number): number {
    let count = 0
    while (count < into.length) {
      const position = this.size === undefined ? null : offset + count
      const length = Math.min(into.length - count, longestTransfer)
      const read = attempt(this.#path, () => readSync(this.#descriptor, into, count, length, position))
      if (read === 0) break
      count += read
    }
    return count
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** The machine's files. */
export const nodeFiles: FileSystem = { open: (path) => new NodeFile(path) }

function writeSome(descriptor: number, content: Uint8Array, start: number): number {
  return writeSync(descriptor, content, start, Math.min(content.length - start, longestTransfer))
}

function writeAll(descriptor: number, content: Uint8Array): void {
  for (let done = 0; done < content.length; ) done += writeSome(descriptor, content, done)
}

const streamNames = { 1: 'standard output', 2: 'standard error' } as const

/** Writes to one of the standard streams. Synchronous, and `process.stdout` is never touched: it would set pipes to O_NONBLOCK. */
function writeStream(descriptor: 1 | 2, text: string | Uint8Array): void {
  const content = typeof text === 'string' ? Buffer.from(text) : text
  for (let done = 0; done < content.length; ) {
    try {
      done += attempt(streamNames[descriptor], () => writeSome(descriptor, content, done))
    } catch (error) {
      const code = error instanceof FileError ? error.code : ''
      // A full pipe that another process made non-blocking empties; a reader that has gone (`| head`) is no error of
      // ours; and where stderr cannot be written there is no way left to say so.
      if (code === 'EAGAIN') continue
      if (code === 'EPIPE' || code === 'EBADF' || descriptor === 2) return
      throw error
    }
  }
}

/** As {@link CommandIo.writeOutput}. */
export function writeOutput(path: string, content: Uint8Array, { executable }: { executable: boolean }): void {
  const mode = (executable ? 0o777 : 0o666) & ~process.umask()
  attempt(path, () => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) throw new FileError('EISDIR', path, reasons.EISDIR)
    if (stat && !stat.isFile()) {
      // By the path as it was given: /dev/stdout leads to a pipe, which has none.
      const descriptor = openSync(path, 'w')
      try {
        writeAll(descriptor, content)
      } finally {
        closeSync(descriptor)
      }
      return
    }
    const target = followLinks(path)
    // As a program that opens the file for writing would find out; a rename would not ask.
    if (stat) accessSync(target, constants.W_OK)
    const { temporary, descriptor } = createBeside(target)
    try {
      try {
        writeAll(descriptor, content)
        fchmodSync(descriptor, mode)
      } finally {
        closeSync(descriptor)
      }
      renameSync(temporary, target)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
  })
}

/** Creates a new file in the same directory, for a rename must not cross file systems. */
function createBeside(target: string): { temporary: string; descriptor: number } {
  for (let attempts = 1; ; attempts++) {
    // Of an earlier process with our number there may be one left over.
    const temporary = join(dirname(target), `.fle-output-${process.pid}-${attempts}.tmp`)
    try {
      return { temporary, descriptor: openSync(temporary, 'wx', 0o600) }
    } catch (error) {
      const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
      if (!exists || attempts === 100) throw error
    }
  }
}

/** The path that a chain of symbolic links ends at; it need not exist. */
function followLinks(path: string): string {
  let target = path
  for (let hops = 0; hops < 40; hops++) {
    const stat = lstatSync(target, { throwIfNoEntry: false })
    if (!stat?.isSymbolicLink()) return target
    const next = readlinkSync(target)
    target = next.startsWith('/') ? next : join(dirname(target), next)
  }
  throw new FileError('ELOOP', path, reasons.ELOOP)
}

/** The process's own streams, files and environment. */
export function nodeCommandIo(): CommandIo {
  return {
    files: nodeFiles,
    env: process.env,
    stdout: (text) => writeStream(1, text),
    stderr: (text) => writeStream(2, text),
    get stderrIsTerminal() {
      return isTerminal(2)
    },
    get stdoutIsTerminal() {
      return isTerminal(1)
    },
    writeOutput,
    expectWork: optimizingCompilerSwitch(),
  }
}

/** From here on reading and using `node:v8` costs less than the optimizing compiler would … */
const mediumWork = 128 * 1024
/** … and from here on the optimized code is worth what it costs. */
const longWork = 48 * 1024 * 1024

/**
 * V8's optimizing compiler doubles the CPU time of a command that runs for a tenth of a second: it is switched off for
 * medium work. Reading text is worth it, since few functions run for each byte. To inline functions into each other takes
 * the compiler longer than it saves, even in a link of a hundred megabytes. WebAssembly is fast enough before it is
 * optimized: by default V8 begins with that twenty times earlier.
 */
function optimizingCompilerSwitch(): (bytes: number, next?: 'text') => void {
  let flags = ''
  return (bytes, next) => {
    const isWorthIt = next === 'text' || bytes >= longWork
    const wanted = bytes < mediumWork ? '' : isWorthIt ? '--opt --no-turbo-inlining' : '--no-opt'
    if (wanted === flags) return
    if (flags === '') setFlagsFromString('--wasm-tiering-budget=40000000')
    flags = wanted
    setFlagsFromString(wanted)
  }
}

/** Without `node:tty`, which costs start-up time: a terminal is a character device other than /dev/null's (1, 3). */
function isTerminal(descriptor: 1 | 2): boolean {
  try {
    const stat = fstatSync(descriptor)
    return stat.isCharacterDevice() && stat.rdev >> 8 !== 1
  } catch {
    return false
  }
}

/**
 * Runs a command's main and leaves with its status. A {@link FileError} that escapes (a full disk behind stdout) and too
 * little memory are errors with status 1; any other exception is a defect of ours: one line and status 70, never a stack trace
 * (FLE_DEBUG=1 shows it).
 */
export async function runCommand(
  tool: string,
  main: (argv: readonly string[], io: CommandIo) => Promise<number>,
): Promise<void> {
  const io = nodeCommandIo()
  try {
    process.exitCode = await main(process.argv.slice(2), io)
  } catch (error) {
    if (error instanceof FileError) {
      process.exitCode = fail(io, tool, exitStatus.inputError, `${error.path}: ${error.message}`)
      return
    }
    if (isLackOfMemory(error)) {
      const hint = 'let the command have more (ulimit -v shows the limit), or give it less to do at a time'
      process.exitCode = fail(io, tool, exitStatus.inputError, 'there is not enough memory', hint)
      return
    }
    const name = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const first = name.split('\n', 1)[0]
    io.stderr(
      `${tool}: internal error: ${first}; this is a defect of ${tool}: please report it with the command line\n`,
    )
    if (process.env.FLE_DEBUG && error instanceof Error) io.stderr(`${error.stack}\n`)
    process.exitCode = exitStatus.defect
  }
}

/** Whether V8 could not get the memory for an array, in its words; it ends the process when its own heap is full. */
function isLackOfMemory(error: unknown): boolean {
  return error instanceof RangeError && /^Array buffer allocation failed/.test(error.message)
}
