import type { NameTable } from '@fle/kernels'
import { GRP_COMDAT, type ObjectFile, readSize, SHF, SHN, SHT, STB, STT, STV, symbolRecord } from '@fle/object'
import { decompressSections } from './decompress-sections.ts'
import { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { type CommonKind, Rank } from './symbol-table.ts'
import { defaultVersions, hasVersions } from './symbol-versions.ts'

/** Adds an object to the link: its COMDAT groups first, then its global symbols. */
export function addObject(link: LinkState, read: ObjectFile, isFle: boolean): void {
  const object = withoutCompression(link, read)
  if (!object) return
  const input = new InputObject(object, link.objects.length, isFle, link)
  link.objects.push(input)
  link.inputSize += object.bytes.length
  if (!isFle) link.observer.expectWork?.(link.inputSize)
  discardSections(link, input)
  resolveSymbols(link, input)
}

function withoutCompression(link: LinkState, object: ObjectFile): ObjectFile | undefined {
  if (!object.hasCompressed || link.options.strip) return object
  return decompressSections(object, link.diagnostics)
}

function discardSections(link: LinkState, input: InputObject): void {
  const discardsExcluded = !link.options.relocatable
  if (input.record === 0) {
    discardKnownGroups(link, input)
    if (discardsExcluded) discardExcluded(input)
  } else if (link.walker.lookAtSections(input.record, discardsExcluded)) discardKnownGroups(link, input)
}

/**
 * Of the COMDAT groups of one signature the first is kept; the sections of the others are discarded. So it is with the
 * sections .gnu.linkonce.* of one name, which were there before groups were.
 */
function discardKnownGroups(link: LinkState, input: InputObject): void {
  const { comdatGroups, walker } = link
  const { object, record } = input
  if (record > 0) comdatGroups.makeRoom(object.sectionCount, 0)
  for (let section = 1; ; section++) {
    if (record > 0) section = walker.discardKnownGroups(record, section, comdatGroups.record)
    if (section >= object.sectionCount) return
    discardKnownGroup(comdatGroups, input, section)
  }
}

function discardKnownGroup(comdatGroups: NameTable, { object, discarded }: InputObject, section: number): void {
  const isKnown = (nameOffset: number) => {
    const known = comdatGroups.count
    return comdatGroups.intern(object.bytes, nameOffset) !== known
  }
  if (object.sectionType(section) !== SHT.GROUP) {
    if (isLinkOnce(object, section) && isKnown(object.sectionNameOffset(section))) discarded[section] = 1
    return
  }
  const content = object.sectionOffset(section)
  const size = object.sectionSize(section)
  if ((object.view.getUint32(content, true) & GRP_COMDAT) === 0) return
  if (!isKnown(signatureOffset(object, section))) return
  for (let at = 4; at < size; at += 4) discarded[object.view.getUint32(content + at, true)] = 1
}

/** What is for the linker alone (SHF_EXCLUDE) is in no program, and symbols in it are mere references. */
function discardExcluded({ object, discarded }: InputObject): void {
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionFlags(section) & SHF.EXCLUDE) discarded[section] = 1
  }
}

const letterG = 0x67

/** The first letter tells most sections apart from those of such a name. */
function isLinkOnce(object: ObjectFile, section: number): boolean {
  if (object.bytes[object.sectionNameOffset(section) + 1] !== letterG) return false
  return object.sectionType(section) !== SHT.RELA && object.sectionName(section).startsWith('.gnu.linkonce.')
}

/** Where a group's signature stands: the name of its symbol, or of its section if that is a section symbol. */
function signatureOffset(object: ObjectFile, section: number): number {
  const symbol = object.sectionInfo(section)
  if (object.symbolType(symbol) !== STT.SECTION) return object.symbolNameOffset(symbol)
  return object.sectionNameOffset(object.symbolSection(symbol))
}

function resolveSymbols(link: LinkState, input: InputObject): void {
  const { object, globals, record } = input
  const { symbols, redirections, traced, options } = link
  const { firstGlobal, symbolCount } = object
  const records = object.bytes.subarray(object.symbolRecord(firstGlobal), object.symbolRecord(symbolCount))
  symbols.internAll(object.symbolNameTable(), records, symbolRecord.size, globals)
  const isVersioned = symbols.names.hasVersions && hasVersions(object)
  const isUsual = !isVersioned && redirections.size === 0 && traced.size === 0 && !options.warnOfCommons
  for (let index = firstGlobal; ; index++) {
    if (isUsual && record > 0) index = link.walker.resolveSymbols(record, input.index, symbols.record, index)
    if (index >= symbolCount) return
    resolveSymbol(link, input, index, isVersioned)
  }
}

