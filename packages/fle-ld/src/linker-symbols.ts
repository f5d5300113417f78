// The symbols that the linker defines where a file refers to them and none defines them: those of GNU ld's default
// script, and __start_/__stop_ of sections whose names are C identifiers.

import { SHF, SHT, STV } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'
import { commandLineDefined, linkerDefined, Rank } from './symbol-table.ts'

/** A symbol at one end of a section, or, without a section, at an end of the whole image. */
export interface LinkerSymbol {
  readonly symbol: number
  readonly section: OutputSection | undefined
  readonly at: 'start' | 'end'
}

type Place = readonly [section: (section: OutputSection) => boolean, at: 'start' | 'end', pick: 'first' | 'last']

const named =
  (...names: string[]) =>
  (section: OutputSection) =>
    names.includes(section.name)
const isCode = (section: OutputSection) => (section.flags & SHF.EXECINSTR) !== 0
/** Of the large code model, whose data stand behind all other. */
const isLarge = (section: OutputSection) => (section.flags & SHF.X86_64_LARGE) !== 0
const isInitializedData = (section: OutputSection) => isLoaded(section) && !isZeroFilled(section) && !isLarge(section)
const isZeroFilled = (section: OutputSection) => section.type === SHT.NOBITS
const isLoaded = (section: OutputSection) => (section.flags & SHF.ALLOC) !== 0 && (section.flags & SHF.TLS) === 0

/** Which end of which section each name means; the first or the last, in the order of addresses, that the test takes. */
const places: Readonly<Record<string, Place>> = {
  etext: [isCode, 'end', 'last'],
  _etext: [isCode, 'end', 'last'],
  __etext: [isCode, 'end', 'last'],
  edata: [isInitializedData, 'end', 'last'],
  _edata: [isInitializedData, 'end', 'last'],
  __bss_start: [named('.bss'), 'start', 'first'],
  end: [isLoaded, 'end', 'last'],
  _end: [isLoaded, 'end', 'last'],
  __tdata_start: [named('.tdata'), 'start', 'first'],
  __preinit_array_start: [named('.preinit_array'), 'start', 'first'],
  __preinit_array_end: [named('.preinit_array'), 'end', 'first'],
  __init_array_start: [named('.init_array'), 'start', 'first'],
  __init_array_end: [named('.init_array'), 'end', 'first'],
  __fini_array_start: [named('.fini_array'), 'start', 'first'],
  __fini_array_end: [named('.fini_array'), 'end', 'first'],
  _DYNAMIC: [named('.dynamic'), 'start', 'first'],
  __rela_iplt_start: [named('.rela.plt'), 'start', 'first'],
  __rela_iplt_end: [named('.rela.plt'), 'end', 'first'],
}

/** Names that mean the beginning of the image, where the ELF header is. */
const imageStart = ['__ehdr_start', '__executable_start']

/** Names that are the program's own affair: GNU ld's script has them hidden. */
const isHidden =
  /^__(\w+_array_(start|end)|rela_iplt_(start|end)|tdata_start|ehdr_start)$|^_GLOBAL_OFFSET_TABLE_$|^_TLS_MODULE_BASE_$/

/** Names that every ELF program has, whether anything refers to them or not. */
const alwaysDefined = ['_edata', '__bss_start', '_end']

/** Of _end, from which on programs may take memory (GNU ld's default script). */
const endAlignment = 8

const dynamicName = '_DYNAMIC'

/** What local-dynamic accesses by TLS descriptors count from: once rewritten for a static program, the thread pointer. */
export const tlsModuleBase = '_TLS_MODULE_BASE_'

const globalOffsetTableName = '_GLOBAL_OFFSET_TABLE_'

/**
 * Defines them. Sections that do not exist have both their ends at the same place, so that a loop over an empty array
 * does nothing.
 */
