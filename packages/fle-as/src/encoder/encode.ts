import { type Encoding, type EncodingError, type Operand, Prefix } from '../operand.ts'
import { Emitter } from './emit.ts'
import { type Form, FormFlag } from './form.ts'
import { describeForms } from './hints.ts'
import { InstructionSet } from './instruction-set.ts'
import { matches } from './match.ts'
import { OperandList } from './operand-list.ts'

/** Turns instructions into machine code of the x86-64, choosing among equivalent encodings as GNU as does. */
export class InstructionEncoder {
  readonly #set = new InstructionSet()
  readonly #list = new OperandList()
  readonly #emitter = new Emitter()

  /** Whether there is such a mnemonic, with or without a suffix, in lower case. */
  knows(mnemonic: string): boolean {
    return this.#set.lookup(mnemonic) !== undefined
  }

  /** All mnemonics without suffixes, for suggestions. */
  mnemonics(): Iterable<string> {
    return this.#set.mnemonics()
  }

  /**
   * Encodes one instruction. The operands stand in the order of the syntax they were written in. What comes back is valid
   * until the next call.
   * @param prefixes bits of {@link Prefix}
   */
  encode(mnemonic: string, prefixes: number, operands: readonly Operand[], intel: boolean): Encoding | EncodingError {
    const candidates = this.#set.lookup(mnemonic)
    if (candidates === undefined) return { message: `no such instruction: '${mnemonic}'` }
    const list = this.#list
    const first = candidates.plain[0] ?? candidates.suffixed[0]
    list.set(operands, !intel && (first.flags & FormFlag.same) === 0)
    if (list.problem !== '') return { message: list.problem }
    const directed = (prefixes & (Prefix.load | Prefix.store)) !== 0
    if (directed) {
      const form =
        this.#find(candidates.plain, prefixes, false, intel, true) ??
        this.#find(candidates.suffixed, prefixes, true, intel, true)
      if (form !== undefined) return this.#emitter.emit(form, list, prefixes)
    }
    const form =
      this.#find(candidates.plain, prefixes, false, intel, false) ??
      this.#find(candidates.suffixed, prefixes, true, intel, false)
    if (form !== undefined) return this.#emitter.emit(form, list, prefixes)
    return {
      message: `the operands do not fit '${mnemonic}'`,
      hint: describeForms(mnemonic, [...candidates.plain, ...candidates.suffixed], intel),
    }
  }

  #find(
    forms: readonly Form[],
    prefixes: number,
    suffixed: boolean,
    intel: boolean,
    directed: boolean,
  ): Form | undefined {
    for (let i = 0; i < forms.length; i++) {
      const form = forms[i]
      if (!matches(form, this.#list, prefixes, suffixed, intel)) continue
      if (directed && form.places[0] !== ((prefixes & Prefix.load) !== 0 ? 'R' : 'M')) continue
      if ((form.flags & FormFlag.swap) !== 0 && this.#emitter.isShorterSwapped(form, this.#list, prefixes)) {
        const places = swapped(form.places)
        const other = forms.find(
          (other) => other.places === places && matches(other, this.#list, prefixes, suffixed, intel),
        )
        return other?.scheme === form.scheme ? other : form
      }
      return form
    }
    return undefined
  }
}

/** The places of the form that stores what another loads. */
function swapped(places: string): string {
  return places === 'RM' ? 'MR' : 'MVR'
}
