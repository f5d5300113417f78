import { type Cursor, giveUp, isDigit, isLower } from './cursor.ts'
import { parseName } from './names.ts'
import type { Node, TypedNode } from './node.ts'
import { parseFunctionSignature, parseTemplateArgument, parseType } from './types.ts'

/**
 * A whole mangled name (Itanium C++ ABI, 5.1.2), with the suffixes of compilers' copies: `_Z1fv.cold`.
 */
export function parseMangledName(cursor: Cursor): Node {
  cursor.expect('_Z')
  let node = parseEncoding(cursor)
  while (cursor.peek() === '.' && (isSuffixLetter(cursor.peek(1)) || isDigit(cursor.peek(1)))) {
    node = { kind: 'clone', of: node, suffix: parseCloneSuffix(cursor) }
  }
  return node
}

/** `.isra.0`, `.cold`, `.123`: a word, then numbers. */
function parseCloneSuffix(cursor: Cursor): string {
  const start = cursor.at++
  while (isSuffixLetter(cursor.peek()) || isDigit(cursor.peek())) cursor.at++
  while (cursor.peek() === '.' && isDigit(cursor.peek(1))) {
    cursor.at++
    while (isDigit(cursor.peek())) cursor.at++
  }
  return cursor.text.slice(start, cursor.at)
}

function isSuffixLetter(character: string): boolean {
  return isLower(character) || character === '_'
}

/** The name of a function with its type, the name of a variable, or what a compiler makes of either. */
function parseEncoding(cursor: Cursor): Node {
  const next = cursor.peek()
  if (next === 'G' || next === 'T') return parseSpecialName(cursor)
  const name = parseName(cursor)
  if (cursor.peek() === '' || cursor.peek() === 'E') return name
  return { kind: 'typed', name, type: parseFunctionSignature(cursor, hasResult(name)) }
}

/** An encoding within a name: a local function is shown without its result, which would seem to be the outer name's. */
export function parseInnerEncoding(cursor: Cursor): Node {
  cursor.enter()
  const encoding = parseEncoding(cursor)
  cursor.leave()
  return encoding.kind === 'typed' && encoding.name.kind === 'local' ? withoutResult(encoding) : encoding
}

/** The function that a local name belongs to: shown without its result, which would seem to be the local name's. */
export function parseEnclosingFunction(cursor: Cursor): Node {
  const encoding = parseInnerEncoding(cursor)
  return encoding.kind === 'typed' ? withoutResult(encoding) : encoding
}

function withoutResult(encoding: TypedNode): Node {
  return { ...encoding, type: { ...encoding.type, result: undefined } }
}

/** Whether a function's type begins with its result: those of templates do, unless the name says it. */
function hasResult(name: Node): boolean {
  if (name.kind === 'template') return !saysResult(name.name)
  if (name.kind === 'function qualifier') return hasResult(name.of)
  return name.kind === 'local' && hasResult(name.name)
}

function saysResult(name: Node): boolean {
  if (name.kind === 'qualified' || name.kind === 'local') return saysResult(name.name)
  return name.kind === 'constructor' || name.kind === 'destructor' || name.kind === 'conversion'
}

const describedTypes: Readonly<Record<string, string>> = {
  TV: 'vtable for ',
  TT: 'VTT for ',
  TI: 'typeinfo for ',
  TS: 'typeinfo name for ',
  TF: 'typeinfo fn for ',
  TJ: 'java Class for ',
}

const describedNames: Readonly<Record<string, string>> = {
  TH: 'TLS init function for ',
  TW: 'TLS wrapper function for ',
  GV: 'guard variable for ',
}

const describedEncodings: Readonly<Record<string, string>> = {
  GA: 'hidden alias for ',
  GTn: 'non-transaction clone for ',
  GTt: 'transaction clone for ',
}

/** What compilers make besides what the source says (Itanium C++ ABI, 5.1.4). */
function parseSpecialName(cursor: Cursor): Node {
  const code = cursor.take(2)
  if (code in describedTypes) return { kind: 'described', description: describedTypes[code], of: parseType(cursor) }
  if (code in describedNames) return { kind: 'described', description: describedNames[code], of: parseName(cursor) }
  switch (code) {
    case 'TA':
      return { kind: 'described', description: 'template parameter object for ', of: parseTemplateArgument(cursor) }
    case 'TC': {
      const derived = parseType(cursor)
      cursor.number()
      cursor.expect('_')
      return { kind: 'construction vtable', derived, base: parseType(cursor) }
    }
    case 'Th':
    case 'Tv':
      parseCallOffset(cursor, code[1])
      return describeEncoding(cursor, code === 'Th' ? 'non-virtual thunk to ' : 'virtual thunk to ')
    case 'Tc':
      parseCallOffset(cursor, cursor.take(1))
      parseCallOffset(cursor, cursor.take(1))
      return describeEncoding(cursor, 'covariant return thunk to ')
    case 'GR': {
      const name = parseName(cursor)
      return { kind: 'reference temporary', name, number: { kind: 'name', text: String(cursor.number()) } }
    }
    case 'GA':
      return describeEncoding(cursor, describedEncodings.GA)
    case 'GT': {
      const kind = cursor.take(1)
      return describeEncoding(cursor, describedEncodings[kind === 'n' ? 'GTn' : 'GTt'])
    }
    default:
      return giveUp()
  }
}

function describeEncoding(cursor: Cursor, description: string): Node {
  return { kind: 'described', description, of: parseInnerEncoding(cursor) }
}

/** By how much a thunk moves `this`: not shown. */
function parseCallOffset(cursor: Cursor, kind: string): void {
  if (kind !== 'h' && kind !== 'v') giveUp()
  passSignedNumber(cursor)
  cursor.expect('_')
  if (kind === 'v') {
    passSignedNumber(cursor)
    cursor.expect('_')
  }
}

function passSignedNumber(cursor: Cursor): void {
  cursor.accept('n')
  cursor.number()
}
