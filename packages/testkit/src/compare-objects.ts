import { GRP_COMDAT, hexadecimal, type ObjectFile, readWord, relocationRecord, SHF, SHN, SHT, STT } from '@fle/object'

export interface CompareOptions {
  /** Whether sections that are not loaded (debug information, notes for the linker …) are compared too. */
  readonly all: boolean
}

/**
 * The differences of two objects in what a link can see of them, one in words each; none if they mean the same.
 * Compared are the loaded sections in their order, their relocations, section groups and symbols. The order of symbols
 * and of relocations, section symbols that no relocation uses, string tables and address-significance tables are not.
 */
export function compareObjects(a: ObjectFile, b: ObjectFile, options: CompareOptions): string[] {
  const [left, right] = [new Comparable(a, options), new Comparable(b, options)]
  return [
    ...compareSections(left, right),
    ...compareSets('relocation', left.relocations(), right.relocations()),
    ...compareSets('group', left.groups(), right.groups()),
    ...compareSets('symbol', left.symbols(), right.symbols()),
  ]
}

/** Section types that are the object's own tables: what they say is compared, not how. */
const tableTypes: ReadonlySet<number> = new Set([
  SHT.NULL,
  SHT.SYMTAB,
  SHT.STRTAB,
  SHT.RELA,
  SHT.GROUP,
  SHT.SYMTAB_SHNDX,
  SHT.LLVM_ADDRSIG,
])

/** An object with names for its parts that do not depend on how its tables are numbered. */
class Comparable {
  readonly object: ObjectFile
  /** The sections to compare, in their order. */
  readonly sections: readonly number[]
  readonly #ordinals: ReadonlyMap<number, number>

  constructor(object: ObjectFile, { all }: CompareOptions) {
    this.object = object
    this.sections = Array.from({ length: object.sectionCount }, (_, section) => section).filter(
      (section) => !tableTypes.has(object.sectionType(section)) && (all || object.isAllocated(section)),
    )
    this.#ordinals = new Map(this.sections.map((section, ordinal) => [section, ordinal]))
  }

  /** `#3 .text`: the ordinal among the compared sections, and the name. */
  sectionText(section: number): string {
    return `#${this.#ordinals.get(section) ?? '-'} ${this.object.sectionName(section)}`
  }

  relocations(): string[] {
    const { object } = this
    const texts: string[] = []
    for (const section of this.sections) {
      const table = object.relocationSections[section]
      for (let i = 0; table && i < object.relocationCount(table); i++) {
        const at = object.relocationRecord(table, i)
        const offset = hexadecimal(readWord(object.view, at))
        const type = object.view.getUint32(at + relocationRecord.type, true)
        const symbol = object.view.getUint32(at + relocationRecord.symbol, true)
        const addend = readWord(object.view, at + relocationRecord.addend)
        texts.push(`${this.sectionText(section)}+${offset} type ${type} ${this.#symbolIdentity(symbol)} + ${addend}`)
      }
    }
    return texts
  }

