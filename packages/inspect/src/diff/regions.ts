// A section cut at its symbols, so that code is compared function by function, wherever it has moved to.
import { SHN, SHT, STT, subtractWords } from '@fle/object'
import { relocationName } from '@fle/x86-64'
import type { BinaryFile, Relocation, RelocationTable, Section, SymbolEntry } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import { byName } from './difference.ts'

/** The bytes from a symbol up to the next one. */
export interface Region {
  /** The symbol; undefined for what stands before the first. */
  readonly symbol: string | undefined
  /** Where it begins in the section, and how many bytes it has. */
  readonly offset: number
  readonly size: number
  readonly content: Uint8Array
  /** Its relocations in words, by their offsets from its beginning. */
  readonly relocations: ReadonlyMap<string, string>
}

/** A file, with what belongs to each of its sections at hand. */
export interface CutFile {
  readonly file: BinaryFile
  /** By the section's index. */
  readonly symbols: ReadonlyMap<number, readonly SymbolEntry[]>
  readonly tables: ReadonlyMap<Section, RelocationTable>
}

export function cutFile(file: BinaryFile): CutFile {
  const symbols = new Map<number, SymbolEntry[]>()
  for (const symbol of (file.symbols ?? file.dynamicSymbols)?.symbols ?? []) {
    if (symbol.name === '' || symbol.type === STT.SECTION || symbol.type === STT.FILE) continue
    const list = symbols.get(symbol.section)
    if (list) list.push(symbol)
    else symbols.set(symbol.section, [symbol])
  }
  const tables = new Map<Section, RelocationTable>()
  for (const table of file.relocations) if (table.target) tables.set(table.target, table)
  return { file, symbols, tables }
}

/** Cuts a section at its symbols. Regions are named by them. */
export function regionsOf({ file, symbols, tables }: CutFile, section: Section): Map<string, Region> {
  const labels = labelsOf(symbols.get(section.index) ?? [], section)
  if (labels[0]?.offset !== 0) labels.unshift({ name: undefined, offset: 0 })
  const table = tables.get(section)
  const relocations = sortedRelocations(table, section)
  let next = 0
  const regions = labels.map(({ name, offset }, i): [string, Region] => {
    const end = labels[i + 1]?.offset ?? section.size
    const words: [string, string][] = []
    for (; next < relocations.length && (relocations[next].place < end || i === labels.length - 1); next++) {
      const { place, relocation } = relocations[next]
      if (table) words.push([hex(place - offset), relocationWords(relocation, table, file)])
    }
    const content = section.type === SHT.NOBITS ? new Uint8Array() : section.content.subarray(offset, end)
    return [name ?? '', { symbol: name, offset, size: end - offset, content, relocations: byName(words) }]
  })
  return byName(regions)
}

interface Label {
  readonly name: string | undefined
  readonly offset: number
}

/** The symbols that a section is cut at: one for a place, functions and objects before others, global before local ones. */
function labelsOf(symbols: readonly SymbolEntry[], section: Section): Label[] {
  const known = new Map<number, { readonly name: string; readonly rank: number }>()
  for (const { name, value, type, binding } of symbols) {
    const offset = Number(subtractWords(value, section.address))
    if (!(offset >= 0 && offset < section.size)) continue
    const rank = (type === STT.NOTYPE ? 2 : 0) + (binding === 0 ? 1 : 0)
    const other = known.get(offset)
    if (!other || rank < other.rank || (rank === other.rank && name < other.name)) known.set(offset, { name, rank })
  }
  return Array.from(known, ([offset, { name }]) => ({ name, offset })).sort((a, b) => a.offset - b.offset)
}

function sortedRelocations(table: RelocationTable | undefined, section: Section) {
  const list = (table?.relocations ?? []).map((relocation) => ({
    place: Number(subtractWords(relocation.offset, section.address)),
    relocation,
  }))
  return list.sort((a, b) => a.place - b.place)
}

/** A relocation in words. A local symbol is told by its section and place: assemblers differ in which they name. */
function relocationWords({ type, symbol, addend }: Relocation, { symbols }: RelocationTable, file: BinaryFile): string {
  const entry = symbol === 0 ? undefined : symbols[symbol]
  const { name, distance } = entry ? targetOf(entry, file) : { name: '', distance: 0n }
  const sum = BigInt.asIntN(64, BigInt(addend) + distance)
  const offset = sum === 0n && name !== '' ? '' : sum < 0n ? `-0x${(-sum).toString(16)}` : `+0x${sum.toString(16)}`
  return `${relocationName(type)} ${name}${offset}`
}

function targetOf({ name, binding, section, value }: SymbolEntry, { sections }: BinaryFile) {
  const isLocal = binding === 0 && section !== SHN.UNDEF && section < SHN.LORESERVE
  return isLocal ? { name: sections[section]?.name ?? '', distance: BigInt(value) } : { name, distance: 0n }
}
