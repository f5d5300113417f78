// The loops of symbol resolution (gABI, "Symbol Table").
import { GlobalSymbols, rankCommon, rankStrong, rankUndefined, rankWeak, rankWeakUndefined } from './global-symbols'
import {
  extendedSection,
  firstReservedSection,
  InputObject,
  SHT_GROUP,
  SHT_RELA,
  sectionFlags,
  sectionHeaderSize,
  sectionInfo,
  sectionOffset,
  sectionSize,
  sectionType,
  symbolInfo,
  symbolSize,
} from './input-object'
import { internName } from './names'
import { countField } from './table'

const SHF_EXCLUDE: u32 = 0x80000000
const GRP_COMDAT: u32 = 1
const STT_SECTION: u32 = 3

/** `.gnu.lin` and `inkonce.`, of `.gnu.linkonce.`, the second of which begins at 6. */
const linkOnceBegin: u64 = 0x6e696c2e756e672e
const linkOnceEnd: u64 = 0x2e65636e6f6b6e69

const STB_WEAK: u32 = 2
const SHN_COMMON: u32 = 0xfff2
const SHN_X86_64_LCOMMON: u32 = 0xff02

/**
 * Whether an object has section groups, or sections .gnu.linkonce.* that were before there were any. Discards sections
 * that are for the linker alone, if `discardsExcluded` is set.
 */
export function lookAtSections(object: InputObject, discardsExcluded: bool): bool {
  const count = object.sectionCount
  let hasGroups = false
  let header = object.sectionHeaders + sectionHeaderSize
  for (let section: u32 = 1; section < count; section++, header += sectionHeaderSize) {
    const type = load<u32>(header, sectionType)
    const name = object.sectionNames + load<u32>(header)
    if (type === SHT_GROUP || (type !== SHT_RELA && isLinkOnce(name))) hasGroups = true
    if (discardsExcluded && (load<u32>(header, sectionFlags) & SHF_EXCLUDE) !== 0)
      store<u8>(object.discarded + section, 1)
  }
  return hasGroups
}

/** Whether the name of a section begins with `.gnu.linkonce.`. */
function isLinkOnce(name: usize): bool {
  return load<u64>(name, 0, 1) === linkOnceBegin && load<u64>(name, 6, 1) === linkOnceEnd
}

/**
 * Discards the groups, from `section` on, whose signature is known to the table `groups`, and the sections .gnu.linkonce.*
 * whose name is; the others become known. Returns the first section that is left to the caller, or how many there are: one
 * whose signature stands in no table of names that is known here, or has no room in `groups`, which has room for the
 * number of each.
 */
export function discardKnownGroups(object: InputObject, section: u32, groups: usize): u32 {
  const count = object.sectionCount
  let header = object.sectionHeaders + sectionHeaderSize * section
  for (; section < count; section++, header += sectionHeaderSize) {
    const type = load<u32>(header, sectionType)
    const sectionName = object.sectionNames + load<u32>(header)
    const content = object.bytes + load<u32>(header, sectionOffset)
    let name = sectionName
    if (type === SHT_GROUP) {
      if ((load<u32>(content, 0, 1) & GRP_COMDAT) === 0) continue
      const signature = object.symbols + symbolSize * load<u32>(header, sectionInfo)
      // A section symbol has the name of its section.
      if ((load<u8>(signature, symbolInfo) & 0xf) === STT_SECTION) return section
      name = object.symbolNames + load<u32>(signature)
    } else if (type === SHT_RELA || !isLinkOnce(sectionName)) continue
    const known = load<u32>(groups, countField)
    const group = internName(groups, name)
    if (group < 0) return section
    if (u32(group) === known) continue
    if (type !== SHT_GROUP) store<u8>(object.discarded + section, 1)
    else {
      const end = content + load<u32>(header, sectionSize)
      for (let member = content + 4; member < end; member += 4) {
        store<u8>(object.discarded + load<u32>(member, 0, 1), 1)
      }
    }
  }
  return count
}

/**
 * Refers to and defines the global symbols of the object with the number `index`, from `symbol` on. Returns the first one
 * that is left to the caller, or how many symbols there are: one that is common, that has a strong definition already, or
 * whose section is numbered elsewhere.
 */
export function resolveSymbols(object: InputObject, index: u32, symbols: GlobalSymbols, symbol: u32): u32 {
  const count = object.symbolCount
  const ranks = symbols.ranks
  let record = object.symbols + symbolSize * symbol
  for (; symbol < count; symbol++, record += symbolSize) {
    // st_info, st_other, st_shndx
    const properties = load<u32>(record, 4)
    const isWeak = ((properties >>> 4) & 0xf) === STB_WEAK
    const section = properties >>> 16
    if (section === extendedSection || section === SHN_COMMON || section === SHN_X86_64_LCOMMON) return symbol
    const global = load<u32>(object.globals + 4 * (symbol - object.firstGlobal))
    const known = load<u8>(ranks + global)
    const isReference = section === 0 || (section < firstReservedSection && load<u8>(object.discarded + section) !== 0)
    if (!isReference && !isWeak && known === rankStrong) return symbol
    const visibility = u8((properties >>> 8) & 3)
    if (visibility !== 0) {
      const constrained = load<u8>(symbols.visibilities + global)
      if (constrained === 0 || visibility < constrained) store<u8>(symbols.visibilities + global, visibility)
    }
    const rank = isReference ? (isWeak ? rankWeakUndefined : rankUndefined) : isWeak ? rankWeak : rankStrong
    if (known >= rank) continue
    store<u8>(ranks + global, rank)
    if (isReference) continue
    store<u32>(symbols.definingObjects + 4 * global, index)
    store<u32>(symbols.definingSymbols + 4 * global, symbol)
  }
  return count
}

/** The first of `count` symbols at `globals`, from `symbol` on, that is marked by a byte of `marks`; `count` if none is. */
export function findMarked(globals: usize, marks: usize, symbol: u32, count: u32): u32 {
  for (; symbol < count; symbol++) if (load<u8>(marks + load<u32>(globals + 4 * symbol)) !== 0) return symbol
  return count
}

/**
 * The first object in the list, from `first` up to `count`, one of whose global symbols is marked by a byte of `marks`, or
 * that is not here. `count` if there is none.
 */
export function findMarkedObject(objects: usize, marks: usize, first: u32, count: u32): u32 {
  for (; first < count; first++) {
    const record: usize = load<u32>(objects + 4 * first)
    if (record === 0) return first
    const object = changetype<InputObject>(record)
    const globalCount = object.symbolCount - object.firstGlobal
    if (findMarked(object.globals, marks, 0, globalCount) < globalCount) return first
  }
  return count
}

/**
 * The first entry from `entry` up to `count` of an archive's index that may be wanted: its symbol is undefined, or only
 * tentatively defined, and its member has not been taken yet. `count` if there is none.
 */
export function findWanted(names: usize, members: usize, pulled: usize, ranks: usize, entry: u32, count: u32): u32 {
  for (; entry < count; entry++) {
    const rank = load<u8>(ranks + load<u32>(names + 4 * entry))
    if (rank !== rankUndefined && rank !== rankCommon) continue
    if (load<u8>(pulled + load<u32>(members + 4 * entry)) === 0) return entry
  }
  return count
}
