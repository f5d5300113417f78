// What the parser hands to the encoder, and what it gets back. A register is one number, its class and its number within
// it, so that an operand costs no string; names are looked up in `registers.ts`.
import type { Word } from '@fle/object'

/** Classes of registers; {@link register} packs one with a number of 0…31. */
export const RegisterClass = {
  none: 0,
  byte: 1, // %al … %r15b, %spl … %dil; 16…19: %axl … %bxl, as %al … %bl but with a REX prefix
  highByte: 2, // %ah %ch %dh %bh, numbers 4…7
  word: 3,
  long: 4,
  quad: 5,
  mmx: 6,
  xmm: 7,
  ymm: 8,
  zmm: 9,
  mask: 10, // %k0…%k7
  segment: 11, // %es %cs %ss %ds %fs %gs, numbers 0…5
  control: 12,
  debug: 13,
  x87: 14, // %st(0)…%st(7); %st is number 0
  bound: 15,
  tile: 16,
  /** %rip and %eip: only as base. Numbers 0 (%rip) and 1 (%eip). */
  instructionPointer: 17,
  /** %riz and %eiz: only as index, "no index" spelled out. Numbers 0 (%riz) and 1 (%eiz). */
  zeroIndex: 18,
  test: 19,
} as const

/** A register as one number: class * 32 + number; 0 means none. */
export type Register = number

export function register(registerClass: number, number: number): Register {
  return (registerClass << 5) | number
}

export function registerClass(register: Register): number {
  return register >> 5
}

export function registerNumber(register: Register): number {
  return register & 31
}

/** The value of an immediate or a displacement. `E` is whatever the caller keeps as expression: the encoder passes it by. */
export interface Value<E = unknown> {
  /** The value, where it is known now; 0 where {@link symbolic} is set. */
  readonly constant: Word
  /** Whether the value is known only later (a symbol, a difference of labels): its field gets a {@link Fixup}. */
  readonly symbolic: boolean
  /** What stands behind `@`, in upper case (`GOTPCREL`, `PLT`, `TPOFF` …); empty if nothing does. */
  readonly modifier: string
  readonly expression?: E
}

export interface RegisterOperand {
  readonly kind: 'register'
  readonly register: Register
  /** The mask register's number 1…7 (`{%k1}`), 0 for none. */
  readonly mask: number
  /** `{z}` */
  readonly zeroing: boolean
  /** `*` stands before it: `call *%rax`. */
  readonly indirect: boolean
}

export interface ImmediateOperand<E = unknown> {
  readonly kind: 'immediate'
  readonly value: Value<E>
}

export interface MemoryOperand<E = unknown> {
  readonly kind: 'memory'
  /** A segment register or 0. */
  readonly segment: Register
  readonly base: Register
  readonly index: Register
  /** 1, 2, 4 or 8; 0 where none was written. */
  readonly scale: number
  /** The displacement; undefined where none was written: `(%rax)`. */
  readonly displacement: Value<E> | undefined
  /**
   * Elements of `{1to8}`: 2, 4, 8, 16 or 32; 0 for none; -1 for `DWORD BCST` in Intel syntax, which says the size of one
   * only, in {@link size}.
   */
  readonly broadcast: number
  readonly mask: number
  readonly zeroing: boolean
  /**
   * `*` stands before it; in Intel syntax: brackets, a segment or a size does. Without one, a bare symbol or number is the
   * target itself of a jump or call.
   */
  readonly indirect: boolean
  /** Bytes of `DWORD PTR` and the like in Intel syntax; 0 where it was not said (always in AT&T syntax). */
  readonly size: number
}

/** `{rn-sae}` 0, `{rd-sae}` 1, `{ru-sae}` 2, `{rz-sae}` 3, `{sae}` 4: an operand of its own in both syntaxes. */
interface RoundingOperand {
  readonly kind: 'rounding'
  readonly mode: number
}

export type Operand<E = unknown> = RegisterOperand | ImmediateOperand<E> | MemoryOperand<E> | RoundingOperand