  groups(): string[] {
    const { object } = this
    const texts: string[] = []
    for (let section = 1; section < object.sectionCount; section++) {
      if (object.sectionType(section) !== SHT.GROUP) continue
      const start = object.sectionOffset(section)
      const flags = object.view.getUint32(start, true)
      const members: string[] = []
      for (let at = start + 4; at < start + object.sectionSize(section); at += 4) {
        const member = object.view.getUint32(at, true)
        if (this.#ordinals.has(member)) members.push(this.sectionText(member))
      }
      if (members.length === 0) continue // debug information has groups of its own
      const kind = flags & GRP_COMDAT ? 'COMDAT' : 'not COMDAT'
      texts.push(`${this.#symbolIdentity(object.sectionInfo(section))}, ${kind}: ${members.sort().join(', ')}`)
    }
    return texts
  }

  symbols(): string[] {
    const { object } = this
    const used = this.#symbolsOfRelocations()
    const texts: string[] = []
    for (let symbol = 1; symbol < object.symbolCount; symbol++) {
      if (object.symbolType(symbol) === STT.SECTION && !used.has(symbol)) continue
      const section = object.symbolSection(symbol)
      if (section && !this.#ordinals.has(section)) continue
      const name = this.#symbolIdentity(symbol)
      const kind = `binding ${object.symbolBinding(symbol)} type ${object.symbolType(symbol)}`
      const visibility = `visibility ${object.symbolVisibility(symbol)}`
      texts.push(`${name} ${kind} ${visibility} size ${object.symbolSize(symbol)}`)
    }
    return texts
  }

  #symbolsOfRelocations(): ReadonlySet<number> {
    const { object } = this
    const used = new Set<number>()
    for (const section of this.sections) {
      const table = object.relocationSections[section]
      for (let i = 0; table && i < object.relocationCount(table); i++) {
        used.add(object.view.getUint32(object.relocationRecord(table, i) + relocationRecord.symbol, true))
      }
    }
    return used
  }

  /** Name and place of a symbol: two local symbols may have one name. */
  #symbolIdentity(symbol: number): string {
    const { object } = this
    if (symbol === 0) return 'no symbol'
    const section = object.symbolSection(symbol)
    const value = object.symbolValue(symbol)
    if (section) {
      const place = `${this.sectionText(section)}+${hexadecimal(value)}`
      return object.symbolType(symbol) === STT.SECTION ? `section ${place}` : `${object.symbolName(symbol)} (${place})`
    }
    const special: Record<number, string> = {
      [SHN.UNDEF]: 'undefined',
      [SHN.ABS]: 'absolute',
      [SHN.COMMON]: 'common',
      [SHN.X86_64_LCOMMON]: 'large common',
    }
    return `${object.symbolName(symbol)} (${special[object.symbolRawSection(symbol)]} ${hexadecimal(value)})`
  }
}

function compareSections(left: Comparable, right: Comparable): string[] {
  const differences: string[] = []
  const count = Math.max(left.sections.length, right.sections.length)
  for (let i = 0; i < count; i++) {
    const [a, b] = [left.sections[i], right.sections[i]]
    if (a === undefined || b === undefined) {
      const [side, one, section] = a === undefined ? (['second', right, b] as const) : (['first', left, a] as const)
      differences.push(`section ${one.sectionText(section)} is only in the ${side} object`)
      continue
    }
    const name = left.sectionText(a)
    const [before, after] = [properties(left, a), properties(right, b)]
    for (const [property, value] of before) {
      const other = after.get(property)
      if (value !== other) differences.push(`section ${name}: ${property} ${value} became ${other}`)
    }
    const difference = firstDifference(left.object.sectionContent(a), right.object.sectionContent(b))
    if (difference) differences.push(`section ${name}: ${difference}`)
  }
  return differences
}

function properties(side: Comparable, section: number): Map<string, string | number> {
  const { object } = side
  const isOrdered = (object.sectionFlags(section) & SHF.LINK_ORDER) !== 0
  return new Map<string, string | number>([
    ['name', object.sectionName(section)],
    ['type', object.sectionType(section)],
    ['flags', hexadecimal(object.sectionFlags(section))],
    ['size', object.sectionSize(section)],
    ['alignment', object.sectionAlignment(section)],
    ['entry size', object.sectionEntrySize(section)],
    ['section to follow', isOrdered ? side.sectionText(object.sectionLink(section)) : 'none'],
  ])
}

function firstDifference(a: Uint8Array, b: Uint8Array): string {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return `byte ${hexadecimal(i)} is 0x${a[i].toString(16)}, became 0x${b[i].toString(16)}`
  }
  return ''
}

/** What stands in one list of texts and not in the other; the same text may stand in a list twice. */
function compareSets(what: string, left: string[], right: string[]): string[] {
  const balance = new Map<string, number>()
  for (const text of left) balance.set(text, (balance.get(text) ?? 0) + 1)
  for (const text of right) balance.set(text, (balance.get(text) ?? 0) - 1)
  return Array.from(balance).flatMap(([text, count]) =>
    count === 0 ? [] : [`${what} only in the ${count > 0 ? 'first' : 'second'} object: ${text}`],
  )
}
