import { addWords, subtractWords, type Word } from '@fle/object'
import { calculate, type Expression } from './expression.ts'
import { PieceKind } from './section.ts'
import { type AssemblySymbol, SymbolState } from './symbol.ts'

/** What an expression comes to: `add - subtract + number`, where the symbols are labels or undefined or common. */
export interface Evaluation {
  readonly add: AssemblySymbol | undefined
  readonly subtract: AssemblySymbol | undefined
  readonly number: Word
}

/** Why an expression has no value. */
export type EvaluationError = 'loop' | 'division' | 'too-complex'

/**
 * How many bytes the label `to` stands behind `from`, or undefined where that cannot be told: they are in different
 * sections, or something between them has no size yet.
 */
export function distance(from: AssemblySymbol, to: AssemblySymbol): number | undefined {
  if (from === to) return from.state === SymbolState.value ? undefined : 0
  const [a, b] = [from.subsection, to.subsection]
  if (!a || !b || from.state !== SymbolState.label || to.state !== SymbolState.label) return undefined
  if (a.section !== b.section) return undefined
  if (a.section.isPlaced) return b.address(to.piece, to.offset) - a.address(from.piece, from.offset)
  if (a !== b) return undefined
  let between = to.offset - from.offset
  const sign = to.piece >= from.piece ? 1 : -1
  const [first, last] = sign > 0 ? [from.piece, to.piece] : [to.piece, from.piece]
  for (let i = first; i < last; i++) {
    const piece = a.pieces[i]
    if (piece.kind !== PieceKind.space || piece.expression) return undefined
    between += sign * piece.size
  }
  return between
}

/** How many equated symbols may lead on to one another. */
const longestChain = 500

/** Evaluates an expression as far as is possible now. */
export function evaluate(expression: Expression, depth = 0): Evaluation | EvaluationError {
  if (depth > longestChain) return 'too-complex'
  const { operation } = expression
  if (operation) {
    const left = evaluate(operation.left, depth + 1)
    if (typeof left === 'string') return left
    const right = evaluate(operation.right, depth + 1)
    if (typeof right === 'string') return right
    return operate(operation.operator, left, right)
  }
  let result: Evaluation = { add: undefined, subtract: undefined, number: expression.number }
  if (expression.add) {
    const value = evaluateSymbol(expression.add, depth)
    if (typeof value === 'string') return value
    result = { add: value.add, subtract: value.subtract, number: addWords(result.number, value.number) }
  }
  if (expression.subtract) {
    const value = evaluateSymbol(expression.subtract, depth)
    if (typeof value === 'string') return value
    return operate('-', result, value)
  }
  return result
}

function evaluateSymbol(symbol: AssemblySymbol, depth: number): Evaluation | EvaluationError {
  const { weaklyMeant } = symbol
  if (weaklyMeant) return { add: weaklyMeant, subtract: undefined, number: 0 }
  if (symbol.state !== SymbolState.value || !symbol.expression) return { add: symbol, subtract: undefined, number: 0 }
  if (symbol.isBusy) return 'loop'
  symbol.isBusy = true
  const value = evaluate(symbol.expression, depth + 1)
  symbol.isBusy = false
  return value
}

function operate(operator: string, left: Evaluation, right: Evaluation): Evaluation | EvaluationError {
  const isSum = operator === '+' || operator === '-'
  if (isSum) {
    const negative = operator === '-'
    const pluses = [left.add, negative ? right.subtract : right.add].filter((symbol) => symbol !== undefined)
    const minuses = [left.subtract, negative ? right.add : right.subtract].filter((symbol) => symbol !== undefined)
    let number = negative ? subtractWords(left.number, right.number) : addWords(left.number, right.number)
    for (let i = pluses.length - 1; i >= 0; i--) {
      const partner = minuses.findIndex((minus) => distance(minus, pluses[i]) !== undefined)
      if (partner < 0) continue
      number = addWords(number, distance(minuses[partner], pluses[i]) ?? 0)
      pluses.splice(i, 1)
      minuses.splice(partner, 1)
    }
    if (pluses.length > 1 || minuses.length > 1) return 'too-complex'
    return { add: pluses[0], subtract: minuses[0], number }
  }
  if (isComparison(operator) && left.add && right.add && !left.subtract && !right.subtract) {
    const between = distance(right.add, left.add)
    if (between === undefined) {
      if (operator === '==' || operator === '!=')
        return { add: undefined, subtract: undefined, number: operator === '==' ? 0 : -1 }
      return 'too-complex'
    }
    return operate(operator, constant(addWords(left.number, between)), constant(right.number))
  }
  if (left.add || left.subtract || right.add || right.subtract) return 'too-complex'
  const value = calculate(operator, left.number, right.number)
  return value === undefined ? 'division' : constant(value)
}

function constant(number: Word): Evaluation {
  return { add: undefined, subtract: undefined, number }
}

function isComparison(operator: string): boolean {
  return (
    operator === '==' ||
    operator === '!=' ||
    operator === '<' ||
    operator === '<=' ||
    operator === '>' ||
    operator === '>='
  )
}

/** The number that an expression comes to, or undefined if it is not a number (yet). */
export function evaluateNumber(expression: Expression): Word | undefined {
  const { add, subtract, operation, number } = expression
  if (!add && !subtract && !operation) return number
  // Most are the distance of two labels, which takes no objects.
  if (add && subtract && !operation) {
    const between = distance(subtract, add)
    if (between !== undefined) return addWords(number, between)
  }
  const value = evaluate(expression)
  return typeof value === 'string' || value.add || value.subtract ? undefined : value.number
}
