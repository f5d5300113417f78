import { type ObjectFile, relocationRecord, SHN, STB, STT, STV, type Word } from '@fle/object'
import { Form, formOfType } from '@fle/x86-64'
import { spellName } from './line-writer.ts'
import { NameTable } from './name-table.ts'
import { qualifierOf } from './names.ts'
import { groupsOfMembers, type SectionGroup } from './section-groups.ts'

const gotSymbol = '_GLOBAL_OFFSET_TABLE_'

/** What of an object is written, in which order, and how expressions call its symbols. */
export class ObjectPlan {
  readonly object: ObjectFile
  /** The sections that are written, in their order. */
  readonly sections: readonly number[]
  /** For each section its occurrence among those of its name, counted from 1; 0 if it is not written. */
  readonly occurrence: Int32Array
  readonly groups: ReadonlyMap<number, SectionGroup>
  /** The symbols without a place that need a line. */
  readonly placeless: readonly number[]

  /** The symbols that have a place, in the order of their lines; where each section's begin in them, and end. */
  readonly #placed: Int32Array
  readonly #placedStart: Int32Array
  readonly #placedEnd: Int32Array

  readonly #names = new NameTable()
  readonly #symbolName: Int32Array
  readonly #sectionName: Int32Array
  /** By name: how many local symbols have it, and whether a section has. */
  readonly #localCount: number[] = []
  readonly #isSectionName: boolean[] = []
  /** For each local symbol its occurrence among those of its name, counted from 1. */
  readonly #localOccurrence: Int32Array
  readonly #spelling: (Uint8Array | undefined)[] = []
  /** 1 for the symbols that the relocations of the written sections name. */
  readonly #isReferenced: Uint8Array
  /** 1 for the sections that they name by the section's own symbol. */
  readonly #isReferencedSection: Uint8Array

  /** Plans the writing of some of an object's sections, in the order given. */
  constructor(object: ObjectFile, sections: readonly number[]) {
    this.object = object
    this.groups = groupsOfMembers(object)
    this.sections = sections
    this.occurrence = new Int32Array(object.sectionCount)
    this.#sectionName = new Int32Array(object.sectionCount)
    this.#symbolName = new Int32Array(object.symbolCount)
    this.#localOccurrence = new Int32Array(object.symbolCount)
    this.#nameSections()
    for (let symbol = 1; symbol < object.symbolCount; symbol++)
      this.#symbolName[symbol] = this.#names.intern(object.stringBytesAt(object.symbolNameOffset(symbol)))
    this.#placedStart = new Int32Array(object.sectionCount)
    this.#placedEnd = new Int32Array(object.sectionCount)
    this.#placed = this.#placeSymbols()
    this.#isReferencedSection = new Uint8Array(object.sectionCount)
    this.#isReferenced = this.#referencedSymbols()
    this.placeless = this.#placelessSymbols()
    this.#countLocals()
  }

  /** The symbols of a section in the order of their lines: by value, read as unsigned. */
  symbolsIn(section: number): Int32Array {
    return this.#placed.subarray(this.#placedStart[section], this.#placedEnd[section])
  }

  /** Whether a section is written. */
  isWritten(section: number): boolean {
    return this.occurrence[section] > 0
  }

  /** Whether a relocation of what is written refers to a section by the section's own symbol. */
  isReferencedSection(section: number): boolean {
    return this.#isReferencedSection[section] === 1
  }

  sectionNameBytes(section: number): Uint8Array {
    return this.#names.bytesOf(this.#sectionName[section])
  }

  symbolNameBytes(symbol: number): Uint8Array {
    return this.#names.bytesOf(this.#symbolName[symbol])
  }

  /** How an expression calls a symbol; undefined if nothing that is written stands for it. Empty for symbol 0. */
  spelling(symbol: number): Uint8Array | undefined {
    if (symbol === 0) return new Uint8Array()
    this.#spelling[symbol] ??= this.#spell(symbol)
    return this.#spelling[symbol]
  }

  /** How `group=` calls the signature of a group: a symbol that no line defines is the group's own. */
  signatureSpelling({ signature, section }: SectionGroup): Uint8Array | undefined {
    const { object } = this
    if (object.symbolSection(signature) === section) return spellName(this.symbolNameBytes(signature))
    if (object.symbolType(signature) === STT.SECTION) {
      const own = object.symbolSection(signature)
      return this.isWritten(own)
        ? spellName(this.sectionNameBytes(own), `#s${numberOf(this.occurrence[own])}`)
        : undefined
    }
    const name = this.symbolNameBytes(signature)
    if (object.symbolBinding(signature) !== STB.LOCAL && object.symbolRawSection(signature) === SHN.UNDEF)
      return spellName(name, '#0')
    return this.spelling(signature)
  }

