// Whether the prefixes that were written may stand before an instruction.
import { type MemoryOperand, Prefix } from '../operand.ts'
import { Accepts } from './accepts.ts'
import { type Form, FormFlag, Scheme } from './form.ts'

const repeats = Prefix.rep | Prefix.repne
const anySegment = Prefix.cs | Prefix.ds | Prefix.fs | Prefix.gs
const elisions = Prefix.xacquire | Prefix.xrelease
const anyRex = Prefix.rex | Prefix.emptyRex
const notBeforeVex = Prefix.data16 | repeats | elisions | Prefix.lock | Prefix.bnd | Prefix.notrack | anyRex
const vectors = Accepts.mm | Accepts.xmm

/**
 * What is wrong with the prefixes, empty if nothing is.
 * @param destination the memory operand that the instruction may write to
 * @param rex the bits of the REX prefix that the instruction needs itself
 * @param isNarrow whether the code is of 32 bits
 */
export function checkPrefixes(
  form: Form,
  prefixes: number,
  destination: MemoryOperand | undefined,
  rex: number,
  isNarrow: boolean,
): string {
  if (isNarrow && (prefixes & anyRex) !== 0) return 'there is no REX prefix in 32-bit code'
  const { flags } = form
  const has = (bits: number) => (prefixes & bits) !== 0
  const can = (bits: number) => (flags & bits) !== 0
  if (form.scheme !== Scheme.legacy && has(notBeforeVex)) {
    return 'before instructions with a VEX or EVEX prefix, only segments and addr32 can stand'
  }
  if (!isNarrow && has(Prefix.es | Prefix.ss)) return 'the prefixes es and ss have no meaning in 64-bit mode'
  if (has(Prefix.data16)) {
    if (form.size === 2 || form.prefix === 0x66) return 'data16 is there already: the operands have 16 bits'
    if (form.accepts.some((bits) => (bits & vectors) !== 0)) {
      return 'data16 would turn this vector instruction into another one'
    }
    if (form.places === 'D' && !has(8 << Prefix.rexShift)) {
      return 'data16 before a jump or call would cut its target to 16 bits'
    }
  }
  if (form.places === 'D' && has(can(FormFlag.call) ? anySegment : Prefix.fs | Prefix.gs)) {
    return 'a segment has no meaning before a jump or call; cs and ds before a jump tell how likely it is'
  }
  const written = (prefixes & Prefix.rexBits) >> Prefix.rexShift
  if ((written & rex) !== 0) return 'the REX prefix that was written has bits that the instruction sets itself'
  if (has(repeats) && !can(FormFlag.rep)) {
    return 'rep can only stand before a string instruction, ret and nop'
  }
  if (has(Prefix.bnd) && !can(FormFlag.bnd)) return 'bnd can only stand before a jump, call or ret'
  if (has(Prefix.notrack) && !(can(FormFlag.bnd) && can(FormFlag.star))) {
    return 'notrack can only stand before an indirect jump or call'
  }
  if (has(Prefix.lock) && !(can(FormFlag.lock) && destination !== undefined)) {
    return 'lock can only stand before an instruction that changes memory'
  }
  return has(elisions) ? checkElision(form, destination, has(Prefix.lock), has(Prefix.xrelease)) : ''
}

/** Hardware lock elision: xchg locks by itself, and a plain store may release. */
function checkElision(form: Form, destination: MemoryOperand | undefined, locked: boolean, releases: boolean): string {
  const { opcode, map } = form
  const isExchange = map === 0 && (opcode & 0xfe) === 0x86
  const isStore = map === 0 && ((opcode & 0xfe) === 0x88 || (opcode & 0xfe) === 0xc6)
  if (destination !== undefined && (locked || isExchange || (releases && isStore))) return ''
  return 'xacquire and xrelease can only stand before locked instructions, xchg, and, for xrelease, stores by mov'
}
