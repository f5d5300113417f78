// Objects of the labs' dialects, read. What their tools leave out is filled in: permissions by the sections' names.

import { ByteBuffer, ObjectBuilder, SHF, SHT, STB } from '@fle/object'
import { Form, relocationType, widthOfType } from '@fle/x86-64'
import { isCallSite } from './call-site.ts'
import { Expression } from './expression.ts'
import type { LabDialect } from './fle-file.ts'
import { readHexadecimal } from './hexadecimal.ts'
import type { JsonScanner } from './json-scanner.ts'
import { Keys } from './keys.ts'
import { type LabSectionHeader, labSectionFlag, labSectionType, readSectionHeaders } from './lab-headers.ts'
import { readLabRelocation, readLabSymbol } from './lab-lines.ts'
import { LineCursor } from './line-cursor.ts'
import { bindingOfTag, isCommonTag, readTag, Tag, tagAt, tagText } from './line-tags.ts'
import { reservedKeys } from './names.ts'
import type { ReadObject } from './object-reader.ts'
import { RelocationTables } from './relocation-tables.ts'
import { addStackNote, impliedProperties } from './section-properties.ts'
import { SymbolTables } from './symbol-tables.ts'

/** Sizes of sections without bytes end where the address space of a process does. */
const largestSize = 2 ** 47

/** A section while the object is read: its header may stand below it. */
interface LabSection {
  readonly name: string
  /** The name's number. */
  readonly key: number
  readonly content: ByteBuffer
  /** Where the next symbol without an offset stands. */
  position: number
  /** Where the symbols end. */
  end: number
  /** The name's number of the symbol that ends there, and its place in the file. */
  last: number
  lastPlace: number
  /** The section's place in the file. */
  readonly place: number
}

/** Reads an object of a lab's dialect, which the scanner stands at; undefined if anything was wrong. */
export function readLabObject(scanner: JsonScanner, name: string, dialect: LabDialect): ReadObject | undefined {
  return new LabObjectReader(scanner, dialect).read(name)
}

class LabObjectReader {
  readonly #scanner: JsonScanner
  readonly #dialect: LabDialect
  readonly #cursor: LineCursor
  readonly #symbols: SymbolTables
  readonly #relocations: RelocationTables
  readonly #expression = new Expression()
  readonly #sections: LabSection[] = []
  readonly #headers = new Map<string, LabSectionHeader>()

  constructor(scanner: JsonScanner, dialect: LabDialect) {
    this.#scanner = scanner
    this.#dialect = dialect
    this.#cursor = new LineCursor(scanner.source, (position) => scanner.offsetOf(position))
    this.#symbols = new SymbolTables(this.#cursor.names)
    this.#relocations = new RelocationTables(this.#cursor, this.#symbols)
  }

  read(name: string): ReadObject | undefined {
    const scanner = this.#scanner
    const { source } = scanner
    const keys = new Keys(scanner)
    scanner.openObject()
    while (scanner.nextKey()) {
      const key = keys.take()
      if (key === 'shdrs') {
        for (const header of readSectionHeaders(scanner)) this.#headers.set(header.name, header)
      } else if (reservedKeys.has(key) || !scanner.isAtListOfStrings) scanner.skipValue()
      else this.#readSection()
      if (source.isHopeless) scanner.failed = true
    }
    return scanner.failed || source.hasErrors ? undefined : this.#finish(name)
  }

