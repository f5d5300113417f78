// The loops over relocation records (psABI, Elf64_Rela). AssemblyScript: TypeScript's syntax, WebAssembly's types.
// What a relocation kind means is not known here: tables of rules say what to do by kind and by the place of the
// symbol.
import { EhFrame, Run, runSize } from './eh-frame'
import {
  byHandKind,
  firstReservedSection,
  InputObject,
  OutputSection,
  outputSectionSize,
  piecesOf,
  programKind,
  SHF_ALLOC,
  SHT_NOBITS,
  SHT_RELA,
  sectionFlags,
  sectionHeaderSize,
  sectionInfo,
  sectionOffset,
  sectionSize,
  sectionType,
  symbolSection,
  symbolSize,
  symbolValue,
} from './input-object'
import { pieceAddress, SectionPieces } from './pieces'
import { mergedPlace } from './places'

// Elf64_Rela
const recordSize: u32 = 24
const typeField: usize = 8
const symbolField: usize = 12
const addendField: usize = 16

/** Kinds and places in a table of rules. */
const kinds: u32 = 64
const placesPerKind: u32 = 8

// What a rule says, src/rules.ts.
const PASS: u8 = 0
const LEAVE: u8 = 1
const LEAVE_WITH_NEXT: u8 = 2
const PASS_NOTED: u8 = 3
const DISTANCE_32: u8 = 4
const UNSIGNED_32: u8 = 5
const SIGNED_32: u8 = 6
const WORD_64: u8 = 7
const LOAD_ADDRESS: u8 = 8
const LEAVE_ONCE: u8 = 9
const THREAD_OFFSET: u8 = 10

/** Numbers up to here can be added twice without losing a bit: 2^51. */
const exact: f64 = 2251799813685248

/** The addend of a field at the end of an instruction. */
const endOfField: i64 = -4

/**
 * Whether the field at an offset of a section's content is that of `mov foo@GOTPCREL(%rip), %reg`, which can be
 * `lea foo(%rip), %reg` instead (psABI, "Optimize GOTPCRELX Relocations").
 */
function isLoad(content: usize, offset: u32): bool {
  return offset >= 2 && load<u8>(content + offset - 2) === 0x8b && (load<u8>(content + offset - 1) & 0xc7) === 0x05
}

/**
 * Whether the field is that of `mov foo@GOTTPOFF(%rip), %reg` or of such an `add`, which can have the offset from the
 * thread pointer in itself (psABI, "Thread-Local Storage").
 */
function isThreadLoad(content: usize, offset: u32): bool {
  if (offset < 3) return false
  const opcode = load<u8>(content + offset - 2)
  return (opcode === 0x8b || opcode === 0x03) && (load<u8>(content + offset - 1) & 0xc7) === 0x05
}

/**
 * Makes that instruction `mov $foo@TPOFF, %reg`; of `add`, `lea foo@TPOFF(%reg), %reg`, or `add $foo@TPOFF, %reg` for %rsp
 * and %r12, which `lea` would need a longer form for.
 */
function rewriteThreadLoad(field: usize): void {
  const register: u32 = (load<u8>(field - 1) >>> 3) & 7
  const rex: u32 = load<u8>(field - 3)
  const isMove = load<u8>(field - 2) === 0x8b
  if (isMove || register === 4) {
    store<u8>(field - 2, isMove ? 0xc7 : 0x81)
    store<u8>(field - 1, u8(0xc0 | register))
    // The register moves from ModRM.reg to ModRM.rm: its fourth bit from REX.R to REX.B.
    store<u8>(field - 3, u8((rex & ~0x05) | ((rex & 0x04) >>> 2)))
  } else {
    store<u8>(field - 2, 0x8d)
    store<u8>(field - 1, u8(0x80 | (register << 3) | register))
    store<u8>(field - 3, u8(rex | ((rex & 0x04) >>> 2)))
  }
}

/** How many relocations are left so far. */
let leftCount: u32 = 0

/** Adds a relocation to those that are left: the number of its section, and its index in that. */
function leave(left: usize, rela: u32, index: u32): void {
  const at = left + 8 * leftCount++
  store<u32>(at, rela)
  store<u32>(at, index, 4)
}

/**
 * Looks at the relocations of all sections of an object that are in the output. Writes those that the rules leave,
 * that have a kind of no table, or a field outside of the section, to `left`, and returns how many they are.
 * `programRules` are for sections that are loaded. `noted` is the address of two words for the first relocation that
 * is to be noted; they keep their values if there is none. `met` has a byte for each global symbol: whether a relocation
 * to it has been left that is to be left once.
 */
