import { readWord, relocationRecord, SHF, SHT, STB, type Word } from '@fle/object'
import { dynamicRelocationNames, type RelocationKind, relocationKind, relocationName } from '@fle/x86-64'
import { isCallSite } from './call-site.ts'
import type { SectionComment } from './fle-file.ts'
import { escapeJson, type JsonWriter } from './json-writer.ts'
import { Tag } from './line-tags.ts'
import { writeBytes, writeLine, writeZeros } from './line-writer.ts'
import type { ObjectPlan } from './object-plan.ts'

const encoder = new TextEncoder()

/** What dialects differ in: how a symbol's line and a relocation's expression look. Both report what cannot be said. */
export interface LineStyle {
  /** Writes the lines of a symbol; with `place` it is one that no line can stand at. */
  writeSymbol(json: JsonWriter, symbol: number, place: Word | undefined): void
  /** The expression of a relocation, in the escapes of a JSON string; undefined if it cannot be said. */
  expression(kind: RelocationKind, symbol: number, addend: Word, impliesCall: boolean): string | undefined
  /** Whether zeros may be written as their number: long runs of them, and the content of sections without bytes. */
  readonly countsZeros: boolean
  error(code: string, message: string): undefined
}

/** The relocations of a section, in the order of their places; a mark stands before a field at its place. */
class SectionRelocations {
  readonly #plan: ObjectPlan
  readonly #order: Int32Array
  readonly #table: number

  constructor(plan: ObjectPlan, section: number) {
    const { object } = plan
    this.#plan = plan
    this.#table = object.relocationSections[section]
    const count = this.#table ? object.relocationCount(this.#table) : 0
    const order = Int32Array.from({ length: count }, (_, i) => i)
    const isMark = (i: number) => (relocationKind(this.type(i))?.width === 0 ? 0 : 1)
    const isSorted = order.every((i) => i === 0 || this.offset(i - 1) < this.offset(i))
    if (!isSorted) order.sort((a, b) => this.offset(a) - this.offset(b) || isMark(a) - isMark(b) || a - b)
    this.#order = order
  }

  get order(): Int32Array {
    return this.#order
  }

  offset(relocation: number): number {
    const offset = readWord(this.#plan.object.view, this.#at(relocation))
    return typeof offset === 'number' && offset >= 0 ? offset : Number.POSITIVE_INFINITY
  }

  type(relocation: number): number {
    return this.#plan.object.view.getUint32(this.#at(relocation) + relocationRecord.type, true)
  }

  symbol(relocation: number): number {
    return this.#plan.object.view.getUint32(this.#at(relocation) + relocationRecord.symbol, true)
  }

  addend(relocation: number): Word {
    return readWord(this.#plan.object.view, this.#at(relocation) + relocationRecord.addend)
  }

  #at(relocation: number): number {
    return this.#plan.object.relocationRecord(this.#table, relocation)
  }
}

/** Writes the lines of one section but for its properties: symbols, bytes and relocations in the order of their places. */
export class SectionWriter {
  readonly #json: JsonWriter
  readonly #plan: ObjectPlan
  readonly #style: LineStyle
  #bytes: Uint8Array = new Uint8Array()
  #isNoBits = false
  /** How far the section has been written, and which of its symbols are next. */
  #at = 0
  #symbols: Int32Array = new Int32Array()
  #nextSymbol = 0
  #comments: readonly SectionComment[] = []
  #nextComment = 0

  constructor(json: JsonWriter, plan: ObjectPlan, style: LineStyle) {
    this.#json = json
    this.#plan = plan
    this.#style = style
  }

