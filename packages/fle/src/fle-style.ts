import type { Diagnostics } from '@fle/diagnostics'
import { addWords, hexadecimal, SHN, STB, STT, STV, type Word } from '@fle/object'
import type { RelocationKind } from '@fle/x86-64'
import { formatExpression } from './expression-writer.ts'
import type { JsonWriter } from './json-writer.ts'
import { Tag } from './line-tags.ts'
import { spellName, writeLine } from './line-writer.ts'
import type { ObjectPlan } from './object-plan.ts'
import type { LineStyle } from './section-writer.ts'
import { bindingWords, commonWords, symbolTypeWords, visibilityWords } from './symbol-words.ts'

const decoder = new TextDecoder()

const wordOfType = inverse(symbolTypeWords)
const wordOfVisibility = inverse(visibilityWords)
const wordOfBinding = inverse(bindingWords)
const wordOfCommon = inverse(commonWords)

function inverse(words: ReadonlyMap<string, number>): ReadonlyMap<number, string> {
  return new Map(Array.from(words, ([word, value]) => [value, word]))
}

const tagOfBinding: ReadonlyMap<number, Tag> = new Map([
  [STB.LOCAL, Tag.local],
  [STB.GLOBAL, Tag.global],
  [STB.WEAK, Tag.weak],
  [STB.GNU_UNIQUE, Tag.global],
])

/** The lines of dialect `fle`, which leave nothing out. */
export class FleStyle implements LineStyle {
  readonly countsZeros = true
  readonly #plan: ObjectPlan
  readonly #diagnostics: Diagnostics

  constructor(plan: ObjectPlan, diagnostics: Diagnostics) {
    this.#plan = plan
    this.#diagnostics = diagnostics
  }

  error(code: string, message: string): undefined {
    return this.#diagnostics.error(code, message, { at: { file: this.#plan.object.name } })
  }

  writeSymbol(json: JsonWriter, symbol: number, place: Word | undefined): void {
    const name = spellName(this.#plan.symbolNameBytes(symbol))
    const binding = this.#plan.object.symbolBinding(symbol)
    const tag = tagOfBinding.get(binding)
    const words = this.#details(symbol)
    if (tag === undefined || words === undefined) {
      this.#refuse(symbol)
      return
    }
    if (place !== undefined) words.unshift(...this.#bindingWord(binding), `at=${hexadecimal(place)}`)
    else {
      writeLine(json, tag, name)
      if (binding === STB.GNU_UNIQUE) words.push('unique')
    }
    if (words.length > 0) this.#writeDetails(json, name, words)
  }

  /** Writes the line of a symbol without a place. */
  writePlaceless(json: JsonWriter, symbol: number): void {
    const { object } = this.#plan
    const section = object.symbolRawSection(symbol)
    const name = spellName(this.#plan.symbolNameBytes(symbol))
    if (object.symbolType(symbol) === STT.FILE) {
      this.#writeDetails(json, name, ['file'])
      return
    }
    const words = this.#details(symbol)
    const common = wordOfCommon.get(section)
    if (words === undefined || (common === undefined && section !== SHN.UNDEF && section !== SHN.ABS)) {
      this.#refuse(symbol)
      return
    }
    const value = object.symbolValue(symbol)
    if (common !== undefined) words.unshift(common, `align=${value}`)
    else if (section === SHN.ABS) words.unshift(`abs=${hexadecimal(value)}`)
    words.unshift(...this.#bindingWord(object.symbolBinding(symbol)))
    this.#writeDetails(json, name, words)
  }

  expression(kind: RelocationKind, symbol: number, addend: Word, impliesCall: boolean): string | undefined {
    const { object } = this.#plan
    const spelling = this.#plan.spelling(symbol)
    if (spelling === undefined) {
      const section = object.symbolSection(symbol)
      const what = section ? `section ${object.sectionName(section)}, which is not written` : 'a symbol without a place'
      return this.error('bad-relocation', `${kind.name} refers to ${what}`)
    }
    const isSection = symbol !== 0 && object.symbolType(symbol) === STT.SECTION
    const total = isSection ? addWords(addend, object.symbolValue(symbol)) : addend
    return formatExpression(kind, spelling, total, impliesCall)
  }

  #writeDetails(json: JsonWriter, name: Uint8Array, words: readonly string[]): void {
    writeLine(json, Tag.symbolDetails, [decoder.decode(name), ...words].join(' '))
  }

  /** What is not the default; undefined if there is no word for it. */
  #details(symbol: number): string[] | undefined {
    const { object } = this.#plan
    const words: string[] = []
    const type = object.symbolType(symbol)
    const typeWord = wordOfType.get(type)
    if (typeWord !== undefined) words.push(typeWord)
    else if (type !== STT.NOTYPE) return undefined
    const size = object.symbolSize(symbol)
    if (size !== 0) words.push(`size=${BigInt.asUintN(64, BigInt(size))}`)
    const visibility = object.symbolVisibility(symbol)
    if (visibility !== STV.DEFAULT) words.push(wordOfVisibility.get(visibility) ?? '')
    return words
  }

  #bindingWord(binding: number): string[] {
    const word = wordOfBinding.get(binding)
    return word === undefined ? [] : [word]
  }

  #refuse(symbol: number): void {
    const { object } = this.#plan
    const facts = `binding ${object.symbolBinding(symbol)}, type ${object.symbolType(symbol)}`
    this.error('bad-symbol', `FLE has no words for the symbol ${object.symbolName(symbol)} (${facts})`)
  }
}