function resolveSymbol(link: LinkState, input: InputObject, index: number, isVersioned: boolean): void {
  const { object, globals } = input
  const { symbols } = link
  let symbol = globals[index - object.firstGlobal]
  // st_info, st_other, st_shndx
  const properties = object.words[object.symbolRecord(index) / 4 + 1]
  const weak = ((properties >> 4) & 0xf) === STB.WEAK
  const rawSection = properties >>> 16
  const isReference = rawSection === SHN.UNDEF || input.discarded[object.symbolSection(index)] !== 0
  if (isVersioned) symbol = resolveVersion(link, input, index, symbol, isReference)
  if (rawSection === SHN.UNDEF) symbol = link.redirections.get(symbol) ?? symbol
  if (link.traced.has(symbol)) traceSymbol(link, input, index, symbol)
  globals[index - object.firstGlobal] = symbol
  const visibility = (properties >> 8) & 3
  if (visibility !== STV.DEFAULT) symbols.constrainVisibility(symbol, visibility)
  if (link.options.warnOfCommons && !isReference && !weak) warnOfCommon(link, input, index, symbol)
  if (isReference) {
    symbols.refer(symbol, weak)
  } else if (rawSection === SHN.COMMON || rawSection === SHN.X86_64_LCOMMON) {
    defineCommon(link, input, index, symbol)
  } else if (symbols.rank[symbol] < (weak ? Rank.weak : Rank.strong)) {
    symbols.define(symbol, weak ? Rank.weak : Rank.strong, input.index, index)
  } else if (!weak && symbols.rank[symbol] === Rank.strong && !isSamePlace(link, input, index, symbol)) {
    link.duplicates.push({ symbol, object: input.index, objectSymbol: index })
  }
}

/** Whether an object says again what a symbol is: `f` and `f@@V1` are one. */
function isSamePlace(link: LinkState, { object, index }: InputObject, objectSymbol: number, symbol: number): boolean {
  const known = link.symbols.definingSymbol[symbol]
  if (link.symbols.definingObject[symbol] !== index) return false
  const isSameSection = object.symbolSection(known) === object.symbolSection(objectSymbol)
  return isSameSection && object.symbolValue(known) === object.symbolValue(objectSymbol)
}

/** The symbol that a name with a default version means; the definition is that of `foo@V1` too. */
function resolveVersion(
  link: LinkState,
  input: InputObject,
  index: number,
  symbol: number,
  isReference: boolean,
): number {
  const versions = defaultVersions(link, symbol)
  if (!versions) return symbol
  const { plain, versioned } = versions
  if (!isReference && !link.symbols.isDefined(versioned)) {
    link.symbols.define(versioned, Rank.strong, input.index, index)
    link.versionAliases.add(versioned)
  }
  return plain
}

/** Tells what an object has to do with a symbol (-y), in GNU ld's words. */
function traceSymbol(link: LinkState, input: InputObject, index: number, symbol: number): void {
  const { object } = input
  const isReference = object.symbolRawSection(index) === SHN.UNDEF || input.discarded[object.symbolSection(index)]
  const name = link.symbols.names.text(symbol)
  link.notes.push(`${object.name}: ${isReference ? 'reference to' : 'definition of'} ${name}`)
}

/** Tells of a definition that meets a tentative one, or the other way round, or of two tentative ones (--warn-common). */
function warnOfCommon(link: LinkState, { object }: InputObject, index: number, symbol: number): void {
  const { symbols, diagnostics } = link
  const rank = symbols.rank[symbol]
  const raw = object.symbolRawSection(index)
  const isCommon = raw === SHN.COMMON || raw === SHN.X86_64_LCOMMON
  if (rank !== Rank.common && !(isCommon && rank === Rank.strong)) return
  const defining = symbols.definingObject[symbol]
  const first = defining < 0 ? 'the command line' : link.objects[defining].object.name
  const ofCommon = rank === Rank.common ? 'two tentative definitions' : 'a definition and a tentative one'
  const what = isCommon ? ofCommon : 'a tentative definition and a definition'
  diagnostics.warning('common', `${symbols.names.text(symbol)} has ${what}`, {
    notes: [`first in ${first}`, `then in ${object.name}`],
  })
}

/** Tentative definitions of one name become one, of the largest size and alignment. */
function defineCommon(link: LinkState, input: InputObject, index: number, symbol: number): void {
  const { symbols } = link
  const { view } = input.object
  const record = input.object.symbolRecord(index)
  const size = readSize(view, record + symbolRecord.length)
  const alignment = readSize(view, record + symbolRecord.value)
  const known = symbols.commons.get(symbol)
  if (!known || size > known.size) {
    if (symbols.rank[symbol] <= Rank.common) symbols.define(symbol, Rank.common, input.index, index)
  }
  const kind = commonKind(input.object, index)
  symbols.commons.set(symbol, {
    size: Math.max(size, known?.size ?? 0),
    alignment: Math.max(alignment, known?.alignment ?? 1),
    kind: known === undefined || known.kind === kind ? kind : 'small',
  })
}

function commonKind(object: ObjectFile, symbol: number): CommonKind {
  if (object.symbolType(symbol) === STT.TLS) return 'thread'
  return object.symbolRawSection(symbol) === SHN.X86_64_LCOMMON ? 'large' : 'small'
}
