import type { Fixup } from '../operand.ts'
import { type Form, Scheme } from './form.ts'

/**
 * How the linker may rewrite an access to the GOT: the loads, tests, arithmetic, calls and jumps that the psABI
 * ("GOTPCRELX") names.
 */
export function gotRelaxation(form: Form, digit: number, hasRex: boolean): Fixup['gotRelaxation'] {
  if (form.scheme !== Scheme.legacy || form.map !== 0) return 'none'
  const { opcode } = form
  const relaxable =
    form.accepts.length === 1
      ? opcode === 0xff && (digit === 2 || digit === 4)
      : opcode === 0x8b || opcode === 0x85 || (opcode & 0xc7) === 0x03
  if (!relaxable || form.accepts.length > 2) return 'none'
  return hasRex ? 'rex-gotx' : 'gotx'
}
