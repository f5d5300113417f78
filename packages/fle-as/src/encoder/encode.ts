import { suggest } from '@fle/diagnostics'
import { type Encoding, type EncodingError, type Operand, Prefix } from '../operand.ts'
import { Emitter } from './emit.ts'
import { explain, explainSuffix, missingEncoding } from './explain.ts'
import { type Form, FormFlag, Immediate } from './form.ts'
import { describeForms } from './hints.ts'
import { type IgnoredFields, zeroFields } from './ignored-fields.ts'
import { type Candidates, InstructionSet } from './instruction-set.ts'
import { matches, Sizing } from './match.ts'
import { OperandList } from './operand-list.ts'
import { prefixesByName } from './prefixes.ts'

/** Older ways to write {disp8} and so on, behind the mnemonic. */
const dottedSuffixes: ReadonlyMap<string, number> = new Map([
  ['.s', Prefix.load | Prefix.store],
  ['.d8', Prefix.disp8],
  ['.d32', Prefix.disp32],
])

/** The places of the form that does the same the other way round: what one loads, the other stores. */
const otherWay: ReadonlyMap<string, string> = new Map([
  ['RM', 'MR'],
  ['MR', 'RM'],
  ['RVM', 'MVR'],
  ['MVR', 'RVM'],
  ['RMV', 'RVM'],
  ['RMI', 'MRI'],
  ['-O', 'O-'],
  ['O-', '-O'],
])

/** An operand, or the lower bytes of a constant that has more than so many. */
function cutConstant(operand: Operand, size: number): Operand {
  if (operand.kind !== 'immediate' || operand.value.symbolic) return operand
  const { constant } = operand.value
  if (Math.abs(Number(constant)) < 2 ** (8 * size)) return operand
  const cut = Number(BigInt.asUintN(8 * size, BigInt(constant)))
  return { kind: 'immediate', value: { constant: cut, symbolic: false, modifier: '' } }
}

/** Turns instructions into machine code of the x86-64, choosing among equivalent encodings as GNU as does. */
export class InstructionEncoder {
  readonly #set: InstructionSet
  readonly #addressBytes: number
  readonly #list = new OperandList()
  readonly #emitter: Emitter

  /** @param isNarrow whether the code is of 32 bits (.code32) */
  constructor(ignored: IgnoredFields = zeroFields, isNarrow = false) {
    this.#set = new InstructionSet(isNarrow)
    this.#addressBytes = isNarrow ? 4 : 8
    this.#emitter = new Emitter(ignored, isNarrow)
  }

  /** Whether there is such a mnemonic, with or without a suffix, in lower case. */
  knows(mnemonic: string): boolean {
    return this.#set.lookup(mnemonic) !== undefined
  }

  /** All mnemonics without suffixes, for suggestions. */
  mnemonics(): Iterable<string> {
    return this.#set.mnemonics()
  }

  /**
   * Encodes one instruction, or prefixes that stand alone. The operands stand in the order of the syntax they were written
   * in. What comes back is valid until the next call.
   * @param mnemonic in lower case
   * @param prefixes bits of {@link Prefix}
   */
  encode(mnemonic: string, prefixes: number, operands: readonly Operand[], intel: boolean): Encoding | EncodingError {
    const candidates = this.#set.lookup(mnemonic)
    if (candidates === undefined) return this.#encodeSpecially(mnemonic, prefixes, operands, intel)
    const list = this.#list
    this.#take(candidates, operands, prefixes, intel)
    if (list.problem !== '') return { message: list.problem }
    let form = this.#find(candidates.plain, prefixes, Sizing.operands, intel)
    if (form === undefined && (intel || !candidates.isIntelSuffix)) {
      form = this.#find(candidates.suffixed, prefixes, Sizing.suffix, intel)
    }
    if (form !== undefined) return this.#emitter.emit(form, list, prefixes)
    if (!intel) {
      form = this.#find(candidates.plain, prefixes, Sizing.assumption, intel)
      if (form !== undefined) return this.#assumeSize(form, mnemonic, prefixes)
    }
    const explanation = this.#explain(mnemonic, candidates, prefixes, intel)
    return this.#encodeCut(candidates, prefixes, operands, intel) ?? explanation
  }

