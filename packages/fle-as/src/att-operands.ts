import type { Assembly } from './assembly.ts'
import { CharacterClass, characterClass } from './characters.ts'
import { registersByName } from './encoder/registers.ts'
import type { Expression } from './expression.ts'
import {
  type ImmediateOperand,
  type MemoryOperand,
  type Operand,
  type Register,
  RegisterClass,
  type RegisterOperand,
  registerClass,
  registerNumber,
} from './operand.ts'

const percent = 37
const dollar = 36
const star = 42
const opening = 40
const closing = 41
const comma = 44
const brace = 123

/** A memory operand under construction. */
type MutableMemory = { -readonly [K in keyof MemoryOperand<Expression>]: MemoryOperand<Expression>[K] }

/** Parses the operands of an instruction in AT&T syntax, in their order. Errors are reported and give undefined. */
export function parseAttOperands(assembly: Assembly): Operand<Expression>[] | undefined {
  const operands: Operand<Expression>[] = []
  const { cursor } = assembly
  if (cursor.atEnd()) return operands
  for (;;) {
    const operand = parseOperand(assembly)
    if (!operand) return undefined
    operands.push(operand)
    if (cursor.atEnd()) return operands
    if (!cursor.takeComma()) {
      const isComment = cursor.text.startsWith('//', cursor.position)
      const hint = isComment ? "a comment begins with '#'; only the C preprocessor knows // (in files .S)" : undefined
      return assembly.error('bad-operand', `a comma is expected here, not ${describe(assembly)}`, hint)
    }
    if (operands.length > 8) return assembly.error('bad-operand', 'no instruction has so many operands')
  }
}

function describe({ cursor }: Assembly): string {
  return `'${cursor.text[cursor.position]}'`
}

function parseOperand(assembly: Assembly): Operand<Expression> | undefined {
  const { cursor } = assembly
  const first = cursor.peek()
  if (first === dollar) return parseImmediate(assembly)
  if (first === brace) return parseRounding(assembly)
  const indirect = first === star
  if (indirect) cursor.position++
  const register = takeRegister(assembly)
  if (register === undefined) return undefined
  if (register !== 0) {
    if (registerClass(register) === RegisterClass.segment && cursor.take(58))
      return parseMemory(assembly, register, indirect)
    return decorateRegister(assembly, register, indirect)
  }
  return parseMemory(assembly, 0, indirect)
}

function parseImmediate(assembly: Assembly): ImmediateOperand<Expression> | undefined {
  assembly.cursor.position++
  const value = assembly.expression()
  return value && { kind: 'immediate', value }
}

/** Rounding modes between braces, in the order of their numbers. */
export const roundings: readonly string[] = ['rn-sae', 'rd-sae', 'ru-sae', 'rz-sae', 'sae']

/** `{rn-sae}` and its kin at the cursor. */
export function parseRounding(assembly: Assembly): Operand<Expression> | undefined {
  const word = takeBraces(assembly)
  const mode = roundings.indexOf(word)
  if (mode < 0)
    return assembly.error('bad-operand', `{${word}} is not a rounding mode`, `known are ${roundings.join(', ')}`)
  return { kind: 'rounding', mode }
}

/** What stands between braces at the cursor, in lower case and without spaces. */
export function takeBraces({ cursor }: Assembly): string {
  const start = ++cursor.position
  while (cursor.text[cursor.position] !== '}' && cursor.text[cursor.position] !== '\n') cursor.position++
  const word = cursor.text.substring(start, cursor.position)
  if (cursor.text[cursor.position] === '}') cursor.position++
  return word.replace(/\s+/g, '').toLowerCase()
}

/** A register at the cursor, or a symbol that stands for one. 0 if there is neither; errors are reported and give undefined. */
export function takeRegister(assembly: Assembly): Register | undefined {
  return assembly.cursor.peek() === percent ? parseRegister(assembly) : assembly.takeRegisterSymbol()
}

/** A register with its percent sign at the cursor. */
function parseRegister(assembly: Assembly): Register | undefined {
  const { cursor } = assembly
  const { text } = cursor
  const start = cursor.position
  cursor.position++
  cursor.skipSpaces()
  const nameStart = cursor.position
  let at = nameStart
  while (characterClass[text.charCodeAt(at)] & CharacterClass.namePart) at++
  let name = text.substring(nameStart, at)
  cursor.position = at
  let register = registersByName.get(name)
  if (register === undefined) {
    name = name.toLowerCase()
    register = registersByName.get(name)
  }
  if (name === 'st' && cursor.peek() === opening) {
    const numbered = /^\(\s*([0-7])\s*\)/.exec(text.substring(cursor.position, cursor.position + 16))
    if (numbered) {
      cursor.position += numbered[0].length
      register = registersByName.get(`st(${numbered[1]})`)
    }
  }
  if (register !== undefined && assembly.isNarrow && isWideOnly(register)) {
    cursor.position = start
    return assembly.error('bad-register', `%${name} is a register of 64-bit code, and this is of 32 bits`)
  }
  if (register !== undefined && (assembly.hasIndexRegisters || registerClass(register) !== RegisterClass.zeroIndex))
    return register
  cursor.position = start
  const hint = register === undefined ? undefined : 'it is one with .allow_index_reg or -mindex-reg'
  return assembly.error('bad-register', `%${name} is not a register`, hint)
}