  /** Writes a section whose content, decompressed, is given. Comments inside a field stand behind it. */
  write(section: number, content: Uint8Array, comments: readonly SectionComment[] = []): void {
    const { object } = this.#plan
    this.#isNoBits = object.sectionType(section) === SHT.NOBITS
    const size = this.#isNoBits ? object.sectionSize(section) : content.length
    const relocations = new SectionRelocations(this.#plan, section)
    this.#bytes = content
    this.#at = 0
    this.#symbols = this.#plan.symbolsIn(section)
    this.#nextSymbol = 0
    this.#comments = comments
    this.#nextComment = 0
    if (relocations.order.length > 0) this.#writeWithRelocations(section, size, relocations)
    this.#advance(size)
    this.#writeSymbols(size)
    for (; this.#nextSymbol < this.#symbols.length; this.#nextSymbol++) this.#writeSymbol(true)
  }

  #writeWithRelocations(section: number, size: number, relocations: SectionRelocations): void {
    const { object } = this.#plan
    const fields = this.#checkedFields(section, size, relocations)
    if (fields === undefined) return
    const isCode = (object.sectionFlags(section) & SHF.EXECINSTR) !== 0
    // The bytes under a field are zero in the text, and a reader tells calls by what stands there.
    this.#bytes = this.#bytes.slice()
    for (const [i, relocation] of relocations.order.entries())
      this.#bytes.fill(0, relocations.offset(relocation), relocations.offset(relocation) + fields[i].width)
    for (const [i, relocation] of relocations.order.entries()) {
      const kind = fields[i]
      const offset = relocations.offset(relocation)
      const symbol = relocations.symbol(relocation)
      this.#advance(offset)
      this.#writeSymbols(offset)
      this.#writeComments(offset)
      const mayBeCalled = isCode && symbol !== 0 && object.symbolBinding(symbol) !== STB.LOCAL
      const impliesCall = mayBeCalled && isCallSite(this.#bytes, offset)
      const text = this.#style.expression(kind, symbol, relocations.addend(relocation), impliesCall)
      if (text !== undefined) writeLine(this.#json, Tag.relocation, text)
      this.#at = offset + kind.width
      this.#writeInner(this.#at)
    }
  }

  /** The kinds of the relocations in their order; undefined, reporting it, if one cannot be written at its place. */
  #checkedFields(section: number, size: number, relocations: SectionRelocations): RelocationKind[] | undefined {
    const kinds: RelocationKind[] = []
    let end = 0
    for (const relocation of relocations.order) {
      const type = relocations.type(relocation)
      const offset = relocations.offset(relocation)
      const kind = relocationKind(type)
      const where = `at ${this.#plan.object.sectionName(section)}+0x${offset.toString(16)}`
      if (!kind) {
        const reason = dynamicRelocationNames.has(type) ? 'is meant for dynamic objects' : 'is not known'
        return this.#style.error('bad-relocation', `${relocationName(type)} ${where} ${reason}`)
      }
      if (this.#isNoBits)
        return this.#style.error('bad-relocation', `${kind.name} ${where} lies in a section without bytes`)
      if (offset + kind.width > size)
        return this.#style.error('bad-relocation', `${kind.name} ${where} lies beyond the end of the section`)
      if (offset < end) return this.#style.error('bad-relocation', `${kind.name} ${where} overlaps the field before it`)
      end = offset + kind.width
      kinds.push(kind)
    }
    return kinds
  }

  /** Writes bytes up to an offset, and the symbols that stand before it. */
  #advance(offset: number): void {
    for (; this.#nextSymbol < this.#symbols.length; this.#nextSymbol++) {
      const value = this.#valueOfNext()
      if (value >= offset) break
      this.#writeUpTo(value)
      this.#writeSymbol(false)
    }
    this.#writeUpTo(offset)
  }

  /** Writes bytes up to an offset, each comment before the byte that it is about. */
  #writeUpTo(offset: number): void {
    while (this.#nextComment < this.#comments.length && this.#comments[this.#nextComment].offset < offset) {
      this.#writeBytes(this.#comments[this.#nextComment].offset)
      this.#writeComments(this.#at)
    }
    this.#writeBytes(offset)
  }

  #writeBytes(offset: number): void {
    if (offset <= this.#at) return
    const { countsZeros } = this.#style
    if (!this.#isNoBits) writeBytes(this.#json, this.#bytes, this.#at, offset, countsZeros)
    else if (countsZeros) writeZeros(this.#json, offset - this.#at)
    this.#at = offset
  }

  /** Writes the comments up to an offset, which has been reached. */
  #writeComments(offset: number): void {
    for (; this.#nextComment < this.#comments.length; this.#nextComment++) {
      const { offset: place, text } = this.#comments[this.#nextComment]
      if (place > offset) return
      writeLine(this.#json, Tag.comment, escapeJson(encoder.encode(text)))
    }
  }

  /** Writes the symbols at an offset, which has been reached. */
  #writeSymbols(offset: number): void {
    for (; this.#nextSymbol < this.#symbols.length && this.#valueOfNext() === offset; this.#nextSymbol++)
      this.#writeSymbol(false)
  }

  /** Writes the symbols inside a field that ends at an offset. */
  #writeInner(offset: number): void {
    for (; this.#nextSymbol < this.#symbols.length && this.#valueOfNext() < offset; this.#nextSymbol++)
      this.#writeSymbol(true)
  }

  #writeSymbol(needsPlace: boolean): void {
    const symbol = this.#symbols[this.#nextSymbol]
    this.#style.writeSymbol(this.#json, symbol, needsPlace ? this.#plan.object.symbolValue(symbol) : undefined)
  }

  /** The offset of the next symbol; infinite where it is no offset in any section. */
  #valueOfNext(): number {
    const value = this.#plan.object.symbolValue(this.#symbols[this.#nextSymbol])
    return typeof value === 'number' && value >= 0 ? value : Number.POSITIVE_INFINITY
  }
}
