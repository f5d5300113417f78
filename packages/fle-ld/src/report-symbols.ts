import { suggest } from '@fle/diagnostics'
import { hexadecimal, readWord, relocationRecord, SHT, STT } from '@fle/object'
import { formOfType } from '@fle/x86-64'
import { SymbolPlace } from './classify-symbols.ts'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { archiveDefining } from './read-inputs.ts'
import { isRelaxedCall } from './scan-relocations.ts'
import { linkerDefined, Rank } from './symbol-table.ts'

/** References of one symbol that are shown; the rest are counted. */
const referencesShown = 3

/** Reports every symbol that has more than one strong definition. */
export function reportDuplicates(link: LinkState): void {
  const { symbols } = link
  const reported = new Map<number, string[]>()
  for (const { symbol, object, objectSymbol } of link.duplicates) {
    let notes = reported.get(symbol)
    if (!notes) {
      notes = [definitionNote(link, symbols.definingObject[symbol], symbols.definingSymbol[symbol])]
      reported.set(symbol, notes)
    }
    notes.push(definitionNote(link, object, objectSymbol))
  }
  for (const [symbol, notes] of reported) {
    link.diagnostics.error('duplicate-symbol', `duplicate symbol: ${symbols.names.text(symbol)}`, { notes })
  }
}

function definitionNote(link: LinkState, object: number, objectSymbol: number): string {
  const input = link.objects[object]
  const section = input.object.symbolSection(objectSymbol)
  const value = Number(input.object.symbolValue(objectSymbol))
  const line = input.object.source?.lineOfSymbol(objectSymbol)
  if (line) return `defined at ${input.object.name}:${line}`
  return `defined at ${input.object.name}${section ? `:(${sectionPlace(input, section, value)})` : ''}`
}

function sectionPlace(input: InputObject, section: number, offset: number): string {
  return `${input.object.sectionName(section)}+${hexadecimal(offset)}`
}

/** Reports every symbol that a relocation of a section in the output needs and nothing defines. */
export function reportUndefined(link: LinkState): void {
  if (!hasUndefined(link)) return
  const references = new Map<number, { notes: string[]; more: number }>()
  for (const input of link.objects) collectReferences(input, references)
  for (const [symbol, { notes, more }] of references) {
    if (more > 0) notes.push(`referenced ${more} more ${more === 1 ? 'time' : 'times'}`)
    reportUndefinedSymbol(link, symbol, notes)
  }
}

function hasUndefined(link: LinkState): boolean {
  return link.symbols.rank.subarray(0, link.symbols.count).includes(Rank.undefined)
}

function collectReferences(input: InputObject, references: Map<number, { notes: string[]; more: number }>): void {
  const { object } = input
  for (let rela = 1; rela < object.sectionCount; rela++) {
    if (object.sectionType(rela) !== SHT.RELA) continue
    const section = object.sectionInfo(rela)
    if (input.outputSection[section] === dropped) continue
    const count = object.relocationCount(rela)
    for (let i = 0; i < count; i++) {
      const record = object.relocationRecord(rela, i)
      const objectSymbol = object.view.getUint32(record + relocationRecord.symbol, true)
      // The call of __tls_get_addr behind it will be gone.
      if (isRelaxedCall(formOfType[object.view.getUint32(record + relocationRecord.type, true)])) i++
      if (input.places[objectSymbol] !== SymbolPlace.undefined) continue
      const symbol = input.globalOf(objectSymbol)
      const entry = references.get(symbol) ?? { notes: [], more: 0 }
      references.set(symbol, entry)
      if (entry.notes.length < referencesShown) entry.notes.push(`referenced by ${referencePlace(input, rela, i)}`)
      else entry.more++
    }
  }
}

/** `main.fle:12 (in main)`, `main.o:(.text+0x12) (in main)`. */
export function referencePlace(input: InputObject, rela: number, relocation: number): string {
  const { object } = input
  const section = object.sectionInfo(rela)
  const offset = Number(readWord(object.view, object.relocationRecord(rela, relocation)))
  const line = object.source?.lineOfRelocation(rela, relocation)
  const place = line ? `${object.name}:${line}` : `${object.name}:(${sectionPlace(input, section, offset)})`
  const name = enclosingSymbol(input, section, offset)
  return name ? `${place} (in ${name})` : place
}

/** The function or object that a place is in; without sizes, the last symbol before it. */
function enclosingSymbol(input: InputObject, section: number, offset: number): string {
  const { object } = input
  let best = 0
  let bestValue = -1
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    if (object.symbolSection(symbol) !== section || object.symbolType(symbol) === STT.SECTION) continue
    const value = Number(object.symbolValue(symbol))
    const size = Number(object.symbolSize(symbol))
    if (value > offset || value < bestValue || (size > 0 && offset >= value + size)) continue
    best = symbol
    bestValue = value
  }
  return best ? object.symbolName(best) : ''
}

function reportUndefinedSymbol(link: LinkState, symbol: number, notes: string[]): void {
  const name = link.symbols.names.text(symbol)
  const archive = archiveDefining(link, symbol)
  if (archive) {
    link.diagnostics.error('undefined-symbol', `undefined symbol: ${name}`, {
      notes: [...notes, `defined in: ${archive.path}(${archive.member}), which was read before anything needed it`],
      hint: `put ${archive.path} after the files that need it, or use --start-group … --end-group`,
    })
    return
  }
  const local = localDefinition(link, name)
  if (local) notes.push(`${local} defines a local symbol of that name, which other files cannot see`)
  const nearest = nearestDefinition(link, name)
  if (nearest) notes.push(`did you mean: ${nearest.name}`, `defined in: ${nearest.file}`)
  link.diagnostics.error('undefined-symbol', `undefined symbol: ${name}`, { notes })
}

function nearestDefinition(link: LinkState, name: string): { name: string; file: string } | undefined {
  const { symbols } = link
  const defined = new Map<string, number>()
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    if (symbols.isDefined(symbol)) defined.set(symbols.names.text(symbol), symbol)
  }
  const nearest = suggest(name, defined.keys())
  if (nearest === undefined) return undefined
  const object = symbols.definingObject[defined.get(nearest) ?? 0]
  return { name: nearest, file: object === linkerDefined ? 'the linker itself' : link.objects[object].object.name }
}

function localDefinition(link: LinkState, name: string): string | undefined {
  for (const { object } of link.objects) {
    for (let symbol = 1; symbol < object.firstGlobal; symbol++) {
      if (object.symbolSection(symbol) !== 0 && object.symbolName(symbol) === name) return object.name
    }
  }
  return undefined
}
