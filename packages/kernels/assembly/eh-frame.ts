// The loop over the records of an .eh_frame section (LSB, "Exception Frames").
import { GlobalSymbols, rankWeak } from './global-symbols'
import {
  firstReservedSection,
  InputObject,
  SHT_RELA,
  sectionHeaderSize,
  sectionInfo,
  sectionOffset,
  sectionSize,
  sectionType,
  symbolSection,
  symbolSize,
} from './input-object'
import { hashBytes } from './pieces'
import { add, find, hasRoomFor, offsetOf, setOffset } from './table'

/** The output so far, as src/eh-frame-table.ts describes it. */
@unmanaged
export class EhFrame {
  /** Bytes of the records that are kept. */
  size: u32
  /** 1 if an end of the table was met: a length of zero. */
  hasTerminator: u32
  /** Addresses: of the runs of records, and of two words for each FDE, where it and its CIE stand in the output. */
  runs: usize
  runCount: u32
  fdes: usize
  fdeCount: u32
  /** The table of the CIEs that are kept, by their bytes and relocations; the offset of each is that in the output. */
  cies: usize
  /** The last run, if it is of the section at hand; 0 as long as there is none. */
  run: usize
  /** Room for what adding a section needs and nobody after it, and how many bytes it has. */
  scratch: usize
  scratchSize: u32
  /** What the next section needs: room for so many CIEs, of so many bytes, and so much scratch; 0 if it has it. */
  neededCies: u32
  neededCieBytes: u32
  neededScratch: u32
  /** The run that is to be copied next. */
  nextRun: u32
}

/** Records that stand one behind the other in the input and in the output. */
@unmanaged
export class Run {
  object: u32
  section: u32
  /** The number of the relocation section, 0 if there is none. */
  rela: u32
  start: u32
  size: u32
  outputOffset: u32
  /** The relocations that belong to it: from the first up to the end. */
  firstRelocation: u32
  endRelocation: u32
}

export const runSize: usize = 32

/** No record takes less. */
const smallestRecord: u32 = 8

// Elf64_Rela
const relocationSize: u32 = 24
const typeField: usize = 8
const symbolField: usize = 12
const addendField: usize = 16

/** The section that a symbol is in, 0 for none; `unknown` if it is numbered elsewhere. */
const unknown: u32 = 0xffff

function sectionOf(object: InputObject, symbol: u32): u32 {
  const section: u32 = load<u16>(object.symbols + symbolSize * symbol, symbolSection)
  return section < firstReservedSection || section === unknown ? section : 0
}

/**
 * Writes what makes a CIE itself to `key`: its bytes, and for each of its relocations the place, the type, the symbol
 * and the addend. Returns how many bytes they are.
 */
function writeKey(
  key: usize,
  content: usize,
  offset: u32,
  size: u32,
  object: InputObject,
  index: u32,
  symbols: GlobalSymbols,
  relocation: usize,
  end: usize,
): u32 {
  memory.copy(key, content + offset, size)
  let to = key + size
  for (; relocation < end; relocation += relocationSize) {
    const symbol = load<u32>(relocation, symbolField)
    let owner = index
    let name = symbol
    if (symbol >= object.firstGlobal) {
      const global = load<u32>(object.globals + 4 * (symbol - object.firstGlobal))
      if (load<u8>(symbols.ranks + global) >= rankWeak) {
        owner = 0xffffffff
        name = global
      }
    }
    store<u32>(to, load<u32>(relocation) - offset, 0, 1)
    store<u32>(to, load<u32>(relocation, typeField), 4, 1)
    store<u32>(to, owner, 8, 1)
    store<u32>(to, name, 12, 1)
    store<u64>(to, load<u64>(relocation, addendField), 16, 1)
    to += 24
  }
  return u32(to - key)
}

/** A CIE of the section at hand. */
@unmanaged
class Cie {
  start: u32
  size: u32
  /** Where it, or one that says the same, stands in the output; {@link notPlaced} until an FDE needs it. */
  place: u32
  /** Addresses of its relocations: the first, and behind the last. */
  relocations: usize
  relocationsEnd: usize
}