  #spell(symbol: number): Uint8Array | undefined {
    const { object } = this
    const section = object.symbolSection(symbol)
    if (section !== 0 && !this.isWritten(section)) return undefined
    if (object.symbolType(symbol) === STT.FILE) return undefined
    if (object.symbolType(symbol) === STT.SECTION) return section === 0 ? undefined : this.#spellSection(section)
    const number = this.#symbolName[symbol]
    const name = this.#names.bytesOf(number)
    const locals = this.#localCount[number] ?? 0
    const looksQualified = qualifierOf(name) !== undefined
    if (object.symbolBinding(symbol) === STB.LOCAL) {
      const occurrence = this.#localOccurrence[symbol]
      return spellName(name, occurrence > 1 || looksQualified ? `#${occurrence}` : '')
    }
    return spellName(name, locals > 0 || this.#isSectionName[number] || looksQualified ? '#0' : '')
  }

  #spellSection(section: number): Uint8Array {
    const number = this.#sectionName[section]
    const name = this.#names.bytesOf(number)
    const occurrence = this.occurrence[section]
    const isAmbiguous = (this.#localCount[number] ?? 0) > 0 || qualifierOf(name) !== undefined
    return spellName(name, occurrence > 1 || isAmbiguous ? `#s${numberOf(occurrence)}` : '')
  }

  #nameSections(): void {
    const counts: number[] = []
    for (const section of this.sections) {
      const name = this.#names.intern(this.object.stringBytesAt(this.object.sectionNameOffset(section)))
      counts[name] = (counts[name] ?? 0) + 1
      this.#sectionName[section] = name
      this.#isSectionName[name] = true
      this.occurrence[section] = counts[name]
    }
  }

  /** Sorts the symbols that have a place by section and value. */
  #placeSymbols(): Int32Array {
    const { object } = this
    const counts = new Int32Array(object.sectionCount)
    for (let symbol = 1; symbol < object.symbolCount; symbol++)
      if (this.#hasPlace(symbol)) counts[object.symbolSection(symbol)]++
    let total = 0
    for (const section of this.sections) {
      this.#placedStart[section] = this.#placedEnd[section] = total
      total += counts[section]
    }
    const placed = new Int32Array(total)
    for (let symbol = 1; symbol < object.symbolCount; symbol++)
      if (this.#hasPlace(symbol)) placed[this.#placedEnd[object.symbolSection(symbol)]++] = symbol
    const byValue = (a: number, b: number) => compareUnsigned(object.symbolValue(a), object.symbolValue(b)) || a - b
    for (const section of this.sections)
      placed.subarray(this.#placedStart[section], this.#placedEnd[section]).sort(byValue)
    return placed
  }

  #hasPlace(symbol: number): boolean {
    const section = this.object.symbolSection(symbol)
    return section !== 0 && this.isWritten(section) && this.object.symbolType(symbol) !== STT.SECTION
  }

  #placelessSymbols(): number[] {
    const { object } = this
    const symbols: number[] = []
    for (let symbol = 1; symbol < object.symbolCount; symbol++) {
      if (object.symbolSection(symbol) !== 0 || object.symbolType(symbol) === STT.SECTION) continue
      const isPlain =
        object.symbolRawSection(symbol) === SHN.UNDEF &&
        object.symbolBinding(symbol) === STB.GLOBAL &&
        object.symbolType(symbol) === STT.NOTYPE &&
        object.symbolVisibility(symbol) === STV.DEFAULT
      if (!isPlain || !this.#isReferenced[symbol]) symbols.push(symbol)
    }
    return symbols
  }

  #referencedSymbols(): Uint8Array {
    const { object } = this
    const isReferenced = new Uint8Array(object.symbolCount)
    const got = this.#names.intern(new TextEncoder().encode(gotSymbol))
    for (const section of this.sections) {
      const table = object.relocationSections[section]
      if (!table) continue
      for (let i = 0; i < object.relocationCount(table); i++) {
        const at = object.relocationRecord(table, i)
        const symbol = object.view.getUint32(at + relocationRecord.symbol, true)
        // `gotbase` names no symbol, but a reader finds the usual one in it.
        const isGotbase = formOfType[object.view.getUint32(at + relocationRecord.type, true)] === Form.gotbase
        if (!isGotbase || this.#symbolName[symbol] === got) isReferenced[symbol] = 1
        if (object.symbolType(symbol) === STT.SECTION) this.#isReferencedSection[object.symbolSection(symbol)] = 1
      }
    }
    return isReferenced
  }

  #countLocals(): void {
    const { object } = this
    const count = (symbol: number) => {
      if (object.symbolBinding(symbol) !== STB.LOCAL || object.symbolType(symbol) === STT.FILE) return
      const name = this.#symbolName[symbol]
      this.#localOccurrence[symbol] = this.#localCount[name] = (this.#localCount[name] ?? 0) + 1
    }
    for (const symbol of this.#placed) count(symbol)
    for (const symbol of this.placeless) count(symbol)
  }
}

/** The number behind `#s`: the first section of a name has none. */
function numberOf(occurrence: number): string {
  return occurrence > 1 ? `${occurrence}` : ''
}

function compareUnsigned(a: Word, b: Word): number {
  if (a === b) return 0
  const isNegative = a < 0
  if (isNegative !== b < 0) return isNegative ? 1 : -1
  return a < b ? -1 : 1
}
