import type { JsonScanner } from './json-scanner.ts'
import { NameTable } from './name-table.ts'

const decoder = new TextDecoder()

/** The keys of one JSON object, of which none may occur twice. */
export class Keys {
  readonly #scanner: JsonScanner
  readonly #seen = new NameTable()

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner
  }

  /** The key that the scanner has read last, as a text. Reports one that has been there already. */
  take(): string {
    const { text, start, end, keyOffset, source } = this.#scanner
    const key = decoder.decode(text.subarray(start, end))
    const known = this.#seen.count
    if (this.#seen.intern(text, start, end) <= known)
      source.error('duplicate-key', `the key "${key}" is there twice`, keyOffset)
    return key
  }
}
