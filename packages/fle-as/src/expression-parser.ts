import { suggest } from '@fle/diagnostics'
import { STB, toWord, type Word } from '@fle/object'
import { CharacterClass, characterClass } from './characters.ts'
import { Cursor } from './cursor.ts'
import { registersByName } from './encoder/registers.ts'
import { distance, evaluateNumber } from './evaluate.ts'
import { combine, deepestExpression, Expression, numberExpression, operatorRanks } from './expression.ts'
import { isModifier, modifierNames, needsGot } from './relocation-type.ts'
import type { Subsection } from './section.ts'
import { anonymousLabel, SymbolState } from './symbol.ts'
import type { SymbolTable } from './symbol-table.ts'

/** What expressions may name, and where `.` is. */
export interface ExpressionScope {
  readonly symbols: SymbolTable
  readonly subsection: Subsection
  /** Whether `foo` may be a register in Intel syntax, and operators be words. */
  readonly isIntel?: boolean
}

/** A parsing error: what was expected. */
export class ExpressionError {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const strongest = 9
const singleOperators = '+-*/%<>&|^!'

/** Parses one expression at the cursor, in gas's grammar. What cannot be parsed gives an {@link ExpressionError}. */
export function parseExpression(cursor: Cursor, scope: ExpressionScope): Expression | ExpressionError {
  return new ExpressionParser(cursor, scope).parse(0, 0)
}

/** Parses a number, a symbol with its modifier, a character or an expression in parentheses. */
export function parsePrimary(cursor: Cursor, scope: ExpressionScope): Expression | ExpressionError {
  return new ExpressionParser(cursor, scope).primary(0)
}

/** What the text of an .eqv stands for here; undefined if that has no value any more. */
export function rereadValue(text: string, scope: ExpressionScope): Expression | undefined {
  const cursor = new Cursor()
  cursor.text = `${text}\n`
  const value = parseExpression(cursor, scope)
  return value instanceof ExpressionError ? undefined : value
}

/** How many values of .eqv one expression may stand for: they may name one another. */
const mostRereads = 1000

class ExpressionParser {
  #cursor: Cursor
  #rereads = 0
  readonly #scope: ExpressionScope

  constructor(cursor: Cursor, scope: ExpressionScope) {
    this.#cursor = cursor
    this.#scope = scope
  }

  /** An expression of operators that bind more strongly than `rank`. */
  parse(rank: number, depth: number): Expression | ExpressionError {
    if (depth > deepestExpression) return new ExpressionError('the expression is nested too deeply')
    let left = this.primary(depth)
    for (;;) {
      if (left instanceof ExpressionError) return left
      const operator = this.#operator()
      if (operator === '') return left
      const operatorRank = operatorRanks.get(operator) ?? strongest
      if (operatorRank <= rank) return left
      this.#cursor.position += operator.length
      const right = this.parse(operatorRank, depth + 1)
      if (right instanceof ExpressionError) return right
      const result: Expression | undefined = combine(operator, left, right, distance)
      if (!result) return new ExpressionError('division by zero')
      if (result.depth > deepestExpression) return new ExpressionError('the expression is too complex')
      left = result
    }
  }

  /** The binary operator that stands next, '' if none does. */
  #operator(): string {
    const first = this.#cursor.peek()
    const { text, position } = this.#cursor
    if (first === 61) return text.charCodeAt(position + 1) === 61 ? '==' : ''
    const character = text[position]
    if (!singleOperators.includes(character)) return ''
    const second = text[position + 1]
    const pair = character + second
    if (pair === '<>') return '!='
    return operatorRanks.has(pair) ? pair : character
  }

