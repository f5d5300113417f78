// The loops that give input sections their output sections, and place them there.
import {
  InputObject,
  piecesOf,
  SHF_ALLOC,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_NULL,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  sectionAlignment,
  sectionEntrySize,
  sectionFlags,
  sectionHeaderSize,
  sectionSize,
  sectionType,
} from './input-object'
import { internName } from './names'
import { offsetOf } from './table'

/** The state of the pass, as src/section-assigner.ts describes it. */
@unmanaged
export class SectionAssigner {
  /** The table of the names that no prefix tells all about; the offset of each is its settled place. */
  names: usize
  prefixes: usize
  prefixCount: u32
  /** Settled places, of which the first is none. */
  places: usize
  /** Output sections, by their numbers. */
  outputs: usize
  /** The members of all output sections as they were found. */
  members: usize
  memberCount: u32
}

/** A prefix of names, and the names below it that it tells nothing about: those that go on with one of some letters. */
@unmanaged
class Prefix {
  text: usize
  length: u32
  letters: usize
  letterCount: u32
  /** The settled place of the names, 0 as long as there is none. */
  place: u32
}

const prefixSize: usize = 20

/** Where the sections of a name go, once that is known. */
@unmanaged
class Place {
  output: u32
  order: u32
}

const placeSize: usize = 8

@unmanaged
class Output {
  entrySize: u64
  flags: u32
  type: u32
  /** Of the bits below. */
  traits: u32
  memberCount: u32
  /** The order of the first member, and where the next goes when members are brought together. */
  firstOrder: u32
  next: u32
}

const outputSize: usize = 32

const hasMergeable: u32 = 1
const hasLinkOrder: u32 = 2
const hasSeveralOrders: u32 = 4

@unmanaged
class Member {
  output: u32
  order: u32
  object: u32
  section: u32
}

const memberSize: usize = 16

const SHT_LLVM_ADDRSIG: u32 = 0x6fff4c03

const SHF_WRITE: u32 = 1
const SHF_EXECINSTR: u32 = 4
const SHF_MERGE: u32 = 0x10
const SHF_STRINGS: u32 = 0x20
const SHF_LINK_ORDER: u32 = 0x80
const SHF_TLS: u32 = 0x400
const SHF_X86_64_LARGE: u32 = 0x10000000

/** Flags that an output section has if any of its input sections has them, and those that it has if all of them do. */
const accumulatedFlags: u32 = SHF_WRITE | SHF_ALLOC | SHF_EXECINSTR | SHF_TLS | SHF_X86_64_LARGE
const commonFlags: u32 = SHF_MERGE | SHF_STRINGS

const dot: u8 = 0x2e

/** Sections that describe the object, and whose content the link makes anew. */
function isBookkeeping(type: u32): bool {
  if (type === SHT_PROGBITS || type === SHT_NOBITS) return false
  return (
    type === SHT_NULL ||
    type === SHT_RELA ||
    type === SHT_REL ||
    type === SHT_SYMTAB ||
    type === SHT_STRTAB ||
    type === SHT_SYMTAB_SHNDX ||
    type === SHT_GROUP ||
    type === SHT_LLVM_ADDRSIG
  )
}

/** Whether a prefix tells all about a name. */
function tellsAll(prefix: Prefix, name: usize): bool {
  const length = prefix.length
  for (let i: u32 = 1; i < length; i++) if (load<u8>(name + i) !== load<u8>(prefix.text + i)) return false
  const next = load<u8>(name + length)
  if (next === 0) return true
  if (next !== dot) return false
  const letter = load<u8>(name + length, 1)
  for (let i: u32 = 0; i < prefix.letterCount; i++) if (load<u8>(prefix.letters + i) === letter) return false
  return true
}

/** The settled place of a name, 0 if there is none. */
function placeOf(assigner: SectionAssigner, name: usize): u32 {
  if (load<u8>(name) === dot) {
    for (let i: u32 = 0; i < assigner.prefixCount; i++) {
      const prefix = changetype<Prefix>(assigner.prefixes + prefixSize * i)
      if (tellsAll(prefix, name)) return prefix.place
    }
  }
  const number = internName(assigner.names, name)
  return number < 0 ? 0 : offsetOf(assigner.names, number)
}

