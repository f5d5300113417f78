import { addWords, subtractWords, toWord, type Word } from '@fle/object'
import type { Value } from './operand.ts'
import type { AssemblySymbol } from './symbol.ts'

/** The operators, by gas's ranks: a higher number binds stronger. */
export const operatorRanks: ReadonlyMap<string, number> = new Map([
  ['||', 2],
  ['&&', 3],
  ...['==', '!=', '<', '<=', '>=', '>'].map((name): [string, number] => [name, 4]),
  ...['+', '-'].map((name): [string, number] => [name, 5]),
  ...['|', '!', '^', '&'].map((name): [string, number] => [name, 7]),
  ...['*', '/', '%', '<<', '>>'].map((name): [string, number] => [name, 8]),
])

/** An operation that is not a sum of a symbol, the negative of a symbol, and a number. */
interface Operation {
  readonly operator: string
  readonly left: Expression
  readonly right: Expression
}

/** How deep operations may be nested: far beyond any program, and within any stack. */
export const deepestExpression = 1000

/** `add - subtract + number`, plus an operation on other expressions if there is one. */
export class Expression implements Value<Expression> {
  readonly add: AssemblySymbol | undefined
  readonly subtract: AssemblySymbol | undefined
  readonly number: Word
  /** What stood behind `@`, in upper case; empty if nothing did. */
  readonly modifier: string
  readonly operation: Operation | undefined
  readonly depth: number

  constructor(
    add: AssemblySymbol | undefined,
    subtract: AssemblySymbol | undefined,
    number: Word,
    modifier = '',
    operation?: Operation,
  ) {
    this.add = add
    this.subtract = subtract
    this.number = number
    this.modifier = modifier
    this.operation = operation
    this.depth = operation ? Math.max(operation.left.depth, operation.right.depth) + 1 : 0
  }

  get symbolic(): boolean {
    return this.add !== undefined || this.subtract !== undefined || this.operation !== undefined
  }

  get constant(): Word {
    return this.symbolic ? 0 : this.number
  }

  get expression(): Expression {
    return this
  }
}

/** The expression of a number. */
export function numberExpression(number: Word): Expression {
  return new Expression(undefined, undefined, number)
}

/** The expression of a symbol. */
export function symbolExpression(symbol: AssemblySymbol, number: Word = 0): Expression {
  return new Expression(symbol, undefined, number)
}

/**
 * Combines two expressions. `distance` tells how far the second of two labels stands before the first, if that is known
 * already. Returns undefined for a division by zero.
 */
export function combine(
  operator: string,
  left: Expression,
  right: Expression,
  distance: (from: AssemblySymbol, to: AssemblySymbol) => number | undefined,
): Expression | undefined {
  if (!left.symbolic && !right.symbolic) {
    const value = calculate(operator, left.number, right.number)
    return value === undefined ? undefined : numberExpression(value)
  }
  const isSum = operator === '+' || operator === '-'
  if (isSum && !left.operation && !right.operation) {
    const sum = addLinear(left, right, operator === '-', distance)
    if (sum) return sum
  }
  return new Expression(undefined, undefined, 0, left.modifier || right.modifier, { operator, left, right })
}

/** The sum or difference of two sums, or undefined if it would need more than one symbol on a side. */
function addLinear(
  left: Expression,
  right: Expression,
  negative: boolean,
  distance: (from: AssemblySymbol, to: AssemblySymbol) => number | undefined,
): Expression | undefined {
  const modifier = left.modifier || right.modifier
  let number = negative ? subtractWords(left.number, right.number) : addWords(left.number, right.number)
  let [add, subtract] = [left.add, left.subtract]
  const plus = negative ? right.subtract : right.add
  const minus = negative ? right.add : right.subtract
  if (plus) {
    const known = subtract && distance(subtract, plus)
    if (known !== undefined) {
      number = addWords(number, known)
      subtract = undefined
    } else if (add) return undefined
    else add = plus
  }
  if (minus) {
    const known = add && distance(minus, add)
    if (known !== undefined) {
      number = addWords(number, known)
      add = undefined
    } else if (subtract) return undefined
    else subtract = minus
  }
  return new Expression(add, subtract, number, modifier)
}

/** Calculates as gas does, modulo 2^64: comparisons give -1 for true, `&&` and `||` give 1. Undefined: division by zero. */
export function calculate(operator: string, left: Word, right: Word): Word | undefined {
  switch (operator) {
    case '+':
      return addWords(left, right)
    case '-':
      return subtractWords(left, right)
    case '==':
      return left === right ? -1 : 0
    case '!=':
      return left !== right ? -1 : 0
    case '<':
      return left < right ? -1 : 0
    case '<=':
      return left <= right ? -1 : 0
    case '>=':
      return left >= right ? -1 : 0
    case '>':
      return left > right ? -1 : 0
    case '&&':
      return left && right ? 1 : 0
    case '||':
      return left || right ? 1 : 0
  }
  if (typeof left === 'number' && typeof right === 'number') {
    const small = calculateSmall(operator, left, right)
    if (small !== undefined && Number.isSafeInteger(small)) return small
  }
  return calculateLarge(operator, BigInt(left), BigInt(right))
}

/** The operations that doubles, or 32-bit integers, can do exactly. */
function calculateSmall(operator: string, left: number, right: number): number | undefined {
  const isShort = left === (left | 0) && right === (right | 0)
  switch (operator) {
    case '*':
      return left * right + 0
    case '/':
      return right === 0 ? undefined : Math.trunc(left / right) + 0
    case '%':
      return right === 0 ? undefined : (left % right) + 0
    case '<<':
      return right >= 0 && right < 53 && left >= 0 ? left * 2 ** right : undefined
    case '>>':
      return right >= 0 && right < 64 && left >= 0 ? Math.floor(left / 2 ** right) : undefined
    case '&':
      return isShort ? left & right : undefined
    case '|':
      return isShort ? left | right : undefined
    case '^':
      return isShort ? left ^ right : undefined
    case '!':
      return isShort ? left | ~right : undefined
  }
  return undefined
}

function calculateLarge(operator: string, left: bigint, right: bigint): Word | undefined {
  switch (operator) {
    case '*':
      return toWord(left * right)
    case '/':
      return right === 0n ? undefined : toWord(left / right)
    case '%':
      return right === 0n ? undefined : toWord(left % right)
    case '<<':
      return right >= 0n && right < 64n ? toWord(left << right) : 0
    case '>>':
      return right >= 0n && right < 64n ? toWord(BigInt.asUintN(64, left) >> right) : 0
    case '&':
      return toWord(left & right)
    case '|':
      return toWord(left | right)
    case '^':
      return toWord(left ^ right)
    case '!':
      return toWord(left | ~right)
  }
  return undefined
}
