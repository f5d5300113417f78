import { type Cursor, giveUp, isDigit } from './cursor.ts'
import { parseInnerEncoding } from './encodings.ts'
import { parseOperator, parsePrefix, parseSourceName, parseUnqualifiedName, withTemplateArguments } from './names.ts'
import type { Node } from './node.ts'
import type { Operator } from './operators.ts'
import { isNullptrType, parsePack, parseTemplateParameter, parseType } from './types.ts'

/** An expression (Itanium C++ ABI, 5.1.6), as in `decltype` and in template arguments. */
export function parseExpression(cursor: Cursor): Node {
  const { inExpression } = cursor
  cursor.enter()
  cursor.inExpression = true
  const expression = parsePrimary(cursor)
  cursor.inExpression = inExpression
  cursor.leave()
  return expression
}

function parsePrimary(cursor: Cursor): Node {
  const next = cursor.peek()
  if (next === 'L') return parseLiteral(cursor)
  if (next === 'T') return parseTemplateParameter(cursor)
  if (cursor.accept('sr')) {
    const scope = parseUnresolvedScope(cursor)
    return withTemplateArguments(cursor, parseUnqualifiedName(cursor, scope))
  }
  if (cursor.accept('sp')) return { kind: 'pack expansion', pattern: parseExpression(cursor) }
  if (cursor.accept('fpT')) return { kind: 'function parameter', index: 0 }
  if (cursor.accept('fp')) return { kind: 'function parameter', index: cursor.compactNumber() + 1 }
  if (isDigit(next) || cursor.startsWith('on')) {
    cursor.accept('on')
    return withTemplateArguments(cursor, parseUnqualifiedName(cursor, undefined))
  }
  if (cursor.accept('il')) return { kind: 'initializer list', type: undefined, items: parseExpressions(cursor, 'E') }
  if (cursor.accept('tl')) {
    const type = parseType(cursor)
    return { kind: 'initializer list', type, items: parseExpressions(cursor, 'E') }
  }
  if (cursor.accept('u')) {
    const name = parseSourceName(cursor)
    return { kind: 'vendor expression', name, arguments: parsePack(cursor) }
  }
  return parseOperation(cursor)
}

/** What is before the :: of a name that only instantiation resolves. */
function parseUnresolvedScope(cursor: Cursor): Node {
  if (!isDigit(cursor.peek()) || cursor.scopesAreTypes) return parseType(cursor)
  cursor.sawScope = true
  const scope = parsePrefix(cursor, false)
  cursor.expect('E')
  return scope
}

/** Expressions up to `end`. */
function parseExpressions(cursor: Cursor, end: string): Node {
  const items: Node[] = []
  while (!cursor.accept(end)) items.push(parseExpression(cursor))
  return { kind: 'list', items }
}

function parseOperation(cursor: Cursor): Node {
  const node = parseOperator(cursor)
  if (node.kind === 'cast') {
    const operand = cursor.accept('_') ? parseExpressions(cursor, 'E') : parseExpression(cursor)
    return { kind: 'unary', operator: node, operand, suffix: false }
  }
  if (node.kind === 'vendor operator') {
    if (node.operands === 0) return { kind: 'nullary', operator: node }
    if (node.operands === 1) return { kind: 'unary', operator: node, operand: parseExpression(cursor), suffix: false }
    return giveUp()
  }
  if (node.kind !== 'operator') return giveUp()
  const { operator } = node
  switch (operator.operands) {
    case 0:
      return { kind: 'nullary', operator: node }
    case 1:
      return parseUnary(cursor, operator)
    case 2:
      return parseBinary(cursor, operator)
    default:
      return parseTernary(cursor, operator)
  }
}

function parseUnary(cursor: Cursor, operator: Operator): Node {
  const { code } = operator
  const suffix = (code === 'pp' || code === 'mm') && !cursor.accept('_')
  const operand = code === 'st' ? parseType(cursor) : code === 'sP' ? parsePack(cursor) : parseExpression(cursor)
  return { kind: 'unary', operator: { kind: 'operator', operator }, operand, suffix }
}

function parseBinary(cursor: Cursor, operator: Operator): Node {
  const { code } = operator
  switch (code) {
    case 'fl':
    case 'fr': {
      const folded = parseOperator(cursor)
      const operand = parseExpression(cursor)
      if (code === 'fl') return { kind: 'fold', operator: folded, left: undefined, right: operand }
      return { kind: 'fold', operator: folded, left: operand, right: undefined }
    }
    case 'di':
    case 'dx': {
      const member = code === 'di'
      const first = member ? parseUnqualifiedName(cursor, undefined) : parseExpression(cursor)
      return { kind: 'designator', first, member, value: parseExpression(cursor) }
    }
    case 'cl': {
      const left = parseExpression(cursor)
      return { kind: 'binary', operator, left, right: parseExpressions(cursor, 'E') }
    }
    case 'dt':
    case 'pt': {
      const left = parseExpression(cursor)
      return { kind: 'binary', operator, left, right: parseMember(cursor) }
    }
    case 'cc':
    case 'dc':
    case 'rc':
    case 'sc': {
      const left = parseType(cursor)
      return { kind: 'binary', operator, left, right: parseExpression(cursor) }
    }
    default: {
      const left = parseExpression(cursor)
      return { kind: 'binary', operator, left, right: parseExpression(cursor) }
    }
  }
}

/** What follows `.` or `->`: a name, which older compilers wrote without the `on` of operators. */
function parseMember(cursor: Cursor): Node {
  if (cursor.startsWith('gs') || cursor.startsWith('sr')) return parseExpression(cursor)
  return withTemplateArguments(cursor, parseUnqualifiedName(cursor, undefined))
}

function parseTernary(cursor: Cursor, operator: Operator): Node {
  switch (operator.code) {
    case 'qu': {
      const test = parseExpression(cursor)
      const yes = parseExpression(cursor)
      return { kind: 'conditional', test, yes, no: parseExpression(cursor) }
    }
    case 'dX': {
      const first = parseExpression(cursor)
      const last = parseExpression(cursor)
      return { kind: 'designator', first, last, member: false, value: parseExpression(cursor) }
    }
    case 'fL':
    case 'fR': {
      const folded = parseOperator(cursor)
      const left = parseExpression(cursor)
      return { kind: 'fold', operator: folded, left, right: parseExpression(cursor) }
    }
    default: {
      const placement = parseExpressions(cursor, '_')
      const type = parseType(cursor)
      return { kind: 'new', placement, type, initializer: parseInitializer(cursor) }
    }
  }
}

/** What `new` initializes with. */
function parseInitializer(cursor: Cursor): Node | undefined {
  if (cursor.accept('E')) return undefined
  if (cursor.accept('pi')) return parseExpressions(cursor, 'E')
  return cursor.startsWith('il') ? parseExpression(cursor) : giveUp()
}

/** `L … E`: a number with its type, or the name of a function or an object. */
export function parseLiteral(cursor: Cursor): Node {
  cursor.expect('L')
  // Old compilers left the `_` of `_Z` out.
  if (cursor.accept('_Z') || cursor.accept('Z')) {
    const name = parseInnerEncoding(cursor)
    cursor.expect('E')
    return name
  }
  const type = parseType(cursor)
  if (isNullptrType(type) && cursor.accept('E')) return type
  const negative = cursor.accept('n')
  const end = cursor.text.indexOf('E', cursor.at)
  if (end <= cursor.at) giveUp()
  const value = cursor.take(end - cursor.at)
  cursor.expect('E')
  return { kind: 'literal', type, negative, value }
}
