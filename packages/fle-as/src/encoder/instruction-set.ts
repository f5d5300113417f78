import { type Form, FormFlag } from './form.ts'
import { tableLines } from './tables/lines.ts'
import { narrowForms } from './tables/narrow.ts'
import { FormParser } from './tables/notation.ts'

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
  readonly #parser = new FormParser()
  readonly #candidates = new Map<string, Candidates>()
  readonly #isNarrow: boolean

  /** @param isNarrow whether the code is of 32 bits */
  constructor(isNarrow: boolean) {
    this.#isNarrow = isNarrow
  }

  /** All mnemonics, without suffixes. */
  mnemonics(): string[] {
    return tableLines.match(/^\S+/gm) ?? []
  }

  /** What a mnemonic in lower case may mean, undefined if there is none such. */
  lookup(mnemonic: string): Candidates | undefined {
    const known = this.#candidates.get(mnemonic)
    if (known !== undefined) return known
    const plain = this.#parser.parse(this.#formsOf(mnemonic))
    const suffixed = this.#withSuffix(mnemonic)
    // Unknown mnemonics are not remembered: there is no end to them.
    if (plain.length + suffixed.length === 0) return undefined
    const candidates = { plain, suffixed, isIntelSuffix: mnemonic.endsWith('d') }
    this.#candidates.set(mnemonic, candidates)
    return candidates
  }

  #formsOf(mnemonic: string): string {
    const forms = formsOf(mnemonic)
    return this.#isNarrow ? narrowForms(mnemonic, forms) : forms
  }

  #withSuffix(mnemonic: string): readonly Form[] {
    const suffix = mnemonic.slice(-1)
    const size = sizeOfSuffix[suffix]
    const length = 'xyz'.indexOf(suffix)
    if (size === undefined ? length < 0 : size === 8 && this.#isNarrow) return noForms
    const forms = this.#formsOf(mnemonic.slice(0, -1))
    if (size !== undefined) return this.#parser.parse(forms, size).filter(({ flags }) => (flags & FormFlag.plain) === 0)
    return this.#parser.parse(forms).filter((form) => (form.flags & FormFlag.lengths) !== 0 && form.length === length)
  }
}

/** The forms of a mnemonic as text, empty if there is none such. The lines are in order, so half of them is left out each time. */
function formsOf(mnemonic: string): string {
  let low = 1
  let high = tableLines.length
  while (low < high) {
    const start = tableLines.lastIndexOf('\n', (low + high - 1) >> 1) + 1
    const space = tableLines.indexOf(' ', start)
    const end = tableLines.indexOf('\n', space)
    const found = tableLines.slice(start, space)
    if (found === mnemonic) return tableLines.slice(space + 1, end)
    if (found < mnemonic) low = end + 1
    else high = start
  }
  return ''
}