export function scan(
  object: InputObject,
  programRules: usize,
  otherRules: usize,
  widths: usize,
  left: usize,
  noted: usize,
  met: usize,
): u32 {
  const sectionCount = object.sectionCount
  leftCount = 0
  let isNoted = false
  let header = object.sectionHeaders + sectionHeaderSize
  for (let rela: u32 = 1; rela < sectionCount; rela++, header += sectionHeaderSize) {
    if (load<u32>(header, sectionType) !== SHT_RELA) continue
    const section = load<u32>(header, sectionInfo)
    if (load<i32>(object.outputSections + 4 * section) < 0 || load<u8>(object.discarded + section) !== 0) continue
    const target = object.sectionHeaders + sectionHeaderSize * section
    const rules = load<u32>(target, sectionFlags) & SHF_ALLOC ? programRules : otherRules
    const size = load<u64>(target, sectionSize)
    const count = load<u32>(header, sectionSize) / recordSize
    let record = object.bytes + load<u32>(header, sectionOffset)
    for (let i: u32 = 0; i < count; i++, record += recordSize) {
      const kind = load<u32>(record, typeField)
      if (kind < kinds && load<u64>(record) + load<u8>(widths + kind) <= size) {
        const place: u32 = load<u8>(object.places + load<u32>(record, symbolField))
        const rule = load<u8>(rules + kind * placesPerKind + place)
        if (rule === PASS) continue
        if (rule === LOAD_ADDRESS && load<i64>(record, addendField) === endOfField) {
          const content = object.bytes + load<u32>(target, sectionOffset)
          if (isLoad(content, load<u32>(record))) continue
        }
        if (rule === THREAD_OFFSET) {
          const content = object.bytes + load<u32>(target, sectionOffset)
          if (isThreadLoad(content, load<u32>(record))) continue
        }
        if (rule === LEAVE_ONCE) {
          const symbol = load<u32>(record, symbolField)
          if (symbol >= object.firstGlobal) {
            const mark = met + load<u32>(object.globals + 4 * (symbol - object.firstGlobal))
            if (load<u8>(mark) !== 0) continue
            store<u8>(mark, 1)
          }
        }
        if (rule === PASS_NOTED) {
          if (!isNoted) {
            store<u32>(noted, rela)
            store<u32>(noted, i, 4)
          }
          isNoted = true
          continue
        }
        leave(left, rela, i)
        if (rule === LEAVE_WITH_NEXT) {
          i++
          record += recordSize
        }
      } else leave(left, rela, i)
    }
  }
  return leftCount
}

/**
 * The address that a relocation to the start of a section means whose pieces were merged: the addend says which piece.
 * Not a number if the section was not taken apart.
 */
function mergedAddress(object: InputObject, symbol: u32, addend: i32): f64 {
  const record = object.symbols + symbolSize * symbol
  const section: u32 = load<u16>(record, symbolSection)
  const pieces = section < firstReservedSection ? piecesOf(object, section) : 0
  if (pieces === 0) return NaN
  return pieceAddress(changetype<SectionPieces>(pieces), f64(load<u64>(record, symbolValue)) + addend)
}

/**
 * Stores what `count` records from `records` on ask for into the content at `content`, whose first byte has the
 * address `address` in the program. Adds the relocations that the rules leave, or whose values are out of their range,
 * to `left`: `rela` and the index of each from `first` on. `values` has a double for each symbol.
 */
function apply(
  object: InputObject,
  rela: u32,
  records: usize,
  first: u32,
  end: u32,
  content: usize,
  address: f64,
  values: usize,
  rules: usize,
  threadPointer: f64,
  left: usize,
): void {
  const places = object.places
  records += first * recordSize
  for (let i = first; i < end; i++, records += recordSize) {
    const kind = load<u32>(records, typeField)
    const symbol: usize = load<u32>(records, symbolField)
    const place: u32 = load<u8>(places + symbol)
    let rule = LEAVE
    if (kind < kinds) rule = load<u8>(rules + kind * placesPerKind + place)
    if (rule === PASS) continue
    if (rule >= DISTANCE_32) {
      const offset = load<u32>(records)
      const addend = load<i32>(records, addendField)
      const base = place === mergedPlace ? mergedAddress(object, symbol, addend) : load<f64>(values + 8 * symbol)
      // A value that is not a number is left as well: the comparison is written so.
      if (load<i32>(records, addendField + 4) === addend >> 31 && abs(base) < exact) {
        const value = place === mergedPlace ? base : base + addend
        if (rule === DISTANCE_32) {
          const distance = value - (address + offset)
          if (distance >= -2147483648 && distance <= 2147483647) {
            store<i32>(content + offset, i32(distance), 0, 1)
            continue
          }
        } else if (rule === UNSIGNED_32) {
          if (value >= 0 && value <= 4294967295) {
            store<u32>(content + offset, u32(value), 0, 1)
            continue
          }
        } else if (rule === SIGNED_32) {
          if (value >= -2147483648 && value <= 2147483647) {
            store<i32>(content + offset, i32(value), 0, 1)
            continue
          }
        } else if (rule === WORD_64) {
          store<i64>(content + offset, i64(value), 0, 1)
          continue
        } else if (rule === LOAD_ADDRESS && addend === endOfField && isLoad(content, offset)) {
          const distance = load<f64>(values + 8 * symbol) + addend - (address + offset)
          if (distance >= -2147483648 && distance <= 2147483647) {
            store<u8>(content + offset - 2, 0x8d)
            store<i32>(content + offset, i32(distance), 0, 1)
            continue
          }
        } else if (rule === THREAD_OFFSET && isThreadLoad(content, offset)) {
          const distance = load<f64>(values + 8 * symbol) - threadPointer
          if (distance >= -2147483648 && distance <= 2147483647) {
            rewriteThreadLoad(content + offset)
            store<i32>(content + offset, i32(distance), 0, 1)
            continue
          }
        }
      }
    }
    leave(left, rela, i)
    if (rule === LEAVE_WITH_NEXT) {
      i++
      records += recordSize
    }
  }
}

