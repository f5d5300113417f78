import type { Assembly } from './assembly.ts'
import type { Directive } from './directives.ts'
import { numberExpression } from './expression.ts'
import { PieceKind } from './section.ts'

/** The largest alignment that gas takes is 2^63; of a section in an array nothing above this has a meaning. */
const largestAlignment = 2 ** 30

/**
 * `.balign N, FILL, MAX`, or `.p2align` with the exponent in N's place. `fillWidth` is the number of bytes of the fill value.
 */
export function align(isExponent: boolean, fillWidth: number): Directive {
  return (assembly) => {
    const { cursor } = assembly
    if (cursor.atEnd()) return
    let alignment = assembly.integer('the alignment', 0, isExponent ? 30 : largestAlignment)
    if (alignment === undefined) return
    if (isExponent) alignment = 2 ** alignment
    else if (alignment === 0) alignment = 1
    else if ((alignment & (alignment - 1)) !== 0) {
      assembly.error('bad-alignment', `the alignment ${alignment} is not a power of two`)
      return
    }
    let fill: number | undefined
    let limit = 0
    if (cursor.takeComma()) {
      if (cursor.peek() !== 44 && !cursor.atEnd()) {
        const value = assembly.number('the fill value')
        if (value === undefined) return
        fill = Number(BigInt.asUintN(8 * fillWidth, BigInt(value)))
      }
      if (cursor.takeComma() && !cursor.atEnd()) {
        const most = assembly.integer('the largest padding', -(2 ** 31), 2 ** 31)
        if (most === undefined) return
        limit = Math.max(most, 0)
      }
    }
    if (alignment === 1) return
    // A fill of nops in code means code that does nothing: it gets the longer ones too (tc-i386.h: md_do_align).
    const { section } = assembly.current
    if (fill === 0x90 && fillWidth === 1 && section.isCode && !assembly.options.plainAlignment) fill = undefined
    appendAlignment(assembly, alignment, fill ?? -1, limit, fillWidth)
  }
}

/** Aligns the current subsection and raises the alignment of its section. `fill` is -1 for nops in code, zeros elsewhere. */
export function appendAlignment(
  assembly: Assembly,
  alignment: number,
  fill: number,
  limit: number,
  fillWidth: number,
): void {
  const { section } = assembly.current
  // A padding that may never be as large as the alignment asks says nothing about it.
  if (alignment > section.alignment) section.alignment = alignment
  const width = fill === -1 ? 1 : fillWidth
  assembly.addPiece(PieceKind.align, 0, numberExpression(width), alignment, limit, fill)
}

/** `.org PLACE, FILL` */
export const org: Directive = (assembly) => {
  const place = assembly.expression()
  if (!place) return
  let fill = 0
  if (assembly.cursor.takeComma()) {
    const value = assembly.number('the fill value')
    if (value === undefined) return
    fill = Number(BigInt.asUintN(8, BigInt(value)))
  }
  assembly.addPiece(PieceKind.org, 0, place, 1, 0, fill)
}