const cieSize: usize = 20
const notPlaced: u32 = 0xffffffff

/** The CIE, of `count` in the order of their places, that begins at a place; 0 if none does. */
function findCie(cies: usize, count: u32, start: u32): usize {
  let low: u32 = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (changetype<Cie>(cies + cieSize * middle).start < start) low = middle + 1
    else high = middle
  }
  const cie = cies + cieSize * low
  return low < count && changetype<Cie>(cie).start === start ? cie : 0
}

/** Puts a record into the output: behind the last, in its run where it stands behind that in the input as well. */
function keep(
  frame: EhFrame,
  index: u32,
  section: u32,
  rela: u32,
  start: u32,
  size: u32,
  firstRelocation: u32,
  endRelocation: u32,
): void {
  let run = changetype<Run>(frame.run)
  if (frame.run === 0 || run.start + run.size !== start) {
    frame.run = frame.runs + runSize * frame.runCount++
    run = changetype<Run>(frame.run)
    run.object = index
    run.section = section
    run.rela = rela
    run.start = start
    run.size = 0
    run.outputOffset = frame.size
    run.firstRelocation = firstRelocation
  }
  run.size += size
  run.endRelocation = endRelocation
  frame.size += size
}

/** The relocation section of a section, 0 if there is none. */
function relocationSection(object: InputObject, section: u32): u32 {
  const count = object.sectionCount
  let header = object.sectionHeaders + sectionHeaderSize
  for (let rela: u32 = 1; rela < count; rela++, header += sectionHeaderSize) {
    if (load<u32>(header, sectionType) === SHT_RELA && load<u32>(header, sectionInfo) === section) return rela
  }
  return 0
}

/** Whether there is room for what a section of records needs; says what that is, if not. */
function hasRoom(frame: EhFrame, size: u32, relocationsSize: u32): bool {
  const cies = size / smallestRecord
  const scratch: u32 = 4 * size + relocationsSize
  if (hasRoomFor(frame.cies, cies, size + relocationsSize) && scratch <= frame.scratchSize) return true
  frame.neededCies = cies
  frame.neededCieBytes = size + relocationsSize
  frame.neededScratch = scratch
  return false
}

/**
 * Adds the records of sections, from the one numbered `first` up to `count`: `members` has two words for each, the
 * number of its object in `objects` and its own in that. Writes where each begins in the output. Returns the first one
 * that is left, or `count`: for lack of room, which `frame` tells of, or because it is to be looked at closely, and then
 * `frame` is of no use any more.
 */
export function addFrames(
  frame: EhFrame,
  objects: usize,
  members: usize,
  first: u32,
  count: u32,
  symbols: GlobalSymbols,
): u32 {
  frame.neededScratch = 0
  members += 8 * first
  for (; first < count; first++, members += 8) {
    const index = load<u32>(members)
    const section = load<u32>(members, 4)
    const record: usize = load<u32>(objects + 4 * index)
    if (record === 0) return first
    const object = changetype<InputObject>(record)
    const header = object.sectionHeaders + sectionHeaderSize * section
    const rela = relocationSection(object, section)
    const relocationsSize = rela === 0 ? 0 : load<u32>(object.sectionHeaders + sectionHeaderSize * rela, sectionSize)
    if (!hasRoom(frame, load<u32>(header, sectionSize), relocationsSize)) return first
    store<f64>(object.outputOffsets + 8 * section, frame.size)
    if (!addRecords(frame, object, index, section, rela, symbols, frame.scratch)) return first
  }
  return count
}

/**
 * Adds the records of a section, whose relocations are in the section `rela` (0 for none): equal CIEs become one, FDEs
 * of functions that are not in the output go, and CIEs that no FDE needs. `scratch` has four times the room of the
 * section, and that of its relocations. Returns false if the records do not fill the section, an FDE has no CIE, or a
 * symbol's section is numbered elsewhere; `frame` is of no use then.
 */