export function defineLinkerSymbols(link: LinkState): void {
  if (link.format !== 'fle') for (const name of alwaysDefined) link.symbols.refer(link.symbols.internText(name), true)
  for (const name of [...Object.keys(places), ...imageStart, globalOffsetTableName, tlsModuleBase]) define(link, name)
  for (const section of link.outputSections) {
    if ((section.flags & SHF.ALLOC) === 0 || !/^[A-Za-z_]\w*$/.test(section.name)) continue
    define(link, `__start_${section.name}`, { section, at: 'start' })
    define(link, `__stop_${section.name}`, { section, at: 'end' })
  }
}

function define(link: LinkState, name: string, place: Omit<LinkerSymbol, 'symbol'> | undefined = undefined): void {
  const symbol = link.symbols.names.lookupText(name)
  if (symbol < 0) return
  const rank = link.symbols.rank[symbol]
  if (rank !== Rank.undefined && rank !== Rank.weakUndefined) return
  // Start-up code asks for it weakly, to know whether there is one.
  if (name === dynamicName && !link.options.pie) return
  link.symbols.define(symbol, Rank.strong, linkerDefined, link.linkerSymbols.length)
  if (place) link.symbols.constrainVisibility(symbol, link.options.startStopVisibility ?? STV.PROTECTED)
  else if (isHidden.test(name)) link.symbols.constrainVisibility(symbol, STV.HIDDEN)
  link.linkerSymbols.push({ symbol, section: place?.section, at: place?.at ?? 'start' })
}

/**
 * Whether a defined symbol is the linker's own, or a script's that hides it, and no affair of other files: in no symbol
 * table it is global.
 */
export function isPrivate({ symbols, requestedDefinitions }: LinkState, symbol: number): boolean {
  const definedBy = symbols.definingObject[symbol]
  if (definedBy === commandLineDefined) return requestedDefinitions[symbols.definingSymbol[symbol]].isHidden
  return definedBy === linkerDefined && isHidden.test(symbols.names.text(symbol))
}

/** The section that a linker-defined symbol is in, and its address; called when addresses are final. */
export function placeLinkerSymbol(
  link: LinkState,
  { symbol, section, at }: LinkerSymbol,
): { section: OutputSection | undefined; address: number } {
  if (section) return { section, address: at === 'start' ? section.address : section.end }
  const name = link.symbols.names.text(symbol)
  const { sectionOrder, imageBase } = link.layout
  if (name === globalOffsetTableName) {
    const got = link.got?.section
    return { section: got, address: got?.address ?? imageBase }
  }
  if (name === tlsModuleBase) {
    return { section: sectionOrder.find(({ flags }) => flags & SHF.TLS), address: link.layout.threadPointer }
  }
  const loaded = sectionOrder.filter((other) => other.flags & SHF.ALLOC)
  if (!Object.hasOwn(places, name)) return { section: loaded[0], address: imageBase }
  const [matches, end, pick] = places[name]
  // A static-PIE's IRELATIVE relocations are applied with all others, not by the loop that these names are for.
  if (link.dynamic && name.startsWith('__rela_iplt_')) return { section: loaded[0], address: imageBase }
  const found = pick === 'first' ? loaded.find(matches) : loaded.findLast(matches)
  if (!found) return emptyPlace(name, loaded, imageBase)
  if (end === 'start') return { section: found, address: found.address }
  // Programs clear what is between it and _end: where there is no initialized data that begins with the zeros.
  const zeros = name.endsWith('edata') && (found.flags & SHF.WRITE) === 0 && loaded.find(isZeroFilled)
  if (zeros) return { section: zeros, address: zeros.address }
  const isEndOfElf = matches === isLoaded && link.format !== 'fle'
  return { section: found, address: alignUp(found.end, isEndOfElf ? endAlignment : 1) }
}

/** Where a name of a section that does not exist is: at the end of the initialized data for .bss, else at the image's start. */
function emptyPlace(
  name: string,
  loaded: readonly OutputSection[],
  imageBase: number,
): { section: OutputSection | undefined; address: number } {
  const data = name === '__bss_start' ? loaded.findLast(isInitializedData) : undefined
  return { section: data ?? loaded[0], address: data ? data.end : imageBase }
}
