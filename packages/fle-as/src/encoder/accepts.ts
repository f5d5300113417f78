import { type Register, RegisterClass, register, registerClass, registerNumber } from '../operand.ts'

/** What an operand is, as bits: a form's operand accepts the operands that share a bit with it. */
export const Accepts = {
  r8: 1 << 0,
  r16: 1 << 1,
  r32: 1 << 2,
  r64: 1 << 3,
  mm: 1 << 4,
  xmm: 1 << 5,
  ymm: 1 << 6,
  zmm: 1 << 7,
  k: 1 << 8,
  sreg: 1 << 9,
  cr: 1 << 10,
  dr: 1 << 11,
  st: 1 << 12,
  bnd: 1 << 13,
  tmm: 1 << 14,
  al: 1 << 15,
  ax: 1 << 16,
  eax: 1 << 17,
  rax: 1 << 18,
  cl: 1 << 19,
  dx: 1 << 20,
  st0: 1 << 21,
  xmm0: 1 << 22,
  immediate: 1 << 23,
  memory: 1 << 24,
  /** Memory whose index is a vector register. */
  memoryXmm: 1 << 25,
  memoryYmm: 1 << 26,
  memoryZmm: 1 << 27,
  /** A bare displacement without `*`: what a jump goes to. */
  target: 1 << 28,
  /** A bare displacement: what the absolute moves of %al … %rax take, with 64 bits. */
  absolute: 1 << 29,
  fs: 1 << 30,
  gs: 1 << 31,
} as const

/** General registers of all sizes. */
export const generalRegisters = Accepts.r8 | Accepts.r16 | Accepts.r32 | Accepts.r64

const bitsOfClass: readonly [registerClass: number, bits: number][] = [
  [RegisterClass.byte, Accepts.r8],
  [RegisterClass.highByte, Accepts.r8],
  [RegisterClass.word, Accepts.r16],
  [RegisterClass.long, Accepts.r32],
  [RegisterClass.quad, Accepts.r64],
  [RegisterClass.mmx, Accepts.mm],
  [RegisterClass.xmm, Accepts.xmm],
  [RegisterClass.ymm, Accepts.ymm],
  [RegisterClass.zmm, Accepts.zmm],
  [RegisterClass.mask, Accepts.k],
  [RegisterClass.segment, Accepts.sreg],
  [RegisterClass.control, Accepts.cr],
  [RegisterClass.debug, Accepts.dr],
  [RegisterClass.x87, Accepts.st],
  [RegisterClass.bound, Accepts.bnd],
  [RegisterClass.tile, Accepts.tmm],
]

const bitsOfRegister: readonly [register: Register, bits: number][] = [
  [register(RegisterClass.byte, 0), Accepts.al],
  [register(RegisterClass.word, 0), Accepts.ax],
  [register(RegisterClass.long, 0), Accepts.eax],
  [register(RegisterClass.quad, 0), Accepts.rax],
  // GNU as takes %cx, %ecx and %rcx for the count of a shift, too.
  [register(RegisterClass.byte, 1), Accepts.cl],
  [register(RegisterClass.word, 1), Accepts.cl],
  [register(RegisterClass.long, 1), Accepts.cl],
  [register(RegisterClass.quad, 1), Accepts.cl],
  [register(RegisterClass.word, 2), Accepts.dx],
  [register(RegisterClass.x87, 0), Accepts.st0],
  [register(RegisterClass.xmm, 0), Accepts.xmm0],
  [register(RegisterClass.segment, 4), Accepts.fs],
  [register(RegisterClass.segment, 5), Accepts.gs],
]

const registerBits = tabulate()

function tabulate(): Int32Array {
  const bits = new Int32Array(20 << 5)
  for (const [of, value] of bitsOfClass) bits.fill(value, of << 5, (of + 1) << 5)
  for (const [of, value] of bitsOfRegister) bits[of] |= value
  return bits
}

/** The bits of a register. */
export function acceptedAs(register: Register): number {
  return registerBits[register]
}

/** Whether a byte register is one that only a REX prefix makes nameable: %spl, %bpl, %sil, %dil. */
export function needsRex(register: Register): boolean {
  const number = registerNumber(register)
  return registerClass(register) === RegisterClass.byte && ((number & 0x1c) === 4 || number >= 16)
}
