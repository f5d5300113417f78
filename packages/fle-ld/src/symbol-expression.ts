// The expressions of --defsym: sums of numbers and symbols.

import { addWords, subtractWords, toWord, type Word } from '@fle/object'

/** A sum: of numbers, and of symbols that are added or subtracted. */
export interface SymbolExpression {
  /** The sum of the numbers, modulo 2^64. */
  readonly constant: Word
  readonly symbols: readonly { readonly name: string; readonly sign: 1 | -1 }[]
}

/** `SYMBOL=EXPRESSION` of a command line. */
export interface SymbolDefinition {
  readonly name: string
  readonly expression: SymbolExpression
}

/** A term, with its sign: a number with C's notations and perhaps K or M behind it, or a symbol. */
const term = /\s*([-+]?)\s*(?:(0x[\da-f]{1,16}|\d{1,22})([km]?)|([A-Za-z_.$][\w.$@]*))\s*/iy

/** Parses `SYMBOL=EXPRESSION`; undefined if it is none. */
export function parseDefinition(text: string): SymbolDefinition | undefined {
  const equals = text.indexOf('=')
  const name = text.slice(0, equals).trim()
  if (equals < 0 || !/^[A-Za-z_.$][\w.$@]*$/.test(name)) return undefined
  const expression = parseExpression(text.slice(equals + 1))
  return expression && { name, expression }
}

function parseExpression(text: string): SymbolExpression | undefined {
  let constant: Word = 0
  const symbols: { name: string; sign: 1 | -1 }[] = []
  term.lastIndex = 0
  for (let at = 0; at < text.length || at === 0; at = term.lastIndex) {
    const match = term.exec(text)
    // Terms stand side by side only with an operator between them.
    if (!match || (at > 0 && match[1] === '')) return undefined
    const [, operator, digits, unit, name] = match
    const isNegative = operator === '-'
    if (name !== undefined) symbols.push({ name, sign: isNegative ? -1 : 1 })
    else constant = (isNegative ? subtractWords : addWords)(constant, numberOf(digits, unit))
  }
  return { constant, symbols }
}

function numberOf(digits: string, unit: string): Word {
  // A leading zero is octal, unless digits beyond 7 say that it cannot be.
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return toWord(value << (unit === '' ? 0n : unit.toLowerCase() === 'k' ? 10n : 20n))
}
