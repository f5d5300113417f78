import { writeWord } from '@fle/object'
import { evaluateNumber } from './evaluate.ts'
import { storeLeb128 } from './leb128.ts'
import { fillWithNops } from './nops.ts'
import { targetOf } from './relax.ts'
import { isJump, type Piece, PieceKind, type Section, type Subsection } from './section.ts'

/** Typed arrays copy with a call, which takes longer than so many bytes. */
const fewBytes = 32

/** The bytes of a section whose sizes are final. Fields of fixups are zero. */
export function sectionBytes(section: Section): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(section.size)
  const view = new DataView(bytes.buffer)
  for (const subsection of section.subsections) copySubsection(subsection, bytes, view)
  return bytes
}

function copySubsection(subsection: Subsection, bytes: Uint8Array, view: DataView): void {
  const { pieces, content } = subsection
  const fixed = content.bytes
  let from = 0
  let at = subsection.base
  for (const piece of pieces) {
    if (piece.offset > from) {
      if (piece.offset - from > fewBytes) bytes.set(fixed.subarray(from, piece.offset), at)
      else for (let i = piece.offset - from - 1; i >= 0; i--) bytes[at + i] = fixed[from + i]
      at += piece.offset - from
      from = piece.offset
    }
    if (piece.size > 0) writePiece(piece, subsection, bytes, view, at)
    at += piece.size
  }
  bytes.set(fixed.subarray(from), at)
}

function writePiece(piece: Piece, subsection: Subsection, bytes: Uint8Array, view: DataView, at: number): void {
  const { size, fill } = piece
  if (isJump(piece)) {
    writeJump(piece, view, at)
    return
  }
  switch (piece.kind) {
    case PieceKind.align:
      if (fill === -1 && subsection.section.isCode) fillWithNops(bytes, at, size)
      else if (fill > 0) fillPattern(view, at, size, fill, Number(piece.expression?.number ?? 1), true)
      break
    case PieceKind.nops:
      fillWithNops(bytes, at, size, piece.limit)
      break
    case PieceKind.space:
    case PieceKind.org:
      if (fill !== 0) fillPattern(view, at, size, fill, piece.parameter, false)
      break
    default: {
      const value = piece.expression && evaluateNumber(piece.expression)
      storeLeb128(bytes, at, size, value ?? 0, piece.kind === PieceKind.sleb128)
    }
  }
}

/** Repeats a value. An alignment's padding begins with zeros where its size is no multiple of the value's. */
function fillPattern(
  view: DataView,
  start: number,
  size: number,
  fill: number,
  width: number,
  zerosFirst: boolean,
): void {
  let at = start + (zerosFirst ? size % width : 0)
  const end = start + size
  for (; at + width <= end; at += width) {
    if (width === 8) writeWord(view, at, fill)
    else for (let i = 0; i < width; i++) view.setUint8(at + i, i < 4 ? (fill >>> (8 * i)) & 0xff : 0)
  }
}

/** A jump in the form that relaxation chose. One that needs a relocation has a field of zeros. */
function writeJump(piece: Piece, view: DataView, at: number): void {
  const { size, parameter: opcode, expression } = piece
  const target = expression && !piece.needsRelocation ? targetOf(expression) : undefined
  if (size === 2) {
    view.setUint8(at, opcode)
    if (target !== undefined) view.setInt8(at + 1, target - at - 2)
    return
  }
  if (piece.kind === PieceKind.jump) view.setUint8(at, 0xe9)
  else {
    view.setUint8(at, 0x0f)
    view.setUint8(at + 1, 0x80 | (opcode & 0x0f))
  }
  if (target !== undefined) view.setInt32(at + size - 4, target - at - size, true)
}
