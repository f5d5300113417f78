import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { GnuTool } from './driver.ts'
import { quoteCommand } from './quote.ts'

/** How a program ended: it exited, was killed by a signal, or could not be started at all. */
export type Ending =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly reason: string }

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type StopSignal = (typeof stopSignals)[number]

/**
 * Runs programs, with a folder for what they leave to each other. A signal that asks this process to stop is passed to
 * the program that runs, and taken only after the folder is gone.
 */
export class Workshop {
  #folder: string | undefined
  #stopSignal: StopSignal | undefined
  #kill: ((signal: StopSignal) => void) | undefined
  readonly #onSignal = (signal: StopSignal): void => {
    this.#stopSignal = signal
    this.#kill?.(signal)
  }

  constructor() {
    for (const signal of stopSignals) process.on(signal, this.#onSignal)
  }

  /** Whether a signal has asked this process to stop. */
  get isStopped(): boolean {
    return this.#stopSignal !== undefined
  }

  /** The path of a file in the folder, which is made when it is first asked for. */
  temporaryPath(name: string): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'fle-cc-'))
    return join(this.#folder, name)
  }

  /** Makes a folder in which gcc's search for `ld` or `as` finds fle-ld or fle-as. */
  makeToolsFolder(folder: string, tools: readonly GnuTool[]): void {
    mkdirSync(folder)
    for (const tool of tools) {
      const path = tool === 'ld' ? linkerPath() : assemblerPath()
      const script = `#!/bin/sh\nexec ${quoteCommand([process.execPath, path])} "$@"\n`
      writeFileSync(join(folder, tool), script, { mode: 0o700 })
    }
  }

  /** Runs a program, `fle-ld` or one that PATH has, on this process's streams. */
  async run(program: string, words: readonly string[]): Promise<Ending> {
    const { spawn } = await import('node:child_process')
    const isLinker = program === 'fle-ld'
    const ending = new Promise<Ending>((resolve, reject) => {
      const child = isLinker
        ? spawn(process.execPath, [linkerPath(), ...words], { stdio: 'inherit' })
        : spawn(program, words, { stdio: 'inherit' })
      this.#kill = (signal) => child.kill(signal)
      child.on('error', reject)
      child.on('exit', (status, signal) =>
        resolve(signal ? { kind: 'killed', signal } : { kind: 'exited', status: status ?? 1 }),
      )
    })
    try {
      return await ending
    } catch (error) {
      return { kind: 'not-started', reason: reasonOf(error) }
    } finally {
      this.#kill = undefined
    }
  }

  /** Removes the folder; then lets a signal that came meanwhile have its effect. */
  close(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
    for (const signal of stopSignals) process.off(signal, this.#onSignal)
    if (this.#stopSignal) process.kill(process.pid, this.#stopSignal)
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'it is not in PATH'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'E2BIG') return 'the command line is too long'
  return error instanceof Error ? error.message : String(error)
}

const require = createRequire(join(import.meta.dirname, 'launch.js'))

/** fle-ld as it is installed beside this package: `bin` and `dist` are neighbours in every package. */
function linkerPath(): string {
  return join(dirname(require.resolve('@fle/fle-ld')), '..', 'bin', 'fle-ld.cjs')
}

function assemblerPath(): string {
  return join(dirname(require.resolve('@fle/fle-as')), '..', 'bin', 'fle-as.cjs')
}
