import { addWords, type ObjectBuilder, SHN, STB, subtractWords, toWord, type Word } from '@fle/object'
import {
  describeRange,
  type FieldType,
  Form,
  fitsField,
  R_X86_64,
  relocationKind,
  relocationType,
  writeField,
} from '@fle/x86-64'
import type { Expression } from './expression.ts'
import type { LineCursor } from './line-cursor.ts'
import type { SymbolTables } from './symbol-tables.ts'

/** The symbol of a GOT-relative relocation without a symbol of its own, as compilers write it. */
export const gotSymbol: Uint8Array = new TextEncoder().encode('_GLOBAL_OFFSET_TABLE_')

/** An expression of several symbols, to be folded once all symbols are known. */
interface PendingFold {
  readonly section: number
  readonly offset: number
  readonly line: number
  /** Offset of the expression in the file. */
  readonly place: number
  readonly field: FieldType
  readonly references: readonly number[]
  readonly signs: readonly number[]
  readonly here: number
  readonly addend: Word
}

/**
 * The relocations of an object while it is read. What their names mean is known only when the whole object is read: a
 * symbol may be defined below its use.
 */
export class RelocationTables {
  readonly #cursor: LineCursor
  readonly #symbols: SymbolTables
  readonly #section: number[] = []
  readonly #offset: number[] = []
  readonly #type: number[] = []
  readonly #reference: number[] = []
  readonly #addend: Word[] = []
  readonly #line: number[] = []
  /** 1 where a PC32 turns into a PLT32 if its symbol is not local. */
  readonly #mayCall: number[] = []
  /** Offsets of the expressions in the file. */
  readonly #place: number[] = []
  readonly #folds: PendingFold[] = []

  constructor(cursor: LineCursor, symbols: SymbolTables) {
    this.#cursor = cursor
    this.#symbols = symbols
  }

