// Which name an address has. Source: compare_symbols() and find_symbol_for_address() of binutils/objdump.c.
import { addWords, SHN, STB, STT, subtractWords, type Word } from '@fle/object'
import type { BinaryFile, Section, SymbolEntry } from '../view/binary-file.ts'
import { compareAddresses, compareNames, hex } from '../view/hexadecimal.ts'
import type { NameStyle } from '../view/name-style.ts'
import { hasRelocations } from './file-header.ts'
import { pltSymbols } from './plt-symbols.ts'

/** A name that addresses are told by. */
export interface CodeSymbol {
  readonly name: string
  /** The name with the symbol's version, as it is shown. */
  readonly label: string
  readonly value: Word
  readonly section: number
  /** Whether its bytes are data, and are shown so. */
  readonly isData: boolean
  /** Whether it names a PLT entry, which no symbol table has. */
  readonly isOfPlt: boolean
  readonly rank: number
  readonly size: Word
}

/** A dynamic symbol's name with its version, as BFD has it. */
export function dynamicName({ name, version, isDefaultVersion, isOfBase, section }: SymbolEntry): string {
  const word = isOfBase ? 'Base' : version
  if (word === '') return name
  const isDefault = (isDefaultVersion || isOfBase) && section !== SHN.UNDEF
  return `${name}${isDefault ? '@@' : '@'}${word}`
}

/** The symbols of a file in the order of their addresses, and the search in it. */
export class CodeSymbols {
  readonly sorted: readonly CodeSymbol[]
  readonly #isRelocatable: boolean
  /** The symbols whose addresses the dynamic linker writes, by where it does. */
  readonly #dynamic: ReadonlyMap<string, SymbolEntry>

  readonly #names: NameStyle

  /** Places in {@link sorted} by the section's index, and by its name. */
  readonly #bySection = new Map<number, number[]>()
  readonly #bySectionName = new Map<string, number[]>()