/** Adds a section to the members of an output section, which becomes what all of its members are. */
export function addMember(
  assigner: SectionAssigner,
  number: u32,
  order: u32,
  index: u32,
  section: u32,
  flags: u32,
  type: u32,
  entrySize: f64,
  isArray: bool,
): void {
  const output = changetype<Output>(assigner.outputs + outputSize * number)
  if (output.memberCount === 0) output.firstOrder = order
  else if (output.firstOrder !== order) output.traits |= hasSeveralOrders
  output.memberCount++
  const member = changetype<Member>(assigner.members + memberSize * assigner.memberCount++)
  member.output = number
  member.order = order
  member.object = index
  member.section = section
  if ((flags & SHF_MERGE) !== 0) output.traits |= hasMergeable
  if ((flags & SHF_LINK_ORDER) !== 0) output.traits |= hasLinkOrder
  const known = output.flags
  output.flags = ((known | (flags & accumulatedFlags)) & ~commonFlags) | (known & flags & commonFlags)
  if (isArray) return
  if (u64(entrySize) !== output.entrySize) {
    output.entrySize = 0
    output.flags &= ~commonFlags
  }
  // Content wins over the lack of it; of two kinds of content the common one is the plain one.
  if (type === SHT_NOBITS || output.type === type) return
  output.type = output.type === SHT_NOBITS ? type : SHT_PROGBITS
}

/**
 * Gives the sections of an object, the one with the number `index`, from `section` on their output sections. Returns the
 * first one that is left to the caller, or how many there are: one whose name has no settled place, or is new and there
 * is no room for it.
 */
export function assignSections(assigner: SectionAssigner, object: InputObject, index: u32, section: u32): u32 {
  const count = object.sectionCount
  let header = object.sectionHeaders + sectionHeaderSize * section
  for (; section < count; section++, header += sectionHeaderSize) {
    const type = load<u32>(header, sectionType)
    if (isBookkeeping(type) || load<u8>(object.discarded + section) !== 0) continue
    const settled = placeOf(assigner, object.sectionNames + load<u32>(header))
    if (settled === 0) return section
    const place = changetype<Place>(assigner.places + placeSize * settled)
    store<i32>(object.outputSections + 4 * section, place.output)
    const entrySize = f64(load<u64>(header, sectionEntrySize))
    addMember(
      assigner,
      place.output,
      place.order,
      index,
      section,
      load<u32>(header, sectionFlags),
      type,
      entrySize,
      false,
    )
  }
  return count
}

/** Brings the members of each output section together: pairs of object and section at `pairs`, their orders at `orders`. */
export function gatherMembers(assigner: SectionAssigner, pairs: usize, orders: usize): void {
  const count = assigner.memberCount
  for (let i: u32 = 0; i < count; i++) {
    const member = changetype<Member>(assigner.members + memberSize * i)
    const output = changetype<Output>(assigner.outputs + outputSize * member.output)
    const to = output.next++
    store<u32>(pairs + 8 * to, member.object)
    store<u32>(pairs + 8 * to, member.section, 4)
    store<u32>(orders + 4 * to, member.order)
  }
}

/** More orders than these are sorted elsewhere: each takes a walk over all members, and to find the first one more. */
const mostOrders: u32 = 16

/**
 * Copies `count` members, pairs at `pairs` with their orders at `orders`, to `to`, by their orders; those of one order
 * keep theirs. Returns false if there are many orders.
 */
export function sortMembers(pairs: usize, orders: usize, count: u32, to: usize): bool {
  const end = to + 8 * count
  let order = i32.MIN_VALUE
  for (let walk: u32 = 0; walk <= mostOrders && to < end; walk++) {
    let next = i32.MAX_VALUE
    for (let i: u32 = 0; i < count; i++) {
      const known = load<i32>(orders + 4 * i)
      if (known === order) {
        store<u64>(to, load<u64>(pairs + 8 * i))
        to += 8
      } else if (known > order && known < next) next = known
    }
    order = next
  }
  return to === end
}

/** The next multiple of a power of two. */
function alignUp(value: u64, alignment: u64): u64 {
  return (value + alignment - 1) & ~(alignment - 1)
}

/** How far an output section has been filled, and its alignment. */
@unmanaged
class Extent {
  size: f64
  alignment: f64
}

/**
 * Places the members from `member` up to `count` of an output section, pairs at `pairs`, one after the other, each at its
 * alignment. Returns the first one that is left to the caller, or `count`: one that was taken apart, or whose object
 * has no record.
 */
export function placeMembers(objects: usize, pairs: usize, member: u32, count: u32, extent: Extent): u32 {
  let size = u64(extent.size)
  let most = u64(extent.alignment)
  for (; member < count; member++) {
    const record = load<u32>(objects + 4 * load<u32>(pairs + 8 * member))
    if (record === 0) break
    const object = changetype<InputObject>(record)
    const section = load<u32>(pairs + 8 * member, 4)
    if (piecesOf(object, section) !== 0) break
    const header = object.sectionHeaders + sectionHeaderSize * section
    const alignment = max(load<u64>(header, sectionAlignment), 1)
    if (alignment > most) most = alignment
    size = alignUp(size, alignment)
    store<f64>(object.outputOffsets + 8 * section, f64(size))
    size += load<u64>(header, sectionSize)
  }
  extent.size = f64(size)
  extent.alignment = f64(most)
  return member
}
