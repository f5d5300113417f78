import type { ImmediateOperand, MemoryOperand, Operand, Register, RegisterOperand } from '../operand.ts'
import { RegisterClass, registerClass, registerNumber } from '../operand.ts'
import { Accepts, acceptedAs } from './accepts.ts'
import { displacement32 } from './immediates.ts'

/** As many operands as any form has. */
const mostOperands = 5

const addr32Problem = 'addr32 needs an address of 32-bit registers'
const wordDx = (RegisterClass.word << 5) | 2

/**
 * The operands of one instruction, in the processor manual's order, with what the forms ask of them worked out once. It
 * is reused from instruction to instruction.
 */
export class OperandList {
  count = 0
  /** What each operand is, as bits of {@link Accepts}. */
  readonly bits = new Int32Array(mostOperands)
  /** The operands, and the index that each had where it was written. */
  readonly operands: Operand[] = []
  readonly written = new Int32Array(mostOperands)
  memory: MemoryOperand | undefined
  /** Bytes of the address: 8, or 4 where its registers are of 32 bits. */
  addressBytes = 8
  /** Whether the memory operand has neither base nor index. */
  isBareAddress = false
  /** Whether an operand stands behind a `*`. */
  isIndirect = false
  /** {rn-sae} … {sae} as 0…4, -1 for none. */
  rounding = -1
  /** The mask register 1…7, 0 for none, and the index of the operand it stands behind. */
  mask = 0
  maskedOperand = -1
  zeroing = false
  /** Whether only EVEX can encode the operands: registers 16…31, masks, broadcasts, rounding. */
  needsEvex = false
  /** What is wrong with the operands whatever the instruction; empty if nothing is. */
  problem = ''
  /** Whether the displacement fits 32 bits with a sign, or 32 bits at least. */
  displacement: 'fits' | 'wraps' | 'wide' = 'fits'

  /**
   * Takes the operands as they were written, which AT&T syntax does in the reverse of the manual's order.
   * @param addressBytes 4 if a prefix says so, otherwise 8
   */
  set(operands: readonly Operand[], reversed: boolean, addressBytes: number): void {
    this.count = 0
    this.memory = undefined
    this.addressBytes = addressBytes
    this.displacement = 'fits'
    this.rounding = -1
    this.isIndirect = false
    this.mask = 0
    this.maskedOperand = -1
    this.zeroing = false
    this.needsEvex = false
    this.problem = ''
    for (let i = 0; i < operands.length; i++) {
      const index = reversed ? operands.length - 1 - i : i
      const operand = operands[index]
      if (operand.kind === 'rounding') {
        if (this.rounding >= 0) this.problem = 'two rounding modes'
        this.rounding = operand.mode
        this.needsEvex = true
        continue
      }
      if (this.count === mostOperands) {
        this.problem = `an instruction has at most ${mostOperands} operands`
        return
      }
      this.operands[this.count] = operand
      this.written[this.count] = index
      this.bits[this.count] = this.#classify(operand)
      this.count++
    }
  }

  #classify(operand: Operand): number {
    switch (operand.kind) {
      case 'register':
        return this.#classifyRegister(operand)
      case 'immediate':
        return Accepts.immediate
      case 'memory':
        return this.#classifyMemory(operand)
      default:
        return 0
    }
  }

  #classifyRegister(operand: RegisterOperand): number {
    this.#takeMask(operand.mask, operand.zeroing)
    if (operand.indirect) this.isIndirect = true
    if (isVector(operand.register) && registerNumber(operand.register) > 15) this.needsEvex = true
    return acceptedAs(operand.register)
  }

  #takeMask(mask: number, zeroing: boolean): void {
    if (mask === 0 && !zeroing) return
    if (this.mask !== 0 || this.zeroing) this.problem = 'only one operand can have a mask'
    if (mask === 0) this.problem = '{z} needs a mask register before it, as in {%k1}{z}'
    this.mask = mask
    this.zeroing = zeroing
    this.maskedOperand = this.count
    this.needsEvex = true
  }

  #classifyMemory(operand: MemoryOperand): number {
    this.#takeMask(operand.mask, operand.zeroing)
    const { base, index } = operand
    // `(%dx)` is a port, not an address.
    if (base === wordDx && index === 0 && operand.displacement === undefined) return Accepts.dx
    // Of two operands of a string instruction one may say the size for both.
    if (this.memory === undefined || this.memory.size === 0) this.memory = operand
    if (operand.indirect) this.isIndirect = true
    this.isBareAddress = base === 0 && index === 0
    if (operand.broadcast !== 0) this.needsEvex = true
    const baseClass = registerClass(base)
    const indexClass = registerClass(index)
    const bits = this.#classifyAddress(base, baseClass, index, indexClass, operand.indirect || operand.segment !== 0)
    const constant = operand.displacement?.symbolic === false ? operand.displacement.constant : 0
    if (displacement32(constant, this.addressBytes) === undefined) {
      this.displacement = displacement32(constant, 4) === undefined ? 'wide' : 'wraps'
    }
    return bits
  }

  #classifyAddress(base: Register, baseClass: number, index: Register, indexClass: number, isMemory: boolean): number {
    if (base === 0 && index === 0) {
      return Accepts.memory | Accepts.absolute | (isMemory ? 0 : Accepts.target)
    }
    const isPointer = baseClass === RegisterClass.instructionPointer
    const narrowBase = baseClass === RegisterClass.long || (isPointer && registerNumber(base) === 1)
    if (base !== 0 && !narrowBase && !isPointer && baseClass !== RegisterClass.quad) {
      this.problem = 'the base of an address is a register of 64 or 32 bits'
    }
    if (this.addressBytes === 4 && base !== 0 && !narrowBase) this.problem = addr32Problem
    if (narrowBase) this.addressBytes = 4
    if (index === 0) return Accepts.memory
    if (isPointer) this.problem = '%rip cannot be combined with an index'
    if (isVector(index)) {
      if (registerNumber(index) > 15) this.needsEvex = true
      return indexClass === RegisterClass.xmm
        ? Accepts.memoryXmm
        : indexClass === RegisterClass.ymm
          ? Accepts.memoryYmm
          : Accepts.memoryZmm
    }
    const isZero = indexClass === RegisterClass.zeroIndex
    const narrowIndex = indexClass === RegisterClass.long || (isZero && registerNumber(index) === 1)
    if (!narrowIndex && !isZero && indexClass !== RegisterClass.quad) {
      this.problem = 'the index of an address is a register of 64 or 32 bits'
    } else if (base !== 0 && narrowIndex !== narrowBase) {
      this.problem = 'base and index of an address are of the same size'
    } else if (!isZero && registerNumber(index) === 4) {
      this.problem = '%rsp and %esp cannot be the index of an address'
    }
    if (this.addressBytes === 4 && !narrowIndex && !isZero) this.problem ||= addr32Problem
    if (narrowIndex) this.addressBytes = 4
    return Accepts.memory
  }

  /** The number of the register that is operand `i`; the operand must be one. */
  register(i: number): Register {
    const operand = this.operands[i]
    return operand.kind === 'register' ? operand.register : 0
  }

  /** The immediate that is operand `i`; the operand must be one. */
  immediate(i: number): ImmediateOperand | undefined {
    const operand = this.operands[i]
    return operand.kind === 'immediate' ? operand : undefined
  }
}

function isVector(register: Register): boolean {
  const of = registerClass(register)
  return of >= RegisterClass.xmm && of <= RegisterClass.zmm
}
