import type { Diagnostics } from '@fle/diagnostics'

/** After this many errors in one file nothing more is learnt from it. */
const limit = 20

/** Reports what is wrong with one file, and stops at a number that a person can read. */
export class FileErrors {
  readonly #file: string
  readonly #diagnostics: Diagnostics
  count = 0

  constructor(file: string, diagnostics: Diagnostics) {
    this.#file = file
    this.#diagnostics = diagnostics
  }

  /** Whether the limit is reached: a loop over records may end. */
  get full(): boolean {
    return this.count >= limit
  }

  /** Reports an error at this file, or at a line of it. Returns undefined, so that a reader can `return errors.add(…)`. */
  add(code: string, message: string, { hint, line }: { hint?: string | undefined; line?: number } = {}): undefined {
    if (this.full) return
    this.count++
    const at = line ? { file: this.#file, line } : { file: this.#file }
    this.#diagnostics.error(code, message, hint === undefined ? { at } : { at, hint })
  }
}
