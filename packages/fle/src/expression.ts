import { suggest } from '@fle/diagnostics'
import { addWords, subtractWords, type Word } from '@fle/object'
import { type FieldType, Form, fieldTypes } from '@fle/x86-64'
import type { LineCursor } from './line-cursor.ts'
import { hereBytes, matchBytes } from './line-tags.ts'
import { isDigit, nameRunEnd } from './names.ts'

/** Parentheses within parentheses beyond this are no expression that anyone wrote. */
const deepest = 100

const openParenthesis = 0x28
const closeParenthesis = 0x29
const plus = 0x2b
const minus = 0x2d
const backquote = 0x60

/** The forms that are written as a call, by name. */
export const callForms: ReadonlyMap<string, Form> = new Map(
  Object.entries(Form).filter(([name]) => name !== 'absolute' && name !== 'gotbase'),
)

const fields: ReadonlyMap<string, FieldType> = new Map(fieldTypes.map((field) => [field, field]))

/** An expression as a sum: terms, a multiple of 📍, and a number. One is filled again and again. */
export class Expression {
  field: FieldType = 'i32'
  /** How often 📍 is added, less how often it is taken away. */
  here = 0
  addend: Word = 0
  /** For each term its form, the reference it names (0 for none; see LineCursor.readReference) and 1 or -1. */
  readonly forms: Form[] = []
  readonly references: number[] = []
  readonly signs: number[] = []

  /** Empties the expression. */
  clear(): void {
    this.here = 0
    this.addend = 0
    this.forms.length = 0
    this.references.length = 0
    this.signs.length = 0
  }
}

/** Reads `WIDTH ( EXPR )` up to the end of the line; reports and returns false if it is malformed. */
export function readExpression(cursor: LineCursor, expression: Expression): boolean {
  expression.clear()
  const start = cursor.at
  const width = cursor.readRun()
  const field = fields.get(width)
  if (field === undefined) {
    cursor.error('invalid-expression', `a width is expected: ${fieldTypes.join(' ')}`, start)
    return false
  }
  expression.field = field
  if (!cursor.take(openParenthesis)) return fail(cursor, `"(" is expected after ${width}`)
  if (!readSum(cursor, expression, 1, 0)) return false
  if (!cursor.take(closeParenthesis)) return fail(cursor, '"+", "-" or ")" is expected')
  return cursor.expectEnd()
}

function readSum(cursor: LineCursor, expression: Expression, sign: number, depth: number): boolean {
  let termSign = cursor.take(minus) ? -sign : sign
  for (;;) {
    if (!readTerm(cursor, expression, termSign, depth)) return false
    if (cursor.take(plus)) termSign = sign
    else if (cursor.take(minus)) termSign = -sign
    else return true
  }
}

function readTerm(cursor: LineCursor, expression: Expression, sign: number, depth: number): boolean {
  cursor.skipBlanks()
  const first = cursor.next
  if (first === hereBytes[0] && matchBytes(cursor.text, cursor.at, hereBytes) > 0) {
    cursor.at += hereBytes.length
    expression.here += sign
    return true
  }
  if (isDigit(first)) {
    const number = cursor.readNumber()
    if (number === undefined) return false
    expression.addend = sign > 0 ? addWords(expression.addend, number) : subtractWords(expression.addend, number)
    return true
  }
  if (first === openParenthesis) {
    cursor.at++
    if (depth === deepest) return fail(cursor, 'too many parentheses within parentheses')
    if (!readSum(cursor, expression, sign, depth + 1)) return false
    return cursor.take(closeParenthesis) || fail(cursor, '"+", "-" or ")" is expected')
  }
  return readSymbolTerm(cursor, expression, sign)
}

/** Reads a symbol, a call or `gotbase`. */
function readSymbolTerm(cursor: LineCursor, expression: Expression, sign: number): boolean {
  let form: Form = Form.absolute
  let reference = 0
  const start = cursor.at
  const end = nameRunEnd(cursor.text, start, cursor.end)
  if (isGotbase(cursor.text, start, end)) {
    cursor.at = end
    form = Form.gotbase
  } else if (isCall(cursor, end)) {
    const name = cursor.readRun()
    const called = callForms.get(name)
    if (called === undefined) return unknownFunction(cursor, name, start)
    form = called
    cursor.take(openParenthesis)
    cursor.skipBlanks()
    if (cursor.next !== closeParenthesis) {
      reference = cursor.readReference()
      if (reference === 0) return false
    }
    if (!cursor.take(closeParenthesis)) return fail(cursor, `")" is expected after the symbol of ${name}(`)
  } else if (end === start && cursor.next !== backquote) {
    return fail(cursor, 'a symbol, a number or 📍 is expected')
  } else {
    reference = cursor.readReference()
    if (reference === 0) return false
  }
  expression.forms.push(form)
  expression.references.push(reference)
  expression.signs.push(sign)
  return true
}

function unknownFunction(cursor: LineCursor, name: string, start: number): false {
  const nearest = suggest(name, callForms.keys())
  const hint = nearest === undefined ? undefined : `did you mean ${nearest}(…)?`
  cursor.error('invalid-expression', `there is no function ${name}(…)`, start, hint)
  return false
}

/** Whether a run of name bytes that ends at `end` is followed by a parenthesis. */
function isCall(cursor: LineCursor, end: number): boolean {
  if (end === cursor.at) return false
  let at = end
  while (at < cursor.end && cursor.text[at] === 0x20) at++
  return at < cursor.end && cursor.text[at] === openParenthesis
}

function isGotbase(text: Uint8Array, start: number, end: number): boolean {
  return end - start === 7 && text[start] === 0x67 && String.fromCharCode(...text.subarray(start, end)) === 'gotbase'
}

function fail(cursor: LineCursor, message: string): false {
  cursor.error('invalid-expression', message)
  return false
}
