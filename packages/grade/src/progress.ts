import type { CommandIo } from '@fle/diagnostics'
import { showLine } from './run/show-text.ts'

/** Shorter runs need no progress. */
const patience = 1000

/** A line at the end of the terminal that tells how far the run is; on anything else nothing. */
export class Progress {
  readonly #total: number
  readonly #io: CommandIo
  readonly #start = Date.now()
  #done = 0
  #isShown = false

  constructor(total: number, io: CommandIo) {
    this.#total = total
    this.#io = io
  }

  /** One more case has ended. */
  step(submission: string): void {
    this.#done++
    if (!this.#io.stderrIsTerminal || Date.now() - this.#start < patience) return
    this.#isShown = true
    this.#io.stderr(`\r\x1b[K${this.#done}/${this.#total} cases, ${showLine(submission)}`)
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) this.#io.stderr('\r\x1b[K')
    this.#isShown = false
  }
}