function addRecords(
  frame: EhFrame,
  object: InputObject,
  index: u32,
  section: u32,
  rela: u32,
  symbols: GlobalSymbols,
  scratch: usize,
): bool {
  const header = object.sectionHeaders + sectionHeaderSize * section
  const content = object.bytes + load<u32>(header, sectionOffset)
  const size = load<u32>(header, sectionSize)
  const cies = scratch
  const key = scratch + 3 * size
  let relocation: usize = 0
  let relocationsEnd: usize = 0
  if (rela !== 0) {
    const relaHeader = object.sectionHeaders + sectionHeaderSize * rela
    relocation = object.bytes + load<u32>(relaHeader, sectionOffset)
    relocationsEnd = relocation + load<u32>(relaHeader, sectionSize)
  }
  const relocations = relocation
  let cieCount: u32 = 0
  let length: u32 = 0
  frame.run = 0
  for (let offset: u32 = 0; offset < size; offset += length) {
    const left = size - offset
    if (left < 4) return false
    const claimed = load<u32>(content + offset, 0, 1)
    // 0xffffffff begins a 64-bit length, which no compiler writes here.
    if (claimed !== 0 && (claimed > left - 4 || claimed < 4)) return false
    length = claimed + 4
    const first = relocation
    const end = offset + length
    while (relocation < relocationsEnd && load<u32>(relocation) < end) relocation += relocationSize
    if (claimed === 0) {
      frame.hasTerminator = 1
      continue
    }
    const pointer = load<u32>(content + offset, 4, 1)
    if (pointer === 0) {
      const cie = changetype<Cie>(cies + cieSize * cieCount++)
      cie.start = offset
      cie.size = length
      cie.place = notPlaced
      cie.relocations = first
      cie.relocationsEnd = relocation
      continue
    }
    const found = findCie(cies, cieCount, offset + 4 - pointer)
    if (found === 0) return false
    if (first !== relocation && load<u32>(first) === offset + 8) {
      const definedIn = sectionOf(object, load<u32>(first, symbolField))
      if (definedIn === unknown) return false
      if (definedIn !== 0 && load<i32>(object.outputSections + 4 * definedIn) < 0) continue
    }
    const cie = changetype<Cie>(found)
    if (cie.place === notPlaced) {
      const keySize = writeKey(
        key,
        content,
        cie.start,
        cie.size,
        object,
        index,
        symbols,
        cie.relocations,
        cie.relocationsEnd,
      )
      const hashed = hashBytes(key, keySize)
      const slot = find(frame.cies, key, keySize, hashed)
      const known = load<u32>(slot)
      if (known !== 0) cie.place = offsetOf(frame.cies, known - 1)
      else {
        cie.place = frame.size
        const number = add(frame.cies, slot, key, keySize, hashed)
        setOffset(frame.cies, number, frame.size)
        const firstOfCie = u32(cie.relocations - relocations) / relocationSize
        const endOfCie = u32(cie.relocationsEnd - relocations) / relocationSize
        keep(frame, index, section, rela, cie.start, cie.size, firstOfCie, endOfCie)
      }
    }
    const fde = frame.fdes + 8 * frame.fdeCount++
    store<u32>(fde, frame.size)
    store<u32>(fde, cie.place, 4)
    const firstOfFde = u32(first - relocations) / relocationSize
    keep(frame, index, section, rela, offset, length, firstOfFde, u32(relocation - relocations) / relocationSize)
  }
  return true
}

/**
 * Points `count` FDEs of the content at `content` to their CIEs. `fdes` has two words for each: where it and its CIE
 * stand.
 */
export function pointToCies(fdes: usize, count: u32, content: usize): void {
  for (let i: u32 = 0; i < count; i++, fdes += 8) {
    const pointer = load<u32>(fdes) + 4
    store<u32>(content + pointer, pointer - load<u32>(fdes, 4), 0, 1)
  }
}