  /** What operators join. */
  primary(depth: number): Expression | ExpressionError {
    const cursor = this.#cursor
    const code = cursor.peek()
    const kind = characterClass[code]
    if (kind & CharacterClass.digit) return this.#number()
    if (kind & CharacterClass.nameStart || code === 34) return this.#name(depth)
    switch (code) {
      case 37:
        return this.#registerComparison()
      case 40:
        return this.#enclosed(depth, 41, ')')
      case 91:
        // In AT&T syntax brackets are parentheses: $_GLOBAL_OFFSET_TABLE_+[.-label].
        if (!this.#scope.isIntel) return this.#enclosed(depth, 93, ']')
        break
      case 45: {
        cursor.position++
        const operand = this.#unaryOperand(depth)
        return operand instanceof ExpressionError ? operand : this.#apply('-', numberExpression(0), operand)
      }
      case 43:
        cursor.position++
        return this.#unaryOperand(depth)
      case 126: {
        cursor.position++
        const operand = this.#unaryOperand(depth)
        return operand instanceof ExpressionError ? operand : this.#apply('^', operand, numberExpression(-1))
      }
      case 33: {
        cursor.position++
        const operand = this.#unaryOperand(depth)
        if (operand instanceof ExpressionError) return operand
        const isZero = this.#apply('==', operand, numberExpression(0))
        return isZero instanceof ExpressionError ? isZero : this.#apply('&', isZero, numberExpression(1))
      }
      case 39:
        return this.#character()
    }
    return new ExpressionError('an expression is missing')
  }

  #enclosed(depth: number, closing: number, character: string): Expression | ExpressionError {
    const cursor = this.#cursor
    cursor.position++
    const inner = this.parse(0, depth + 1)
    if (inner instanceof ExpressionError) return inner
    return cursor.take(closing) ? this.#modified(inner) : new ExpressionError(`a closing '${character}' is missing`)
  }

