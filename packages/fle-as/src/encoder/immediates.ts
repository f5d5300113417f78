import type { Word } from '@fle/object'
import type { Value } from '../operand.ts'
import { Immediate } from './form.ts'

/** Bytes of the field of each kind of immediate. */
export const immediateWidth: Readonly<Record<number, number>> = {
  [Immediate.none]: 0,
  [Immediate.byte]: 1,
  [Immediate.signedByte]: 1,
  [Immediate.word]: 2,
  [Immediate.long]: 4,
  [Immediate.signedLong]: 4,
  [Immediate.quad]: 8,
  [Immediate.one]: 0,
  [Immediate.three]: 0,
  [Immediate.nibble]: 0,
}

/** Whether a value fits an immediate of a kind, in an instruction whose operands have `size` bytes (0: of no size). */
export function fitsImmediate(value: Value, kind: number, size: number): boolean {
  if (value.symbolic) return fitsSymbolic(value.modifier, kind)
  const constant = value.constant
  if (kind === Immediate.quad) return true
  if (typeof constant === 'bigint') return false
  switch (kind) {
    case Immediate.byte:
      // Where the operands have a size, a constant need only agree with it in its lower bits (tc-i386.c: optimize_imm).
      return constant >= (size === 1 ? -0xff : -0x80) && constant <= 0xff
    case Immediate.signedByte: {
      const signed = signedAt(constant, size)
      return signed >= -0x80 && signed <= 0x7f
    }
    case Immediate.word:
      return constant >= (size === 2 ? -0xffff : -0x8000) && constant <= 0xffff
    case Immediate.long:
      return constant >= (size === 4 ? -0xffffffff : -0x80000000) && constant <= 0xffffffff
    case Immediate.signedLong:
      return constant >= -0x80000000 && constant <= 0x7fffffff
    case Immediate.one:
      return constant === 1
    case Immediate.three:
      return constant === 3
    default:
      return constant >= 0 && constant <= 15
  }
}

/** A constant of 16 or 32 bits as signed; one that does not fit these stays as it is. */
function signedAt(constant: number, size: number): number {
  if (size === 2 && constant > 0x7fff && constant <= 0xffff) return constant - 0x10000
  if (size === 4 && constant > 0x7fffffff && constant <= 0xffffffff) return constant - 0x100000000
  return constant
}

/** The displacement of an address as the processor sees it, signed 32 bits; undefined if it does not fit. */
export function displacement32(constant: Word, addressBytes: number): number | undefined {
  if (typeof constant === 'bigint') return undefined
  if (constant >= -0x80000000 && constant <= 0x7fffffff) return constant
  return addressBytes === 4 && constant >= -0xffffffff && constant <= 0xffffffff ? constant | 0 : undefined
}

/** Values relative to the GOT as a whole have 64 bits, and sizes have no sign: they need a wider field than addresses. */
function fitsSymbolic(modifier: string, kind: number): boolean {
  switch (kind) {
    case Immediate.signedByte:
    case Immediate.one:
    case Immediate.three:
    case Immediate.nibble:
      return false
    case Immediate.signedLong:
      return modifier !== 'SIZE' && !offsetsOf64Bits.has(modifier)
    case Immediate.long:
      return !offsetsOf64Bits.has(modifier)
    default:
      return true
  }
}

const offsetsOf64Bits: ReadonlySet<string> = new Set(['GOTOFF', 'PLTOFF', 'GOTPLT'])
