import type { Assembly, Macro, MacroParameter } from './assembly.ts'
import { CharacterClass, characterClass } from './characters.ts'
import type { Directive } from './directives.ts'
import { substitute } from './macro-text.ts'

const { end, space } = CharacterClass
const openers: Readonly<Record<string, RegExp>> = {
  '.macro': /^\.macro$/i,
  '.rept': /^\.(rept|rep|irp|irpc|irep|irepc)$/i,
}
const closers: Readonly<Record<string, RegExp>> = { '.macro': /^\.endm$/i, '.rept': /^\.endr$/i }

/** `.macro NAME PARAMETERS` up to `.endm` */
export const defineMacro: Directive = (assembly) => {
  const { cursor } = assembly
  const name = cursor.name()
  if (name === '') {
    assembly.error('bad-directive', 'the name of a macro is expected here')
    return
  }
  cursor.takeComma()
  const parameters: MacroParameter[] = []
  while (!cursor.atEnd()) {
    const parameter = parseParameter(assembly)
    if (!parameter) {
      takeBody(assembly, '.macro')
      return
    }
    parameters.push(parameter)
    cursor.takeComma()
  }
  const key = name.toLowerCase()
  const isKnown = assembly.macros.has(key)
  if (isKnown) assembly.error('duplicate-macro', `macro ${name} is already defined`)
  const body = takeBody(assembly, '.macro')
  if (body !== undefined && !isKnown) assembly.macros.set(key, { name, parameters, body: body.text })
}

/** `NAME`, `NAME=DEFAULT`, `NAME:req`, `NAME:vararg` */
function parseParameter(assembly: Assembly): MacroParameter | undefined {
  const { cursor } = assembly
  const name = cursor.name()
  if (name === '') return assembly.error('bad-directive', 'the name of a parameter is expected here')
  let kind: MacroParameter['kind'] = 'optional'
  if (cursor.take(58)) {
    const word = cursor.name()
    if (word === 'req') kind = 'required'
    else if (word === 'vararg') kind = 'rest'
    else return assembly.error('bad-directive', `:${word} is not known`, 'a parameter may be :req or :vararg')
  }
  const value = cursor.take(61) ? parseArgument(assembly) : ''
  return { name, kind, default: value }
}

/** What is to be expanded, and the line where it begins. */
interface Body {
  readonly text: string
  readonly line: number
}

/** Takes the statements up to the one that ends the body, and that one. */
function takeBody(assembly: Assembly, kind: '.macro' | '.rept'): Body | undefined {
  const { cursor, sources } = assembly
  const { text } = cursor
  const place = sources.place
  cursor.skipStatement()
  if (text.charCodeAt(cursor.position) === 35) cursor.skipLine()
  if (text.charCodeAt(cursor.position) === 10) sources.line++
  const start = ++cursor.position
  const { line } = sources
  let depth = 1
  while (cursor.position < text.length) {
    const statement = cursor.position
    const name = characterClass[cursor.peek()] & CharacterClass.nameStart ? cursor.name() : ''
    if (openers[kind].test(name)) depth++
    else if (closers[kind].test(name)) depth--
    if (depth === 0) return { text: text.substring(start, statement), line }
    cursor.skipStatement()
    if (text.charCodeAt(cursor.position) === 35) cursor.skipLine()
    if (text.charCodeAt(cursor.position) === 10) sources.line++
    cursor.position++
  }
  cursor.position = text.length
  assembly.errorAt(place, 'open-macro', `this ${kind} has no ${kind === '.macro' ? '.endm' : '.endr'}`)
  return undefined
}

/** Reads the arguments of a macro and goes on with what it expands to. */
export function expandMacro(assembly: Assembly, macro: Macro): void {
  const { cursor } = assembly
  const values = new Map<string, string>()
  let next = 0
  while (!cursor.atEnd()) {
    const named = namedParameter(assembly, macro)
    const parameter = named ?? macro.parameters[next]
    if (!parameter) {
      assembly.error('too-many-arguments', `macro ${macro.name} takes ${macro.parameters.length} arguments`)
      return
    }
    if (parameter.kind === 'rest') values.set(parameter.name, cursor.rest())
    else values.set(parameter.name, parseArgument(assembly))
    if (!named) next++
    cursor.takeComma()
  }
  for (const parameter of macro.parameters) {
    if (values.get(parameter.name)) continue
    if (parameter.kind === 'required') {
      assembly.error('missing-argument', `macro ${macro.name} needs a value for ${parameter.name}`)
      return
    }
    values.set(parameter.name, parameter.default)
  }
  cursor.skipStatement()
  const text = substitute(macro.body, {
    values,
    count: assembly.macroCount,
    isAlternate: assembly.isAlternate,
    localName: () => `.LL${(++assembly.localNameCount).toString(16).padStart(4, '0')}`,
  })
  const problem = assembly.sources.expandMacro(text, assembly.conditions.length)
  if (problem !== '') assembly.fatal('expansion', problem)
  assembly.macroCount++
}

/** `NAME=` before an argument. */
function namedParameter({ cursor, isAlternate }: Assembly, macro: Macro): MacroParameter | undefined {
  const start = cursor.position
  const name = characterClass[cursor.peek()] & CharacterClass.nameStart ? cursor.name() : ''
  const parameter = macro.parameters.find((parameter) => parameter.name === name)
  if (parameter && !isAlternate && cursor.peek() === 61 && cursor.text.charCodeAt(cursor.position + 1) !== 61) {
    cursor.position++
    return parameter
  }
  cursor.position = start
  return undefined
}