  /** `%rax == %rbx`: registers can be compared, as macros do with their arguments, and nothing else. */
  #registerComparison(): Expression | ExpressionError {
    const register = this.#register()
    return register instanceof ExpressionError ? register : this.#compareRegister(register)
  }

  #compareRegister(left: number): Expression | ExpressionError {
    const operator = this.#operator()
    if (operator !== '==' && operator !== '!=')
      return new ExpressionError('a register has no value; it can be compared with another one by ==')
    this.#cursor.position += 2
    const right = this.#register()
    if (right instanceof ExpressionError) return right
    return numberExpression((left === right) === (operator === '==') ? -1 : 0)
  }

  #register(): number | ExpressionError {
    const cursor = this.#cursor
    const hasSign = cursor.take(37)
    const name = cursor.name()
    const register = hasSign ? registersByName.get(name.toLowerCase()) : this.#scope.symbols.find(name)?.register
    return register || new ExpressionError(`a register is expected here, not '${hasSign ? '%' : ''}${name}'`)
  }

  #unaryOperand(depth: number): Expression | ExpressionError {
    return depth > deepestExpression
      ? new ExpressionError('the expression is nested too deeply')
      : this.primary(depth + 1)
  }

  #apply(operator: string, left: Expression, right: Expression): Expression | ExpressionError {
    const result = combine(operator, left, right, distance)
    if (!result) return new ExpressionError('division by zero')
    return result.depth > deepestExpression ? new ExpressionError('the expression is too complex') : result
  }

  /** 'c, '\n, '\\; a closing quote may follow. */
  #character(): Expression | ExpressionError {
    const cursor = this.#cursor
    let code = cursor.text.charCodeAt(cursor.position + 1)
    if (code === 10) return new ExpressionError("a character is missing behind '")
    cursor.position += 2
    if (code === 92) {
      const escaped = cursor.text[cursor.position++]
      const known: Record<string, number> = { b: 8, t: 9, n: 10, f: 12, r: 13 }
      code = known[escaped] ?? escaped.charCodeAt(0)
    }
    if (cursor.text.charCodeAt(cursor.position) === 39) cursor.position++
    return numberExpression(code)
  }

  #number(): Expression | ExpressionError {
    const cursor = this.#cursor
    const { text } = cursor
    const start = cursor.position
    let at = start
    let value = 0
    let code = text.charCodeAt(at)
    while (code >= 48 && code <= 57) {
      value = value * 10 + code - 48
      code = text.charCodeAt(++at)
    }
    const isPlain = !(characterClass[code] & CharacterClass.namePart)
    if (isPlain && (text.charCodeAt(start) !== 48 || at === start + 1)) {
      cursor.position = at
      if (Number.isSafeInteger(value)) return this.#modified(numberExpression(value))
      return numeral(text.substring(start, Math.min(at, start + 100)))
    }
    while (characterClass[text.charCodeAt(at)] & CharacterClass.namePart) at++
    cursor.position = at
    return this.#spelledNumber(text.substring(start, at).toLowerCase())
  }

  /** 0x1f, 0b101, 017, 1f, 1b, and in Intel syntax 1fh. */
  #spelledNumber(word: string): Expression | ExpressionError {
    const numbered = /^([0-9]+)([fb])$/.exec(word)
    if (numbered) {
      const number = Number(numbered[1])
      const label = numbered[2] === 'f' ? this.#scope.symbols.forward(number) : this.#scope.symbols.backward(number)
      if (!label) return new ExpressionError(`there is no label ${number}: before this`)
      return this.#modified(new Expression(label, undefined, 0))
    }
    if (/^0x[0-9a-f]+$|^0b[01]+$/.test(word)) return numeral(word)
    if (/^0[0-7]+$/.test(word)) return numeral(`0o${word.slice(1)}`)
    const hexadecimal = this.#scope.isIntel && /^([0-9][0-9a-f]*)h$/.exec(word)
    if (hexadecimal) return numeral(`0x${hexadecimal[1]}`)
    return new ExpressionError(`${word} is not a number`)
  }

  /** What a symbol of .eqv stands for here. */
  #reread(text: string, depth: number): Expression | ExpressionError {
    if (++this.#rereads > mostRereads) return new ExpressionError('.eqv leads back to itself, or on to too many others')
    const outer = this.#cursor
    this.#cursor = new Cursor()
    this.#cursor.text = `${text}\n`
    const value = this.parse(0, depth + 1)
    this.#cursor = outer
    return value
  }

  #name(depth: number): Expression | ExpressionError {
    const { symbols, isIntel, subsection } = this.#scope
    const cursor = this.#cursor
    const isPlain = cursor.takeName()
    const { text, nameStart, nameEnd, nameHash } = cursor
    const quoted = isPlain ? '' : cursor.name()
    if (!isPlain && quoted === '') return new ExpressionError('a quote that is opened is not closed')
    const first = text.charCodeAt(nameStart)
    if (isPlain && nameEnd === nameStart + 1 && (first === 46 || (first === 36 && isIntel)))
      return this.#modified(new Expression(anonymousLabel(subsection), undefined, 0))
    const symbolOf = () =>
      isPlain ? symbols.findOrAddPart(text, nameStart, nameEnd, nameHash) : symbols.findOrAdd(quoted)
    // In AT&T syntax gas looks for the modifier first: _GLOBAL_OFFSET_TABLE_ is named before the symbol.
    if (isIntel) symbolOf()
    const modifier = this.#modifier()
    if (modifier instanceof ExpressionError) return modifier
    const symbol = symbolOf()
    if (symbol.register !== 0 && ['==', '!='].includes(this.#operator())) return this.#compareRegister(symbol.register)
    symbol.isUsed = true
    if (symbol.rereadText !== '' && modifier === '') return this.#reread(symbol.rereadText, depth)
    if (symbol.register !== 0) return new ExpressionError(`${symbol.name} stands for a register, not for a number`)
    if (modifier !== '') return new Expression(symbol, undefined, 0, modifier)
    if (symbol.state === SymbolState.value && symbol.expression && !symbol.isView) {
      const number = symbol.binding === STB.WEAK ? undefined : evaluateNumber(symbol.expression)
      if (number !== undefined) return this.#modified(numberExpression(number))
    }
    return this.#modified(new Expression(symbol, undefined, 0))
  }

  /** An expression with the modifier that may stand behind it. */
  #modified(expression: Expression): Expression | ExpressionError {
    const modifier = this.#modifier()
    if (modifier instanceof ExpressionError) return modifier
    if (modifier === '') return expression
    if (expression.operation) return new ExpressionError(`@${modifier} may only stand behind a symbol`)
    return new Expression(expression.add, expression.subtract, expression.number, modifier)
  }

  /** Takes a modifier, `@PLT`, in upper or lower case; '' if there is none. */
  #modifier(): string | ExpressionError {
    const cursor = this.#cursor
    if (cursor.text.charCodeAt(cursor.position) !== 64) return ''
    cursor.position++
    const start = cursor.position
    while (characterClass[cursor.text.charCodeAt(cursor.position)] & CharacterClass.namePart) cursor.position++
    const modifier = cursor.text.substring(start, cursor.position).toUpperCase()
    if (!isModifier(modifier)) {
      const near = suggest(modifier, modifierNames)
      return new ExpressionError(`@${modifier} is not known here${near ? `; did you mean @${near}?` : ''}`)
    }
    if (needsGot(modifier)) this.#scope.symbols.findOrAdd('_GLOBAL_OFFSET_TABLE_').isUsed = true
    return modifier
  }
}

function numeral(text: string): Expression | ExpressionError {
  const value = wordOf(text)
  return value === undefined ? new ExpressionError('the number has more than 64 bits') : numberExpression(value)
}

/** The word of a numeral; undefined for one that has more than 64 bits. */
function wordOf(text: string): Word | undefined {
  if (text.length > 64 + 2) return undefined
  const value = BigInt(text)
  return value < 2n ** 64n ? toWord(value) : undefined
}
