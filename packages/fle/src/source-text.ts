import type { Diagnostics, Place } from '@fle/diagnostics'

/** A file with more errors than this is no FLE file with a few mistakes: reading stops. */
const errorLimit = 20

/** Longer lines are shown in messages only up to the neighbourhood of the place. */
const longestExcerpt = 4096

const lineFeed = 10
const decoder = new TextDecoder()

/** The bytes of a text file and the way from an offset in them to a message with line, column and caret. */
export class SourceText {
  readonly name: string
  readonly bytes: Uint8Array
  readonly #diagnostics: Diagnostics
  #errors = 0
  readonly #warned = new Set<string>()

  constructor(name: string, bytes: Uint8Array, diagnostics: Diagnostics) {
    this.name = name
    // A plain view: those of Node's Buffer are slow to slice.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#diagnostics = diagnostics
  }

  get hasErrors(): boolean {
    return this.#errors > 0
  }

  /** Whether so much was wrong that nothing more is worth telling. */
  get isHopeless(): boolean {
    return this.#errors >= errorLimit
  }

  /** Reports an error at an offset. Returns undefined. */
  error(code: string, message: string, offset: number, hint?: string): undefined {
    this.#errors++
    if (this.#errors > errorLimit) return
    const at = this.place(offset)
    this.#diagnostics.error(code, message, hint === undefined ? { at } : { at, hint })
  }

  /** Reports an error about the file as a whole. Returns undefined. */
  fileError(code: string, message: string, hint?: string): undefined {
    this.#errors++
    const at = { file: this.name }
    this.#diagnostics.error(code, message, hint === undefined ? { at } : { at, hint })
  }

  /** Reports a warning at an offset; the same message once only, and no more than the limit of errors. */
  warning(code: string, message: string, offset: number): void {
    if (this.#warned.size >= errorLimit || this.#warned.has(message)) return
    this.#warned.add(message)
    this.#diagnostics.warning(code, message, { at: this.place(offset) })
  }

  /** The place of an offset. Takes time proportional to the offset: for messages only. */
  place(offset: number): Place {
    const { bytes } = this
    let line = 1
    let start = 0
    for (let feed = bytes.indexOf(lineFeed); feed >= 0 && feed < offset; feed = bytes.indexOf(lineFeed, start)) {
      line++
      start = feed + 1
    }
    let column = 1
    for (let at = start; at < offset && at < bytes.length; at++) if ((bytes[at] & 0xc0) !== 0x80) column++
    const place = { file: this.name, line, column }
    if (offset - start > longestExcerpt) return place
    const feed = bytes.subarray(start, start + 2 * longestExcerpt).indexOf(lineFeed)
    const end = feed >= 0 ? start + feed : Math.min(bytes.length, start + 2 * longestExcerpt)
    return { ...place, text: decoder.decode(bytes.subarray(start, end)).replace(/\r$/, '') }
  }
}
