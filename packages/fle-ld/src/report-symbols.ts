import type { Details } from '@fle/diagnostics'
import { hexadecimal, readWord, relocationRecord, SHN, SHT } from '@fle/object'
import { formOfType } from '@fle/x86-64'
import { SymbolPlace } from './classify-symbols.ts'
import { enclosingSymbol } from './enclosing-symbol.ts'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { markedSymbols } from './marked-symbols.ts'
import { archiveDefining } from './read-inputs.ts'
import { isRelaxedCall } from './scan-relocations.ts'
import { sourceLine } from './source-lines.ts'
import { DefinitionFinder } from './suggest-definition.ts'
import { commandLineDefined, Rank } from './symbol-table.ts'
import { globalText, symbolText } from './symbol-text.ts'

/** References of one symbol that are shown; the rest are counted. */
const referencesShown = 3

/** Reports every symbol that has more than one strong definition. */
export function reportDuplicates(link: LinkState): void {
  const { symbols } = link
  const reported = new Map<number, string[]>()
  if (link.options.allowDuplicates) return
  for (const { symbol, object, objectSymbol } of link.duplicates) {
    if (symbols.definingObject[symbol] === commandLineDefined) continue
    let notes = reported.get(symbol)
    if (!notes) {
      notes = [definitionNote(link, symbols.definingObject[symbol], symbols.definingSymbol[symbol])]
      reported.set(symbol, notes)
    }
    notes.push(definitionNote(link, object, objectSymbol))
  }
  for (const [symbol, notes] of reported) {
    link.problem('duplicate-symbol', `duplicate symbol: ${globalText(link, symbol)}`, { notes })
  }
}

function definitionNote(link: LinkState, object: number, objectSymbol: number): string {
  const input = link.objects[object]
  const section = input.object.symbolSection(objectSymbol)
  const value = Number(input.object.symbolValue(objectSymbol))
  const line = input.object.source?.lineOfSymbol(objectSymbol)
  if (line) return `defined at ${input.object.name}:${line}`
  if (section === 0) return `defined at ${input.object.name}`
  const place = sectionPlace(input, section, value)
  const source = sourceLine(link, input, section, value)
  return `defined at ${source ? `${source}, ${place}` : place}`
}

/** `main.o:(.text+0x12)` */
function sectionPlace({ object }: InputObject, section: number, offset: number): string {
  return `${object.name}:(${object.sectionName(section)}+${hexadecimal(offset)})`
}

/**
 * Reports every symbol that a relocation of a section in the output needs and nothing defines. Those that need no definition
 * (--unresolved-symbols and the like) are 0 from then on.
 */
export function reportUndefined(link: LinkState): void {
  if (!hasUndefined(link)) return
  const { options, symbols } = link
  const references = new ReferenceList(link, (input, symbol) => input.places[symbol] === SymbolPlace.undefined)
  for (const { definition, terms } of link.requestedDefinitions) {
    for (const symbol of terms.values()) {
      if (symbols.rank[symbol] === Rank.undefined) references.note(symbol, `--defsym ${definition.name}`)
    }
  }
  for (const input of link.objects) {
    if (input.places.includes(SymbolPlace.undefined)) references.collect(input)
  }
  const ignored = new Set(options.ignoredSymbols)
  const definitions = new DefinitionFinder(link)
  for (const [symbol, notes] of references.notes()) {
    if (options.unresolved === 'ignore' || ignored.has(symbols.names.text(symbol))) continue
    reportUndefinedSymbol(link, definitions, symbol, notes)
  }
  if (!link.diagnostics.hasErrors) for (const { places } of link.objects) zeroUndefined(places)
}

function zeroUndefined(places: Uint8Array): void {
  for (let i = 0; i < places.length; i++) if (places[i] === SymbolPlace.undefined) places[i] = SymbolPlace.zero
}

/** Shows what each section .gnu.warning.SYMBOL says, if a file refers to SYMBOL. */
export function reportWarningSections(link: LinkState): void {
  const texts = new Map<number, string>()
  for (const { input, section } of link.warningSections) {
    const symbol = link.symbols.names.lookupText(input.object.sectionName(section).slice(warningPrefix.length))
    if (symbol < 0 || texts.has(symbol)) continue
    texts.set(symbol, new TextDecoder().decode(input.object.sectionContent(section)).split('\0', 1)[0])
  }
  if (texts.size === 0) return
  const references = new ReferenceList(link, (input, symbol) => {
    const isUndefined = input.object.symbolRawSection(symbol) === SHN.UNDEF
    return isUndefined && texts.has(input.globalOf(symbol))
  })
  const marks = link.memory.takeBytes(link.symbols.count)
  for (const symbol of texts.keys()) marks[symbol] = 1
  for (const input of new Set(Array.from(markedSymbols(link, marks), ({ input }) => input))) references.collect(input)
  for (const [symbol, notes] of references.notes()) {
    link.diagnostics.warning('symbol-warning', texts.get(symbol) ?? '', { notes })
  }
}

