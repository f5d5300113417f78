import { SHT } from '@fle/object'
import type { Assembly } from './assembly.ts'
import { evaluateNumber } from './evaluate.ts'
import { type Piece, PieceKind, Section, Subsection } from './section.ts'

/**
 * Where statements stand behind `.struct`: nothing of it is written, and a label there is the number of bytes before it, counted
 * from what .struct said. All sizes must be known while it is read.
 */
export class AbsoluteSubsection extends Subsection {
  readonly #assembly: Assembly
  readonly #start: number
  /** How many pieces are counted already, and their bytes. */
  #counted = 0
  #pieceBytes = 0

  constructor(assembly: Assembly, start: number) {
    super(absoluteSection(), 0)
    this.#assembly = assembly
    this.#start = start
  }

  override get fixedEnd(): number {
    for (; this.#counted < this.pieces.length; this.#counted++) {
      const piece = this.pieces[this.#counted]
      this.#pieceBytes += this.#sizeOf(piece, this.#start + piece.offset + this.#pieceBytes)
    }
    return this.#start + this.content.length + this.#pieceBytes
  }

  #sizeOf({ kind, size, expression, parameter, limit, place }: Piece, at: number): number {
    if (kind === PieceKind.align) {
      const padding = -at & (parameter - 1)
      return limit > 0 && padding > limit ? 0 : padding
    }
    if (!expression) return size
    const value = evaluateNumber(expression)
    if (typeof value === 'number' && kind === PieceKind.org) return value - at
    if (typeof value === 'number' && kind === PieceKind.space && value >= 0) return value * parameter
    this.#assembly.errorAt(place, 'not-constant', 'behind .struct all sizes must be numbers that are known there')
    return 0
  }
}

function absoluteSection(): Section {
  return new Section('of .struct', SHT.NOBITS, 0, 0, undefined)
}
