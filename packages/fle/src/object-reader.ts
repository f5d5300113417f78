import { ObjectBuilder, type ObjectFile, SHN } from '@fle/object'
import type { Dialect } from './fle-file.ts'
import type { JsonScanner } from './json-scanner.ts'
import { Keys } from './keys.ts'
import { labDialectOf } from './lab-dialect.ts'
import { readLabObject } from './lab-object-reader.ts'
import { LineCursor } from './line-cursor.ts'
import { readTag, Tag } from './line-tags.ts'
import { reservedKeys } from './names.ts'
import { RelocationTables } from './relocation-tables.ts'
import type { SectionPropertyLine } from './section-line.ts'
import { addStackNote, stackNote } from './section-properties.ts'
import { SectionReader } from './section-reader.ts'
import type { SourceText } from './source-text.ts'
import { readSymbolDetails } from './symbol-line.ts'
import { SymbolTables } from './symbol-tables.ts'

const encoder = new TextEncoder()

export interface ReadObject {
  readonly object: ObjectFile
  readonly dialect: Dialect
}

/** Reads the lines of one object, from whatever they stand in, and puts the object together. */
export class ObjectReader {
  readonly #source: SourceText
  readonly #cursor: LineCursor
  readonly #symbols: SymbolTables
  readonly #relocations: RelocationTables
  readonly #builder = new ObjectBuilder()
  readonly #sections: SectionReader
  readonly #properties: SectionPropertyLine[] = []
  #hasExtendedKey = false

  /** `offsetOf` gives the offset in the file of an offset in a line's text. */
  constructor(source: SourceText, offsetOf: (position: number) => number) {
    this.#source = source
    this.#cursor = new LineCursor(source, offsetOf)
    this.#symbols = new SymbolTables(this.#cursor.names)
    this.#relocations = new RelocationTables(this.#cursor, this.#symbols)
    this.#sections = new SectionReader(this.#cursor, this.#symbols, this.#relocations, this.#builder)
  }

  /** Begins a section whose key stands in `text` from `start` to `end`; false if that is malformed or there already. */
  beginSection(text: Uint8Array, start: number, end: number): boolean {
    const cursor = this.#cursor
    cursor.moveTo(text, start, end, 0)
    const key = cursor.readSectionKey()
    if (key === undefined) return false
    if (!this.#symbols.addSection(key.name, key.occurrence)) {
      cursor.error('duplicate-key', `the section ${cursor.names.textOf(key.name)} is there twice`, start)
      return false
    }
    if (key.occurrence !== 1) this.#hasExtendedKey = true
    this.#sections.begin()
    return true
  }

  /** Reads a line of the section that has begun. Returns false when reading on is of no use. */
  readLine(text: Uint8Array, start: number, end: number, line: number): boolean {
    const cursor = this.#cursor
    cursor.moveTo(text, start, end, line)
    const tag = readTag(cursor)
    if (tag !== undefined) this.#sections.readLine(tag)
    return !this.#source.isHopeless
  }

  endSection(): void {
    this.#properties.push(this.#sections.end())
  }

