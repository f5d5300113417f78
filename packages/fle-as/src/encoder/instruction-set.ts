import { type Form, FormFlag } from './form.ts'
import { generalTable } from './tables/general.ts'
import { parseForms } from './tables/notation.ts'
import { systemTable } from './tables/system.ts'
import { vectorTables } from './tables/vector.ts'
import { x87Table } from './tables/x87.ts'

/** The forms that a mnemonic as it was written may mean. */
export interface Candidates {
  /** Forms of the mnemonic itself. */
  readonly plain: readonly Form[]
  /** Forms of the mnemonic less its suffix, those of the suffix's size or vector length only. */
  readonly suffixed: readonly Form[]
  /** Whether there is such a suffix in Intel syntax only. */
  readonly isIntelSuffix: boolean
}

/** `d` is Intel's name for `l`. */
const sizeOfSuffix: Readonly<Record<string, number>> = { b: 1, w: 2, l: 4, d: 4, q: 8 }
const noForms: readonly Form[] = []

/**
 * The tables, looked up by mnemonic. Forms are parsed when their mnemonic is first seen, and the tables of vector
 * instructions are expanded when a mnemonic is not among the general ones: small programs need neither.
 */
export class InstructionSet {
  #general: Map<string, string> | undefined
  #vector: Map<string, string> | undefined
  readonly #forms = new Map<string, readonly Form[]>()
  readonly #candidates = new Map<string, Candidates>()

  get #generalLines(): Map<string, string> {
    this.#general ??= indexTables([generalTable(), systemTable, x87Table()])
    return this.#general
  }

  get #vectorLines(): Map<string, string> {
    this.#vector ??= indexTables(vectorTables())
    return this.#vector
  }

  /** All mnemonics, without suffixes. */
  mnemonics(): string[] {
    return [...this.#generalLines.keys(), ...this.#vectorLines.keys()]
  }

  /** What a mnemonic in lower case may mean, undefined if there is none such. */
  lookup(mnemonic: string): Candidates | undefined {
    const known = this.#candidates.get(mnemonic)
    if (known !== undefined) return known
    const isIntelSuffix = mnemonic.endsWith('d')
    let plain = this.#parse(mnemonic, this.#generalLines)
    let suffixed = this.#withSuffix(mnemonic, this.#generalLines)
    // No mnemonic is in both groups, but `movd` is not `mov` with a suffix.
    if (plain.length === 0 && (suffixed.length === 0 || isIntelSuffix)) {
      plain = this.#parse(mnemonic, this.#vectorLines)
      if (suffixed.length === 0) suffixed = this.#withSuffix(mnemonic, this.#vectorLines)
    }
    // Unknown mnemonics are not remembered: there is no end to them.
    if (plain.length + suffixed.length === 0) return undefined
    const candidates = { plain, suffixed, isIntelSuffix }
    this.#candidates.set(mnemonic, candidates)
    return candidates
  }

  #withSuffix(mnemonic: string, lines: ReadonlyMap<string, string>): readonly Form[] {
    const suffix = mnemonic.slice(-1)
    const size = sizeOfSuffix[suffix]
    const length = 'xyz'.indexOf(suffix)
    if (size === undefined && length < 0) return noForms
    return this.#parse(mnemonic.slice(0, -1), lines).filter((form) => {
      if (size === undefined) return (form.flags & FormFlag.lengths) !== 0 && form.length === length
      return form.size === size && (form.flags & FormFlag.plain) === 0
    })
  }

  #parse(name: string, lines: ReadonlyMap<string, string>): readonly Form[] {
    let forms = this.#forms.get(name)
    if (forms === undefined) {
      const line = lines.get(name)
      if (line === undefined) return noForms
      forms = parseForms(line)
      this.#forms.set(name, forms)
    }
    return forms
  }
}

/** The forms of each mnemonic as text; the lines of one mnemonic add up. */
function indexTables(tables: readonly string[]): Map<string, string> {
  const lines = new Map<string, string>()
  for (const table of tables) {
    for (let start = 0; start < table.length; ) {
      const end = (table.indexOf('\n', start) + 1 || table.length + 1) - 1
      const space = table.indexOf(' ', start)
      if (space > start && space < end) {
        const forms = table.slice(space + 1, end)
        for (const name of table.slice(start, space).split('/')) {
          const known = lines.get(name)
          lines.set(name, known === undefined ? forms : `${known};${forms}`)
        }
      }
      start = end + 1
    }
  }
  return lines
}
