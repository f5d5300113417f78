import { ObjectFile, relocationRecord, SHN, SHT, STB, sectionHeader, symbolRecord, writeWord } from '@fle/object'

/**
 * The object with its section aliases (see ObjectDetails.sectionAliases) as local symbols at the start of their section,
 * which is what they mean and what ELF can say. Without aliases it is the object itself.
 */
export function defineSectionAliases(object: ObjectFile): ObjectFile {
  const { sectionAliases, tables } = object
  if (sectionAliases.size === 0 || !tables.symbolTable) return object
  const bytes = object.bytes.slice()
  const view = new DataView(bytes.buffer)
  const numbers = renumber(object)
  const extended = tables.extendedIndexTable ? object.sectionOffset(tables.extendedIndexTable) : 0
  for (let symbol = 0; symbol < object.symbolCount; symbol++) {
    const from = object.symbolRecord(symbol)
    const to = object.symbols + numbers[symbol] * symbolRecord.size
    bytes.set(object.bytes.subarray(from, from + symbolRecord.size), to)
    if (extended)
      view.setUint32(extended + 4 * numbers[symbol], object.view.getUint32(extended + 4 * symbol, true), true)
    const section = sectionAliases.get(symbol)
    if (section === undefined) continue
    view.setUint8(to + symbolRecord.info, (STB.LOCAL << 4) | object.symbolType(symbol))
    view.setUint8(to + symbolRecord.other, 0)
    writeWord(view, to + symbolRecord.value, 0)
    const isExtended = section >= SHN.LORESERVE && extended !== 0
    view.setUint16(to + symbolRecord.section, isExtended ? SHN.XINDEX : section, true)
    if (isExtended) view.setUint32(extended + 4 * numbers[symbol], section, true)
  }
  view.setUint32(
    object.sectionHeader(tables.symbolTable) + sectionHeader.info,
    object.firstGlobal + sectionAliases.size,
    true,
  )
  renumberReferences(object, view, numbers)
  return new ObjectFile(object.name, bytes, tables, object.source ? { source: object.source } : {})
}

/** New numbers of the symbols: the aliases follow the local symbols. */
function renumber(object: ObjectFile): Uint32Array {
  const numbers = new Uint32Array(object.symbolCount)
  let nextLocal = object.firstGlobal
  let nextGlobal = object.firstGlobal + object.sectionAliases.size
  for (let symbol = 0; symbol < object.symbolCount; symbol++) {
    if (symbol < object.firstGlobal) numbers[symbol] = symbol
    else numbers[symbol] = object.sectionAliases.has(symbol) ? nextLocal++ : nextGlobal++
  }
  return numbers
}

/** Puts the new numbers into relocations and the signatures of groups. */
function renumberReferences(object: ObjectFile, view: DataView, numbers: Uint32Array): void {
  for (let section = 1; section < object.sectionCount; section++) {
    const type = object.sectionType(section)
    if (type === SHT.GROUP) {
      view.setUint32(object.sectionHeader(section) + sectionHeader.info, numbers[object.sectionInfo(section)], true)
    }
    if (type !== SHT.RELA) continue
    for (let i = object.relocationCount(section) - 1; i >= 0; i--) {
      const at = object.relocationRecord(section, i) + relocationRecord.symbol
      view.setUint32(at, numbers[object.view.getUint32(at, true)], true)
    }
  }
}
