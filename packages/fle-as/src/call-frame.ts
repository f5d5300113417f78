import type { Expression } from './expression.ts'
import { leb128 } from './leb128.ts'
import type { Subsection } from './section.ts'
import type { AssemblySymbol } from './symbol.ts'

/** The operations of call frame information (DWARF 5, 7.24), in their long forms. */
export const DW_CFA = {
  nop: 0x00,
  advance_loc1: 0x02,
  advance_loc2: 0x03,
  advance_loc4: 0x04,
  offset_extended: 0x05,
  restore_extended: 0x06,
  undefined: 0x07,
  same_value: 0x08,
  register: 0x09,
  remember_state: 0x0a,
  restore_state: 0x0b,
  def_cfa: 0x0c,
  def_cfa_register: 0x0d,
  def_cfa_offset: 0x0e,
  offset_extended_sf: 0x11,
  def_cfa_sf: 0x12,
  def_cfa_offset_sf: 0x13,
  val_offset: 0x14,
  val_offset_sf: 0x15,
  val_expression: 0x16,
  GNU_window_save: 0x2d,
  GNU_args_size: 0x2e,
  advance_loc: 0x40,
  offset: 0x80,
  restore: 0xc0,
} as const

/** Offsets are written as multiples of this (x86-64 psABI, "Call Frame Information"). */
export const dataAlignment = -8

/** The column of the return address. */
const returnColumn = 16

/** Some operations that hold from a place on. */
export interface FrameOperation {
  /** The place, as a label's. */
  readonly piece: number
  readonly offset: number
  readonly bytes: Uint8Array
  /** remember_state and escapes never go into a CIE: what begins with them is the FDE's own. */
  readonly isOwn: boolean
  /** .cfi_label: the name of a symbol for the place where the operation is written. */
  readonly label?: string
  /** .cfi_val_encoded_addr: an address that follows the bytes, as an expression of DWARF. */
  readonly address?: EncodedPointer
}

/** A pointer, and how it is written (LSB, "DWARF Exception Header Encoding"). */
export interface EncodedPointer {
  readonly encoding: number
  readonly expression: Expression
}

/** What stands between .cfi_startproc and .cfi_endproc. */
export class CallFrame {
  readonly start: AssemblySymbol
  end: AssemblySymbol | undefined
  readonly operations: FrameOperation[] = []
  /** Without the usual rules at its start: `.cfi_startproc simple`. */
  readonly isSimple: boolean
  isSignal = false
  returnColumn = returnColumn
  personality: EncodedPointer | undefined
  languageData: EncodedPointer | undefined
  /** Offset of the CFA, for adjust_cfa_offset and rel_offset. */
  cfaOffset = 8
  readonly rememberedOffsets: number[] = []
  readonly sections: { readonly ehFrame: boolean; readonly debugFrame: boolean }
  readonly place: number

  constructor(
    start: AssemblySymbol,
    isSimple: boolean,
    sections: { readonly ehFrame: boolean; readonly debugFrame: boolean },
    place: number,
  ) {
    this.start = start
    this.isSimple = isSimple
    this.sections = { ...sections }
    this.place = place
  }

  add(at: Subsection, bytes: Uint8Array, isOwn = false, more: Pick<FrameOperation, 'label' | 'address'> = {}): void {
    this.operations.push({ piece: at.pieces.length, offset: at.content.length, bytes, isOwn, ...more })
  }
}

/** An operation with numbers behind it, as ULEB128s and, where so told, SLEB128s. */
export function frameOperation(opcode: number, values: readonly number[] = [], isLastSigned = false): Uint8Array {
  const [first] = values
  if (values.length === 1 && first >= 0 && first < 64) return Uint8Array.of(opcode, first)
  const bytes = [opcode]
  for (const [i, value] of values.entries()) bytes.push(...leb128(value, isLastSigned && i === values.length - 1))
  return Uint8Array.from(bytes)
}

const quadRegisters = ['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp']
const otherRegisters: Readonly<Record<string, number>> = {
  rip: 16,
  st: 33,
  eflags: 49,
  rflags: 49,
  es: 50,
  cs: 51,
  ss: 52,
  ds: 53,
  fs: 54,
  gs: 55,
  'fs.base': 58,
  'gs.base': 59,
  tr: 62,
  ldtr: 63,
  mxcsr: 64,
  fcw: 65,
  fsw: 66,
}

/** The number that DWARF gives to a register (x86-64 psABI, figure 3.36), by its name without `%`. */
export function dwarfRegister(name: string): number | undefined {
  const quad = quadRegisters.indexOf(name)
  if (quad >= 0) return quad
  if (Object.hasOwn(otherRegisters, name)) return otherRegisters[name]
  const numbered = /^(r|xmm|st|mm|k)\(?(\d{1,2})\)?$/.exec(name)
  if (!numbered) return undefined
  const number = Number(numbered[2])
  switch (numbered[1]) {
    case 'r':
      return number >= 8 && number < 16 ? number : undefined
    case 'xmm':
      return number < 16 ? 17 + number : number < 32 ? 67 + number - 16 : undefined
    case 'st':
      return number < 8 ? 33 + number : undefined
    case 'mm':
      return number < 8 ? 41 + number : undefined
    default:
      return number < 8 ? 118 + number : undefined
  }
}
