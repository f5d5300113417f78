import type { Assembly } from './assembly.ts'
import { isWideOnly } from './att-operands.ts'
import { CharacterClass, characterClass } from './characters.ts'
import { registersByName } from './encoder/registers.ts'
import { distance } from './evaluate.ts'
import { combine, deepestExpression, type Expression, numberExpression, operatorRanks } from './expression.ts'
import { ExpressionError, parsePrimary } from './expression-parser.ts'
import { type Register, RegisterClass, registerClass } from './operand.ts'

/** What an operand in Intel syntax has been seen to hold so far. */
export class IntelValue {
  expression: Expression | undefined
  /** Registers between brackets or behind `+`, with their scales: 0 where none was written. */
  registers: readonly { readonly register: Register; readonly scale: number }[] = []
  segment: Register = 0
  /** Bytes of `DWORD PTR` and its like, 0 where it was not said. */
  size = 0
  hasBrackets = false
  /** `OFFSET`: the address itself. */
  isOffset = false
  /** `DWORD BCST`: one element in memory, of that size, for all. */
  isBroadcast = false

  constructor(expression?: Expression) {
    this.expression = expression
  }
}

const sizes: Readonly<Record<string, number>> = {
  byte: 1,
  word: 2,
  dword: 4,
  fword: 6,
  qword: 8,
  mmword: 8,
  tbyte: 10,
  oword: 16,
  xmmword: 16,
  ymmword: 32,
  zmmword: 64,
}
/** Bytes of a far pointer: an offset of four and a segment. */
const farPointer = 6

/** Operators that are words, by gas's own (tc-i386-intel.c: i386_operators). */
const wordOperators: Readonly<Record<string, string>> = {
  and: '&',
  or: '|',
  xor: '^',
  mod: '%',
  shl: '<<',
  shr: '>>',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
}

const opening = 91
const closing = 93
const additive = 5

/** Parses what an operand holds at the cursor: sums of registers, symbols and numbers, with brackets and size words. */
export function parseIntelValue(assembly: Assembly): IntelValue | ExpressionError {
  return new IntelParser(assembly).parse(0, 0)
}

/** The register of a symbol that stands for one, or of a name, with a percent sign or, where the syntax allows it, without one. */
export function takeIntelRegister(assembly: Assembly): Register | undefined {
  const { cursor, hasBareRegisters } = assembly
  const first = cursor.peek()
  const symbol = assembly.takeRegisterSymbol()
  if (symbol !== 0) return symbol
  const { text, position } = cursor
  const hasSign = first === 37
  if (!hasSign && !(hasBareRegisters && characterClass[first] & CharacterClass.nameStart)) return undefined
  const start = position + (hasSign ? 1 : 0)
  let at = start
  while (characterClass[text.charCodeAt(at)] & CharacterClass.namePart) at++
  const name = text.substring(start, at)
  let register = registersByName.get(name) ?? registersByName.get(name.toLowerCase())
  const isZeroIndex = register !== undefined && registerClass(register) === RegisterClass.zeroIndex
  if (register === undefined || (isZeroIndex && !assembly.hasIndexRegisters)) return undefined
  if (assembly.isNarrow && isWideOnly(register)) return undefined
  cursor.position = at
  if (registerClass(register) === RegisterClass.x87 && cursor.peek() === 40) {
    const numbered = /^\(\s*([0-7])\s*\)/.exec(text.substring(cursor.position, cursor.position + 16))
    if (numbered) {
      cursor.position += numbered[0].length
      register = registersByName.get(`st(${numbered[1]})`) ?? register
    }
  }
  return register
}

class IntelParser {
  readonly #assembly: Assembly

  constructor(assembly: Assembly) {
    this.#assembly = assembly
  }

  /** Operands joined by operators that bind more strongly than `rank`. */
  parse(rank: number, depth: number): IntelValue | ExpressionError {
    if (depth > deepestExpression) return new ExpressionError('the expression is nested too deeply')
    let left = this.#operand(depth)
    for (;;) {
      if (left instanceof ExpressionError) return left
      const { cursor } = this.#assembly
      // `sym[rax]` is a sum.
      if (cursor.peek() === opening) {
        if (rank >= additive) return left
        const right = this.#operand(depth)
        if (right instanceof ExpressionError) return right
        left = join('+', left, right)
        continue
      }
      const start = cursor.position
      const operator = this.#operator()
      const operatorRank = operatorRanks.get(operator) ?? 0
      if (operator === '' || operatorRank <= rank) {
        cursor.position = start
        return left
      }
      const right = this.parse(operatorRank, depth + 1)
      if (right instanceof ExpressionError) return right
      left = join(operator, left, right)
    }
  }

