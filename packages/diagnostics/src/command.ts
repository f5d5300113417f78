import { Diagnostics } from './diagnostic.ts'
import type { FileSystem } from './files.ts'
import { renderJson, renderText } from './render.ts'

/** What a command may touch of the world. The real one is in `@fle/diagnostics/node`. */
export interface CommandIo {
  readonly files: FileSystem
  readonly env: Readonly<Record<string, string | undefined>>
  stdout(text: string | Uint8Array): void
  stderr(text: string): void
  readonly stderrIsTerminal: boolean
  readonly stdoutIsTerminal: boolean
  /**
   * Writes a whole output. A regular file is replaced in one step, so that a failure leaves the old one; mode is
   * 0777 or 0666 less the umask; devices and pipes are written as they are. Throws FileError.
   */
  writeOutput(path: string, content: Uint8Array, options: { executable: boolean }): void
  /**
   * Tells how many bytes of input a verb has read so far, and whether the next to be read is text, so that the machine can
   * be set for short work or long.
   */
  expectWork?(bytes: number, next?: 'text'): void
}

/** Exit statuses that all commands share (the loader has its own besides). */
export const exitStatus = { success: 0, inputError: 1, usageError: 2, defect: 70 } as const

export interface ReportOptions {
  readonly tool: string
  readonly json?: boolean
  /** Whether to colour; by default if stderr is a terminal and NO_COLOR is not set. */
  readonly colour?: boolean
  /** How many errors are shown; 0 shows all. */
  readonly errorLimit?: number
}

/** Shows what a sink collected on stderr: all warnings, and errors up to the limit (20). */
export function report(diagnostics: Diagnostics, io: CommandIo, options: ReportOptions): void {
  const { tool, json = false, errorLimit = 20 } = options
  const colour = options.colour ?? (io.stderrIsTerminal && !io.env.NO_COLOR)
  const render = json ? renderJson : renderText
  let errors = 0
  let text = ''
  for (const diagnostic of diagnostics.list) {
    if (diagnostic.severity === 'error' && ++errors > errorLimit && errorLimit > 0) continue
    text += render(diagnostic, { tool, colour })
  }
  if (errorLimit > 0 && errors > errorLimit) {
    const left = errors - errorLimit
    const message = `too many errors: ${left} more ${left === 1 ? 'is' : 'are'} not shown`
    text += render({ severity: 'error', code: 'too-many-errors', message }, { tool, colour })
  }
  if (text) io.stderr(text)
}

/** Reports one error straight away, for the places where a command has no sink yet. Returns the exit status given. */
export function fail(io: CommandIo, tool: string, status: number, message: string, hint?: string): number {
  const diagnostics = new Diagnostics()
  diagnostics.error('failed', message, hint === undefined ? {} : { hint })
  report(diagnostics, io, { tool })
  return status
}
