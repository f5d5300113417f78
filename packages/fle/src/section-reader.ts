import { ByteBuffer, type ObjectBuilder, SHF, SHT, STB } from '@fle/object'
import { Form, relocationType, widthOfType } from '@fle/x86-64'
import { isCallSite } from './call-site.ts'
import { Expression, readExpression } from './expression.ts'
import { readHexadecimal } from './hexadecimal.ts'
import type { LineCursor } from './line-cursor.ts'
import { isCommonTag, Tag } from './line-tags.ts'
import type { RelocationTables } from './relocation-tables.ts'
import { defaultProperties, readSectionProperties, type SectionPropertyLine } from './section-line.ts'
import { readSymbolDetails } from './symbol-line.ts'
import type { SymbolTables } from './symbol-tables.ts'

/** The most zero bytes that 🕳️ and 📐 add up to in a file: bytes that are not in the text itself must stay few. */
export const longestFilling: number = 2 ** 28

/** Sizes of sections without bytes end where the address space of a process does. */
const largestSize = 2 ** 47

const largestPadding = 2 ** 20
const noOperation = 0x90

/** Bindings of the symbols that stand at their place. */
const bindingOfTag = { [Tag.global]: STB.GLOBAL, [Tag.local]: STB.LOCAL, [Tag.weak]: STB.WEAK } as const

/** Reads the lines of sections, one section after the other, into the tables of the object. */
export class SectionReader {
  readonly #cursor: LineCursor
  readonly #symbols: SymbolTables
  readonly #relocations: RelocationTables
  readonly #builder: ObjectBuilder
  readonly #expression = new Expression()
  /** The bytes of the section being read; #size counts them, and those of sections that have none. */
  readonly #content = new ByteBuffer(1 << 12)
  #size = 0
  #filling = 0
  #section = 0
  #properties: SectionPropertyLine
  /** Whether a line is seen that only dialect `fle` has. */
  isExtended = false

  /** Whether a line of the section has been read that 🚩 must stand before. */
  #hasBegun = false

  constructor(cursor: LineCursor, symbols: SymbolTables, relocations: RelocationTables, builder: ObjectBuilder) {
    this.#cursor = cursor
    this.#symbols = symbols
    this.#relocations = relocations
    this.#builder = builder
    this.#properties = defaultProperties('')
  }

  /** Begins the next section, which {@link SymbolTables.addSection} has added last. */
  begin(): void {
    this.#section = this.#symbols.sectionCount
    const name = this.#cursor.names.textOf(this.#symbols.sectionName(this.#section))
    this.#properties = defaultProperties(name)
    this.#content.length = 0
    this.#size = 0
    this.#hasBegun = false
  }

  /** Reads a line, whose tag the cursor has passed. */
  readLine(tag: Tag): void {
    const cursor = this.#cursor
    if (!isCommonTag(tag)) this.isExtended = true
    switch (tag) {
      case Tag.comment:
        return
      case Tag.bytes:
        this.#readBytes()
        break
      case Tag.global:
      case Tag.local:
      case Tag.weak:
        this.#readSymbol(bindingOfTag[tag])
        break
      case Tag.relocation:
        this.#readRelocation()
        break
      case Tag.align:
        this.#readAlignment()
        break
      case Tag.zeros:
        this.#readZeros()
        break
      case Tag.properties:
        if (this.#hasBegun) cursor.error('invalid-line', '🚩 must stand before all other lines of its section')
        else readSectionProperties(cursor, this.#properties)
        break
      case Tag.symbolDetails:
        readSymbolDetails(cursor, this.#symbols, this.#section, (this.#properties.flags & SHF.TLS) !== 0)
        break
    }
    this.#hasBegun = true
  }

  /** Ends the section; returns its properties. */
  end(): SectionPropertyLine {
    const properties = this.#properties
    const { type, flags, alignment, entrySize } = properties
    const name = this.#cursor.names.bytesOf(this.#symbols.sectionName(this.#section)).slice()
    const section = this.#builder.addSection({ name, type, flags, alignment, entrySize })
    if (type === SHT.NOBITS) this.#builder.setSize(section, this.#size)
    else this.#builder.content(section).append(this.#content.bytes)
    return properties
  }

  get #hasNoBits(): boolean {
    return this.#properties.type === SHT.NOBITS
  }

  #readBytes(): void {
    if (this.#refuseInNoBits('bytes')) return
    readHexadecimal(this.#cursor, this.#content)
    this.#size = this.#content.length
  }

  #readSymbol(binding: number): void {
    const cursor = this.#cursor
    const start = cursor.at
    const name = cursor.readName()
    if (name === 0) return
    if (!cursor.expectEnd()) return
    if (this.#symbols.add(name, binding, this.#section, this.#size, cursor.line) === 0)
      cursor.error('duplicate-symbol', `${cursor.names.textOf(name)} is defined twice`, start)
  }

  #readRelocation(): void {
    const cursor = this.#cursor
    const place = cursor.offset()
    if (this.#refuseInNoBits('relocations') || !readExpression(cursor, this.#expression)) return
    if (this.#expression.field !== 'i32') this.isExtended = true
    const offset = this.#size
    const isCall = (this.#properties.flags & SHF.EXECINSTR) !== 0 && isCallSite(this.#content.storage, offset)
    if (!this.#relocations.add(this.#expression, this.#section, offset, isCall, place)) return
    this.#append(widthOfType[relocationType(this.#expression.field, Form.absolute, false)], 0)
    this.#size = this.#content.length
  }

  #readAlignment(): void {
    const cursor = this.#cursor
    const start = cursor.at
    const alignment = cursor.readCount()
    if (alignment === undefined || !cursor.expectEnd()) return
    if (alignment < 1 || alignment > largestPadding || (alignment & (alignment - 1)) !== 0) {
      cursor.error('invalid-number', 'a power of two from 1 to 1048576 is expected', start)
      return
    }
    this.#properties.alignment = Math.max(this.#properties.alignment, alignment)
    const over = this.#size % alignment
    const isCode = (this.#properties.flags & SHF.EXECINSTR) !== 0
    if (over > 0) this.#fill(alignment - over, isCode ? noOperation : 0, start)
  }

  #readZeros(): void {
    const start = this.#cursor.at
    const count = this.#cursor.readCount()
    if (count !== undefined && this.#cursor.expectEnd()) this.#fill(count, 0, start)
  }

  #fill(count: number, byte: number, start: number): void {
    const limit = this.#hasNoBits ? largestSize - this.#size : longestFilling - this.#filling
    if (count > limit) {
      const most = this.#hasNoBits
        ? '2^47 bytes are the most a section can have'
        : '256 MiB are the most a file can have'
      this.#cursor.error('too-large', `too many filling bytes: ${most}`, start)
      return
    }
    this.#size += count
    if (this.#hasNoBits) return
    this.#filling += count
    this.#append(count, byte)
  }

  /** Appends a byte `count` times. The buffer has been in use: what it reserves need not be zero. */
  #append(count: number, byte: number): void {
    const at = this.#content.reserve(count)
    this.#content.storage.fill(byte, at, at + count)
  }

  #refuseInNoBits(what: string): boolean {
    if (!this.#hasNoBits) return false
    const hint = 'zeros are written as 🕳️: COUNT'
    this.#cursor.error('invalid-line', `a section of type nobits has no ${what}`, this.#cursor.at, hint)
    return true
  }
}
