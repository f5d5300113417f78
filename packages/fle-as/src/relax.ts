import { STB, STT, STV } from '@fle/object'
import type { Assembly } from './assembly.ts'
import { largestSection } from './assembly.ts'
import { evaluate, evaluateNumber } from './evaluate.ts'
import type { Expression } from './expression.ts'
import { longSize } from './instruction.ts'
import { leb128Size } from './leb128.ts'
import { makeBlocks, makeColumns, type RelaxBlock, type RelaxColumns, State } from './relax-columns.ts'
import { isJump, type Piece, PieceKind, type Section, type Subsection } from './section.ts'
import { type AssemblySymbol, SymbolState } from './symbol.ts'

/** A program whose sizes do not settle in so many passes has an expression that leads back to itself. */
const mostPasses = 1000

/**
 * Chooses the sizes of jumps, paddings and LEB128s, so that afterwards every label has its offset. Jumps begin short and only
 * grow, as in gas (write.c: relax_segment).
 */
export function relaxSections(assembly: Assembly, sections: readonly Section[]): void {
  for (const section of sections) {
    for (const subsection of section.subsections) subsection.shifts = new Float64Array(subsection.pieces.length + 1)
    section.isPlaced = true
  }
  const columns: Columns = new Map()
  for (const section of sections) prepare(section, columns)
  if (!settle(assembly, sections, columns))
    assembly.diagnostics.error('no-end', 'the sizes of the sections depend on one another in a circle')
  for (const [{ pieces }, { sizes }] of columns) for (let i = 0; i < pieces.length; i++) pieces[i].size = sizes[i]
}

type Columns = Map<Subsection, RelaxColumns>

/** Goes over the sections until no size changes: each for itself, and all again, for they may name one another. */
function settle(assembly: Assembly, sections: readonly Section[], columns: Columns): boolean {
  let passes = 0
  for (let changed = true; changed; ) {
    changed = false
    for (const section of sections)
      while (relaxSection(assembly, section, columns)) {
        changed = true
        if (++passes > mostPasses * sections.length) return false
      }
  }
  return true
}

/** Sizes of the first guess: short jumps, LEB128s of a byte, and the padding that alignments need with those. */
function prepare(section: Section, columns: Columns): void {
  let address = 0
  for (const subsection of section.subsections) {
    const { pieces, shifts } = subsection
    subsection.base = address
    let shift = 0
    let region = 0
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]
      shifts[i] = shift
      piece.region = region
      if (isJump(piece)) classifyJump(piece, section)
      else if (piece.kind === PieceKind.align)
        piece.size = padding(address + piece.offset + shift, piece.parameter, piece.limit)
      if (piece.kind === PieceKind.align || piece.kind === PieceKind.org) region++
      shift += piece.size
    }
    shifts[pieces.length] = shift
    address += subsection.size
    if (pieces.length > 0) columns.set(subsection, makeColumns(subsection))
  }
  section.size = address
}

/** Jumps whose target the linker has to tell are long, with a relocation (tc-i386.c: md_estimate_size_before_relax). */
function classifyJump(piece: Piece, section: Section): void {
  const { expression } = piece
  if (!expression) return
  if (staysInSection(expression, section)) return
  piece.needsRelocation = true
  if (!piece.isPinned) piece.size = longSize(piece.kind)
}

function staysInSection(expression: Expression, section: Section): boolean {
  const { add, modifier } = expression
  if (!add || expression.subtract || expression.operation) return false
  if (add.binding === STB.WEAK || add.type === STT.GNU_IFUNC) return false
  if (modifier === 'PLT' && add.isExternal && add.visibility === STV.DEFAULT) return false
  if (modifier !== '' && modifier !== 'PLT') return false
  return sectionOf(add) === section
}

function sectionOf(named: AssemblySymbol): Section | undefined {
  const symbol = named.weaklyMeant ?? named
  if (symbol.state === SymbolState.label) return symbol.subsection?.section
  if (symbol.state !== SymbolState.value || !symbol.expression) return undefined
  const value = evaluate(symbol.expression)
  return typeof value === 'string' || value.subtract ? undefined : value.add?.subsection?.section
}

