import type { Word } from '@fle/object'
import type { Assembly } from './assembly.ts'
import type { Directive } from './directives.ts'

/** How deep .if may be nested. */
const deepestCondition = 10_000

/** A directive that opens a conditional part. `test` reads the arguments and says whether it is read. */
function opening(test: (assembly: Assembly) => boolean | undefined): Directive {
  return (assembly) => {
    const { conditions, sources, cursor } = assembly
    if (conditions.length >= deepestCondition) {
      assembly.error('too-deep', `.if is nested more than ${deepestCondition} deep`)
      return
    }
    const isRead = conditions.length === 0 || conditions[conditions.length - 1].isActive
    const isActive = isRead && test(assembly) === true
    if (!isRead) cursor.skipStatement()
    conditions.push({ isActive, isDone: isActive || !isRead, hasElse: false, place: sources.place })
  }
}

/** `.if EXPRESSION` and `.ifgt` and so on: a comparison with zero. */
export function ifNumber(test: (value: Word) => boolean): Directive {
  return opening((assembly) => {
    const value = assembly.number('a condition')
    return value === undefined ? undefined : test(value)
  })
}

/** `.ifdef NAME`, `.ifndef NAME` */
export function ifDefined(wanted: boolean): Directive {
  return opening((assembly) => {
    const symbol = assembly.symbols.find(assembly.cursor.name())
    const isDefined = symbol?.isDefined === true && symbol.register === 0
    return isDefined === wanted
  })
}

/** `.ifb TEXT`, `.ifnb TEXT` */
export function ifBlank(wanted: boolean): Directive {
  return opening((assembly) => (assembly.cursor.rest() === '') === wanted)
}

/** `.ifc A, B`, `.ifeqs "A", "B"` */
export function ifSame(wanted: boolean): Directive {
  return opening((assembly) => {
    const left = comparedText(assembly)
    assembly.cursor.takeComma()
    const right = comparedText(assembly)
    return (left === right) === wanted
  })
}

function comparedText({ cursor }: Assembly): string {
  const quote = cursor.peek()
  const { text } = cursor
  const start = cursor.position
  if (quote === 34 || quote === 39) {
    const close = text.indexOf(text[start], start + 1)
    const lineEnd = text.indexOf('\n', start)
    if (close > 0 && close < lineEnd) {
      cursor.position = close + 1
      return text.substring(start + 1, close)
    }
  }
  while (!/[,\n;#]/.test(text[cursor.position])) cursor.position++
  return text.substring(start, cursor.position).trim()
}

export const elseIf: Directive = (assembly) => {
  const condition = assembly.conditions.at(-1)
  if (!condition || condition.hasElse) {
    assembly.error('bad-directive', '.elseif without .if')
    return
  }
  condition.isActive = false
  if (condition.isDone) {
    assembly.cursor.skipStatement()
    return
  }
  const value = assembly.number('a condition')
  condition.isActive = value !== undefined && value !== 0
  condition.isDone = condition.isActive
}

export const otherwise: Directive = (assembly) => {
  const condition = assembly.conditions.at(-1)
  if (!condition || condition.hasElse) {
    assembly.error('bad-directive', '.else without .if')
    return
  }
  condition.hasElse = true
  condition.isActive = !condition.isDone
  condition.isDone = true
}

export const endIf: Directive = (assembly) => {
  if (!assembly.conditions.pop()) assembly.error('bad-directive', '.endif without .if')
}
