import type { Diagnostics } from '@fle/diagnostics'
import { addWords, type ObjectFile, SHN, SHT, STB, STT, type Word } from '@fle/object'
import type { RelocationKind } from '@fle/x86-64'
import { DialectLimits } from './dialect-limits.ts'
import type { LabDialect } from './fle-file.ts'
import type { JsonWriter } from './json-writer.ts'
import { formatAddend, labRelocations } from './lab-lines.ts'
import { Tag } from './line-tags.ts'
import { writeLine } from './line-writer.ts'
import type { ObjectPlan } from './object-plan.ts'
import type { LineStyle } from './section-writer.ts'

/** The names that the labs' readers take in a relocation. */
const namePattern = /^[A-Za-z0-9_.$@]+$/

const wordOfType: ReadonlyMap<number, string> = new Map(
  Array.from(labRelocations, ([word, { types }]) => types.map((type) => [type, word] as const)).flat(),
)

/** The tag of a symbol's line, by its binding. */
export function labTag(binding: number): Tag {
  if (binding === STB.LOCAL) return Tag.local
  return binding === STB.WEAK ? Tag.weak : Tag.global
}

/** The lines of the labs' dialects: names with decimal sizes and offsets, and relocations by name. */
export class LabStyle implements LineStyle {
  readonly countsZeros = false
  readonly #plan: ObjectPlan
  readonly #dialect: LabDialect
  readonly #limits: DialectLimits
  #hasWarnedOfAddends = false

  constructor(plan: ObjectPlan, dialect: LabDialect, diagnostics: Diagnostics) {
    this.#plan = plan
    this.#dialect = dialect
    this.#limits = new DialectLimits(dialect, plan, diagnostics)
  }

  error(code: string, message: string): undefined {
    return this.#limits.error(code, message)
  }

  /** Reports what of a section cannot be said. */
  checkSection(section: number): void {
    this.#limits.checkSection(section)
    if (this.#dialect === 'linklab') this.#limits.checkAlignment(section)
  }

  /** Reports what of a symbol without a place cannot be said; undefined ones need no line. */
  checkPlaceless(symbol: number): void {
    const { object } = this.#plan
    this.#limits.checkPlaceless(symbol)
    const isWeakReference = object.symbolBinding(symbol) === STB.WEAK && object.symbolRawSection(symbol) === SHN.UNDEF
    if (!isWeakReference) return
    const name = object.symbolName(symbol)
    this.#limits.warn('lost-weak', `${this.#dialect} has no weak references: ${name} must be defined`)
  }

  /** Writes the line that names the start of a section, if a relocation refers to it. */
  writeSectionStart(json: JsonWriter, section: number): void {
    if (!this.#plan.isReferencedSection(section)) return
    const name = this.#name(this.#plan.object.sectionName(section), -section)
    if (name !== undefined) writeLine(json, Tag.local, this.#symbolLine(name, 0, 0))
  }

  writeSymbol(json: JsonWriter, symbol: number, place: Word | undefined): void {
    const { object } = this.#plan
    const offset = object.symbolValue(symbol)
    this.#limits.checkType(symbol)
    if (this.#dialect === 'linklab2024' && (place !== undefined || this.#isInsideNoBits(object, symbol)))
      this.error('no-place', `linklab2024 cannot say where ${object.symbolName(symbol)} is: its lines have no offset`)
    if (offset < 0)
      this.error('no-place', `${this.#dialect} cannot say where ${object.symbolName(symbol)} is: before its section`)
    const name = this.#name(object.symbolName(symbol), symbol)
    if (name === undefined) return
    writeLine(json, labTag(object.symbolBinding(symbol)), this.#symbolLine(name, object.symbolSize(symbol), offset))
  }

  expression(kind: RelocationKind, symbol: number, addend: Word): string | undefined {
    const { object } = this.#plan
    const word = wordOfType.get(kind.type)
    if (word === undefined || (word === 'gotpcrel' && this.#dialect === 'linklab2024'))
      return this.error('no-form', `${this.#dialect} has no form for the relocation ${kind.name}`)
    if (symbol === 0) return this.error('no-form', `${this.#dialect} has no form for a ${kind.name} without a symbol`)
    const section = object.symbolSection(symbol)
    if (section !== 0 && !this.#plan.isWritten(section)) {
      const what = `section ${object.sectionName(section)}, which is not written`
      return this.error('bad-relocation', `${kind.name} refers to ${what}`)
    }
    const isSection = object.symbolType(symbol) === STT.SECTION
    const spelling = isSection
      ? this.#name(object.sectionName(section), -section)
      : this.#name(object.symbolName(symbol), symbol)
    if (spelling === undefined) return undefined
    const total = isSection ? addWords(addend, object.symbolValue(symbol)) : addend
    this.#checkAddend(kind, total)
    return `.${word}(${spelling}${formatAddend(total, this.#dialect)})`
  }

  #symbolLine(name: string, size: Word, offset: Word): string {
    return this.#dialect === 'linklab' ? `${name} ${size} ${offset}` : `${name} ${size}`
  }

  /** In 2024 the lab's own reader drops the sign, and its linker makes up for it as if all fields were followed by nothing. */
  #checkAddend({ pcRelative }: RelocationKind, addend: Word): void {
    if (this.#dialect !== 'linklab2024' || this.#hasWarnedOfAddends) return
    if (pcRelative ? addend === -4 : addend >= 0) return
    this.#hasWarnedOfAddends = true
    const message = `linklab2024: the lab's own linker computes a relocation with the addend ${addend} otherwise`
    this.#limits.warn('odd-addend', message)
  }

  /** In sections without bytes positions cannot be counted: all symbols stand at the start. */
  #isInsideNoBits(object: ObjectFile, symbol: number): boolean {
    return object.sectionType(object.symbolSection(symbol)) === SHT.NOBITS && object.symbolValue(symbol) !== 0
  }

  /** The name, if the dialect can spell it and it is no other's already; undefined, reporting it, otherwise. */
  #name(name: string, meaning: number): string | undefined {
    if (!namePattern.test(name)) return this.error('no-name', `${this.#dialect} cannot spell the name ${name}`)
    return this.#limits.claim(name, meaning) ? name : undefined
  }
}