/** Between these a blank counts; beside all other characters gas's preprocessor drops it (app.c; tc-i386.c: extra_symbol_chars). */
const keepsBlanks = /[\w.$*%\-([{}"\x80-\uffff]/

/**
 * An argument: up to a comma, or to a blank that counts and is in no brackets. Quotes around it are taken off.
 */
function parseArgument(assembly: Assembly): string {
  const { cursor } = assembly
  const { text } = cursor
  cursor.skipSpaces()
  let value = ''
  const brackets: string[] = []
  const alternate = assembly.isAlternate ? alternateArgument(assembly) : undefined
  if (alternate !== undefined) return alternate
  if (text.charCodeAt(cursor.position) === 34) return quoted(assembly)
  for (;;) {
    const character = text[cursor.position]
    const kind = characterClass[character.charCodeAt(0)]
    if (kind & end || character === ',') return value
    if (character === '"') {
      value += `"${quoted(assembly)}"`
      continue
    }
    if (character === '<' && assembly.isAlternate) return value
    if (kind & space) {
      cursor.skipSpaces()
      const counts = keepsBlanks.test(text[cursor.position]) && keepsBlanks.test(value.at(-1) ?? '')
      if (counts && brackets.length === 0) return value
      if (counts) value += ' '
      continue
    }
    if (character === '(' || character === '[') brackets.push(character === '(' ? ')' : ']')
    else if (character === brackets.at(-1)) brackets.pop()
    value += character
    cursor.position++
  }
}

/** With .altmacro: `%EXPRESSION` is its value, `<TEXT>` the text, and a string keeps its quotes. `!` takes the next character as it is. */
function alternateArgument(assembly: Assembly): string | undefined {
  const { cursor } = assembly
  const { text } = cursor
  const first = text[cursor.position]
  if (first === '%') {
    cursor.position++
    return String(assembly.number('the value behind %') ?? 0)
  }
  if (first !== '<' && first !== '"' && first !== "'") return undefined
  let value = ''
  for (let open = first; open === '<' || open === '"' || open === "'"; open = text[cursor.position]) {
    cursor.position++
    let depth = 0
    for (let character = text[cursor.position]; character !== '\n'; character = text[++cursor.position]) {
      if (character === '!' && text[cursor.position + 1] !== '\n') character = text[++cursor.position]
      else if (open === '<' && character === '<') depth++
      else if (open === '<' && character === '>' && depth-- === 0) break
      else if (character === '\\' && text[cursor.position + 1] === open) character += text[++cursor.position]
      else if (character === open) {
        if (text[cursor.position + 1] !== open) break
        cursor.position++
      }
      value += character
    }
    if (text[cursor.position] !== '\n') cursor.position++
  }
  return first === '<' ? value : `"${value}"`
}

/** What stands between quotes, with its escapes as they are. */
function quoted({ cursor }: Assembly): string {
  const { text } = cursor
  const start = ++cursor.position
  let at = start
  while (text[at] !== '"' && text[at] !== '\n') at += text[at] === '\\' && text[at + 1] !== '\n' ? 2 : 1
  cursor.position = text[at] === '"' ? at + 1 : at
  return text.substring(start, at)
}

/** `.rept COUNT` up to `.endr` */
export const repeat: Directive = (assembly) => {
  const count = assembly.number('the count')
  const body = takeBody(assembly, '.rept')
  if (count === undefined || body === undefined) return
  if (count > 0) expandRepetition(assembly, body, [body.text], Number(count))
}

function expandRepetition(assembly: Assembly, { line }: Body, texts: readonly string[], repeat: number): void {
  assembly.cursor.skipStatement()
  const problem = assembly.sources.expandRepetition(texts, repeat, line, assembly.conditions.length)
  if (problem !== '') assembly.fatal('expansion', problem)
}

/** `.irp NAME, VALUES` and `.irpc NAME, CHARACTERS` */
export function repeatFor(isCharacters: boolean): Directive {
  return (assembly) => {
    const { cursor } = assembly
    const name = cursor.name()
    cursor.takeComma()
    let values: string[] = []
    if (isCharacters) values = [...cursor.rest().replace(/^"|"$/g, '')]
    else
      while (!cursor.atEnd()) {
        values.push(parseArgument(assembly))
        cursor.takeComma()
      }
    const body = takeBody(assembly, '.rept')
    if (body === undefined) return
    if (values.length === 0) values = ['']
    if (values.length * body.text.length > 2 ** 28) {
      assembly.error('expansion', 'this repetition expands to more than 256 MiB of text')
      return
    }
    const texts = values.map((value) =>
      substitute(body.text, {
        values: new Map([[name, value]]),
        count: assembly.macroCount,
        isAlternate: assembly.isAlternate,
        localName: undefined,
      }),
    )
    expandRepetition(assembly, body, texts, 1)
  }
}

/** `.exitm` */
export const exitMacro: Directive = (assembly) => {
  assembly.cursor.skipStatement()
  const depth = assembly.sources.leaveExpansion()
  if (depth === undefined) assembly.error('bad-directive', '.exitm outside of a macro or repetition')
  else assembly.conditions.length = Math.min(assembly.conditions.length, depth)
}

/** `.altmacro`, `.noaltmacro`: whether macros are read and expanded in the alternate way. */
export function alternateMacros(isAlternate: boolean): Directive {
  return (assembly) => {
    assembly.isAlternate = isAlternate
  }
}

/** `.purgem NAME` */
export const purgeMacro: Directive = (assembly) => {
  const name = assembly.cursor.name()
  if (!assembly.macros.delete(name.toLowerCase())) assembly.error('unknown-macro', `there is no macro ${name}`)
}

/** `.endm` and `.endr` with nothing to end. */
export const strayEnd: Directive = (assembly, name) => {
  assembly.error('bad-directive', `${name} without a beginning`)
}