  /** Reads a line of the key "symbols". */
  readSymbolsLine(text: Uint8Array, start: number, end: number, line: number): boolean {
    const cursor = this.#cursor
    cursor.moveTo(text, start, end, line)
    this.#hasExtendedKey = true
    const tag = readTag(cursor)
    if (tag === Tag.symbolDetails) readSymbolDetails(cursor, this.#symbols, 0, true)
    else if (tag !== undefined && tag !== Tag.comment)
      cursor.error('invalid-line', 'only 🔖 lines stand under the key "symbols"', start)
    return !this.#source.isHopeless
  }

  /** Puts the object together; undefined if anything was wrong. */
  finish(name: string): ReadObject | undefined {
    if (this.#source.hasErrors) return undefined
    const dialect = this.#sections.isExtended || this.#hasExtendedKey ? 'fle' : 'classic'
    this.#setLinks()
    this.#addGroups()
    this.#relocations.addTo(this.#builder)
    const aliases = dialect === 'classic' ? this.#aliases() : undefined
    this.#symbols.addTo(this.#builder, (symbolName) => aliases?.get(symbolName) ?? 0)
    if (!this.#symbols.sectionOf(this.#cursor.names.intern(encoder.encode(stackNote)), 1)) addStackNote(this.#builder)
    return this.#source.hasErrors ? undefined : { object: this.#builder.build(name), dialect }
  }

  #setLinks(): void {
    for (const [i, { link, linkPlace }] of this.#properties.entries()) {
      if (link === 0) continue
      const { name, occurrence } = link > 0 ? { name: link, occurrence: 1 } : this.#cursor.qualifiedNames[-1 - link]
      const target = this.#symbols.sectionOf(name, occurrence)
      if (target) this.#builder.setLink(i + 1, target)
      else this.#missing('section', name, linkPlace)
    }
  }

  #addGroups(): void {
    const groups = new Map<string, { signature: number; isComdat: boolean; members: number[] }>()
    for (const [i, { group, isComdat, groupPlace }] of this.#properties.entries()) {
      if (group === 0) continue
      const key = `${isComdat} ${this.#referenceKey(group)}`
      const known = groups.get(key)
      if (known) known.members.push(i + 1)
      else
        groups.set(key, { signature: this.#signature(group, groups.size + 1, groupPlace), isComdat, members: [i + 1] })
    }
    for (const { signature, isComdat, members } of groups.values()) this.#builder.addGroup(signature, isComdat, members)
  }

  #referenceKey(reference: number): string {
    if (reference > 0) return `${reference}`
    const { name, isSection, occurrence } = this.#cursor.qualifiedNames[-1 - reference]
    return `${name}#${isSection ? 's' : ''}${occurrence}`
  }

  /** The signature symbol of a group, which counts from 1: one that a line defines, or a symbol of the group itself. */
  #signature(reference: number, group: number, place: number): number {
    const symbols = this.#symbols
    if (reference > 0) {
      const known = symbols.localOf(reference) || symbols.globalOf(reference)
      return known && symbols.section[known] !== SHN.UNDEF ? known : symbols.addSignature(reference, group, 0)
    }
    const { name, isSection, occurrence } = this.#cursor.qualifiedNames[-1 - reference]
    if (!isSection && occurrence === 0) return symbols.globalOrUndefined(name, 0)
    const section = isSection ? symbols.sectionOf(name, occurrence) : 0
    const symbol = section ? symbols.sectionSymbol(section) : isSection ? 0 : symbols.localOf(name, occurrence)
    if (symbol === 0) this.#missing(isSection ? 'section' : 'local symbol', name, place)
    return symbol
  }

  #missing(what: string, name: number, place: number): void {
    this.#source.error('invalid-line', `there is no such ${what}: ${this.#cursor.names.textOf(name)}`, place)
  }

  /** What `_text` and the like mean in `classic`, where every `.` and `-` of a section's name is written `_`. */
  #aliases(): ReadonlyMap<number, number> {
    const { names } = this.#cursor
    const aliases = new Map<number, number>()
    for (let section = 1; section <= this.#symbols.sectionCount; section++) {
      const sectionName = names.textOf(this.#symbols.sectionName(section))
      aliases.set(names.intern(encoder.encode(sectionName.replace(/[.-]/g, '_'))), section)
    }
    return aliases
  }
}

/** Reads an object in JSON, which the scanner stands at, of any dialect; undefined if anything was wrong. */
export function readJsonObject(scanner: JsonScanner, name: string): ReadObject | undefined {
  const labDialect = labDialectOf(scanner.bytes, scanner.at, scanner.line)
  if (labDialect !== undefined) return readLabObject(scanner, name, labDialect)
  const { source } = scanner
  const reader = new ObjectReader(source, (position) => scanner.offsetOf(position))
  const keys = new Keys(scanner)
  scanner.openObject()
  while (scanner.nextKey()) {
    const key = keys.take()
    if (key === 'type' || key === 'name') scanner.skipValue()
    else if (key === 'symbols') {
      if (!scanner.openArray()) break
      readLines(scanner, (text, start, end, line) => reader.readSymbolsLine(text, start, end, line))
    } else if (reservedKeys.has(key) || !scanner.isAtListOfStrings) {
      source.warning('unknown-key', `the key "${key}" is ignored`, scanner.keyOffset)
      scanner.skipValue()
    } else if (reader.beginSection(scanner.text, scanner.start, scanner.end)) {
      scanner.openArray()
      readLines(scanner, (text, start, end, line) => reader.readLine(text, start, end, line))
      reader.endSection()
    } else scanner.skipValue()
    if (source.isHopeless) scanner.failed = true
  }
  return scanner.failed ? undefined : reader.finish(name)
}

function readLines(
  scanner: JsonScanner,
  readLine: (text: Uint8Array, start: number, end: number, line: number) => boolean,
): void {
  while (scanner.nextElement()) {
    const { line } = scanner
    if (!scanner.readString()) return
    if (readLine(scanner.text, scanner.start, scanner.end, line)) continue
    scanner.failed = true
    return
  }
}
