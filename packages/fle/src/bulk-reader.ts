// Objects whose lines are read by loops that know the common ones. What they leave makes the object one for readFle(): a
// single reader words what is wrong with a text.

import { Diagnostics } from '@fle/diagnostics'
import { ObjectBuilder, type ObjectFile, SHF, SHN, SHT } from '@fle/object'
import { JsonScanner } from './json-scanner.ts'
import { labDialectOf } from './lab-dialect.ts'
import { LineCursor } from './line-cursor.ts'
import { readTag, Tag, tagAt } from './line-tags.ts'
import { reservedKeys } from './names.ts'
import { defaultProperties, readSectionProperties, type SectionPropertyLine } from './section-line.ts'
import { addStackNote, stackNote } from './section-properties.ts'
import { SourceText } from './source-text.ts'

const stackNoteName = new TextEncoder().encode(stackNote)

/** An array of lines: where it goes on in the text, in bytes and lines, and what section it is. */
interface Lines {
  readonly at: number
  readonly line: number
  /** Whether nothing of it has been read. */
  readonly isFirst: boolean
  /** 0 for symbols without a place. */
  readonly section: number
  readonly isCode: boolean
  readonly isThreadLocal: boolean
  readonly hasNoBits: boolean
}

/** What the lines of an array have said. */
interface ReadLines {
  /** Where the bracket stands that closes it, and its line. */
  readonly at: number
  readonly line: number
  /** Bytes of the section, and, until the next one is read, its content. */
  readonly size: number
  readonly content: Uint8Array
  /** The greatest that its lines align to. */
  readonly alignment: number
  /** How many relocations the text has up to its end. */
  readonly relocationCount: number
}

/** Loops that read texts with the help of makeTextTables(), one after the other; all of it is about the last begun. */
export interface BulkLoops {
  /**
   * Goes past an array of strings, whose bracket stands before `at`, in a text whether it has begun or not: to the bracket
   * that closes it. Undefined if that is left.
   */
  skipLines(text: Uint8Array, at: number, line: number): { readonly at: number; readonly line: number } | undefined
  /** Begins a text; false if it is too large. */
  begin(text: Uint8Array): boolean
  /** The number of a name, 0 if there is no room for it. */
  internName(name: Uint8Array): number
  /** Gives a name a section; false if it has one, or there is no room for the name. */
  addSection(name: Uint8Array, section: number): boolean
  /** Reads an array of lines up to its end; undefined if one of them is left, and with it the text. */
  readLines(lines: Lines): ReadLines | undefined
  /** Whether a line is seen that only dialect `fle` has. */
  readonly isExtended: boolean
  /** The signature of the group in the section of that index, by its name; 0 if there is no room for it. */
  signatureOf(name: number, section: number): number
  /** Finds out what names mean, when all lines have been read; false if there is no room for the symbols. */
  resolveNames(): boolean
  /** Then: the index of a signature … */
  symbolNumber(signature: number): number
  /** … relocations from one up to another, Elf64_Rela records, and the line of each in 32 bits … */
  relocations(first: number, end: number): { readonly records: Uint8Array; readonly lines: Uint8Array }
  /** … and all symbols, of which `sections` has the indices of sections. */
  symbols(sections: Int32Array): {
    readonly records: Uint8Array
    readonly names: Uint8Array
    readonly firstGlobal: number
    readonly lines: Uint32Array
  }
}

/**
 * Reads an object of the dialect `fle`: `bytes` are its text, and `line` is that of the first of them. Returns undefined,
 * and reports nothing, if there is anything uncommon in it. That its type is `.obj` is known.
 */
export function readInBulk(bytes: Uint8Array, line: number, name: string, loops: BulkLoops): ObjectFile | undefined {
  const source = new SourceText(name, bytes, new Diagnostics())
  if (labDialectOf(bytes, 0, line) !== undefined || !loops.begin(bytes)) return undefined
  const scanner = new JsonScanner(source, 0, line)
  const reader = new BulkReader(scanner, loops)
  if (!reader.readKeys()) return undefined
  scanner.expectEnd()
  return source.hasErrors ? undefined : reader.finish(name)
}

class BulkReader {
  readonly #scanner: JsonScanner
  readonly #loops: BulkLoops
  readonly #cursor: LineCursor
  readonly #builder = new ObjectBuilder()
  /** By section, counted from 0. */
  readonly #properties: SectionPropertyLine[] = []
  /** By section, counted from 1: how many relocations the text has up to its end. */
  readonly #relocationCounts: number[] = [0]
  /** Sections, counted from 1, by the numbers that the cursor gives to their names. */
  readonly #sectionOfName: number[] = []
  #isExtended = false

  constructor(scanner: JsonScanner, loops: BulkLoops) {
    this.#scanner = scanner
    this.#loops = loops
    this.#cursor = new LineCursor(scanner.source, (position) => scanner.offsetOf(position))
  }

