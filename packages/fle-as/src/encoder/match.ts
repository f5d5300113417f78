// Whether the operands that were written fit a form.
import {
  type MemoryOperand,
  Prefix,
  type Register,
  RegisterClass,
  register,
  registerClass,
  registerNumber,
} from '../operand.ts'
import { Accepts, generalRegisters } from './accepts.ts'
import { type Form, FormFlag, Immediate, Scheme } from './form.ts'
import { fitsImmediate } from './immediates.ts'
import type { OperandList } from './operand-list.ts'

/** Registers that count or name a port, and do not tell the operand size. */
const sizeless = Accepts.cl | Accepts.dx
/** Prefixes that ask for an encoding that only vector instructions have. */
const vectorPrefixes = Prefix.vex | Prefix.vex3 | Prefix.evex
const rdi = 7
const es = register(RegisterClass.segment, 0)
const vectorIndexes = Accepts.memoryXmm | Accepts.memoryYmm | Accepts.memoryZmm

/** What tells the operand size: only the operands, the mnemonic's suffix, or the rule that it is 32 bits otherwise. */
export const Sizing = { operands: 0, suffix: 1, assumption: 2 } as const

/** Whether all operands fit the form. */
export function matches(form: Form, list: OperandList, prefixes: number, sizing: number, intel: boolean): boolean {
  const { accepts, immediates, flags } = form
  const count = list.count
  if (accepts.length !== count) return false
  if (sizing === Sizing.assumption && form.size !== 4) return false
  const suffixed = sizing === Sizing.suffix
  let sized = sizing !== Sizing.operands || form.size === 0
  for (let i = 0; i < count; i++) {
    const common = list.bits[i] & accepts[i]
    if (common === 0) return false
    const immediate = immediates[i]
    if (immediate !== Immediate.none) {
      const operand = list.immediate(i)
      if (operand === undefined || !fitsImmediate(operand.value, immediate, form.size)) return false
    } else if ((common & generalRegisters) !== 0 || (common & ~sizeless) !== 0) {
      if ((list.bits[i] & generalRegisters) !== 0 && (accepts[i] & ~sizeless) !== 0) {
        if ((flags & FormFlag.source) === 0 || i === count - 1) sized = true
      }
    }
  }
  if (form.exact !== undefined && !matchesExactly(form.exact, list)) return false
  if ((flags & (intel ? FormFlag.att : FormFlag.intel)) !== 0) return false
  if ((flags & FormFlag.narrow) !== 0 && (prefixes & Prefix.xrelease) !== 0) return false
  if ((flags & FormFlag.explicit) !== 0 && sizing === Sizing.operands && !intel) return false
  if ((flags & FormFlag.distinct) !== 0 && !isDistinct(list)) return false
  if (list.isIndirect && !intel && (flags & FormFlag.star) === 0) return false
  if (list.memory !== undefined && !matchesMemory(form, list, suffixed)) return false
  if (!sized && !isSizeKnown(form, list, intel)) return false
  return matchesScheme(form, list, prefixes)
}

function matchesExactly(exact: readonly Register[], list: OperandList): boolean {
  return exact.every((only, i) => {
    const operand = list.operands[i]
    if (only === 0) return true
    if (operand.kind === 'register') return operand.register === only
    return operand.kind === 'memory' && isAt(operand, registerNumber(only))
  })
}

/** Whether an address is that register alone, of 64 or 32 bits. What %rdi points to is in the segment %es, always. */
function isAt({ base, index, displacement, segment }: MemoryOperand, number: number): boolean {
  if (registerNumber(base) !== number || index !== 0 || displacement !== undefined) return false
  return number !== rdi || segment === 0 || segment === es
}

/** Whether the first operand is none of the others; nor, for tiles, are two of these the same. */
function isDistinct(list: OperandList): boolean {
  const first = list.register(0)
  const second = list.register(1)
  const third = list.count > 2 ? list.register(2) : 0
  return first !== second && first !== third && (second !== third || registerClass(first) !== RegisterClass.tile)
}

/** The operand size of a form without a register or suffix that tells it. */
function isSizeKnown(form: Form, list: OperandList, intel: boolean): boolean {
  const size = list.memory?.size ?? 0
  if (size !== 0) return size === form.size
  // Intel syntax says the size of memory, but for the stack and branches.
  if (intel && list.memory !== undefined && (form.flags & FormFlag.d64) === 0) return false
  return (form.flags & FormFlag.guess) !== 0 && form.size === ((form.flags & FormFlag.d64) !== 0 ? 8 : 4)
}

function matchesMemory(form: Form, list: OperandList, suffixed: boolean): boolean {
  const memory = list.memory
  if (memory === undefined) return true
  const { flags, memoryBytes, broadcastBytes } = form
  if ((flags & FormFlag.indirect) !== 0 && !memory.indirect && memory.base === 0 && memory.index === 0) return false
  if (!matchesAddress(form, list)) return false
  if (memory.broadcast !== 0) {
    if (broadcastBytes === 0) return false
    if (memory.size !== 0 && memory.size !== broadcastBytes && memory.size !== memoryBytes) return false
    return memory.broadcast < 0
      ? (flags & FormFlag.lengths) === 0 || suffixed
      : memory.broadcast * broadcastBytes === memoryBytes
  }
  if (memory.size !== 0) return memoryBytes === 0 || memory.size === memoryBytes
  return (flags & FormFlag.lengths) === 0 || suffixed
}

function matchesAddress({ flags, size, places }: Form, list: OperandList): boolean {
  if ((flags & FormFlag.narrow) !== 0 && list.addressBytes !== 4) return false
  if ((flags & FormFlag.a32) !== 0 && list.addressBytes !== 4 && !list.isBareAddress) return false
  if ((flags & FormFlag.sib) !== 0 && registerClass(list.memory?.base ?? 0) === RegisterClass.instructionPointer)
    return false
  if (list.displacement === 'fits') return true
  if (places.includes('A') || places.includes('D')) return true
  return list.displacement === 'wraps' && (flags & FormFlag.wrap) !== 0 && size < 8
}

function matchesScheme(form: Form, list: OperandList, prefixes: number): boolean {
  const { scheme } = form
  if (scheme === Scheme.legacy) return !list.needsEvex && (prefixes & vectorPrefixes) === 0
  if (scheme !== Scheme.evex) return !list.needsEvex && (prefixes & Prefix.evex) === 0
  if ((prefixes & (Prefix.vex | Prefix.vex3)) !== 0) return false
  if (list.mask !== 0) {
    if (form.masking === 'none' || list.maskedOperand !== 0) return false
    if (list.zeroing && (form.masking !== 'merge-or-zero' || list.operands[0].kind === 'memory')) return false
  } else if ((form.flags & FormFlag.masked) !== 0) {
    return false
  }
  if (list.rounding >= 0) {
    if (list.memory !== undefined || form.rounding !== (list.rounding === 4 ? 'sae' : 'er')) return false
  }
  return true
}

/** Whether one of the operands is memory whose index is a vector. */
export function hasVectorIndex(bits: number): boolean {
  return (bits & vectorIndexes) !== 0
}
