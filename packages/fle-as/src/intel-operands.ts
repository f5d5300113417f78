import type { Assembly } from './assembly.ts'
import { parseRounding, roundings, takeBraces } from './att-operands.ts'
import type { Expression } from './expression.ts'
import { numberExpression } from './expression.ts'
import { ExpressionError } from './expression-parser.ts'
import { type IntelValue, parseIntelValue } from './intel-expression.ts'
import {
  type MemoryOperand,
  type Operand,
  type Register,
  RegisterClass,
  registerClass,
  registerNumber,
} from './operand.ts'

const brace = 123

/** What braces behind an operand say. */
interface Decorations {
  mask: number
  zeroing: boolean
  broadcast: number
  /** The mode of `{rn-sae}` and its kin, -1 for none. */
  rounding: number
}

/** Parses the operands of an instruction in Intel syntax, in their order. Errors are reported and give undefined. */
export function parseIntelOperands(assembly: Assembly, mnemonic: string): Operand<Expression>[] | undefined {
  const { cursor } = assembly
  const operands: Operand<Expression>[] = []
  if (cursor.atEnd()) return operands
  const isBranch = /^(j|call|loop|xbegin)/.test(mnemonic)
  for (;;) {
    if (cursor.peek() === brace) {
      const rounding = parseRounding(assembly)
      if (!rounding) return undefined
      operands.push(rounding)
    } else {
      const value = parseIntelValue(assembly)
      if (value instanceof ExpressionError) return assembly.error('bad-operand', value.message)
      const decorations = parseDecorations(assembly)
      const operand = decorations && toOperand(assembly, value, decorations, isBranch)
      if (!operand) return undefined
      operands.push(operand)
      if (decorations.rounding >= 0) operands.push({ kind: 'rounding', mode: decorations.rounding })
    }
    if (cursor.atEnd()) return operands
    if (!cursor.takeComma())
      return assembly.error('bad-operand', `a comma is expected here, not '${cursor.text[cursor.position]}'`)
    if (operands.length > 8) return assembly.error('bad-operand', 'no instruction has so many operands')
  }
}

function toOperand(
  assembly: Assembly,
  value: IntelValue,
  decorations: Decorations,
  isBranch: boolean,
): Operand<Expression> | undefined {
  const { registers, expression, hasBrackets, segment, size, isOffset } = value
  const { mask, zeroing } = decorations
  // gas looks at the names of operands in this syntax closely enough to give each its place among the symbols.
  if (expression?.add) assembly.symbols.list(expression.add)
  const isPointed = hasBrackets || segment !== 0 || size !== 0
  if (!isPointed && registers.length === 1 && !expression)
    return { kind: 'register', register: registers[0].register, mask, zeroing, indirect: isBranch }
  if (registers.length === 0 && expression && !hasBrackets && segment === 0) {
    const isAddress = expression.symbolic && !isOffset
    if (isOffset || (!isAddress && !isBranch)) return { kind: 'immediate', value: expression }
  }
  return toMemory(assembly, value, decorations, isPointed)
}

function toMemory(
  assembly: Assembly,
  value: IntelValue,
  { mask, zeroing, broadcast }: Decorations,
  indirect: boolean,
): MemoryOperand<Expression> | undefined {
  const { registers, segment, size } = value
  let base: Register = 0
  let index: Register = 0
  let scale = 0
  for (const { register, scale: given } of registers) {
    if (base === 0 && given === 0 && !isVector(register)) base = register
    else if (index === 0) {
      index = register
      scale = given
    } else return assembly.error('bad-operand', 'an address has at most two registers')
  }
  // The stack pointer cannot be an index: with the scale 1 the two may change places.
  if (isStackPointer(index) && scale === 0) [base, index] = [index, base]
  if (base === 0 && index !== 0 && scale === 0 && isStackPointer(index)) [base, index] = [index, 0]
  const displacement = value.expression ?? (registers.length === 0 ? numberExpression(0) : undefined)
  return {
    kind: 'memory',
    segment,
    base,
    index,
    scale,
    displacement,
    // Without a count, as many elements as the vector has.
    broadcast: broadcast === 0 && value.isBroadcast ? -1 : broadcast,
    mask,
    zeroing,
    indirect,
    size,
  }
}

function isVector(register: Register): boolean {
  const of = registerClass(register)
  return of === RegisterClass.xmm || of === RegisterClass.ymm || of === RegisterClass.zmm
}

function isStackPointer(register: Register): boolean {
  const of = registerClass(register)
  return (of === RegisterClass.quad || of === RegisterClass.long) && registerNumber(register) === 4
}

/** `{k1}`, `{z}`, `{1to8}` and rounding modes behind an operand. */
function parseDecorations(assembly: Assembly): Decorations | undefined {
  const decorations = { mask: 0, zeroing: false, broadcast: 0, rounding: -1 }
  while (assembly.cursor.peek() === brace) {
    const word = takeBraces(assembly)
    const masked = /^%?k([1-7])$/.exec(word)
    const broadcast = /^1to(2|4|8|16|32)$/.exec(word)
    const rounding = roundings.indexOf(word)
    if (rounding >= 0) decorations.rounding = rounding
    else if (masked) decorations.mask = Number(masked[1])
    else if (broadcast) decorations.broadcast = Number(broadcast[1])
    else if (word === 'z') decorations.zeroing = true
    else return assembly.error('bad-operand', `{${word}} cannot stand behind an operand`)
  }
  return decorations
}