/** One pass over a section. Returns whether a size changed. */
function relaxSection(assembly: Assembly, section: Section, columns: Columns): boolean {
  let changed = false
  let address = 0
  for (const subsection of section.subsections) {
    const oldBase = subsection.base
    if (oldBase !== address) changed = true
    subsection.base = address
    const own = columns.get(subsection)
    if (own && relaxSubsection(assembly, subsection, own, oldBase)) changed = true
    address += subsection.size
  }
  if (address > largestSection && section.hasContent) {
    if (!section.isTooLarge)
      assembly.diagnostics.error('too-large', `section ${section.name} would be larger than 256 MiB`)
    section.isTooLarge = true
    section.size = address
    return false
  }
  section.size = address
  return changed
}

/** One pass over a subsection. Returns whether a size changed. */
function relaxSubsection(assembly: Assembly, subsection: Subsection, columns: RelaxColumns, oldBase: number): boolean {
  const { shifts, base } = subsection
  const count = columns.states.length
  let changed = false
  let shift = 0
  for (const block of columns.blocks) {
    const { start, end, alignment } = block
    const moved = shift - shifts[start]
    const stretch = base - oldBase + moved
    if (stretch >= block.leastStretch && (stretch & (alignment - 1)) === 0) {
      shift = shifts[end] + moved
      if (moved !== 0) for (let i = start; i < end; i++) shifts[i] += moved
      continue
    }
    shift = relaxBlock(assembly, subsection, columns, block, shift, oldBase)
    if (block.hasChanged) changed = true
    if (block.hasChanged || block.alignment === 0) block.leastStretch = Number.POSITIVE_INFINITY
  }
  if (columns.blocks.length === 1) columns.blocks = makeBlocks(columns)
  const isBack = base - oldBase + shift - shifts[count] === 0
  columns.bounce = isBack && columns.bounce >= 16 && (columns.bounce & 16) === 0 ? columns.bounce + 1 : 0
  if (shifts[count] !== shift) changed = true
  shifts[count] = shift
  return changed
}

/** The part of a pass that is about a block, before which there are `before` bytes of pieces. Returns how many there are behind it. */
function relaxBlock(
  assembly: Assembly,
  subsection: Subsection,
  columns: RelaxColumns,
  block: RelaxBlock,
  before: number,
  oldBase: number,
): number {
  const { pieces, shifts, base } = subsection
  const { settled, shortJump, align } = State
  const { states, offsets, sizes, alignments, limits, regions, targetPieces, targetOffsets, targetRegions } = columns
  const { end } = block
  let shift = before
  // They are set where they change, in the loop: what stands behind a long loop V8 compiles in vain.
  block.hasChanged = false
  block.leastStretch = Number.NEGATIVE_INFINITY
  for (let i = block.start; i < end; i++) {
    // Shifts behind this piece are still those of the last pass; this is how far what comes now has moved since.
    const stretch = base + shift - oldBase - shifts[i]
    shifts[i] = shift
    const place = base + offsets[i] + shift
    let size = sizes[i]
    switch (states[i]) {
      case settled:
        break
      case align:
        size = padding(place, alignments[i], limits[i])
        break
      case shortJump: {
        const later = targetPieces[i]
        let target = base + targetOffsets[i] + shifts[later]
        if (later > i) {
          // A target that this pass has not reached is expected to move as far as the jump has, unless an alignment between
          // them may absorb that: then it is taken where it was, and a target that would so come to lie before the jump is
          // no reason to grow (write.c: relax_frag).
          target += oldBase - base
          if (stretch < 0 || targetRegions[i] === regions[i]) target += stretch
          else {
            // It will be too far away once the jump moves no more.
            if (target + stretch - place - 2 > 127)
              block.leastStretch = Math.max(block.leastStretch, target + stretch - place - 2 - 127)
            if (target < place) break
          }
        }
        const distance = target - place - 2
        if (distance >= -128 && distance <= 127) break
        size = longSize(pieces[i].kind)
        states[i] = settled
        break
      }
      default:
        size = isJump(pieces[i]) ? jumpSize(pieces[i], place) : pieceSize(assembly, pieces[i], place)
    }
    if (size !== sizes[i]) {
      block.hasChanged = true
      sizes[i] = resize(pieces[i], columns, i, size, stretch)
      size = sizes[i]
    }
    shift += size
  }
  return shift
}

/**
 * Notes that a piece, which has moved by `stretch`, changes its size, and returns the new one. A LEB128 of the distance
 * over an alignment may have no size that is right: a byte more of it makes the padding, and so the distance, smaller. Then
 * as in gas the padding becomes larger for good.
 */