  /** Reads all keys of the object; false if it is to be read elsewhere. */
  readKeys(): boolean {
    const scanner = this.#scanner
    const seen = new Set<string>()
    scanner.openObject()
    while (scanner.nextKey()) {
      const key = scanner.stringText
      if (!reservedKeys.has(key)) {
        if (!scanner.isAtListOfStrings || !this.#readSection()) return false
        continue
      }
      if (seen.has(key)) return false
      seen.add(key)
      if (key === 'type' || key === 'name') scanner.skipValue()
      else if (key !== 'symbols' || !this.#readSymbols()) return false
    }
    return this.#isExtended || this.#loops.isExtended
  }

  #readSymbols(): boolean {
    const scanner = this.#scanner
    this.#isExtended = true
    if (!scanner.openArray()) return false
    const { at, line } = scanner
    const lines = { at, line, isFirst: true, section: 0, isCode: false, isThreadLocal: true, hasNoBits: false }
    return this.#readLines(lines) !== undefined
  }

  /** Reads the section whose key the scanner has read. */
  #readSection(): boolean {
    const scanner = this.#scanner
    const cursor = this.#cursor
    cursor.moveTo(scanner.text, scanner.start, scanner.end, 0)
    const key = cursor.readSectionKey()
    if (key === undefined || key.occurrence !== 1) return false
    const name = cursor.names.bytesOf(key.name).slice()
    const section = this.#properties.length + 1
    const properties = defaultProperties(cursor.names.textOf(key.name))
    scanner.openArray()
    const isFirst = !this.#readProperties(properties)
    const { flags, type } = properties
    const lines = this.#loops.addSection(name, section)
      ? this.#readLines({
          at: scanner.at,
          line: scanner.line,
          isFirst,
          section,
          isCode: (flags & SHF.EXECINSTR) !== 0,
          isThreadLocal: (flags & SHF.TLS) !== 0,
          hasNoBits: type === SHT.NOBITS,
        })
      : undefined
    if (lines === undefined) return false
    const alignment = Math.max(properties.alignment, lines.alignment)
    this.#builder.addSection({ name, type, flags, alignment, entrySize: properties.entrySize })
    if (type === SHT.NOBITS) this.#builder.setSize(section, lines.size)
    else this.#builder.content(section).append(lines.content)
    this.#sectionOfName[key.name] = section
    this.#properties.push(properties)
    this.#relocationCounts.push(lines.relocationCount)
    return true
  }

  /** Reads the first line of the array that has been opened if it is a 🚩 line; false if not. */
  #readProperties(properties: SectionPropertyLine): boolean {
    const scanner = this.#scanner
    const cursor = this.#cursor
    const { at, line } = scanner
    if (scanner.nextElement() && scanner.readString()) {
      cursor.moveTo(scanner.text, scanner.start, scanner.end, scanner.line)
      if (tagAt(cursor.text, cursor.at) === Tag.properties && readTag(cursor) !== undefined) {
        this.#isExtended = true
        readSectionProperties(cursor, properties)
        return true
      }
    }
    scanner.at = at
    scanner.line = line
    return false
  }

  /** Reads lines and goes on behind their array. */
  #readLines(lines: Lines): ReadLines | undefined {
    const scanner = this.#scanner
    const read = this.#loops.readLines(lines)
    if (read === undefined) return undefined
    scanner.at = read.at
    scanner.line = read.line
    return scanner.nextElement() ? undefined : read
  }

  /** Puts the object together; undefined if it is to be read elsewhere. */
  finish(name: string): ObjectFile | undefined {
    const builder = this.#builder
    const loops = this.#loops
    const { names } = this.#cursor
    if (this.#properties.some(({ link, group }) => link < 0 || group < 0)) return undefined
    for (const [i, { link }] of this.#properties.entries()) {
      const target = link > 0 ? this.#sectionOfName[link] : 0
      if (target === undefined) return undefined
      builder.setLink(i + 1, target)
    }
    const groups = this.#groups()
    const signatures = groups.map(({ group }, i) => {
      const signature = loops.internName(names.bytesOf(group))
      return signature && loops.signatureOf(signature, i + 1)
    })
    if (signatures.includes(0) || !loops.resolveNames()) return undefined
    for (const [i, { isComdat, members }] of groups.entries())
      builder.addGroup(loops.symbolNumber(signatures[i]), isComdat, members)
    for (let section = 1; section <= this.#properties.length; section++) {
      const [first, end] = this.#relocationCounts.slice(section - 1, section + 1)
      if (first === end) continue
      const { records, lines } = loops.relocations(first, end)
      builder.addRelocations(section, records, lines)
    }
    if (!this.#sectionOfName[names.intern(stackNoteName)]) addStackNote(builder)
    const indices = builder.sectionNumbers()
    return indices[indices.length - 1] < SHN.LORESERVE ? builder.build(name, loops.symbols(indices)) : undefined
  }

  /** The groups in the order of their first members. */
  #groups(): { group: number; isComdat: boolean; members: number[] }[] {
    const groups = new Map<number, { group: number; isComdat: boolean; members: number[] }>()
    for (const [i, { group, isComdat }] of this.#properties.entries()) {
      if (group === 0) continue
      const key = isComdat ? group : -group
      const known = groups.get(key)
      if (known) known.members.push(i + 1)
      else groups.set(key, { group, isComdat, members: [i + 1] })
    }
    return [...groups.values()]
  }
}
