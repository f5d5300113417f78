import { isJump, type Piece, PieceKind, type Subsection } from './section.ts'
import { SymbolState } from './symbol.ts'

/** How a pass of relaxation treats a piece. */
export const State = {
  /** It has its size. */
  settled: 0,
  /** A jump to a label of its subsection, short so far. */
  shortJump: 1,
  align: 2,
  /** Whatever takes more than numbers to tell. */
  other: 3,
} as const

/** The pieces of a subsection as columns of numbers: relaxation goes over them again and again. */
export interface RelaxColumns {
  readonly states: Uint8Array
  readonly offsets: Int32Array
  readonly sizes: Float64Array
  readonly alignments: Int32Array
  readonly limits: Int32Array
  /** How many alignments and .org stand before it. */
  readonly regions: Int32Array
  /** Of a jump's target: how many pieces stand before it, the fixed bytes before it, and its region. */
  readonly targetPieces: Int32Array
  readonly targetOffsets: Float64Array
  readonly targetRegions: Int32Array
}

/** The columns for pieces whose first sizes and regions are set. */
export function makeColumns(subsection: Subsection): RelaxColumns {
  const { pieces } = subsection
  const count = pieces.length
  const columns: RelaxColumns = {
    states: new Uint8Array(count),
    offsets: new Int32Array(count),
    sizes: new Float64Array(count),
    alignments: new Int32Array(count),
    limits: new Int32Array(count),
    regions: new Int32Array(count),
    targetPieces: new Int32Array(count),
    targetOffsets: new Float64Array(count),
    targetRegions: new Int32Array(count),
  }
  for (let i = 0; i < count; i++) {
    const piece = pieces[i]
    columns.offsets[i] = piece.offset
    columns.sizes[i] = piece.size
    columns.regions[i] = piece.region
    if (piece.kind === PieceKind.align) {
      columns.states[i] = State.align
      columns.alignments[i] = piece.parameter
      columns.limits[i] = piece.limit
    } else if (isJump(piece)) columns.states[i] = placeJump(columns, i, piece, subsection)
    else columns.states[i] = piece.kind === PieceKind.space && !piece.expression ? State.settled : State.other
  }
  return columns
}

function placeJump(columns: RelaxColumns, i: number, piece: Piece, subsection: Subsection): number {
  if (piece.size > 2 || piece.needsRelocation || piece.isPinned || !piece.expression) return State.settled
  const { add: label, subtract, operation, number } = piece.expression
  if (!label || subtract || operation || label.state !== SymbolState.label || label.subsection !== subsection)
    return State.other
  columns.targetPieces[i] = label.piece
  columns.targetOffsets[i] = label.offset + Number(number)
  columns.targetRegions[i] = regionAt(subsection, label.piece)
  return State.shortJump
}

/** How many alignments and .org stand before a place, given by the number of pieces before it. */
function regionAt({ pieces }: Subsection, index: number): number {
  if (index === 0) return 0
  const before = pieces[index - 1]
  return before.region + (before.kind === PieceKind.align || before.kind === PieceKind.org ? 1 : 0)
}
