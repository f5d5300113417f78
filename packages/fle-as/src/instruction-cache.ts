import { ByteBuffer } from '@fle/object'
import type { InstructionShape } from './instruction-shape.ts'
import type { Fixup, NumberField, Register } from './operand.ts'

/** Slots of the table; at most half of them are used. */
const slotCount = 1 << 17

/** A jump whose length the caller chooses: its opcode in the short form, and whether only the long one will do. */
export interface Jump {
  readonly isConditional: boolean
  readonly opcode: number
  readonly isPinned: boolean
}

/** Where the last three bits of a register's number go. */
export interface RegisterBits {
  readonly offset: number
  readonly shift: number
  /** The index of the register among those of the shape, and the register that the template has. */
  readonly index: number
  readonly register: Register
}

/** How instructions of a shape are written. */
export interface Template {
  /** The bytes in the cache's memory, those of fields too, which are stored anew. Not with them: a jump's opcode and target. */
  readonly start: number
  readonly length: number
  /** The fields of the shape's numbers, in their order. */
  readonly fields: readonly NumberField[]
  /** The fields of the shape's registers. */
  readonly registers: readonly RegisterBits[]
  /** The field of the shape's symbol, unless that is the target of such a jump. */
  readonly fixup: Readonly<Fixup> | undefined
  readonly jump: Jump | undefined
  /** Whether the symbol stands in an address, not in an immediate. */
  readonly isAddress: boolean
  /** Whether gas reads the symbol twice. */
  readonly isReadTwice: boolean
}

/** The templates of instructions by their shapes: the same ones come again and again. */
export class InstructionCache {
  readonly #slots = new Int32Array(slotCount)
  readonly #hashes: number[] = [0]
  readonly #templates: (Template | 'literal')[] = ['literal']
  /** The shapes' characters, one behind the other, and where each one begins; the last number is the end. */
  #characters = new Uint16Array(1 << 14)
  readonly #starts: number[] = [0, 0]
  readonly #bytes = new ByteBuffer(4096)

  /** The template for a shape; 'literal' if the numbers of such instructions must be left in the shape; undefined if none is known. */
  find(shape: InstructionShape): Template | 'literal' | undefined {
    for (let slot = shape.hash & (slotCount - 1); ; slot = (slot + 1) & (slotCount - 1)) {
      const entry = this.#slots[slot]
      if (entry === 0) return undefined
      if (this.#hashes[entry] === shape.hash && this.#isShape(entry, shape)) return this.#templates[entry]
    }
  }

  /** Keeps the template of a shape that is not there yet, while there is room. */
  add(shape: InstructionShape, template: Template | 'literal'): void {
    const entry = this.#templates.length
    if (entry >= slotCount / 2) return
    let slot = shape.hash & (slotCount - 1)
    while (this.#slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1)
    this.#slots[slot] = entry
    this.#hashes.push(shape.hash)
    this.#templates.push(template)
    const start = this.#starts[entry]
    const end = start + shape.length
    if (end > this.#characters.length) {
      const larger = new Uint16Array(2 * end)
      larger.set(this.#characters)
      this.#characters = larger
    }
    for (let i = 0; i < shape.length; i++) this.#characters[start + i] = shape.characters[i]
    this.#starts.push(end)
  }

  /** Keeps bytes for a template; returns where they begin. */
  keep(bytes: Uint8Array): number {
    const start = this.#bytes.length
    this.#bytes.append(bytes)
    return start
  }

  /** Appends the bytes of a template. */
  appendTo(content: ByteBuffer, { start, length }: Template): void {
    content.appendPart(this.#bytes, start, start + length)
  }

  #isShape(entry: number, { characters, length }: InstructionShape): boolean {
    const start = this.#starts[entry]
    if (this.#starts[entry + 1] - start !== length) return false
    for (let i = 0; i < length; i++) if (this.#characters[start + i] !== characters[i]) return false
    return true
  }
}
