import type { Word } from '@fle/object'

/** An instruction's text, and the place that it refers to, if it does. */
export interface InstructionText {
  /** All but the address and the name of the place that it refers to. */
  readonly text: string
  /** Where a branch goes, or what a memory operand relative to rip addresses. */
  readonly target: Word | undefined
  /** Whether the target is a branch's, which ends the text as its operand, and not a remark behind it. */
  readonly isBranch: boolean
}

/** A mnemonic with its operands, if it has some, in the next column. */
export function inColumns(mnemonic: string, operands: string): string {
  return operands === '' ? mnemonic : `${mnemonic.padEnd(6)} ${operands}`
}
