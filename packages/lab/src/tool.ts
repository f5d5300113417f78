// What the labs' tools are made of.

import type { CommandIo, Diagnostics } from '@fle/diagnostics'
import { FileError, readInput, reportFileError } from '@fle/diagnostics'
import { type FleFile, isFle, readFle } from '@fle/fle'
import type { Course } from './course.ts'

/** What a tool works with. */
export interface Workplace {
  readonly course: Course
  readonly io: CommandIo
  readonly diagnostics: Diagnostics
}

/** A tool of a lab: does what its words ask for. What goes wrong is reported; it then writes nothing. */
export interface Tool {
  /** Its command line behind its name. */
  readonly usage: string
  run(words: readonly string[], workplace: Workplace): void | Promise<void>
}

/** Reads an FLE file of any kind. */
export function readFleFile(path: string, { io, diagnostics }: Workplace): FleFile | undefined {
  const bytes = readInput(io.files, path, diagnostics)
  if (!bytes) return undefined
  if (isFle(bytes)) return readFle(bytes, path, diagnostics)
  const notes = [whatElse(bytes, path)].filter((note) => note !== undefined)
  return diagnostics.error('not-fle', 'this is not an FLE file', { at: { file: path }, notes })
}

/** What a file that is not FLE may be instead. */
function whatElse(bytes: Uint8Array, path: string): string | undefined {
  if (bytes.length === 0) return 'the file is empty'
  if (/\.[cs]$/i.test(path)) return `it is a source: cc ${path} -o ${path.slice(0, -1)}o compiles it`
  if (bytes[0] === 0x7f && bytes[1] === 0x45) return 'it is an ELF file: cc makes FLE files of sources'
  return undefined
}

/** Writes a file; a failure is reported. */
export function writeFile(path: string, content: Uint8Array, { io, diagnostics }: Workplace, executable = false): void {
  try {
    io.writeOutput(path, content, { executable })
  } catch (error) {
    if (error instanceof FileError) diagnostics.error('cannot-write', `cannot write ${path}: ${error.message}`)
    else reportFileError(error, path, diagnostics)
  }
}

/** The one word that a tool takes; others are reported. */
export function onlyWord(words: readonly string[], { diagnostics }: Workplace): string | undefined {
  if (words.length === 1) return words[0]
  return diagnostics.error('usage', `one file is expected, and there are ${words.length}`)
}