/**
 * Copies the runs of records that an object has in .eh_frame, which come next, and applies their relocations. The
 * output's .eh_frame stands at `to` and has the address `address`. Returns how many relocations are left: see
 * {@link copySections}.
 */
export function copyRuns(
  frame: EhFrame,
  object: InputObject,
  index: u32,
  to: usize,
  address: f64,
  values: usize,
  rules: usize,
  threadPointer: f64,
  left: usize,
): u32 {
  leftCount = 0
  for (; frame.nextRun < frame.runCount; frame.nextRun++) {
    const run = changetype<Run>(frame.runs + runSize * frame.nextRun)
    if (run.object !== index) break
    const content = object.bytes + load<u32>(object.sectionHeaders + sectionHeaderSize * run.section, sectionOffset)
    memory.copy(to + run.outputOffset, content + run.start, run.size)
    if (run.rela === 0) continue
    const records = object.bytes + load<u32>(object.sectionHeaders + sectionHeaderSize * run.rela, sectionOffset)
    // Where the section would begin, if all of it stood as this run does.
    const start = f64(run.outputOffset) - f64(run.start)
    apply(
      object,
      run.rela,
      records,
      run.firstRelocation,
      run.endRelocation,
      to + run.outputOffset - run.start,
      address + start,
      values,
      rules,
      threadPointer,
      left,
    )
  }
  return leftCount
}

/** The output section that a section is copied to as it stands; 0 if it is not in the output, or not so. */
function plainOutput(object: InputObject, outputs: usize, section: u32): usize {
  const number = load<i32>(object.outputSections + 4 * section)
  if (number < 0 || load<u8>(object.discarded + section) !== 0 || piecesOf(object, section) !== 0) return 0
  if (load<u32>(object.sectionHeaders + sectionHeaderSize * section, sectionType) === SHT_NOBITS) return 0
  const output = outputs + outputSectionSize * number
  return changetype<OutputSection>(output).kind === byHandKind ? 0 : output
}

/**
 * Copies the sections of an object to their places in the output at `to`, and applies their relocations by the rules
 * for each kind of output section. Writes the relocations that are left to `left`, two words each: the number of the
 * relocation section and the index in it. Returns how many they are.
 */
export function copySections(
  object: InputObject,
  outputs: usize,
  to: usize,
  values: usize,
  programRules: usize,
  otherRules: usize,
  threadPointer: f64,
  left: usize,
): u32 {
  const sectionCount = object.sectionCount
  leftCount = 0
  let header = object.sectionHeaders + sectionHeaderSize
  for (let section: u32 = 1; section < sectionCount; section++, header += sectionHeaderSize) {
    const output = plainOutput(object, outputs, section)
    if (output === 0) continue
    const offset = u32(load<f64>(object.outputOffsets + 8 * section))
    const place = to + changetype<OutputSection>(output).fileOffset + offset
    memory.copy(place, object.bytes + load<u32>(header, sectionOffset), load<u32>(header, sectionSize))
  }
  header = object.sectionHeaders + sectionHeaderSize
  for (let rela: u32 = 1; rela < sectionCount; rela++, header += sectionHeaderSize) {
    if (load<u32>(header, sectionType) !== SHT_RELA) continue
    const section = load<u32>(header, sectionInfo)
    const output = plainOutput(object, outputs, section)
    if (output === 0) continue
    const address = changetype<OutputSection>(output).address
    const fileOffset = changetype<OutputSection>(output).fileOffset
    const kind = changetype<OutputSection>(output).kind
    const offset = load<f64>(object.outputOffsets + 8 * section)
    const records = object.bytes + load<u32>(header, sectionOffset)
    const count = load<u32>(header, sectionSize) / recordSize
    const rules = kind === programKind ? programRules : otherRules
    apply(
      object,
      rela,
      records,
      0,
      count,
      to + fileOffset + u32(offset),
      address + offset,
      values,
      rules,
      threadPointer,
      left,
    )
  }
  return leftCount
}