  #take(candidates: Candidates, operands: readonly Operand[], prefixes: number, intel: boolean): void {
    const first = candidates.plain[0] ?? candidates.suffixed[0]
    const addressBytes = (prefixes & Prefix.addr32) !== 0 ? 4 : this.#addressBytes
    this.#list.set(operands, !intel && (first.flags & FormFlag.same) === 0, addressBytes)
  }

  /** Tries with the lower bits of a constant that is too large for the operand size, as GNU as does with a warning. */
  #encodeCut(
    candidates: Candidates,
    prefixes: number,
    operands: readonly Operand[],
    intel: boolean,
  ): Encoding | EncodingError | undefined {
    const list = this.#list
    for (const size of [1, 2, 4]) {
      const cut = operands.map((operand) => cutConstant(operand, size))
      if (cut.every((operand, i) => operand === operands[i])) continue
      const isCuttable = (form: Form) => form.size === size && !form.immediates.includes(Immediate.signedByte)
      this.#take(candidates, cut, prefixes, intel)
      const form =
        this.#find(candidates.plain.filter(isCuttable), prefixes, Sizing.operands, intel) ??
        this.#find(candidates.suffixed.filter(isCuttable), prefixes, Sizing.suffix, intel)
      if (form === undefined) continue
      const encoding = this.#emitter.emit(form, list, prefixes)
      if ('warning' in encoding) encoding.warning = `the constant is cut to the ${8 * size} bits of the operands`
      return encoding
    }
    return undefined
  }

  #encodeSpecially(
    mnemonic: string,
    prefixes: number,
    operands: readonly Operand[],
    intel: boolean,
  ): Encoding | EncodingError {
    const alone = prefixesByName.get(mnemonic)
    if (alone !== undefined && operands.length === 0) return this.#emitter.emitPrefixesAlone(prefixes | alone)
    const dot = mnemonic.lastIndexOf('.')
    const suffix = dottedSuffixes.get(mnemonic.slice(dot))
    if (suffix !== undefined && this.knows(mnemonic.slice(0, dot))) {
      return this.encode(mnemonic.slice(0, dot), prefixes | suffix, operands, intel)
    }
    const base = this.#set.lookup(mnemonic.slice(0, -1))
    if (base !== undefined && 'bwlq'.includes(mnemonic.slice(-1))) return explainSuffix(mnemonic, base.plain)
    const near = suggest(mnemonic, this.#set.mnemonics())
    const hint = near === undefined ? undefined : `did you mean '${near}'?`
    return { message: `no such instruction: '${mnemonic}'`, hint }
  }

  #assumeSize(form: Form, mnemonic: string, prefixes: number): Encoding | EncodingError {
    const encoding = this.#emitter.emit(form, this.#list, prefixes)
    if ('warning' in encoding) {
      encoding.warning = `nothing tells the operand size of '${mnemonic}': 32 bits are assumed, as of '${mnemonic}l'`
    }
    return encoding
  }

  #explain(mnemonic: string, candidates: Candidates, prefixes: number, intel: boolean): EncodingError {
    const forms = [...candidates.plain, ...candidates.suffixed]
    const missing = missingEncoding(forms, prefixes)
    if (missing !== '') return { message: `'${mnemonic}' has no ${missing} encoding` }
    const suffixBits = candidates.suffixed.length > 0 ? 8 * candidates.suffixed[0].size : 0
    return {
      message: explain(mnemonic, forms, this.#list, suffixBits, intel),
      hint: describeForms(mnemonic, forms, this.#list.count, intel),
    }
  }

  /** The form to use among those of one mnemonic: the first one that fits, or the one that does the same the other way. */
  #find(forms: readonly Form[], prefixes: number, sizing: number, intel: boolean): Form | undefined {
    const list = this.#list
    for (let i = 0; i < forms.length; i++) {
      const form = forms[i]
      if (!matches(form, list, prefixes, sizing, intel)) continue
      if (intel && this.#isAmbiguous(form, forms, prefixes, sizing)) return undefined
      if (!this.#turns(form, prefixes)) return form
      const places = otherWay.get(form.places)
      const other = forms.find(
        (other) =>
          other.places === places && other.scheme === form.scheme && matches(other, list, prefixes, sizing, intel),
      )
      return other ?? form
    }
    return undefined
  }

  /** Intel syntax: whether an operand in memory of no size may as well have another size than the form's. */
  #isAmbiguous(form: Form, forms: readonly Form[], prefixes: number, sizing: number): boolean {
    const list = this.#list
    if (list.memory === undefined || list.memory.size !== 0 || form.memoryBytes === 0) return false
    if ((form.flags & FormFlag.guess) !== 0) return false
    return forms.some(
      (other) =>
        other.memoryBytes !== 0 &&
        other.memoryBytes !== form.memoryBytes &&
        matches(other, list, prefixes, sizing, true),
    )
  }

  /** Whether the other way round is asked for, or shorter. */
  #turns(form: Form, prefixes: number): boolean {
    const direction = prefixes & (Prefix.load | Prefix.store)
    if (direction === 0) {
      return (form.flags & FormFlag.swap) !== 0 && this.#emitter.isShorterSwapped(form, this.#list, prefixes)
    }
    if (direction === (Prefix.load | Prefix.store)) return true
    const first = form.places[0]
    return direction === Prefix.load ? first === 'M' || first === 'O' : first === 'R' || first === '-'
  }
}
