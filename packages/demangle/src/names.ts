import { type Cursor, giveUp, isDigit, isLower, isUpper } from './cursor.ts'
import { parseEnclosingFunction } from './encodings.ts'
import type { Node } from './node.ts'
import { operatorOf } from './operators.ts'
import { standardName } from './standard-names.ts'
import {
  parseFunctionQualifiers,
  parseParameters,
  parseTemplateArguments,
  parseTemplateParameter,
  parseType,
} from './types.ts'

// The grammar is recursive, and so are the modules it is written in: names hold types, types hold names.

/** A name (Itanium C++ ABI, 5.1.3). */
export function parseName(cursor: Cursor): Node {
  cursor.enter()
  const name = parseAnyName(cursor)
  cursor.leave()
  return name
}

function parseAnyName(cursor: Cursor): Node {
  switch (cursor.peek()) {
    case 'N':
      return parseNestedName(cursor)
    case 'Z':
      return parseLocalName(cursor)
    case 'S':
      if (cursor.peek(1) !== 't') return withTemplateArguments(cursor, parseSubstitution(cursor))
      cursor.at += 2
      return parseUnscopedName(cursor, { kind: 'name', text: 'std' })
    case 'U':
      return parseUnqualifiedName(cursor, undefined)
    default:
      return parseUnscopedName(cursor, undefined)
  }
}

function parseUnscopedName(cursor: Cursor, scope: Node | undefined): Node {
  const name = parseUnqualifiedName(cursor, scope)
  if (cursor.peek() === 'I') cursor.remember(name)
  return withTemplateArguments(cursor, name)
}

/** The name itself, or with the arguments that follow it. */
export function withTemplateArguments(cursor: Cursor, name: Node): Node {
  return cursor.peek() === 'I' ? { kind: 'template', name, arguments: parseTemplateArguments(cursor) } : name
}

/** `N … E`: a name in namespaces and classes, or a member function with its qualifiers. */
function parseNestedName(cursor: Cursor): Node {
  cursor.expect('N')
  const qualify = parseFunctionQualifiers(cursor)
  const reference = cursor.accept('R') ? ' &' : cursor.accept('O') ? ' &&' : ''
  const name = qualify(parsePrefix(cursor, true))
  cursor.expect('E')
  return reference ? { kind: 'function qualifier', of: name, qualifier: reference } : name
}

/** The parts of a nested name up to its E. Each but the whole is a candidate for substitution, if any is. */
export function parsePrefix(cursor: Cursor, candidates: boolean): Node {
  let prefix: Node | undefined
  for (;;) {
    const next = cursor.peek()
    if (next === 'E') return prefix ?? giveUp()
    if (next === 'M') {
      cursor.at++ // what follows is a lambda in the initializer of the variable before
      continue
    }
    if (next === 'S' && !prefix) {
      prefix = parseSubstitution(cursor)
      continue
    }
    if (next === 'I' && prefix) prefix = { kind: 'template', name: prefix, arguments: parseTemplateArguments(cursor) }
    else if (next === 'T' && !prefix) prefix = parseTemplateParameter(cursor)
    else if (/^D[tT]/.test(next + cursor.peek(1)) && !prefix) prefix = parseType(cursor)
    else prefix = parseUnqualifiedName(cursor, prefix)
    if (candidates && cursor.peek() !== 'E') cursor.remember(prefix)
  }
}

/** A name without its scope, which is put before it if it is given. */
export function parseUnqualifiedName(cursor: Cursor, scope: Node | undefined): Node {
  const name = parseAbiTags(cursor, parseBareName(cursor))
  return scope ? { kind: 'qualified', scope, name } : name
}

function parseBareName(cursor: Cursor): Node {
  const next = cursor.peek()
  if (isDigit(next)) return parseSourceName(cursor)
  if (isLower(next)) return parseOperatorAsName(cursor)
  switch (next) {
    case 'C':
      return parseConstructor(cursor)
    case 'D':
      return cursor.accept('DC') ? parseStructuredBinding(cursor) : parseDestructor(cursor)
    case 'L': {
      cursor.at++ // internal linkage
      const name = parseSourceName(cursor)
      passDiscriminator(cursor)
      return name
    }
    case 'U':
      if (cursor.accept('Ul')) return parseLambda(cursor)
      if (!cursor.accept('Ut')) giveUp()
      return cursor.remember({ kind: 'unnamed type', number: cursor.compactNumber() })
    default:
      return giveUp()
  }
}

/** A length and as many characters. */
export function parseSourceName(cursor: Cursor): Node {
  const length = cursor.number()
  if (length === 0) giveUp()
  const text = cursor.take(length)
  const anonymous = /^_GLOBAL_[._$]N/.test(text)
  cursor.lastName = { kind: 'name', text: anonymous ? '(anonymous namespace)' : text }
  return cursor.lastName
}

