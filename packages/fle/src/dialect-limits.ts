import type { Diagnostics } from '@fle/diagnostics'
import { SHF, SHN, STT } from '@fle/object'
import type { Dialect } from './fle-file.ts'
import type { ObjectPlan } from './object-plan.ts'

/**
 * What all dialects but `fle` cannot say of an object. It is an error where the program would not be the same, and of each
 * kind the first is reported; a warning where it is the same but for speed or strictness.
 */
export class DialectLimits {
  readonly #dialect: Dialect
  readonly #plan: ObjectPlan
  readonly #diagnostics: Diagnostics
  readonly #reported = new Set<string>()
  /** What each name stands for: a symbol, or a section as its negative number. */
  readonly #meaning = new Map<string, number>()

  constructor(dialect: Dialect, plan: ObjectPlan, diagnostics: Diagnostics) {
    this.#dialect = dialect
    this.#plan = plan
    this.#diagnostics = diagnostics
  }

  error(code: string, message: string): undefined {
    if (this.#reported.has(code)) return
    this.#reported.add(code)
    const hint = 'write dialect fle, which can say it'
    this.#diagnostics.error(code, message, { at: { file: this.#plan.object.name }, hint })
  }

  warn(code: string, message: string): void {
    this.#diagnostics.warning(code, message, { at: { file: this.#plan.object.name } })
  }

  /** Reports that a section is thread-local, in a group, or one of two of its name. */
  checkSection(section: number): void {
    const { object } = this.#plan
    const name = object.sectionName(section)
    if (object.sectionFlags(section) & SHF.TLS) this.#lacks('no-tls', `no thread-local storage: section ${name}`)
    if (this.#plan.groups.has(section)) this.#lacks('no-groups', `no section groups (COMDAT): section ${name}`)
    if (this.#plan.occurrence[section] > 1) this.error('no-twins', `${this.#dialect} cannot have two sections ${name}`)
  }

  /** Warns of an alignment that is lost when other sections are put behind this one. */
  checkAlignment(section: number): void {
    const { object } = this.#plan
    const alignment = object.sectionAlignment(section)
    if (object.sectionSize(section) % alignment === 0) return
    const what = `section ${object.sectionName(section)} is aligned to ${alignment} bytes`
    this.warn('lost-alignment', `${this.#dialect} cannot say that ${what}`)
  }

  /** Reports a symbol without a place that is not undefined. */
  checkPlaceless(symbol: number): void {
    const { object } = this.#plan
    const name = object.symbolName(symbol)
    if (object.symbolType(symbol) === STT.FILE) return
    const section = object.symbolRawSection(symbol)
    if (section === SHN.ABS) this.#lacks('no-absolute', `no absolute symbols: ${name}`)
    else if (section !== SHN.UNDEF) this.#lacks('no-common', `no common symbols: ${name} (compile with -fno-common)`)
  }

  /** Reports a symbol of a type that changes what it means. */
  checkType(symbol: number): void {
    const { object } = this.#plan
    const name = object.symbolName(symbol)
    const type = object.symbolType(symbol)
    if (type === STT.GNU_IFUNC) this.#lacks('no-ifunc', `no indirect functions: ${name}`)
    if (type === STT.TLS) this.#lacks('no-tls', `no thread-local storage: ${name}`)
  }

  /** Claims a spelling for a symbol, or for a section as its negative number; false, reporting it, if it is another's. */
  claim(spelling: string, meaning: number): boolean {
    const known = this.#meaning.get(spelling) ?? meaning
    this.#meaning.set(spelling, known)
    if (known !== meaning) this.error('no-twins', `${this.#dialect} cannot tell two things named ${spelling} apart`)
    return known === meaning
  }

  #lacks(code: string, what: string): void {
    this.error(code, `${this.#dialect} has ${what}`)
  }
}
