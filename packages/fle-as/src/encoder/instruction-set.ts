import { type Form, FormFlag, parseForms } from './form.ts'
import { amdTable } from './tables/amd.ts'
import { convertTable } from './tables/convert.ts'
import { cryptoTable } from './tables/crypto.ts'
import { floatTable } from './tables/float.ts'
import { fusedTable } from './tables/fused.ts'
import { generalTable } from './tables/general.ts'
import { integerTable } from './tables/integer.ts'
import { maskTable } from './tables/mask.ts'
import { moveTable } from './tables/move.ts'
import { shuffleTable } from './tables/shuffle.ts'
import { x87Table } from './tables/x87.ts'

const tables = [
  generalTable,
  x87Table,
  moveTable,
  floatTable,
  fusedTable,
  integerTable,
  convertTable,
  shuffleTable,
  maskTable,
  cryptoTable,
  amdTable,
]

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

/** The tables, looked up by mnemonic. Forms are parsed when their mnemonic is first seen. */
export class InstructionSet {
  readonly #lines = new Map<string, string>()
  readonly #forms = new Map<string, readonly Form[]>()
  readonly #candidates = new Map<string, Candidates>()

  constructor() {
    for (const table of tables) this.#addTable(table)
  }

  #addTable(table: string): void {
    for (let start = 0; start < table.length; ) {
      const end = (table.indexOf('\n', start) + 1 || table.length + 1) - 1
      const space = table.indexOf(' ', start)
      if (space > start && space < end) {
        const forms = table.slice(space + 1, end)
        for (const name of table.slice(start, space).split('/')) {
          const known = this.#lines.get(name)
          this.#lines.set(name, known === undefined ? forms : `${known};${forms}`)
        }
      }
      start = end + 1
    }
  }

  /** All mnemonics, without suffixes. */
  mnemonics(): IterableIterator<string> {
    return this.#lines.keys()
  }

  /** What a mnemonic in lower case may mean, undefined if there is none such. */
  lookup(mnemonic: string): Candidates | undefined {
    const known = this.#candidates.get(mnemonic)
    if (known !== undefined) return known
    const plain = this.#parse(mnemonic)
    const suffixed = this.#withSuffix(mnemonic)
    // Unknown mnemonics are not remembered: there is no end to them.
    if (plain.length + suffixed.length === 0) return undefined
    const candidates = { plain, suffixed, isIntelSuffix: mnemonic.endsWith('d') }
    this.#candidates.set(mnemonic, candidates)
    return candidates
  }

  #withSuffix(mnemonic: string): readonly Form[] {
    const suffix = mnemonic.slice(-1)
    const size = sizeOfSuffix[suffix]
    const length = 'xyz'.indexOf(suffix)
    if (size === undefined && length < 0) return noForms
    return this.#parse(mnemonic.slice(0, -1)).filter((form) => {
      if (size === undefined) return (form.flags & FormFlag.lengths) !== 0 && form.length === length
      return form.size === size && (form.flags & FormFlag.plain) === 0
    })
  }

  #parse(name: string): readonly Form[] {
    let forms = this.#forms.get(name)
    if (forms === undefined) {
      const line = this.#lines.get(name)
      if (line === undefined) return noForms
      forms = parseForms(line)
      this.#forms.set(name, forms)
    }
    return forms
  }
}
