// The expressions of --defsym: sums of numbers and symbols.

import { parseAddress } from './option-values.ts'

/** A sum: what each of its terms is multiplied with, 1 or -1, and what it is. */
interface SymbolExpression {
  /** The sum of the numbers; exact. */
  readonly constant: number
  readonly symbols: readonly { readonly name: string; readonly sign: 1 | -1 }[]
}

/** `SYMBOL=EXPRESSION` of a command line. */
export interface SymbolDefinition {
  readonly name: string
  readonly expression: SymbolExpression
}

/** A term, with its sign: a number with C's notations and perhaps K or M behind it, or a symbol. */
const term = /\s*([-+]?)\s*(?:(0x[\da-f]+|\d+)([km]?)|([A-Za-z_.$][\w.$@]*))\s*/iy

/** Parses `SYMBOL=EXPRESSION`; undefined if it is none, or a number in it is beyond what can be held exactly. */
export function parseDefinition(text: string): SymbolDefinition | undefined {
  const equals = text.indexOf('=')
  const name = text.slice(0, equals).trim()
  if (equals < 0 || !/^[A-Za-z_.$][\w.$@]*$/.test(name)) return undefined
  const expression = parseExpression(text.slice(equals + 1))
  return expression && { name, expression }
}

function parseExpression(text: string): SymbolExpression | undefined {
  let constant = 0
  const symbols: { name: string; sign: 1 | -1 }[] = []
  term.lastIndex = 0
  for (let at = 0; at < text.length || at === 0; at = term.lastIndex) {
    const match = term.exec(text)
    // Terms stand side by side only with an operator between them.
    if (!match || (at > 0 && match[1] === '')) return undefined
    const [, operator, digits, unit, name] = match
    const sign = operator === '-' ? -1 : 1
    if (name !== undefined) symbols.push({ name, sign })
    else constant += sign * numberOf(digits, unit)
  }
  return Number.isSafeInteger(constant) ? { constant, symbols } : undefined
}

function numberOf(digits: string, unit: string): number {
  const octal = /^0[0-7]+$/.test(digits)
  const value = octal ? Number.parseInt(digits, 8) : (parseAddress(digits, 0) ?? Number.NaN)
  return value * (unit === '' ? 1 : unit.toLowerCase() === 'k' ? 1024 : 1024 * 1024)
}