/**
 * Prefixes and pseudo-prefixes before a mnemonic, as a set of bits. `rex`, `rex.w`, `rex64` … are {@link rex} and the four
 * bits W R X B from {@link rexShift} on.
 */
export const Prefix = {
  es: 1 << 0,
  cs: 1 << 1,
  ss: 1 << 2,
  ds: 1 << 3,
  fs: 1 << 4,
  gs: 1 << 5,
  addr32: 1 << 6,
  data16: 1 << 7,
  rep: 1 << 8, // rep, repe, repz
  repne: 1 << 9, // repne, repnz
  lock: 1 << 10,
  /** `notrack`: the byte of %ds, before an indirect branch only. */
  notrack: 1 << 11,
  wait: 1 << 12,
  rex: 1 << 13,
  rexShift: 14,
  /** Bits 14…17: W is 8, R is 4, X is 2, B is 1. */
  rexBits: 15 << 14,
  /** {vex} {vex2} */
  vex: 1 << 18,
  vex3: 1 << 19,
  evex: 1 << 20,
  disp8: 1 << 21,
  /** {disp32}, {disp16} */
  disp32: 1 << 22,
  load: 1 << 23,
  store: 1 << 24,
  /** {rex}: a REX prefix even if none is needed. */
  emptyRex: 1 << 25,
  nooptimize: 1 << 26,
  xacquire: 1 << 27,
  xrelease: 1 << 28,
  bnd: 1 << 29,
} as const

/** What must be stored in a field once a symbolic value is known. */
export interface Fixup {
  /** Offset of the field in the instruction's bytes, and its width in bytes: 1, 2, 4 or 8. */
  offset: number
  width: number
  /** `signed`: sign-extended by the processor to 64 bits (R_X86_64_32S). `branch`: the target of a call or a jump. */
  kind: 'absolute' | 'signed' | 'pc-relative' | 'branch'
  /** Bytes from the field's start to the end of the instruction, what %rip-relative values are relative to. */
  toEnd: number
  /** Index of the operand, as it was given, whose value belongs here. */
  operand: number
  /** How the linker may rewrite an access to the GOT through this field: not, GOTPCRELX, REX_GOTPCRELX. */
  gotRelaxation: 'none' | 'gotx' | 'rex-gotx'
}

/** A field that holds a number. Instructions that differ only in numbers of the same range differ only in such fields. */
export interface NumberField {
  offset: number
  width: number
  /** Index of the operand, as it was given. */
  operand: number
}

/** Three bits of a byte that hold the last ones of a register's number, in VEX.vvvv their opposites. */
export interface RegisterField {
  offset: number
  shift: number
  /** Index of the operand, as it was given, and where it has the register. */
  operand: number
  part: 'register' | 'base' | 'index'
}

/** The encoder's answer. It is reused: valid until the next call. */
export interface Encoding {
  /** Only the first `length` bytes count; symbolic fields are zero. */
  readonly bytes: Uint8Array
  length: number
  /** Only the first `fixupCount` count. */
  readonly fixups: readonly Fixup[]
  fixupCount: number
  /** Only the first `numberCount` count. */
  readonly numbers: readonly NumberField[]
  numberCount: number
  /** Only the first `registerCount` count. */
  readonly registers: readonly RegisterField[]
  registerCount: number
  /**
   * A jump whose length the caller chooses: `bytes` hold the prefixes and then the short opcode (`eb`, or `70`+condition)
   * without a target; short: a displacement of one byte follows; long: the opcode becomes `e9` or `0f 80`+condition with
   * one of four bytes. The target is the displacement of operand 0. `long`: pinned by {disp32}.
   */
  jump: 'none' | 'unconditional' | 'conditional'
  jumpLength: 'either' | 'long'
  /** Whether no rule is about certain registers or about two of them: others of their class change their fields alone. */
  areRegistersFree: boolean
  /** Doubtful but accepted, as GNU as does; empty if there is nothing to say. */
  warning: string
}

/** Why an instruction could not be encoded, in words for the user. */
export interface EncodingError {
  readonly message: string
  /** What the instruction accepts instead, if it is known at all. */
  readonly hint?: string | undefined
}
