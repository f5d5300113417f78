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
interface PieceColumns {
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

export interface RelaxColumns extends PieceColumns {
  /** All that there is, one behind the other. */
  blocks: readonly RelaxBlock[]
  /**
   * Whether LEB128s go on to change their size although nothing else does: 16 for each change, and 1 for each pass that
   * ended with what it began with (write.c: rs_leb128_fudge).
   */
  bounce: number
}

/**
 * Pieces next to one another, with all targets of their jumps: as long as their sizes do not change, they move together.
 * Most of a program soon does no more than that, while jumps elsewhere still grow.
 */
export interface RelaxBlock {
  readonly start: number
  readonly end: number
  /** The largest alignment: to be moved by a multiple of it changes no padding. 0: other things than the place count too. */
  readonly alignment: number
  /** Whether the last pass over it changed a size. */
  hasChanged: boolean
  /** How far it must at least have moved for no size to change; Infinity if that cannot be said. */
  leastStretch: number
}

/** Fewer pieces are not worth a block of their own. */
const leastBlock = 16

/** The columns for pieces whose first sizes and regions are set. */
export function makeColumns(subsection: Subsection): RelaxColumns {
  const { pieces } = subsection
  const count = pieces.length
  const columns: PieceColumns = {
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
  return {
    ...columns,
    bounce: 0,
    blocks: [{ start: 0, end: count, alignment: 0, hasChanged: false, leastStretch: Number.POSITIVE_INFINITY }],
  }
}

/** Divides the pieces where no short jump leads across. Once a pass has found which ones cannot be short, few are in the way. */
export function makeBlocks({ states, alignments, targetPieces }: PieceColumns): RelaxBlock[] {
  const count = states.length
  // Changes of how many jumps lead across the place before each piece.
  const changes = new Int32Array(count + 2)
  for (let i = 0; i < count; i++) {
    if (states[i] !== State.shortJump) continue
    const target = targetPieces[i]
    changes[Math.min(i, target) + 1]++
    changes[target > i ? target : i + 1]--
  }
  const blocks: RelaxBlock[] = []
  let start = 0
  let alignment = 1
  let isPlain = true
  let across = 0
  for (let i = 0; i < count; i++) {
    if (states[i] === State.align) alignment = Math.max(alignment, alignments[i])
    if (states[i] === State.other) isPlain = false
    across += changes[i + 1]
    const end = i + 1
    if (end < count && (across > 0 || end - start < leastBlock)) continue
    blocks.push({
      start,
      end,
      alignment: isPlain ? alignment : 0,
      hasChanged: false,
      leastStretch: Number.POSITIVE_INFINITY,
    })
    start = end
    alignment = 1
    isPlain = true
  }
  return blocks
}

function placeJump(columns: PieceColumns, i: number, piece: Piece, subsection: Subsection): number {
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
