import type { Register } from '../operand.ts'

/** How the opcode is written down. */
export const Scheme = { legacy: 0, vex: 1, evex: 2, xop: 3 } as const

/** Kinds of immediates: what fits, and how wide the field is. */
export const Immediate = {
  none: 0,
  /** Eight bits, signed or not. */
  byte: 1,
  /** Eight bits that the processor extends by their sign to the operand size. */
  signedByte: 2,
  word: 3,
  long: 4,
  /** 32 bits that are extended by their sign to 64. */
  signedLong: 5,
  quad: 6,
  /** The constant 1, which is implied. */
  one: 7,
  /** The constant 3, which is implied. */
  three: 8,
  /** Four bits. */
  nibble: 9,
} as const

/** Flags that a form may carry, by the word that stands in the tables. */
export const FormFlag = {
  /** The operand size is 64 bits without REX.W. */
  d64: 1 << 0,
  /** Without a suffix and without a register that tells, the size is 64 bits for d64, otherwise 32. */
  guess: 1 << 1,
  /** Jumps that relaxation lengthens. */
  jmp: 1 << 2,
  jcc: 1 << 3,
  call: 1 << 4,
  /** `rep` and `repne` may stand before it. */
  rep: 1 << 5,
  /** AT&T syntax keeps the manual's order of operands. */
  same: 1 << 6,
  /** `lock` may stand before it if the destination is memory. */
  lock: 1 << 7,
  /** The operand size has no bit: REX.W and the prefix 66 are left out. */
  nosize: 1 << 8,
  /** A mask register is required, as gathers do. */
  masked: 1 << 9,
  /** Only in AT&T syntax, or only in Intel's. */
  att: 1 << 10,
  intel: 1 << 11,
  /** Only with a suffix. */
  explicit: 1 << 12,
  /** Memory only with `*` or with a register in the address. */
  indirect: 1 << 13,
  /** The address size prefix. */
  a32: 1 << 14,
  /** Only the source, the last operand, tells the size. */
  source: 1 << 15,
  /** The suffixes x, y and z tell the vector length where the source is memory. */
  lengths: 1 << 16,
  /** The operands of a register form may change places, with the storing form's opcode, to need a shorter VEX prefix. */
  swap: 1 << 17,
  /** The address has a SIB byte, even without an index. */
  sib: 1 << 18,
  /** The address is cut to the operand size: a displacement may be unsigned in sizes below 64 bits. */
  wrap: 1 << 19,
  /** Only with addresses of 32 bits. */
  narrow: 1 << 20,
  /** The mnemonic takes no suffix. */
  plain: 1 << 21,
  /** The destination is none of the sources; tiles all differ. */
  distinct: 1 << 22,
  /** The operand has a `*` in AT&T syntax. */
  star: 1 << 23,
  /** `bnd` may stand before it. */
  bnd: 1 << 24,
  /** The processor ignores W: `wig` in the tables; or the vector length: `lig`. */
  anyWidth: 1 << 25,
  anyLength: 1 << 26,
} as const

/** One form of an instruction: what it accepts and how it is encoded. */
export interface Form {
  /** What each operand accepts, its place (a letter of notation.ts), and its kind of immediate; in the manual's order. */
  readonly accepts: readonly number[]
  readonly places: string
  readonly immediates: readonly number[]
  /**
   * The registers that must stand in the operands or be their addresses, 0 where any that is accepted may; undefined if
   * that is so for all.
   */
  readonly exact: readonly Register[] | undefined
  readonly scheme: number
  /** The mandatory prefix (0x66, 0xf3, 0xf2, 0x9b), 0 for none. */
  readonly prefix: number
  /** 0 none, 1 0F, 2 0F38, 3 0F3A, 5 and 6 EVEX's, 8 to 10 XOP's. */
  readonly map: number
  readonly opcode: number
  /** Bytes behind the opcode that are part of it. */
  readonly tail: readonly number[]
  /** ModRM.reg where it extends the opcode, otherwise -1. */
  readonly digit: number
  /** The constant byte behind ModRM, -1 for none. */
  readonly constant: number
  /** Operand size in bytes that a suffix or a register must agree with; 0 where the form has none. */
  readonly size: number
  readonly wide: boolean
  /** VEX.L or EVEX.L'L: 0, 1, 2. */
  readonly length: number
  /** Bytes of the operand in memory, 0 where they do not matter. */
  readonly memoryBytes: number
  /** What EVEX multiplies a displacement of one byte by. */
  readonly displacementScale: number
  /** Bytes of one element that may be broadcast from memory, 0 for none. */
  readonly broadcastBytes: number
  readonly masking: 'none' | 'merge' | 'merge-or-zero'
  readonly rounding: 'none' | 'sae' | 'er'
  readonly flags: number
}
