import type { Diagnostics } from '@fle/diagnostics'
import { addWords, SHT, STB, STT, type Word } from '@fle/object'
import { R_X86_64, type RelocationKind } from '@fle/x86-64'
import { DialectLimits } from './dialect-limits.ts'
import { formatExpression } from './expression-writer.ts'
import type { JsonWriter } from './json-writer.ts'
import { Tag } from './line-tags.ts'
import { writeLine } from './line-writer.ts'
import { isPlainName } from './names.ts'
import type { ObjectPlan } from './object-plan.ts'
import type { LineStyle } from './section-writer.ts'

const encoder = new TextEncoder()

/** The relocation types that `i32(…)` can say. */
const sayableTypes: ReadonlySet<number> = new Set([R_X86_64.PC32, R_X86_64.PLT32, R_X86_64['32S']])

/** How `classic` writes names: every `.` and `-` as `_`. */
function classicName(name: string): string {
  return name.replace(/[.-]/g, '_')
}

/**
 * The lines of dialect `classic`: bytes, global and local symbols, and relocations of 32 bits. What it cannot say is an
 * error where the program would not be the same; of each kind the first is reported.
 */
export class ClassicStyle implements LineStyle {
  readonly countsZeros = false
  readonly #plan: ObjectPlan
  readonly #limits: DialectLimits

  constructor(plan: ObjectPlan, diagnostics: Diagnostics) {
    this.#plan = plan
    this.#limits = new DialectLimits('classic', plan, diagnostics)
  }

  error(code: string, message: string): undefined {
    return this.#limits.error(code, message)
  }

  /** Reports what of a section cannot be said. */
  checkSection(section: number): void {
    const { object } = this.#plan
    this.#limits.checkSection(section)
    if (object.sectionType(section) !== SHT.NOBITS) this.#limits.checkAlignment(section)
  }

  /** Reports what of a symbol without a place cannot be said; undefined ones need no line. */
  checkPlaceless(symbol: number): void {
    const { object } = this.#plan
    this.#limits.checkPlaceless(symbol)
    if (object.symbolBinding(symbol) === STB.WEAK) this.#warnOfWeak(object.symbolName(symbol))
  }

  /** Writes the line that names the start of a section, if a relocation refers to it. */
  writeSectionStart(json: JsonWriter, section: number): void {
    if (!this.#plan.isReferencedSection(section)) return
    const name = this.#name(this.#plan.object.sectionName(section), -section)
    if (name !== undefined) writeLine(json, Tag.local, name)
  }

  writeSymbol(json: JsonWriter, symbol: number, place: Word | undefined): void {
    const { object } = this.#plan
    const name = object.symbolName(symbol)
    const binding = object.symbolBinding(symbol)
    this.#limits.checkType(symbol)
    if (object.sectionType(object.symbolSection(symbol)) === SHT.NOBITS)
      this.error('no-bss', `classic has no symbols in .bss: ${name}`)
    else if (place !== undefined)
      this.error('no-place', `classic cannot say where ${name} is: in the middle of a field, or outside its section`)
    if (binding === STB.WEAK) this.#warnOfWeak(name)
    const spelling = this.#name(name, symbol)
    if (spelling !== undefined) writeLine(json, binding === STB.LOCAL ? Tag.local : Tag.global, spelling)
  }

  expression(kind: RelocationKind, symbol: number, addend: Word): string | undefined {
    const { object } = this.#plan
    if (!sayableTypes.has(kind.type))
      return this.error('no-form', `classic has no form for the relocation ${kind.name}`)
    const isSection = symbol !== 0 && object.symbolType(symbol) === STT.SECTION
    const section = symbol === 0 ? 0 : object.symbolSection(symbol)
    const name = isSection ? object.sectionName(section) : symbol === 0 ? '' : object.symbolName(symbol)
    if (section !== 0 && !this.#plan.isWritten(section))
      return this.error(
        'bad-relocation',
        `${kind.name} refers to section ${object.sectionName(section)}, which is not written`,
      )
    if (isSection && object.sectionType(section) === SHT.NOBITS)
      return this.error('no-bss', `classic has no symbols in .bss: ${kind.name} refers to section ${name}`)
    const spelling = symbol === 0 ? '' : this.#name(name, isSection ? -section : symbol)
    if (spelling === undefined) return undefined
    const total = isSection ? addWords(addend, object.symbolValue(symbol)) : addend
    // The dialect has no pc(…) and plt(…): one form stands for both.
    return formatExpression(kind, encoder.encode(spelling), total, kind.type === R_X86_64.PLT32)
  }

  /** The name in classic's spelling; undefined, reporting it, if it has none or is another's already. */
  #name(name: string, meaning: number): string | undefined {
    const spelling = classicName(name)
    if (!isPlainName(encoder.encode(spelling))) return this.error('no-name', `classic cannot spell the name ${name}`)
    return this.#limits.claim(spelling, meaning) ? spelling : undefined
  }

  #warnOfWeak(name: string): void {
    this.#limits.warn('lost-weak', `classic has no weak symbols: ${name} becomes global`)
  }
}
