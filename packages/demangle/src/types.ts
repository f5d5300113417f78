import { builtinTypeOf, nullptrType, voidType } from './builtin-types.ts'
import { type Cursor, giveUp, isDigit, isUpper } from './cursor.ts'
import { parseExpression, parseLiteral } from './expressions.ts'
import { parseName, parseSourceName, parseSubstitution, withTemplateArguments } from './names.ts'
import type { FunctionNode, Node, PackNode } from './node.ts'

/** A type (Itanium C++ ABI, 5.1.5). All but built-in types and substitutions are candidates for substitution. */
export function parseType(cursor: Cursor): Node {
  cursor.enter()
  const type = isQualifier(cursor) ? cursor.remember(parseQualifiedType(cursor)) : parseUnqualifiedType(cursor)
  cursor.leave()
  return type
}

function parseUnqualifiedType(cursor: Cursor): Node {
  const next = cursor.peek()
  switch (next) {
    case 'u':
      cursor.at++
      return cursor.remember(parseSourceName(cursor))
    case 'F':
      return cursor.remember(parseFunctionType(cursor))
    case 'A':
      return cursor.remember(parseArrayType(cursor))
    case 'M': {
      cursor.at++
      const ofClass = parseType(cursor)
      return cursor.remember({ kind: 'member pointer', class: ofClass, of: parseType(cursor) })
    }
    case 'T':
      return cursor.remember(parseTemplateParameterType(cursor))
    case 'S':
      return parseSubstitutedType(cursor)
    case 'P':
      cursor.at++
      return cursor.remember({ kind: 'pointer', of: parseType(cursor) })
    case 'R':
    case 'O':
      cursor.at++
      return cursor.remember({ kind: 'reference', of: parseType(cursor), sign: next === 'R' ? '&' : '&&' })
    case 'C':
    case 'G': {
      cursor.at++
      const qualifier: Node = { kind: 'name', text: next === 'C' ? '_Complex' : '_Imaginary' }
      return cursor.remember({ kind: 'vendor qualifier', of: parseType(cursor), qualifier })
    }
    case 'U': {
      cursor.at++
      const qualifier = withTemplateArguments(cursor, parseSourceName(cursor))
      return cursor.remember({ kind: 'vendor qualifier', of: parseType(cursor), qualifier })
    }
    case 'D':
      return parseDType(cursor)
    case 'N':
    case 'Z':
      return cursor.remember(parseName(cursor))
    default:
      if (isDigit(next)) return cursor.remember(parseName(cursor))
      cursor.take(1)
      return { kind: 'builtin', type: builtinTypeOf(next) ?? giveUp() }
  }
}

/** Types of two letters, the first being D. */
function parseDType(cursor: Cursor): Node {
  const code = cursor.take(2)
  switch (code) {
    case 'Dt':
    case 'DT': {
      const expression = parseExpression(cursor)
      cursor.expect('E')
      return cursor.remember({ kind: 'decltype', expression })
    }
    case 'Dp':
      return cursor.remember({ kind: 'pack expansion', pattern: parseType(cursor) })
    case 'DF':
      return parseFloatType(cursor)
    case 'Dv': {
      const size: Node = cursor.accept('_') ? parseExpression(cursor) : { kind: 'name', text: String(cursor.number()) }
      cursor.expect('_')
      return cursor.remember({ kind: 'vector', size, of: parseType(cursor) })
    }
    default:
      return { kind: 'builtin', type: builtinTypeOf(code) ?? giveUp() }
  }
}

/** `DF16_`: _Float16; `DF32x`: _Float32x; `DF16b`: std::bfloat16_t. */
function parseFloatType(cursor: Cursor): Node {
  const bits = cursor.number()
  const text = cursor.accept('b') ? `std::bfloat${bits}_t` : `_Float${bits}${cursor.accept('x') ? 'x' : ''}`
  if (!/[xb]/.test(cursor.text.charAt(cursor.at - 1))) cursor.expect('_')
  return { kind: 'builtin', type: { text, literal: 'float' } }
}

/** Whether a qualifier of a type or a function is next. */
function isQualifier(cursor: Cursor): boolean {
  return /^(?:[rVK]|D[xoOw])/.test(cursor.peek() + cursor.peek(1))
}

function parseQualifiedType(cursor: Cursor): Node {
  const codes = /^[rVK]*/.exec(cursor.text.slice(cursor.at))?.[0] ?? ''
  const afterwards = cursor.text.charAt(cursor.at + codes.length)
  // Before a function type they are the function's: those of `this`.
  if (afterwards === 'F' || afterwards === 'D') {
    const start = cursor.at
    const qualify = parseFunctionQualifiers(cursor)
    if (cursor.peek() === 'F') return qualifyFunction(qualify, parseFunctionType(cursor))
    if (cursor.at > start + codes.length) return qualify(parseType(cursor))
    cursor.at = start
  }
  cursor.at += codes.length
  const type = parseType(cursor)
  return [...codes].reduceRight<Node>(
    (of, code) => ({ kind: 'type qualifier', of, qualifier: qualifierTexts[code] }),
    type,
  )
}

/** A function's qualifiers come before its `&` or `&&`. */
function qualifyFunction(qualify: (of: Node) => Node, type: Node): Node {
  return type.kind === 'function qualifier' ? { ...type, of: qualify(type.of) } : qualify(type)
}

const qualifierTexts: Readonly<Record<string, string>> = { r: ' restrict', V: ' volatile', K: ' const' }