function parseAbiTags(cursor: Cursor, name: Node): Node {
  const { lastName } = cursor
  let tagged = name
  while (cursor.accept('B')) tagged = { kind: 'tagged', name: tagged, tag: parseSourceName(cursor) }
  cursor.lastName = lastName
  return tagged
}

function parseOperatorAsName(cursor: Cursor): Node {
  const { inExpression } = cursor
  if (cursor.accept('on')) cursor.inExpression = false
  const operator = parseOperator(cursor)
  cursor.inExpression = inExpression
  if (operator.kind !== 'operator' || operator.operator.code !== 'li') return operator
  return { kind: 'literal operator', suffix: parseSourceName(cursor) }
}

/** An operator by its code; with a type, if it converts to it. */
export function parseOperator(cursor: Cursor): Node {
  if (cursor.peek() === 'v' && isDigit(cursor.peek(1))) {
    const operands = Number(cursor.take(2)[1])
    return { kind: 'vendor operator', name: parseSourceName(cursor), operands }
  }
  const code = cursor.take(2)
  if (code !== 'cv') return { kind: 'operator', operator: operatorOf(code) ?? giveUp() }
  const { inConversion } = cursor
  cursor.inConversion = !cursor.inExpression
  const type = parseType(cursor)
  const kind = cursor.inConversion ? 'conversion' : 'cast'
  cursor.inConversion = inConversion
  return { kind, type }
}

function parseConstructor(cursor: Cursor): Node {
  cursor.expect('C')
  const inherited = cursor.accept('I')
  if (!/[1-5]/.test(cursor.take(1))) giveUp()
  if (inherited) parseType(cursor)
  return { kind: 'constructor', name: cursor.lastName ?? giveUp() }
}

function parseDestructor(cursor: Cursor): Node {
  if (!/D[01245]/.test(cursor.take(2))) giveUp()
  return { kind: 'destructor', name: cursor.lastName ?? giveUp() }
}

function parseStructuredBinding(cursor: Cursor): Node {
  const items: Node[] = []
  do items.push(parseSourceName(cursor))
  while (!cursor.accept('E'))
  return { kind: 'structured binding', names: { kind: 'list', items } }
}

function parseLambda(cursor: Cursor): Node {
  const parameters = parseParameters(cursor)
  cursor.expect('E')
  return { kind: 'lambda', parameters, number: cursor.compactNumber() }
}

/** `Z … E …`: a name in a function. */
function parseLocalName(cursor: Cursor): Node {
  cursor.expect('Z')
  const scope = parseEnclosingFunction(cursor)
  cursor.expect('E')
  if (cursor.accept('s')) {
    passDiscriminator(cursor)
    return { kind: 'local', scope, name: { kind: 'name', text: 'string literal' } }
  }
  const argument = cursor.accept('d') ? cursor.compactNumber() : undefined
  const name = parseName(cursor)
  // Lambdas and unnamed types are numbered themselves.
  if (name.kind !== 'lambda' && name.kind !== 'unnamed type') passDiscriminator(cursor)
  if (argument === undefined) return { kind: 'local', scope, name }
  return { kind: 'local', scope, name: { kind: 'default argument', number: argument, name } }
}

/** Which of the names spelt alike in a function it is, `_1` or `__10_`: not shown. */
function passDiscriminator(cursor: Cursor): void {
  if (!cursor.accept('_')) return
  const long = cursor.accept('_')
  if (cursor.number() >= 10 && long) cursor.expect('_')
}

/** `S_`, `S0_`, …, or an abbreviation of the standard library. */
export function parseSubstitution(cursor: Cursor): Node {
  cursor.expect('S')
  const next = cursor.peek()
  if (next === '_' || isDigit(next) || isUpper(next)) {
    return cursor.substitutions[parseSequenceNumber(cursor)] ?? giveUp()
  }
  const standard = standardName(cursor.take(1)) ?? giveUp()
  if (standard.lastName) cursor.lastName = standard.lastName
  if (cursor.peek() !== 'B') return standard.node
  return cursor.remember(parseAbiTags(cursor, standard.node))
}

/** `_` is 0; then numbers of base 36, beginning with 1. */
function parseSequenceNumber(cursor: Cursor): number {
  if (cursor.accept('_')) return 0
  const end = cursor.text.indexOf('_', cursor.at)
  const digits = cursor.text.slice(cursor.at, end)
  if (end < 0 || !/^[0-9A-Z]{1,5}$/.test(digits)) giveUp()
  cursor.at = end + 1
  return Number.parseInt(digits, 36) + 1
}
