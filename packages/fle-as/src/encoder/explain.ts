// Why no form of an instruction takes the operands, in words.
import type { Word } from '@fle/object'
import { type EncodingError, type Operand, Prefix, type Register, RegisterClass, registerClass } from '../operand.ts'
import { type Form, FormFlag, Immediate, Scheme } from './form.ts'
import { fitsImmediate } from './immediates.ts'
import type { OperandList } from './operand-list.ts'
import { nameOfRegister } from './registers.ts'

/** Bits of general registers by class. */
const bitsOfClass: ReadonlyMap<number, number> = new Map([
  [RegisterClass.byte, 8],
  [RegisterClass.highByte, 8],
  [RegisterClass.word, 16],
  [RegisterClass.long, 32],
  [RegisterClass.quad, 64],
])

const bitsOfImmediate: ReadonlyMap<number, number> = new Map([
  [Immediate.byte, 8],
  [Immediate.signedByte, 8],
  [Immediate.word, 16],
  [Immediate.long, 32],
  [Immediate.signedLong, 32],
  [Immediate.nibble, 4],
])

/**
 * Says what is wrong with the operands.
 * @param forms all forms of the mnemonic
 * @param suffixBits the operand size that the mnemonic's suffix says, 0 if it has none
 */
export function explain(
  mnemonic: string,
  forms: readonly Form[],
  list: OperandList,
  suffixBits: number,
  intel: boolean,
): string {
  const sameCount = forms.filter((form) => form.accepts.length === list.count)
  if (sameCount.length === 0) return `'${mnemonic}' takes ${countsOf(forms)}, not ${list.count}`
  const operands = list.operands.slice(0, list.count)
  const alike = sameCount.filter((form) => form.accepts.every((bits, i) => (bits & list.bits[i]) !== 0))
  if (alike.length === 0) return explainKinds(mnemonic, operands, suffixBits, intel)
  return explainDetails(mnemonic, alike, list, suffixBits, intel)
}

/** Says that a mnemonic that is known does not have that suffix. */
export function explainSuffix(mnemonic: string, forms: readonly Form[]): EncodingError {
  const name = mnemonic.slice(0, -1)
  const sizes = new Set(forms.filter((form) => (form.flags & FormFlag.plain) === 0).map((form) => form.size))
  const suffixes = [...'bwlq'].filter((_, i) => sizes.has(1 << i))
  return {
    message: `'${name}' cannot have the suffix '${mnemonic.slice(-1)}'`,
    hint: suffixes.length === 0 ? `'${name}' takes no suffix` : `its suffixes are ${suffixes.join(', ')}`,
  }
}

/** The encoding that a pseudo-prefix asks for and no form has; empty if it is not that. */
export function missingEncoding(forms: readonly Form[], prefixes: number): string {
  const lacks = (scheme: number) => !forms.some((form) => form.scheme === scheme)
  if ((prefixes & Prefix.evex) !== 0 && lacks(Scheme.evex)) return 'EVEX'
  return (prefixes & (Prefix.vex | Prefix.vex3)) !== 0 && lacks(Scheme.vex) ? 'VEX' : ''
}

function countsOf(forms: readonly Form[]): string {
  const counts = [...new Set(forms.map((form) => form.accepts.length))].sort((a, b) => a - b)
  if (counts.length === 1 && counts[0] < 2) return counts[0] === 0 ? 'no operands' : 'one operand'
  return `${counts.join(' or ')} operands`
}

/** Operands of kinds that no form takes together. */
function explainKinds(mnemonic: string, operands: readonly Operand[], suffixBits: number, intel: boolean): string {
  if (operands.filter((operand) => operand.kind === 'memory').length > 1) {
    return `two operands of '${mnemonic}' are in memory: one of them must go through a register`
  }
  if (operands.length > 1 && operands[0].kind === 'immediate') {
    return `the destination, the ${intel ? 'first' : 'last'} operand, is a constant`
  }
  const sizes = operands.flatMap((operand) => {
    const bits = operand.kind === 'register' ? bitsOfClass.get(registerClass(operand.register)) : undefined
    return operand.kind === 'register' && bits !== undefined ? [{ name: written(operand.register, intel), bits }] : []
  })
  const other = suffixBits === 0 ? undefined : sizes.find(({ bits }) => bits !== suffixBits)
  if (other) return `${other.name} has ${other.bits} bits, but the suffix of '${mnemonic}' is for ${suffixBits}`
  const different = sizes.find(({ bits }) => bits !== sizes[0].bits)
  if (different) {
    return `${sizes[0].name} has ${sizes[0].bits} bits and ${different.name} ${different.bits}: '${mnemonic}' needs the same size`
  }
  return `'${mnemonic}' does not take operands of these kinds`
}

/** Operands of the right kinds, but something about them does not fit. */
function explainDetails(
  mnemonic: string,
  alike: readonly Form[],
  list: OperandList,
  suffixBits: number,
  intel: boolean,
): string {
  const tooLarge = findTooLarge(alike, list)
  if (tooLarge) return tooLarge
  if (list.displacement !== 'fits') return 'the displacement does not fit 32 bits'
  if (list.needsEvex && alike.every((form) => form.masking === 'none') && list.mask !== 0) {
    return `'${mnemonic}' cannot have a mask`
  }
  if (list.zeroing) return `'${mnemonic}' cannot have {z} here`
  if (list.mask !== 0)
    return `the mask of '${mnemonic}' belongs to the destination, the ${intel ? 'first' : 'last'} operand`
  if (list.rounding >= 0) return `'${mnemonic}' cannot have this rounding mode with these operands`
  if (list.memory !== undefined && list.memory.broadcast !== 0) {
    return `'${mnemonic}' cannot broadcast so many elements with these operands`
  }
  if (list.memory !== undefined && list.memory.size !== 0) {
    return `the operand in memory has ${list.memory.size * 8} bits, which '${mnemonic}' does not take here`
  }
  if (alike.every((form) => form.exact !== undefined)) {
    return `the operands of '${mnemonic}' are in fixed registers, or in memory at fixed registers without an offset`
  }
  if (alike.every((form) => (form.flags & FormFlag.a32) !== 0)) {
    return `the address of '${mnemonic}' needs registers of 32 bits, as the other operand`
  }
  const isSizeless =
    list.memory !== undefined && (alike.some((form) => form.size > 0) || (intel && list.memory.size === 0))
  if (suffixBits === 0 && isSizeless) {
    return intel
      ? `nothing tells the size of the operand in memory: write BYTE PTR, DWORD PTR or the like before it`
      : `nothing tells the operand size of '${mnemonic}': it needs a suffix`
  }
  return `the operands do not fit '${mnemonic}'`
}

/** An immediate that none of the forms can hold. */
function findTooLarge(forms: readonly Form[], list: OperandList): string | undefined {
  for (let i = 0; i < list.count; i++) {
    const value = list.immediate(i)?.value
    if (value === undefined || forms.some((form) => fitsImmediate(value, form.immediates[i], form.size))) continue
    const bits = Math.max(...forms.map((form) => bitsOfImmediate.get(form.immediates[i]) ?? 0))
    const text = value.symbolic ? 'a value that is known only when linking' : textOf(value.constant)
    if (bits > 0) return `${text} does not fit the ${bits} bits of this constant`
  }
  return undefined
}

function textOf(value: Word): string {
  const size = value < 0 ? -value : value
  const hex = `${value < 0 ? '-' : ''}0x${size.toString(16)}`
  return size < 10 ? String(value) : `${value} (${hex})`
}

function written(register: Register, intel: boolean): string {
  return `${intel ? '' : '%'}${nameOfRegister(register)}`
}
