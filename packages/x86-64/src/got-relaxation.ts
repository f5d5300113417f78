// Access through the GOT turned into direct access where the symbol's address is known (psABI, "Optimize GOTPCRELX
// Relocations"). Offsets are those of the 32-bit field in the instruction's bytes.

import { Form } from './relocation-kinds.ts'

/** What the instruction before a GOTPCREL field may become. */
export const GotRelaxation = {
  none: 0,
  /** `mov foo@GOTPCREL(%rip), %reg` -> `lea foo(%rip), %reg` */
  lea: 1,
  /** `call *foo@GOTPCREL(%rip)` -> `addr32 call foo` */
  call: 2,
  /** `jmp *foo@GOTPCREL(%rip)` -> `jmp foo; nop` */
  jump: 3,
  /** `add foo@GOTPCREL(%rip), %reg` -> `add $foo, %reg`, and so `test` and all operators: only of addresses of 31 bits */
  operand: 4,
} as const
export type GotRelaxation = (typeof GotRelaxation)[keyof typeof GotRelaxation]

/** What may become of the instruction whose field is at `field`. `mov` is relaxed with plain GOTPCREL too, as GNU ld does. */
export function gotRelaxation(bytes: Uint8Array, field: number, form: number): GotRelaxation {
  if (field < 2) return GotRelaxation.none
  const opcode = bytes[field - 2]
  const modrm = bytes[field - 1]
  if (opcode === 0x8b && (modrm & 0xc7) === 0x05) return GotRelaxation.lea
  if (form === Form.got) return GotRelaxation.none
  if (isOperator(opcode) && (modrm & 0xc7) === 0x05) {
    // Operands of 16 bits have no room for an address.
    const prefix = bytes[field - (form === Form.rexgotx ? 4 : 3)]
    return prefix === 0x66 ? GotRelaxation.none : GotRelaxation.operand
  }
  if (form !== Form.gotx || opcode !== 0xff) return GotRelaxation.none
  if (modrm === 0x15) return GotRelaxation.call
  return modrm === 0x25 ? GotRelaxation.jump : GotRelaxation.none
}

/** `test`, or `add`, `or`, `adc`, `sbb`, `and`, `sub`, `xor`, `cmp` of a register and memory. */
function isOperator(opcode: number): boolean {
  return opcode === 0x85 || (opcode & 0xc7) === 0x03
}

/** The byte that a call has left over when it names the function itself, which stands before it or behind it. */
export interface CallPadding {
  readonly byte: number
  readonly isSuffix: boolean
}

const addressPrefix: CallPadding = { byte: 0x67, isSuffix: false }

/** Rewrites the instruction. Returns the offset at which the field, now of symbol - 4 - place, stands. */
export function relaxGotAccess(
  bytes: Uint8Array,
  field: number,
  relaxation: GotRelaxation,
  padding = addressPrefix,
): number {
  if (relaxation === GotRelaxation.lea) bytes[field - 2] = 0x8d
  if (relaxation === GotRelaxation.call && padding.isSuffix) {
    bytes[field - 2] = 0xe8
    bytes[field + 3] = padding.byte
    return field - 1
  }
  if (relaxation === GotRelaxation.call) {
    bytes[field - 2] = padding.byte
    bytes[field - 1] = 0xe8
  }
  if (relaxation === GotRelaxation.jump) {
    bytes[field - 2] = 0xe9
    bytes[field + 3] = 0x90
    return field - 1
  }
  return field
}

/**
 * Rewrites `mov foo@GOTPCREL(%rip), %reg` to `mov $imm32, %reg`, and operators likewise, for a symbol whose value is small (an
 * undefined weak one: 0). `rex` tells whether a REX prefix stands before the opcode. The field stays where it is.
 */
export function relaxGotToImmediate(bytes: Uint8Array, field: number, rex: boolean): void {
  const register = (bytes[field - 1] >> 3) & 7
  const opcode = bytes[field - 2]
  const operator = opcode === 0x8b || opcode === 0x85 ? 0 : opcode & 0x38
  bytes[field - 2] = opcode === 0x8b ? 0xc7 : opcode === 0x85 ? 0xf7 : 0x81
  bytes[field - 1] = 0xc0 | operator | register
  // The register moves from ModRM.reg to ModRM.rm, its fourth bit from REX.R to REX.B.
  if (rex) bytes[field - 3] = (bytes[field - 3] & ~0x05) | ((bytes[field - 3] & 0x04) >> 2)
}