/** The qualifiers of a function, first to last, as a function that puts them around its name or type. */
export function parseFunctionQualifiers(cursor: Cursor): (of: Node) => Node {
  const found: { readonly qualifier: string; readonly operand?: Node }[] = []
  for (;;) {
    if (/[rVK]/.test(cursor.peek())) found.push({ qualifier: qualifierTexts[cursor.take(1)] })
    else if (cursor.accept('Dx')) found.push({ qualifier: ' transaction_safe' })
    else if (cursor.accept('Do')) found.push({ qualifier: ' noexcept' })
    else if (cursor.accept('DO')) {
      found.push({ qualifier: ' noexcept', operand: parseExpression(cursor) })
      cursor.expect('E')
    } else if (cursor.accept('Dw')) {
      found.push({ qualifier: ' throw', operand: parseParameters(cursor) })
      cursor.expect('E')
    } else break
  }
  return (of) => found.reduceRight<Node>((of, { ...rest }) => ({ kind: 'function qualifier', of, ...rest }), of)
}

/** `F … E`, with `&` or `&&` before its end. */
function parseFunctionType(cursor: Cursor): Node {
  cursor.expect('F')
  cursor.accept('Y') // extern "C": not shown
  const type = parseFunctionSignature(cursor, true)
  const qualifier = cursor.accept('R') ? ' &' : cursor.accept('O') ? ' &&' : ''
  cursor.expect('E')
  return qualifier ? { kind: 'function qualifier', of: type, qualifier } : type
}

/** A function's result, if there is one, and its parameters. */
export function parseFunctionSignature(cursor: Cursor, withResult: boolean): FunctionNode {
  const result = cursor.accept('J') || withResult ? parseType(cursor) : undefined
  return { kind: 'function', result, parameters: parseParameters(cursor) }
}

/** One type or more; a single `void` means none. */
export function parseParameters(cursor: Cursor): Node {
  const items: Node[] = []
  while (!/^(?:$|[E.]|[RO]E)/.test(cursor.peek() + cursor.peek(1))) items.push(parseType(cursor))
  if (items.length === 0) giveUp()
  const [first] = items
  const none = items.length === 1 && first.kind === 'builtin' && first.type === voidType
  return { kind: 'list', items: none ? [] : items }
}

/** `A3_i`; the size may be an expression, or not be there. */
function parseArrayType(cursor: Cursor): Node {
  cursor.expect('A')
  const size = cursor.peek() === '_' ? undefined : parseArraySize(cursor)
  cursor.expect('_')
  return { kind: 'array', size, of: parseType(cursor) }
}

function parseArraySize(cursor: Cursor): Node {
  const start = cursor.at
  while (isDigit(cursor.peek())) cursor.at++
  if (cursor.at === start) return parseExpression(cursor)
  return { kind: 'name', text: cursor.text.slice(start, cursor.at) }
}

export function parseTemplateParameter(cursor: Cursor): Node {
  cursor.expect('T')
  return { kind: 'template parameter', index: cursor.compactNumber() }
}

/** A template parameter, or a template template parameter with its arguments. */
function parseTemplateParameterType(cursor: Cursor): Node {
  const parameter = parseTemplateParameter(cursor)
  if (cursor.peek() !== 'I') return parameter
  if (!cursor.inConversion) {
    cursor.remember(parameter)
    return withTemplateArguments(cursor, parameter)
  }
  // In `cvT_IiE` the arguments are the conversion operator's own, unless others follow them.
  const { at, substitutions } = cursor
  const remembered = substitutions.length
  const args = parseTemplateArguments(cursor)
  if (cursor.peek() === 'I') {
    cursor.remember(parameter)
    return { kind: 'template', name: parameter, arguments: args }
  }
  cursor.at = at
  substitutions.length = remembered
  return parameter
}

function parseSubstitutedType(cursor: Cursor): Node {
  const next = cursor.peek(1)
  if (next === '_' || isDigit(next) || isUpper(next)) {
    const node = parseSubstitution(cursor)
    return cursor.peek() === 'I' ? cursor.remember(withTemplateArguments(cursor, node)) : node
  }
  const name = parseName(cursor)
  return name.kind === 'standard' ? name : cursor.remember(name)
}

/** `I … E`. The name before them stays the one that constructors are called by. */
export function parseTemplateArguments(cursor: Cursor): PackNode {
  const { lastName } = cursor
  if (!cursor.accept('I')) cursor.expect('J')
  const args = parsePack(cursor)
  cursor.lastName = lastName
  return args
}

/** Template arguments up to an E. */
export function parsePack(cursor: Cursor): PackNode {
  const items: Node[] = []
  while (!cursor.accept('E')) items.push(parseTemplateArgument(cursor))
  return { kind: 'pack', items }
}

export function parseTemplateArgument(cursor: Cursor): Node {
  switch (cursor.peek()) {
    case 'X': {
      cursor.at++
      const expression = parseExpression(cursor)
      cursor.expect('E')
      return expression
    }
    case 'L':
      return parseLiteral(cursor)
    case 'I':
    case 'J': {
      cursor.enter()
      const pack = parseTemplateArguments(cursor)
      cursor.leave()
      return pack
    }
    default:
      return parseType(cursor)
  }
}

/** Whether a type is that of nullptr. */
export function isNullptrType(node: Node): boolean {
  return node.kind === 'builtin' && node.type === nullptrType
}
