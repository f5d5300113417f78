import { groupOf } from './alike-registers.ts'
import type { Expression } from './expression.ts'
import type { InstructionCache, Jump, RegisterBits, Template } from './instruction-cache.ts'
import type { InstructionShape } from './instruction-shape.ts'
import type { Encoding, NumberField, Operand, Register, RegisterField } from './operand.ts'

/** What is known of an instruction once it is encoded. */
export interface EncodedInstruction {
  readonly encoding: Encoding
  readonly operands: readonly Operand<Expression>[]
  readonly isReadTwice: boolean
  readonly hasMark: boolean
}

/** The template for the instructions of a shape, made of the first one; undefined if they may differ in more than their fields. */
export function makeTemplate(
  shape: InstructionShape,
  instruction: EncodedInstruction,
  cache: InstructionCache,
): Template | undefined {
  const { encoding, operands, isReadTwice, hasMark } = instruction
  if (hasMark || encoding.warning !== '') return undefined
  const fields: NumberField[] = []
  for (let i = 0; i < shape.numberCount; i++) {
    const operand = shape.numberOperands[i]
    const field = fieldOf(encoding, operand)
    if (!field || fieldValue(operands[operand])?.number !== shape.numbers[i]) return undefined
    fields.push({ offset: field.offset, width: field.width, operand })
  }
  const { symbolOperand } = shape
  for (let i = 0; i < operands.length; i++)
    if (i !== symbolOperand && fieldValue(operands[i])?.symbolic) return undefined
  const isJump = encoding.jump !== 'none'
  const length = isJump ? encoding.length - 1 : encoding.length
  if (encoding.fixupCount !== (symbolOperand >= 0 && !isJump ? 1 : 0)) return undefined
  if (symbolOperand < 0 ? isJump : !isNamed(shape, fieldValue(operands[symbolOperand]))) return undefined
  const registers = findRegisters(shape, instruction)
  if (!registers) return undefined
  return {
    start: cache.keep(encoding.bytes.subarray(0, length)),
    length,
    fields,
    registers,
    fixup: encoding.fixupCount > 0 ? { ...encoding.fixups[0] } : undefined,
    jump: isJump ? jumpOf(encoding) : undefined,
    isAddress: operands[symbolOperand]?.kind === 'memory',
    isReadTwice,
  }
}

/** Where the registers of the shape go; undefined if others of their groups may change more than that. */
function findRegisters(
  { registers, registerCount }: InstructionShape,
  { encoding, operands }: EncodedInstruction,
): RegisterBits[] | undefined {
  const found: RegisterBits[] = []
  if (registerCount === 0) return found
  if (!encoding.areRegistersFree) return undefined
  let index = 0
  for (let operand = 0; operand < operands.length; operand++) {
    for (const part of registerParts) {
      const register = registerIn(operands[operand], part)
      if (groupOf(register, part !== 'register') === 0) continue
      if (register !== registers[index]) return undefined
      for (let i = 0; i < encoding.registerCount; i++) {
        const field = encoding.registers[i]
        if (field.operand === operand && field.part === part)
          found.push({ offset: field.offset, shift: field.shift, index, register })
      }
      index++
    }
  }
  return index === registerCount ? found : undefined
}

/** Where operands have registers, in the order in which they are written. */
const registerParts: readonly RegisterField['part'][] = ['register', 'base', 'index']

function registerIn(operand: Operand<Expression>, part: RegisterField['part']): Register {
  if (operand.kind === 'register') return part === 'register' ? operand.register : 0
  return operand.kind === 'memory' && part !== 'register' ? operand[part] : 0
}

function fieldOf({ numbers, numberCount }: Encoding, operand: number): NumberField | undefined {
  for (let i = 0; i < numberCount; i++) if (numbers[i].operand === operand) return numbers[i]
  return undefined
}

/** Whether a value is what the shape says of its symbol, and no more. */
function isNamed(shape: InstructionShape, value: Expression | undefined): boolean {
  if (!value?.add || value.subtract || value.operation || value.number !== shape.symbolNumber) return false
  if (value.modifier !== (shape.hasPlt ? 'PLT' : '')) return false
  return value.add.name.length === shape.symbolEnd - shape.symbolStart
}

/** The jump that was encoded. */
export function jumpOf({ jump, jumpLength, bytes, length }: Encoding): Jump {
  return { isConditional: jump === 'conditional', opcode: bytes[length - 1], isPinned: jumpLength !== 'either' }
}

/** The value of an immediate or a displacement. */
export function fieldValue(operand: Operand<Expression> | undefined): Expression | undefined {
  if (operand?.kind === 'immediate') return operand.value.expression
  if (operand?.kind === 'memory') return operand.displacement?.expression
  return undefined
}