  constructor(file: BinaryFile, names: NameStyle) {
    this.#names = names
    this.#isRelocatable = hasRelocations(file)
    this.#dynamic = dynamicSymbols(file)
    this.sorted = [...usefulSymbols(file), ...pltSymbols(file).map(fromPlt)].sort(compareSymbols)
    for (const [place, { section }] of this.sorted.entries()) {
      addTo(this.#bySection, section, place)
      addTo(this.#bySectionName, file.sections[section]?.name ?? '', place)
    }
  }

  /**
   * The symbol that an address in or beyond `section` is told by, and its place in {@link sorted}; undefined if there is
   * none. With `required` only symbols of that section will do.
   */
  find(address: Word, section: Section, required: boolean): number | undefined {
    const { sorted } = this
    if (sorted.length === 0) return undefined
    const valueAt = (place: number) => sorted[place].value
    const least = sorted[Math.max(firstThat(sorted.length, (place) => isAbove(valueAt(place), address)) - 1, 0)].value
    const first = firstThat(sorted.length, (place) => !isAbove(least, valueAt(place)))
    const places = this.#bySection.get(section.index) ?? []
    const notBelow = places[firstThat(places.length, (i) => !isAbove(least, valueAt(places[i])))]
    if (notBelow !== undefined && compareAddresses(valueAt(notBelow), least) === 0) return notBelow
    const wanted = required || (this.#isRelocatable && isWithin(address, section))
    if (!wanted) return first
    const before = firstThat(places.length, (i) => isAbove(valueAt(places[i]), address)) - 1
    if (before < 0) return places[0]
    const nearest = valueAt(places[before])
    return places[firstThat(places.length, (i) => !isAbove(nearest, valueAt(places[i])))]
  }

  /** `<main+0x10>`: what an address is called. */
  label(address: Word, section: Section, required = false): string {
    const place = this.find(address, section, required)
    const symbol = place === undefined ? undefined : this.sorted[place]
    if (!symbol) return `<${section.name}${distance(subtractWords(address, section.address))}>`
    if (symbol.section !== section.index && !symbol.isOfPlt) {
      const dynamic = this.#dynamic.get(hex(address))
      // A symbol that another file defines has no address to count from.
      const isElsewhere = dynamic?.section === SHN.UNDEF
      if (dynamic)
        return `<${this.#names(dynamicName(dynamic))}${isElsewhere ? '' : distance(subtractWords(address, dynamic.value))}>`
    }
    return `<${this.#names(symbol.label)}${distance(subtractWords(address, symbol.value))}>`
  }

  /** Where the next symbol of the same section as the one at `place` stands that has a higher address. */
  next(place: number, section: Section): number | undefined {
    const { value } = this.sorted[place]
    const places = this.#bySectionName.get(section.name) ?? []
    return places[firstThat(places.length, (i) => isAbove(this.sorted[places[i]].value, value))]
  }
}

function addTo<K>(lists: Map<K, number[]>, key: K, item: number): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}

/** The first number below `count` for which a condition holds that holds for all behind it too; `count` if there is none. */
function firstThat(count: number, holds: (index: number) => boolean): number {
  let low = 0
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function isAbove(a: Word, b: Word): boolean {
  return compareAddresses(a, b) > 0
}

function distance(offset: Word): string {
  if (offset === 0) return ''
  return offset < 0 ? `-0x${hex(-offset)}` : `+0x${hex(offset)}`
}

function isWithin(address: Word, { address: start, size }: Section): boolean {
  return compareAddresses(address, start) >= 0 && compareAddresses(address, addWords(start, size)) < 0
}

function dynamicSymbols({ relocations }: BinaryFile): Map<string, SymbolEntry> {
  const found = new Map<string, SymbolEntry>()
  for (const { target, relocations: list, symbols } of relocations) {
    if (target) continue
    for (const { offset, symbol } of list) {
      const entry = symbol === 0 ? undefined : symbols[symbol]
      if (entry) found.set(hex(offset), entry)
    }
  }
  return found
}

function usefulSymbols(file: BinaryFile): CodeSymbol[] {
  const isStatic = (file.symbols?.symbols.length ?? 0) > 1
  const symbols = (isStatic ? file.symbols : file.dynamicSymbols)?.symbols ?? []
  const useful: CodeSymbol[] = []
  for (const symbol of symbols) {
    const { name, type, section, value, size } = symbol
    if (name === '' || type === STT.SECTION || type === STT.FILE) continue
    if (section === SHN.UNDEF || section === SHN.COMMON || section === SHN.X86_64_LCOMMON) continue
    const label = isStatic ? name : dynamicName(symbol)
    const isData = type === STT.OBJECT || type === STT.COMMON
    useful.push({ name, label, value, section, isData, isOfPlt: false, rank: rankOf(symbol), size })
  }
  return useful
}

function fromPlt({ name, value, section }: { name: string; value: Word; section: number }): CodeSymbol {
  return { name, label: name, value, section, isData: false, isOfPlt: true, rank: 0b000101, size: 0 }
}

/** Of symbols with one address the least comes first: functions, objects, global ones, local ones. */
function rankOf({ name, type, binding }: SymbolEntry): number {
  const isCompilerMark = name.includes('gnu_compiled') || name.includes('gcc2_compiled')
  const isFile = /..\.[oa]$/.test(name)
  const isFunction = type === STT.FUNC
  const isObject = type === STT.OBJECT || type === STT.COMMON
  const isGlobal = binding === STB.GLOBAL
  const isLocal = binding === STB.LOCAL
  return [isCompilerMark, isFile, !isFunction, !isObject, !isGlobal, !isLocal].reduce(
    (rank, isLater) => 2 * rank + (isLater ? 1 : 0),
    0,
  )
}

function compareSymbols(a: CodeSymbol, b: CodeSymbol): number {
  return (
    compareAddresses(a.value, b.value) ||
    a.rank - b.rank ||
    compareAddresses(b.size, a.size) ||
    Number(a.name.startsWith('.')) - Number(b.name.startsWith('.')) ||
    compareNames(a.name, b.name)
  )
}