/** Whether there is no such register in 32-bit code. */
export function isWideOnly(register: Register): boolean {
  const of = registerClass(register)
  if (of === RegisterClass.quad || of === RegisterClass.instructionPointer) return true
  return of === RegisterClass.byte ? registerNumber(register) > 3 : registerNumber(register) > 7
}

function decorateRegister(assembly: Assembly, register: Register, indirect: boolean): RegisterOperand | undefined {
  const { cursor } = assembly
  let mask = 0
  let zeroing = false
  while (cursor.peek() === brace) {
    const word = takeBraces(assembly)
    const masked = /^%k([1-7])$/.exec(word)
    if (masked) mask = Number(masked[1])
    else if (word === 'z') zeroing = true
    else return assembly.error('bad-operand', `{${word}} cannot stand behind a register`)
  }
  return { kind: 'register', register, mask, zeroing, indirect }
}

function parseMemory(assembly: Assembly, segment: Register, indirect: boolean): MemoryOperand<Expression> | undefined {
  const { cursor } = assembly
  const operand: MutableMemory = {
    kind: 'memory',
    segment,
    base: 0,
    index: 0,
    scale: 0,
    displacement: undefined,
    broadcast: 0,
    mask: 0,
    zeroing: false,
    indirect,
    size: 0,
  }
  if (cursor.peek() !== opening || !beginsAddress(assembly)) {
    const startsWithName = (characterClass[cursor.peek()] & CharacterClass.nameStart) !== 0
    const displacement = assembly.expression()
    if (!displacement) return undefined
    operand.displacement = displacement
    // gas takes the name for a register's first: one that was there before gets its place among the symbols by that.
    if (startsWithName && displacement.add && displacement.add.mentions > 1) assembly.symbols.list(displacement.add)
  }
  if (cursor.peek() === opening && !parseAddress(assembly, operand)) return undefined
  return decorateMemory(assembly, operand)
}

/** Whether the parenthesis at the cursor holds registers, not an expression. */
function beginsAddress(assembly: Assembly): boolean {
  const { cursor } = assembly
  const start = cursor.position++
  const code = cursor.peek()
  const begins = code === percent || code === comma || code === closing || assembly.takeRegisterSymbol() !== 0
  cursor.position = start
  return begins
}

/** `(base,index,scale)` */
function parseAddress(assembly: Assembly, operand: MutableMemory): boolean {
  const { cursor } = assembly
  cursor.position++
  const base = takeRegister(assembly)
  if (base === undefined) return false
  operand.base = base
  if (cursor.takeComma()) {
    const index = takeRegister(assembly)
    if (index === undefined) return false
    operand.index = index
    if (index !== 0) {
      if (cursor.takeComma() && cursor.peek() !== closing && !parseScale(assembly, operand)) return false
    } else if (cursor.peek() !== closing && !parseScale(assembly, operand)) return false
  }
  // `(,%riz,1)` and the like say that there is no index.
  if (cursor.take(closing)) return true
  assembly.error('bad-operand', "a closing ')' is expected here")
  return false
}

function parseScale(assembly: Assembly, operand: MutableMemory): boolean {
  const scale = assembly.number('the scale')
  if (scale === undefined) return false
  if (scale === 1 || scale === 2 || scale === 4 || scale === 8) {
    operand.scale = scale
    return true
  }
  assembly.error('bad-operand', `the scale is ${scale}; it must be 1, 2, 4 or 8`)
  return false
}

function decorateMemory(assembly: Assembly, operand: MutableMemory): MemoryOperand<Expression> | undefined {
  const { cursor } = assembly
  while (cursor.peek() === brace) {
    const word = takeBraces(assembly)
    const broadcast = /^1to(2|4|8|16|32)$/.exec(word)
    const masked = /^%k([1-7])$/.exec(word)
    if (broadcast) operand.broadcast = Number(broadcast[1])
    else if (masked) operand.mask = Number(masked[1])
    else if (word === 'z') operand.zeroing = true
    else return assembly.error('bad-operand', `{${word}} cannot stand behind a memory operand`)
  }
  return operand
}
