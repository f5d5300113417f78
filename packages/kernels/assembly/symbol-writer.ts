// The loops that write the output's symbol table (gABI, Elf64_Sym).
import { GlobalSymbols, rankCommon, rankUnseen, rankWeak } from './global-symbols'
import {
  extendedSection,
  firstReservedSection,
  InputObject,
  piecesOf,
  SHN_ABS,
  STT_GNU_IFUNC,
  STT_SECTION,
  symbolInfo,
  symbolLength,
  symbolOther,
  symbolSection,
  symbolSize,
  symbolValue,
} from './input-object'
import { lengthOf } from './names'
import { pieceAddress, SectionPieces } from './pieces'

/** The symbol table so far, as src/symbol-writer.ts describes it. There is room for the records of all symbols. */
@unmanaged
export class SymbolWriter {
  /** Symbols so far, and addresses: of the records, and of the names. */
  count: u32
  records: usize
  strings: usize
  /** Bytes of names so far, and how many there is room for. */
  stringsSize: u32
  stringsLimit: u32
  /** Output sections as symbols see them. */
  outputs: usize
}

@unmanaged
class SymbolOutput {
  /** What a symbol's value counts from, and how far pieces stand from that by their addresses. */
  base: f64
  pieceBias: f64
  /** The index of its header. */
  index: u32
}

const symbolOutputSize: usize = 24

const STT_FILE: u32 = 4
const STB_GNU_UNIQUE: u32 = 10
const STV_INTERNAL: u8 = 1
const STV_HIDDEN: u8 = 2

/** What became of a symbol. */
const written: u32 = 0
const skipped: u32 = 1
const byHand: u32 = 2

/** Writes a symbol that an object defines, unless its section is not in the output. */
function writeDefined(writer: SymbolWriter, object: InputObject, record: usize, info: u32, other: u32): u32 {
  let section: u32 = load<u16>(record, symbolSection)
  if (section === extendedSection) return byHand
  if (section >= firstReservedSection) section = 0
  let value = load<i64>(record, symbolValue)
  let index = SHN_ABS
  if (section !== 0) {
    const number = load<i32>(object.outputSections + 4 * section)
    if (number < 0) return skipped
    const output = changetype<SymbolOutput>(writer.outputs + symbolOutputSize * number)
    if (output.index === extendedSection) return byHand
    const pieces = piecesOf(object, section)
    if (pieces !== 0) value = i64(pieceAddress(changetype<SectionPieces>(pieces), f64(value)) - output.pieceBias)
    else value += i64(output.base + load<f64>(object.outputOffsets + 8 * section))
    index = output.index
  }
  const name = object.symbolNames + load<u32>(record)
  const length = lengthOf(name)
  const start = writer.stringsSize
  if (start + length + 1 > writer.stringsLimit) return byHand
  const to = writer.records + symbolSize * writer.count
  if (length > 0) {
    memory.copy(writer.strings + start, name, length + 1)
    writer.stringsSize = start + length + 1
    store<u32>(to, start)
  }
  store<u32>(to, info | (other << 8) | (index << 16), symbolInfo)
  store<i64>(to, value, symbolValue)
  store<u64>(to, load<u64>(record, symbolLength), symbolLength)
  writer.count++
  return written
}

/** Whether one of `count` symbols from `record` on is of a kind of GNU's: an IFUNC, or unique in a process. */
export function hasGnuSymbols(record: usize, count: u32): bool {
  for (; count > 0; count--, record += symbolSize) {
    const info: u32 = load<u8>(record, symbolInfo)
    if ((info & 0xf) === STT_GNU_IFUNC || info >>> 4 === STB_GNU_UNIQUE) return true
  }
  return false
}

/**
 * Writes the local symbols of an object from `symbol` on, but for sections, and for labels of the compiler's own (`.L…`)
 * in sections that were taken apart, or in all if `withoutLabels` is set. Returns the first one that is left to the
 * caller, or how many local symbols there are. One is left if it needs a file symbol before it, which `hasFile` says is
 * there; if its section is numbered elsewhere; and if there is no room for its name.
 */
export function writeLocals(
  writer: SymbolWriter,
  object: InputObject,
  symbol: u32,
  hasFile: bool,
  withoutLabels: bool,
): u32 {
  const locals = object.firstGlobal
  let record = object.symbols + symbolSize * symbol
  for (; symbol < locals; symbol++, record += symbolSize) {
    const info: u32 = load<u8>(record, symbolInfo)
    if ((info & 0xf) === STT_SECTION) continue
    const section: u32 = load<u16>(record, symbolSection)
    if (section === extendedSection) return symbol
    if (load<u16>(object.symbolNames + load<u32>(record), 0, 1) === 0x4c2e) {
      if (withoutLabels || (section < firstReservedSection && piecesOf(object, section) !== 0)) continue
    }
    if (!hasFile) {
      const isIn =
        section === 0 || section >= firstReservedSection || load<i32>(object.outputSections + 4 * section) >= 0
      if (!isIn) continue
      if ((info & 0xf) !== STT_FILE) return symbol
      hasFile = true
    }
    if (writeDefined(writer, object, record, info, load<u8>(record, symbolOther) & 3) === byHand) return symbol
  }
  return locals
}

/**
 * Writes the global symbols from `symbol` up to `count` that objects define: those that become local, or all others.
 * Of those that objects define, the hidden ones become local if `hidesAll` is set, and none otherwise. Returns the first
 * one that is left to the caller, or `count`. One is left if the link itself defines it, or nobody; if its object has no
 * record in `objects`; if {@link writeDefined} leaves it; and, of those that become local, if there is no file symbol
 * before them yet.
 */
export function writeGlobals(
  writer: SymbolWriter,
  objects: usize,
  symbols: GlobalSymbols,
  symbol: u32,
  count: u32,
  hidesAll: bool,
  asLocal: bool,
  hasFile: bool,
): u32 {
  for (; symbol < count; symbol++) {
    const rank = load<u8>(symbols.ranks + symbol)
    const visibility = load<u8>(symbols.visibilities + symbol)
    const definedBy = load<i32>(symbols.definingObjects + 4 * symbol)
    if (rank === rankUnseen) continue
    const isHidden = rank >= rankWeak && (visibility === STV_HIDDEN || visibility === STV_INTERNAL)
    const isOwn = rank >= rankWeak && definedBy < 0
    if (!isOwn && (isHidden && hidesAll) !== asLocal) continue
    if (definedBy < 0 || rank === rankCommon || !hasFile) return symbol
    const record = load<u32>(objects + 4 * definedBy)
    if (record === 0) return symbol
    const object = changetype<InputObject>(record)
    const definition = object.symbols + symbolSize * load<u32>(symbols.definingSymbols + 4 * symbol)
    const info: u32 = load<u8>(definition, symbolInfo)
    const other: u32 = asLocal ? 0 : visibility
    if (writeDefined(writer, object, definition, asLocal ? info & 0xf : info, other) === byHand) return symbol
  }
  return count
}
