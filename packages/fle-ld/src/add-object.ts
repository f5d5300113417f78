import { GRP_COMDAT, type ObjectFile, readSize, SHN, SHT, STB, STT, symbolRecord } from '@fle/object'
import { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { Rank } from './symbol-table.ts'

/** Adds an object to the link: its COMDAT groups first, then its global symbols. */
export function addObject(link: LinkState, object: ObjectFile, isFle: boolean): void {
  const input = new InputObject(object, link.objects.length, isFle)
  link.objects.push(input)
  link.inputSize += object.bytes.length
  link.expectWork(link.inputSize)
  discardKnownGroups(link, input)
  resolveSymbols(link, input)
}

/** Of the COMDAT groups of one signature the first is kept; the sections of the others are discarded. */
function discardKnownGroups(link: LinkState, input: InputObject): void {
  const { object } = input
  let pool = -1
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionType(section) !== SHT.GROUP) continue
    const content = object.sectionOffset(section)
    const size = object.sectionSize(section)
    if (size < 4 || (object.view.getUint32(content, true) & GRP_COMDAT) === 0) continue
    if (pool < 0) pool = link.comdatGroups.addPool(object)
    const known = link.comdatGroups.count
    if (link.comdatGroups.intern(pool, signatureOffset(object, section)) === known) continue
    for (let at = 4; at < size; at += 4) input.discarded[object.view.getUint32(content + at, true)] = 1
  }
}

/** Where a group's signature stands: the name of its symbol, or of its section if that is a section symbol. */
function signatureOffset(object: ObjectFile, section: number): number {
  const symbol = object.sectionInfo(section)
  if (object.symbolType(symbol) !== STT.SECTION) return object.symbolNameOffset(symbol)
  return object.sectionNameOffset(object.symbolSection(symbol))
}

function resolveSymbols(link: LinkState, input: InputObject): void {
  const { object, globals } = input
  const { symbols } = link
  const { view, bytes, firstGlobal, symbolCount } = object
  const pool = symbols.names.addPool(object)
  for (let index = firstGlobal; index < symbolCount; index++) {
    const record = object.symbolRecord(index)
    const symbol = symbols.intern(pool, object.symbolNames + view.getUint32(record, true))
    globals[index - firstGlobal] = symbol
    symbols.constrainVisibility(symbol, bytes[record + symbolRecord.other] & 3)
    const weak = bytes[record + symbolRecord.info] >> 4 === STB.WEAK
    const rawSection = view.getUint16(record + symbolRecord.section, true)
    if (rawSection === SHN.UNDEF || input.discarded[object.symbolSection(index)]) {
      symbols.refer(symbol, weak)
    } else if (rawSection === SHN.COMMON || rawSection === SHN.X86_64_LCOMMON) {
      defineCommon(link, input, index, symbol)
    } else if (symbols.rank[symbol] < (weak ? Rank.weak : Rank.strong)) {
      symbols.define(symbol, weak ? Rank.weak : Rank.strong, input.index, index)
    } else if (!weak && symbols.rank[symbol] === Rank.strong) {
      link.duplicates.push({ symbol, object: input.index, objectSymbol: index })
    }
  }
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
  symbols.commons.set(symbol, {
    size: Math.max(size, known?.size ?? 0),
    alignment: Math.max(alignment, known?.alignment ?? 1),
  })
}
