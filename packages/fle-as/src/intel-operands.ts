import type { Assembly } from './assembly.ts'
import type { Expression } from './expression.ts'
import type { Operand } from './operand.ts'

/** Parses operands in Intel syntax into AT&T's order. */
export function parseIntelOperands(assembly: Assembly, _mnemonic: string): Operand<Expression>[] | undefined {
  return assembly.error('not-supported', 'Intel syntax is not supported yet')
}
