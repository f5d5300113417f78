import type { Word } from '@fle/object'
import type { Encoding, Fixup, NumberField, RegisterField } from '../operand.ts'

/** The longest instruction the processor takes has 15 bytes; what can be written is a little longer. */
const capacity = 40
const mostFields = 3
const mostRegisters = 8

/** The bytes and fixups of one instruction after the other, in the same memory. */
export class CodeBuffer {
  readonly #bytes = new Uint8Array(capacity)
  readonly #view = new DataView(this.#bytes.buffer)
  readonly #fixups: Fixup[] = Array.from({ length: mostFields }, newFixup)
  readonly #numbers: NumberField[] = Array.from({ length: mostFields }, () => ({ offset: 0, width: 0, operand: 0 }))
  readonly #registers: RegisterField[] = Array.from({ length: mostRegisters }, () => ({
    offset: 0,
    shift: 0,
    operand: 0,
    part: 'register',
  }))
  readonly encoding: Encoding = {
    bytes: this.#bytes,
    length: 0,
    fixups: this.#fixups,
    fixupCount: 0,
    numbers: this.#numbers,
    numberCount: 0,
    registers: this.#registers,
    registerCount: 0,
    jump: 'none',
    jumpLength: 'either',
    areRegistersFree: true,
    warning: '',
  }
  #length = 0

  /** Begins an instruction. */
  begin(): void {
    this.#length = 0
    this.encoding.fixupCount = 0
    this.encoding.numberCount = 0
    this.encoding.registerCount = 0
    this.encoding.jump = 'none'
    this.encoding.warning = ''
  }

  /** Ends the instruction. */
  end(): Encoding {
    const { encoding } = this
    encoding.length = this.#length
    for (let i = 0; i < encoding.fixupCount; i++) {
      const fixup = this.#fixups[i]
      fixup.toEnd = this.#length - fixup.offset
    }
    return encoding
  }

  byte(value: number): void {
    this.#bytes[this.#length++] = value
  }

  /** Writes a little-endian number of `width` bytes. */
  number(value: Word, width: number): void {
    const at = this.#length
    this.#length += width
    if (typeof value === 'bigint') {
      this.#view.setBigInt64(at, BigInt.asIntN(64, value), true)
    } else if (width === 8) {
      this.#view.setUint32(at, value % 0x100000000, true)
      this.#view.setInt32(at + 4, Math.floor(value / 0x100000000), true)
    } else {
      for (let i = 0; i < width; i++) this.#bytes[at + i] = value >> (8 * i)
    }
  }

  /** Writes a number, and notes which operand it is. */
  field(operand: number, value: Word, width: number): void {
    const field = this.#numbers[this.encoding.numberCount++]
    field.offset = this.#length
    field.width = width
    field.operand = operand
    this.number(value, width)
  }

  /** Notes that the next byte has the last bits of a register's number. */
  register(operand: number, part: RegisterField['part'], shift: number): void {
    const field = this.#registers[this.encoding.registerCount++]
    field.offset = this.#length
    field.shift = shift
    field.operand = operand
    field.part = part
  }

  /** Reserves a zero field and notes that the value of an operand belongs there. */
  fixup(operand: number, width: number, kind: Fixup['kind'], gotRelaxation: Fixup['gotRelaxation']): void {
    const fixup = this.#fixups[this.encoding.fixupCount++]
    fixup.offset = this.#length
    fixup.width = width
    fixup.kind = kind
    fixup.operand = operand
    fixup.gotRelaxation = gotRelaxation
    this.number(0, width)
  }
}

function newFixup(): Fixup {
  return { offset: 0, width: 0, kind: 'absolute', toEnd: 0, operand: 0, gotRelaxation: 'none' }
}
