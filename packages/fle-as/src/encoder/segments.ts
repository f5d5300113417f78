import { type MemoryOperand, Prefix, RegisterClass, registerClass, registerNumber } from '../operand.ts'
import type { Form } from './form.ts'
import type { OperandList } from './operand-list.ts'

/** Segment override prefixes of %es … %gs, as bytes and as bits of {@link Prefix}. */
export const segmentPrefixes = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]
export const segmentBits = [Prefix.es, Prefix.cs, Prefix.ss, Prefix.ds, Prefix.fs, Prefix.gs]

/** Whether a register is a general one that addresses are made of. */
export function isGeneral(register: number): boolean {
  const of = registerClass(register)
  return of === RegisterClass.quad || of === RegisterClass.long
}

/** The prefix bit of a segment register in an address, none if it is the one that the address has anyway. */
export function segmentOverride(memory: MemoryOperand, form: Form, list: OperandList): number {
  let segment = form.exact === undefined ? memory.segment : 0
  if (form.exact !== undefined) {
    // Of a string instruction's operands, the one that %rdi points to is always in %es.
    for (let i = 0; i < list.count; i++) {
      const operand = list.operands[i]
      if (operand.kind === 'memory') segment = registerNumber(operand.base) === 7 ? 0 : operand.segment
      if (segment !== 0) break
    }
  }
  if (segment === 0) return 0
  const number = registerNumber(segment)
  const stack = isGeneral(memory.base) && (registerNumber(memory.base) === 4 || registerNumber(memory.base) === 5)
  return number === (stack ? 2 : 3) ? 0 : segmentBits[number]
}