  /** Takes the operator at the cursor, '' if there is none. */
  #operator(): string {
    const { cursor } = this.#assembly
    const { text, position } = cursor
    if (characterClass[text.charCodeAt(position)] & CharacterClass.nameStart) {
      const operator = wordOperators[cursor.name().toLowerCase()] ?? ''
      if (operator === '') cursor.position = position
      return operator
    }
    const pair = text.substring(position, position + 2)
    const operator = operatorRanks.has(pair) ? pair : operatorRanks.has(pair[0]) ? pair[0] : ''
    cursor.position += operator.length
    return operator
  }

  #operand(depth: number): IntelValue | ExpressionError {
    const { cursor } = this.#assembly
    if (depth > deepestExpression) return new ExpressionError('the expression is nested too deeply')
    switch (cursor.peek()) {
      case opening: {
        const inner = this.#enclosed(depth, closing, ']')
        if (!(inner instanceof ExpressionError)) inner.hasBrackets = true
        return inner
      }
      case 40:
        return this.#enclosed(depth, 41, ')')
      case 43:
        cursor.position++
        return this.#operand(depth + 1)
      case 45:
        return this.#unary('-', depth)
      case 126:
        return this.#unary('~', depth)
    }
    const register = takeIntelRegister(this.#assembly)
    if (register !== undefined) return this.#registerOrSegment(register, depth)
    return this.#word(depth) ?? this.#primary()
  }

  #enclosed(depth: number, end: number, character: string): IntelValue | ExpressionError {
    const { cursor } = this.#assembly
    cursor.position++
    const inner = this.parse(0, depth + 1)
    if (inner instanceof ExpressionError || cursor.take(end)) return inner
    return new ExpressionError(`a closing '${character}' is missing`)
  }

  #unary(operator: '-' | '~', depth: number): IntelValue | ExpressionError {
    this.#assembly.cursor.position++
    const operand = this.#operand(depth + 1)
    if (operand instanceof ExpressionError) return operand
    return operator === '-'
      ? join('-', new IntelValue(numberExpression(0)), operand)
      : join('^', operand, new IntelValue(numberExpression(-1)))
  }

  /** A register of an address, or `fs:` before one. */
  #registerOrSegment(register: Register, depth: number): IntelValue | ExpressionError {
    const { cursor } = this.#assembly
    if (registerClass(register) === RegisterClass.segment && cursor.take(58)) {
      const value = this.parse(additive - 1, depth + 1)
      if (!(value instanceof ExpressionError)) value.segment = register
      return value
    }
    const value = new IntelValue()
    value.registers = [{ register, scale: 0 }]
    return value
  }

  /** `DWORD PTR`, `OFFSET FLAT:`, `SHORT`, `NOT`; undefined if none of them stands there. */
  #word(depth: number): IntelValue | ExpressionError | undefined {
    const { cursor } = this.#assembly
    const start = cursor.position
    if (!(characterClass[cursor.peek()] & CharacterClass.nameStart) || cursor.peek() === 34) return undefined
    const word = cursor.name().toLowerCase()
    const takeWord = (expected: string) => {
      const before = cursor.position
      if (cursor.peek() !== 34 && cursor.name().toLowerCase() === expected) return true
      cursor.position = before
      return false
    }
    const size = word === 'far' ? farPointer : Object.hasOwn(sizes, word) ? sizes[word] : 0
    if (size > 0) {
      const isBroadcast = word !== 'far' && takeWord('bcst')
      if (isBroadcast || takeWord('ptr')) {
        const value = this.parse(0, depth + 1)
        if (value instanceof ExpressionError) return value
        value.size ||= size
        value.isBroadcast ||= isBroadcast
        return value
      }
    }
    // The size of a jump is chosen when its distance is known, whatever they say.
    if (word === 'short' || (word === 'near' && takeWord('ptr'))) return this.parse(0, depth + 1)
    if (word === 'not') {
      cursor.position--
      return this.#unary('~', depth)
    }
    if (word === 'offset') {
      const value = this.#operand(depth + 1)
      if (!(value instanceof ExpressionError)) value.isOffset = true
      return value
    }
    if (word === 'flat' && cursor.take(58)) return this.#operand(depth + 1)
    cursor.position = start
    return undefined
  }

  #primary(): IntelValue | ExpressionError {
    const value = parsePrimary(this.#assembly.cursor, this.#assembly)
    return value instanceof ExpressionError ? value : new IntelValue(value)
  }
}

/** Joins two values: registers are added, or scaled by a number; everything else is an expression. */
function join(operator: string, left: IntelValue, right: IntelValue): IntelValue | ExpressionError {
  const value = new IntelValue()
  value.segment = left.segment || right.segment
  value.size = left.size || right.size
  value.hasBrackets = left.hasBrackets || right.hasBrackets
  value.isOffset = left.isOffset || right.isOffset
  value.isBroadcast = left.isBroadcast || right.isBroadcast
  const hasRegisters = left.registers.length + right.registers.length > 0
  if (hasRegisters && operator === '*') return scale(value, left, right)
  if (hasRegisters && operator !== '+' && !(operator === '-' && right.registers.length === 0))
    return new ExpressionError(`registers may only be added and scaled, not joined by ${operator}`)
  value.registers = [...left.registers, ...right.registers]
  // A symbol times 1 is the symbol: it may have been meant for a register.
  const scaled = operator === '*' && [left.expression, right.expression].find((one) => one?.symbolic)
  const factor = left.expression === scaled ? right.expression : left.expression
  if (scaled && factor && !factor.symbolic && factor.number === 1) value.expression = scaled
  else if (!left.expression && operator === '+') value.expression = right.expression
  else if (!right.expression) value.expression = left.expression
  else {
    const zero = numberExpression(0)
    value.expression = combine(operator, left.expression ?? zero, right.expression, distance)
    if (!value.expression) return new ExpressionError('division by zero')
    if (value.expression.depth > deepestExpression) return new ExpressionError('the expression is too complex')
  }
  return value
}

function scale(value: IntelValue, left: IntelValue, right: IntelValue): IntelValue | ExpressionError {
  const [of, factor] = left.registers.length > 0 ? [left, right] : [right, left]
  const number = factor.expression
  const isPlain = of.registers.length === 1 && of.registers[0].scale === 0 && !of.expression
  if (!isPlain || !number || number.symbolic || factor.registers.length > 0)
    return new ExpressionError('a register may be multiplied by 1, 2, 4 or 8')
  if (number.number !== 1 && number.number !== 2 && number.number !== 4 && number.number !== 8)
    return new ExpressionError(`the scale is ${number.number}; it must be 1, 2, 4 or 8`)
  value.registers = [{ register: of.registers[0].register, scale: number.number }]
  return value
}
