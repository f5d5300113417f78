import type { OutputSection } from './output-section.ts'
import type { Operator, SymbolExpression } from './symbol-expression.ts'

/** The value of an expression or of a part of it. */
export interface ExpressionValue {
  /** Modulo 2^64, read as unsigned. */
  readonly value: bigint
  /** How many times the address of the image is in it: 1 for an address, 0 for a number or a difference of addresses. */
  readonly moves: number
  /** The section that an address stands in. */
  readonly section: OutputSection | undefined
}

/** Where the values of names come from. */
export interface ExpressionNames {
  symbol(name: string): ExpressionValue
  isDefined(name: string): boolean
  section(name: string): OutputSection | undefined
  divisionByZero(): void
}

/** What an operator makes of values; `/` and `%` are signed and all others unsigned, as in GNU ld. */
const operations: Readonly<Record<Exclude<Operator, '/' | '%' | '?:'>, (...operands: bigint[]) => bigint>> = {
  '||': (a, b) => truth(a !== 0n || b !== 0n),
  '&&': (a, b) => truth(a !== 0n && b !== 0n),
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a < b),
  '>': (a, b) => truth(a > b),
  '<=': (a, b) => truth(a <= b),
  '>=': (a, b) => truth(a >= b),
  '<<': (a, b) => (b < 64n ? a << b : 0n),
  '>>': (a, b) => (b < 64n ? a >> b : 0n),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  negate: (a) => -a,
  complement: (a) => ~a,
  not: (a) => truth(a === 0n),
  ABSOLUTE: (a) => a,
  ALIGN: (a, alignment) => (alignment < 2n ? a : ((a + alignment - 1n) / alignment) * alignment),
  MAX: (a, b) => (a > b ? a : b),
  MIN: (a, b) => (a < b ? a : b),
}

function truth(isTrue: boolean): bigint {
  return isTrue ? 1n : 0n
}

/** Computes an expression. */
export function evaluateExpression(expression: SymbolExpression, names: ExpressionNames): ExpressionValue {
  switch (expression.kind) {
    case 'number':
      return number(expression.value)
    case 'symbol':
      return names.symbol(expression.name)
    case 'defined':
      return number(truth(names.isDefined(expression.name)))
    case 'section': {
      const section = names.section(expression.name)
      if (expression.fact === 'size') return number(BigInt(section?.size ?? 0))
      return section ? { value: unsigned(BigInt(section.address)), moves: 1, section } : number(0n)
    }
    case 'operation': {
      const operands = expression.operands.map((operand) => evaluateExpression(operand, names))
      return operate(expression.operator, operands, names)
    }
  }
}

function operate(operator: Operator, operands: readonly ExpressionValue[], names: ExpressionNames): ExpressionValue {
  if (operator === '?:') return operands[operands[0].value !== 0n ? 1 : 2]
  const values = operands.map(({ value }) => value)
  const moves = movesOf(operator, operands)
  const section = moves === 1 ? operands.find((operand) => operand.section)?.section : undefined
  if (operator !== '/' && operator !== '%') return { value: unsigned(operations[operator](...values)), moves, section }
  const [a, b] = values.map((value) => BigInt.asIntN(64, value))
  if (b === 0n) {
    names.divisionByZero()
    return number(0n)
  }
  return number(operator === '/' ? a / b : a % b)
}

/** Sums and differences of addresses are counted; what anything else makes of an address is a number. */
function movesOf(operator: Operator, [a, b]: readonly ExpressionValue[]): number {
  switch (operator) {
    case '+':
      return a.moves + b.moves
    case '-':
      return a.moves - b.moves
    case 'negate':
      return -a.moves
    case 'ALIGN':
      return a.moves
    default:
      return 0
  }
}

function number(value: bigint): ExpressionValue {
  return { value: unsigned(value), moves: 0, section: undefined }
}

function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}