  /**
   * Adds the relocation that an expression says, for a field at `offset`. `place` is the expression's offset in the
   * file; `isCallSite` whether the field belongs to a call or a jump. Reports what cannot be said and returns false.
   */
  add(expression: Expression, section: number, offset: number, isCallSite: boolean, place: number): boolean {
    const { field, here, addend, forms, references, signs } = expression
    const { line } = this.#cursor
    const problem = problemOf(expression)
    if (problem !== undefined) {
      this.#error(problem, place)
      return false
    }
    const isSimple = forms.length === 0 || (forms.length === 1 && signs[0] > 0)
    if (!isSimple || (here !== 0 && here !== -1)) {
      this.#folds.push({
        section,
        offset,
        line,
        place,
        field,
        references: [...references],
        signs: [...signs],
        here,
        addend,
      })
      return true
    }
    const called = forms.length === 0 ? Form.absolute : forms[0]
    const isPcRelative = here === -1
    const form = called === Form.absolute && isPcRelative ? Form.pc : called
    const reference = called === Form.gotbase ? this.#cursor.names.intern(gotSymbol) : (references[0] ?? 0)
    const type = relocationType(field, form, isPcRelative)
    const mayCall = isCallSite && type === R_X86_64.PC32 && called === Form.absolute
    this.#append(section, offset, type, reference, addend, line, mayCall, place)
    return true
  }

  /** Finds the symbols that the expressions name and hands all relocations over. */
  addTo(builder: ObjectBuilder): void {
    for (let i = 0; i < this.#section.length; i++) {
      const symbol = this.#symbolOf(this.#reference[i], this.#line[i], this.#place[i])
      const { binding } = this.#symbols
      const isCall = this.#mayCall[i] === 1 && symbol !== 0 && binding[symbol] !== STB.LOCAL
      const type = isCall ? R_X86_64.PLT32 : this.#type[i]
      builder.addRelocation(this.#section[i], this.#offset[i], type, symbol, this.#addend[i], this.#line[i])
    }
    for (const fold of this.#folds) this.#fold(fold, builder)
  }

  #append(
    section: number,
    offset: number,
    type: number,
    reference: number,
    addend: Word,
    line: number,
    mayCall: boolean,
    place: number,
  ): void {
    this.#section.push(section)
    this.#offset.push(offset)
    this.#type.push(type)
    this.#reference.push(reference)
    this.#addend.push(addend)
    this.#line.push(line)
    this.#mayCall.push(mayCall ? 1 : 0)
    this.#place.push(place)
  }

  #error(message: string, place: number): undefined {
    return this.#cursor.source.error('invalid-expression', message, place)
  }

  /** What a reference means: a symbol, 0 for none. */
  #symbolOf(reference: number, line: number, place: number): number {
    if (reference === 0) return 0
    const symbols = this.#symbols
    if (reference > 0) {
      const local = symbols.localOf(reference)
      if (local) return local
      const section = symbols.sectionOf(reference, 1)
      return section ? symbols.sectionSymbol(section) : symbols.globalOrUndefined(reference, line)
    }
    const { name, isSection, occurrence } = this.#cursor.qualifiedNames[-1 - reference]
    if (isSection) {
      const section = symbols.sectionOf(name, occurrence)
      if (section) return symbols.sectionSymbol(section)
    } else if (occurrence === 0) return symbols.globalOrUndefined(name, line)
    const local = isSection ? 0 : symbols.localOf(name, occurrence)
    if (local) return local
    const text = this.#cursor.names.textOf(name)
    const message = isSection
      ? `there is no section ${text}${occurrence > 1 ? `#${occurrence}` : ''}`
      : `there are not ${occurrence} local symbols ${text}`
    this.#error(message, place)
    return 0
  }

  /** Folds an expression whose symbols all lie in one section of the object. */
  #fold(fold: PendingFold, builder: ObjectBuilder): void {
    const { section, offset, field, here, line, place } = fold
    let { addend } = fold
    let home = 0
    let count = 0
    for (const [i, reference] of fold.references.entries()) {
      const symbol = this.#symbolOf(reference, line, place)
      if (symbol === 0) return
      const within = this.#symbols.section[symbol]
      if (within <= SHN.UNDEF || (home !== 0 && within !== home)) {
        this.#error('the symbols of an expression of several must all be defined in one section of this object', place)
        return
      }
      home = within
      count += fold.signs[i]
      const value = this.#symbols.value[symbol]
      addend = fold.signs[i] > 0 ? addWords(addend, value) : subtractWords(addend, value)
    }
    if (here === 0 || (here === -1 && (count === 0 || count === 1))) {
      this.#addFolded(builder, fold, home, count, addend)
      return
    }
    // 📍 itself lies in the section of the field.
    if (home !== 0 && home !== section) {
      this.#error('📍 lies in another section than the symbols: it can only be taken away once', place)
      return
    }
    const position = toWord(BigInt(here) * BigInt(offset))
    this.#addFolded(
      builder,
      { section, offset, line, place, field, here: 0 },
      section,
      count + here,
      addWords(addend, position),
    )
  }

  #addFolded(
    builder: ObjectBuilder,
    fold: Pick<PendingFold, 'section' | 'offset' | 'line' | 'place' | 'field' | 'here'>,
    home: number,
    count: number,
    addend: Word,
  ): void {
    const { section, offset, line, place, field, here } = fold
    if (count !== 0 && count !== 1) {
      this.#error('a symbol must be added once more than it is taken away, or as often', place)
      return
    }
    const type = relocationType(field, here === -1 ? Form.pc : Form.absolute, here === -1)
    if (count === 0 && here === 0) {
      const kind = relocationKind(type)
      if (!kind) return
      if (!fitsField(addend, kind.width, kind.range)) {
        this.#error(`the value ${addend} does not fit ${field} (${describeRange(kind.width, kind.range)})`, place)
        return
      }
      writeField(builder.content(section).view, offset, kind.width, addend)
      return
    }
    const symbol = count === 0 ? 0 : this.#symbols.sectionSymbol(home)
    builder.addRelocation(section, offset, type, symbol, addend, line)
  }
}

/** What is wrong with an expression whatever its symbols are, or undefined. */
function problemOf({ field, forms, signs, here }: Expression): string | undefined {
  const marks = forms.some((form) => form === Form.none || form === Form.tlscall)
  if (marks !== (field === 'mark')) return 'mark(…) takes none(…) or tlscall(…), and nothing else does'
  const isAlone = forms.length === 1 && signs[0] > 0 && (here === 0 || here === -1)
  if (!isAlone && forms.some((form) => form !== Form.absolute))
    return 'a function or gotbase stands alone, but for numbers and "- 📍"'
  return undefined
}
