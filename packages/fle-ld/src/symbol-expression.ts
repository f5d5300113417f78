// The expressions of --defsym, as GNU ld's scripts have them (its manual, "Expressions in Linker Scripts").

/** A number, a symbol, a fact about a section, or an operation. */
export type SymbolExpression =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'symbol'; readonly name: string }
  /** Whether a file defines a symbol: 1 or 0. */
  | { readonly kind: 'defined'; readonly name: string }
  | { readonly kind: 'section'; readonly fact: 'address' | 'size'; readonly name: string }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly operands: readonly SymbolExpression[] }

/** `SYMBOL=EXPRESSION` of a command line. */
export interface SymbolDefinition {
  readonly name: string
  readonly expression: SymbolExpression
}

/** Operators between two operands by how tightly they bind, the loosest first. */
const binaryOperators = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
] as const

const functions = { ABSOLUTE: 1, ALIGN: 2, MAX: 2, MIN: 2 } as const

export type Operator =
  | (typeof binaryOperators)[number][number]
  | keyof typeof functions
  | '?:'
  | 'negate'
  | 'complement'
  | 'not'

const unaryOperators: Readonly<Record<string, Operator>> = { '-': 'negate', '~': 'complement', '!': 'not' }

const sectionFacts: Readonly<Record<string, 'address' | 'size'>> = {
  ADDR: 'address',
  LOADADDR: 'address',
  SIZEOF: 'size',
}

/** A number with C's notations and perhaps K or M behind it, a name, or a sign. */
const token =
  /\s*(?:(0x[\da-f]{1,16}|\d{1,22})([km]?)(?![\w.$])|([A-Za-z_.$][\w.$@]*)|"([^"]+)"|(<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:(),]))\s*/iy

/** How deep expressions may stand in each other. */
const deepest = 200

/** Parses `SYMBOL=EXPRESSION`; undefined if it is none. */
export function parseDefinition(text: string): SymbolDefinition | undefined {
  const equals = text.indexOf('=')
  const name = text.slice(0, equals).trim()
  if (equals < 0 || !/^[A-Za-z_.$][\w.$@]*$/.test(name)) return undefined
  const tokens = tokenize(text.slice(equals + 1))
  const parser = tokens && new Parser(tokens)
  const expression = parser?.choice(0)
  return expression && parser?.isAtEnd ? { name, expression } : undefined
}

interface Token {
  readonly kind: 'number' | 'name' | 'sign'
  readonly text: string
  readonly value: bigint
}

function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = []
  token.lastIndex = 0
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const match = token.exec(text)
    if (!match) return undefined
    const [, digits, unit, word, quoted, sign] = match
    if (digits !== undefined) tokens.push({ kind: 'number', text: '', value: numberOf(digits, unit) })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, value: 0n })
    else tokens.push({ kind: 'name', text: word ?? quoted, value: 0n })
  }
  return tokens
}

function numberOf(digits: string, unit: string): bigint {
  // A leading zero is octal, unless digits beyond 7 say that it cannot be.
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return value << (unit === '' ? 0n : unit.toLowerCase() === 'k' ? 10n : 20n)
}

/** A parser by recursive descent: undefined is what is no expression. */
class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length
  }

  choice(depth: number): SymbolExpression | undefined {
    const condition = this.#binary(0, depth)
    if (!condition || !this.#take('?')) return condition
    const yes = this.choice(depth + 1)
    const no = yes && this.#take(':') ? this.choice(depth + 1) : undefined
    return yes && no && operation('?:', condition, yes, no)
  }

  #binary(level: number, depth: number): SymbolExpression | undefined {
    if (level === binaryOperators.length) return this.#unary(depth)
    let left = this.#binary(level + 1, depth)
    while (left) {
      const operator = binaryOperators[level].find((sign) => this.#take(sign))
      if (operator === undefined) return left
      const right = this.#binary(level + 1, depth)
      left = right && operation(operator, left, right)
    }
    return undefined
  }

  #unary(depth: number): SymbolExpression | undefined {
    if (depth > deepest) return undefined
    if (this.#take('+')) return this.#unary(depth + 1)
    for (const [sign, operator] of Object.entries(unaryOperators)) {
      if (!this.#take(sign)) continue
      const operand = this.#unary(depth + 1)
      return operand && operation(operator, operand)
    }
    if (this.#take('(')) {
      const inner = this.choice(depth + 1)
      return this.#take(')') ? inner : undefined
    }
    const { kind, text, value } = this.#tokens[this.#at++] ?? { kind: 'sign' }
    if (kind === 'number') return { kind, value }
    if (kind === 'sign' || text === '.') return undefined
    return this.#take('(') ? this.#call(text, depth) : { kind: 'symbol', name: text }
  }

  /** What stands behind `NAME(`. */
  #call(name: string, depth: number): SymbolExpression | undefined {
    if (name === 'DEFINED' || Object.hasOwn(sectionFacts, name)) {
      const argument = this.#tokens[this.#at++]
      if (argument?.kind !== 'name' || !this.#take(')')) return undefined
      if (name === 'DEFINED') return { kind: 'defined', name: argument.text }
      return { kind: 'section', fact: sectionFacts[name], name: argument.text }
    }
    const operands: SymbolExpression[] = []
    do {
      const operand = this.choice(depth + 1)
      if (!operand) return undefined
      operands.push(operand)
    } while (this.#take(','))
    if (!this.#take(')') || !isFunction(name) || operands.length !== functions[name]) return undefined
    return operation(name, ...operands)
  }

  #take(sign: string): boolean {
    const next = this.#tokens[this.#at]
    if (next?.kind !== 'sign' || next.text !== sign) return false
    this.#at++
    return true
  }
}

function operation(operator: Operator, ...operands: SymbolExpression[]): SymbolExpression {
  return { kind: 'operation', operator, operands }
}

function isFunction(name: string): name is keyof typeof functions {
  return Object.hasOwn(functions, name)
}

/** The symbols that an expression takes the values of. */
export function symbolsIn(expression: SymbolExpression): string[] {
  if (expression.kind === 'symbol') return [expression.name]
  return expression.kind === 'operation' ? expression.operands.flatMap(symbolsIn) : []
}

/** Whether an expression has a value only once there are addresses. */
export function needsAddresses(expression: SymbolExpression): boolean {
  if (expression.kind === 'operation') return expression.operands.some(needsAddresses)
  return expression.kind === 'symbol' || expression.kind === 'section'
}