/** What the names of sections begin with that hold a warning for those who use a symbol (GNU ld manual, "--warn-once"). */
export const warningPrefix = '.gnu.warning.'

function hasUndefined(link: LinkState): boolean {
  return link.symbols.rank.subarray(0, link.symbols.count).includes(Rank.undefined)
}

/** The places that refer to symbols, of the relocations of sections in the output. */
class ReferenceList {
  readonly #link: LinkState
  readonly #isSought: (input: InputObject, objectSymbol: number) => boolean
  readonly #found = new Map<number, { notes: string[]; more: number }>()

  constructor(link: LinkState, isSought: (input: InputObject, objectSymbol: number) => boolean) {
    this.#link = link
    this.#isSought = isSought
  }

  /** Notes the references of an object to the symbols sought. */
  collect(input: InputObject): void {
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
        if (!this.#isSought(input, objectSymbol)) continue
        const symbol = input.globalOf(objectSymbol)
        if (this.#isFull(symbol)) continue
        this.note(symbol, referencePlace(this.#link, input, rela, i))
      }
    }
  }

  /** Counts a reference beyond those that are shown. */
  #isFull(symbol: number): boolean {
    const entry = this.#found.get(symbol)
    if (!entry || entry.notes.length < referencesShown) return false
    entry.more++
    return true
  }

  note(symbol: number, place: string): void {
    const entry = this.#found.get(symbol) ?? { notes: [], more: 0 }
    this.#found.set(symbol, entry)
    entry.notes.push(`referenced by ${place}`)
  }

  /** The lines for each symbol that was found, in the order of finding. */
  *notes(): Iterable<[symbol: number, notes: string[]]> {
    for (const [symbol, { notes, more }] of this.#found) {
      yield [symbol, more > 0 ? [...notes, `referenced ${more} more ${more === 1 ? 'time' : 'times'}`] : notes]
    }
  }
}

/** `main.fle:12 (in main)`, `main.o:(.text+0x12) (in main)`, with debug information `main.c:5 (in main), main.o:(…)`. */
export function referencePlace(link: LinkState, input: InputObject, rela: number, relocation: number): string {
  const { object } = input
  const section = object.sectionInfo(rela)
  const offset = Number(readWord(object.view, object.relocationRecord(rela, relocation)))
  const name = enclosingSymbol(link, input, section, offset)
  const within = name ? ` (in ${symbolText(link, name)})` : ''
  const line = object.source?.lineOfRelocation(rela, relocation)
  if (line) return `${object.name}:${line}${within}`
  const place = sectionPlace(input, section, offset)
  const source = sourceLine(link, input, section, offset)
  return source ? `${source}${within}, ${place}` : `${place}${within}`
}

function reportUndefinedSymbol(link: LinkState, definitions: DefinitionFinder, symbol: number, notes: string[]): void {
  const name = link.symbols.names.text(symbol)
  const message = `undefined symbol: ${symbolText(link, name)}`
  const archive = archiveDefining(link, symbol)
  const reportIt = (details: Details) => {
    if (link.options.unresolved === 'warning') link.diagnostics.warning('undefined-symbol', message, details)
    else link.problem('undefined-symbol', message, details)
  }
  if (archive) {
    reportIt({
      notes: [...notes, `defined in: ${archive.path}(${archive.member}), which was read before anything needed it`],
      hint: `put ${archive.path} after the files that need it, or use --start-group … --end-group`,
    })
    return
  }
  const local = definitions.localFile(name)
  if (local) notes.push(`${local} defines a local symbol of that name, which other files cannot see`)
  const suggestion = definitions.find(name)
  notes.push(...(suggestion?.notes ?? []))
  const hint = suggestion?.hint ?? classHint(name)
  reportIt({ notes, ...(hint === undefined ? {} : { hint }) })
}

/** A class's vtable and type information stand in one file: that of its first virtual function that is not inline. */
function classHint(name: string): string | undefined {
  if (!/^_ZT[VIS]/.test(name)) return undefined
  return 'they stand with the first virtual function of the class that is neither inline nor pure: define it, link its file'
}