  #readSection(): void {
    const scanner = this.#scanner
    const cursor = this.#cursor
    cursor.moveTo(scanner.text, scanner.start, scanner.end, scanner.line)
    const key = cursor.readKeyName()
    if (key === 0) {
      scanner.skipValue()
      return
    }
    this.#symbols.addSection(key, 1)
    const section: LabSection = {
      name: cursor.names.textOf(key),
      key,
      content: new ByteBuffer(1 << 12),
      position: 0,
      end: 0,
      last: 0,
      lastPlace: 0,
      place: scanner.keyOffset,
    }
    this.#sections.push(section)
    scanner.openArray()
    while (scanner.nextElement()) {
      const { line } = scanner
      if (!scanner.readString()) return
      cursor.moveTo(scanner.text, scanner.start, scanner.end, line)
      this.#readLine(section)
      if (scanner.source.isHopeless) scanner.failed = true
    }
  }

  #readLine(section: LabSection): void {
    const cursor = this.#cursor
    const start = cursor.at
    const known = start < cursor.end ? tagAt(cursor.text, start) : undefined
    if (known === undefined || !isCommonTag(known)) {
      const what = known === undefined ? 'that begin with no emoji of the dialect' : `that begin with ${tagText[known]}`
      cursor.source.warning('unknown-line', `lines ${what} are ignored in ${this.#dialect}`, cursor.offset())
      return
    }
    const tag = readTag(cursor)
    if (tag === Tag.bytes) {
      readHexadecimal(cursor, section.content)
      section.position = section.content.length
    } else if (tag === Tag.relocation) this.#readRelocation(section)
    else {
      const binding = bindingOfTag(tag)
      if (binding !== undefined) this.#readSymbol(section, binding)
    }
  }

  #readSymbol(section: LabSection, binding: number): void {
    const cursor = this.#cursor
    const start = cursor.at
    const read = readLabSymbol(cursor)
    if (read === undefined) return
    const { name, visibility, size = 0, offset = section.position } = read
    if (offset + size > largestSize) {
      cursor.error('too-large', 'a section is at most 2^47 bytes', start)
      return
    }
    // Where there are no bytes that positions could be counted by, symbols stand one behind the other.
    if (read.offset === undefined && this.#hasNoBits(section)) section.position += size
    if (offset + size > section.end) {
      section.end = offset + size
      section.last = name
      section.lastPlace = cursor.offset(start)
    }
    // The section itself: expressions mean it by its name.
    if (name === section.key && binding === STB.LOCAL && offset === 0) return
    const symbol = this.#symbols.add(name, binding, this.#sections.length, offset, cursor.line)
    if (symbol === 0) {
      cursor.error('duplicate-symbol', `${cursor.names.textOf(name)} is defined twice`, start)
      return
    }
    this.#symbols.size[symbol] = size
    this.#symbols.visibility[symbol] = visibility
  }

  #readRelocation(section: LabSection): void {
    const cursor = this.#cursor
    const place = cursor.offset()
    const expression = this.#expression
    if (!readLabRelocation(cursor, this.#dialect, expression)) return
    const { content, name } = section
    const offset = content.length
    const isCode = (impliedProperties(name).flags & SHF.EXECINSTR) !== 0
    const isCall = isCode && isCallSite(content.storage, offset)
    if (!this.#relocations.add(expression, this.#sections.length, offset, isCall, place)) return
    const width = widthOfType[relocationType(expression.field, Form.absolute, false)]
    const field = content.reserve(width)
    content.storage.fill(0, field, field + width)
    section.position = content.length
  }

  /** Whether a section is said to have no bytes: it may be by its name alone. */
  #hasNoBits({ name, content }: LabSection): boolean {
    if (content.length > 0) return false
    const { type, flags } = this.#headers.get(name) ?? { type: labSectionType.bytes, flags: 0 }
    const isSaid = type === labSectionType.noBits || (flags & labSectionFlag.noBits) !== 0
    return isSaid || impliedProperties(name).type === SHT.NOBITS
  }

  #finish(name: string): ReadObject | undefined {
    const builder = new ObjectBuilder()
    for (const section of this.#sections) this.#addSection(builder, section)
    this.#relocations.addTo(builder)
    this.#symbols.addTo(builder, () => 0)
    addStackNote(builder)
    if (this.#scanner.source.hasErrors) return undefined
    return { object: builder.build(name), dialect: this.#dialect }
  }

  #addSection(builder: ObjectBuilder, section: LabSection): void {
    const { name, content, end } = section
    const header = this.#headers.get(name)
    const implied = impliedProperties(name)
    const hasNoBits = this.#hasNoBits(section)
    const type = hasNoBits ? SHT.NOBITS : implied.type === SHT.NOBITS ? SHT.PROGBITS : implied.type
    // The labs' compiler never says that a section is writable or executable, but what is said counts.
    const flags = implied.flags | flagsOf(header?.flags ?? 0)
    const number = builder.addSection({ name, type, flags, alignment: header?.alignment ?? 1 })
    if (hasNoBits) builder.setSize(number, Math.max(header?.size ?? 0, end))
    else {
      builder.content(number).append(content.bytes)
      this.#checkSize(section, header)
    }
  }

  /** Says where lines are lost, or numbers are wrong: both count what the section's lines have. */
  #checkSize({ name, content, end, last, lastPlace, place }: LabSection, header: LabSectionHeader | undefined): void {
    const { source } = this.#scanner
    const { length } = content
    if (header && header.size !== length)
      source.warning('section-size', `"shdrs" gives ${name} ${header.size} bytes, its lines have ${length}`, place)
    if (end <= length) return
    const symbol = this.#cursor.names.textOf(last)
    source.warning('beyond-section', `${symbol} ends at byte ${end} of ${name}, which has ${length}`, lastPlace)
  }
}

function flagsOf(flags: number): number {
  const isSet = (flag: number) => (flags & flag) !== 0
  return (
    (isSet(labSectionFlag.allocated) ? SHF.ALLOC : 0) |
    (isSet(labSectionFlag.writable) ? SHF.WRITE : 0) |
    (isSet(labSectionFlag.executable) ? SHF.EXECINSTR : 0)
  )
}