function resize(piece: Piece, columns: RelaxColumns, i: number, size: number, stretch: number): number {
  const growth = size - columns.sizes[i]
  const { kind } = piece
  let extra = 0
  if (kind === PieceKind.align && growth < 0 && columns.bounce & 16 && (columns.bounce & 15) >= 2) {
    extra = piece.parameter
    piece.extra += extra
    columns.states[i] = State.other
  }
  const isLeb = kind === PieceKind.uleb128 || kind === PieceKind.sleb128
  const isEndOfBounce = kind === PieceKind.align && (columns.bounce & 16) !== 0 && stretch + growth + extra === 0
  columns.bounce = isLeb || isEndOfBounce ? columns.bounce + 16 : 0
  return size + extra
}

/** The size of a jump to what is not a plain label of its subsection. */
function jumpSize(piece: Piece, place: number): number {
  const target = piece.expression && targetOf(piece.expression)
  if (target === undefined) return piece.size
  const distance = target - place - 2
  if (distance < -128 || distance > 127) piece.size = longSize(piece.kind)
  return piece.size
}

/** The offset in its section of the place that an expression means. */
export function targetOf(expression: Expression): number | undefined {
  const { add } = expression
  if (add?.state === SymbolState.label && add.subsection && !expression.subtract && !expression.operation)
    return add.subsection.address(add.piece, add.offset) + Number(expression.number)
  const value = evaluate(expression)
  if (typeof value === 'string' || value.subtract || !value.add?.subsection) return undefined
  return value.add.subsection.address(value.add.piece, value.add.offset) + Number(value.number)
}

function pieceSize(assembly: Assembly, piece: Piece, place: number): number {
  const { expression } = piece
  switch (piece.kind) {
    case PieceKind.align:
      return padding(place, piece.parameter, piece.limit) + piece.extra
    case PieceKind.org:
      return orgSize(assembly, piece, place)
    case PieceKind.nops:
    case PieceKind.space: {
      if (!expression) return piece.size
      const count = evaluateNumber(expression)
      if (count === undefined) {
        reportOnce(assembly, piece, 'not-constant', 'the count is not a number, even when all labels are known')
        return 0
      }
      const size = Number(count) * piece.parameter
      if (size > largestSection)
        reportOnce(assembly, piece, 'too-large', `${size} bytes are asked for; a section may have 256 MiB`)
      return size > 0 && size <= largestSection ? size : 0
    }
    default: {
      const value = expression && evaluateNumber(expression)
      if (value === undefined) {
        reportOnce(
          assembly,
          piece,
          'not-constant',
          'a LEB128 must be a number: it cannot name what only the linker knows',
        )
        return 1
      }
      return leb128Size(value, piece.kind === PieceKind.sleb128)
    }
  }
}

/** Bytes up to the alignment; none if that would be more than the limit, unless that is 0. */
function padding(place: number, alignment: number, limit: number): number {
  // Alignments are powers of two, and bits are told much faster than remainders.
  const over = place & (alignment - 1)
  const size = over === 0 ? 0 : alignment - over
  return limit > 0 && size > limit ? 0 : size
}

function orgSize(assembly: Assembly, piece: Piece, place: number): number {
  const { expression } = piece
  if (!expression) return 0
  const target = evaluateNumber(expression) ?? targetOf(expression)
  if (target === undefined) {
    reportOnce(assembly, piece, 'bad-org', '.org must name a place in its section')
    return 0
  }
  const size = Number(target) - place
  if (size > largestSection) {
    reportOnce(assembly, piece, 'too-large', `.org ${target} is too far away: a section may have 256 MiB`)
    return 0
  }
  return Math.max(size, 0)
}

function reportOnce(assembly: Assembly, piece: Piece, code: string, message: string): void {
  if (piece.hasFailed) return
  piece.hasFailed = true
  assembly.errorAt(piece.place, code, message)
}

/** Reports each .org that goes back. To be called once sizes are final. */
export function checkOrgs(assembly: Assembly, sections: readonly Section[]): void {
  for (const section of sections)
    for (const subsection of section.subsections)
      for (let i = 0; i < subsection.pieces.length; i++) {
        const piece = subsection.pieces[i]
        if (piece.kind !== PieceKind.org || !piece.expression || piece.hasFailed) continue
        const place = subsection.base + piece.offset + subsection.shifts[i]
        const target = Number(evaluateNumber(piece.expression) ?? targetOf(piece.expression) ?? place)
        if (target < place)
          reportOnce(
            assembly,
            piece,
            'bad-org',
            `.org goes back: the section has ${place} bytes here, and it asks for ${target}`,
          )
      }
}
