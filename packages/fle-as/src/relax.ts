import { STB, STT, STV } from '@fle/object'
import type { Assembly } from './assembly.ts'
import { largestSection } from './assembly.ts'
import { evaluate, evaluateNumber } from './evaluate.ts'
import type { Expression } from './expression.ts'
import { longSize } from './instruction.ts'
import { leb128Size } from './leb128.ts'
import { type Piece, PieceKind, type Section, type Subsection } from './section.ts'
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
  for (const section of sections) prepare(section)
  for (let pass = 0; pass < mostPasses; pass++) {
    let changed = false
    for (const section of sections) if (relaxSection(assembly, section)) changed = true
    if (!changed) return
  }
  assembly.diagnostics.error('no-end', 'the sizes of the sections depend on one another in a circle')
}

/** Sizes of the first guess: short jumps, LEB128s of a byte, and the padding that alignments need with those. */
function prepare(section: Section): void {
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
      else if (piece.kind === PieceKind.align) piece.size = paddingSize(piece, address + piece.offset + shift)
      if (piece.kind === PieceKind.align || piece.kind === PieceKind.org) region++
      shift += piece.size
    }
    shifts[pieces.length] = shift
    address += subsection.size
  }
  section.size = address
}

/** Whether a piece is a jump. */
export function isJump(piece: Piece): boolean {
  return piece.kind === PieceKind.jump || piece.kind === PieceKind.conditionalJump
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

function sectionOf(symbol: AssemblySymbol): Section | undefined {
  if (symbol.state === SymbolState.label) return symbol.subsection?.section
  if (symbol.state !== SymbolState.value || !symbol.expression) return undefined
  const value = evaluate(symbol.expression)
  return typeof value === 'string' || value.subtract ? undefined : value.add?.subsection?.section
}

/** One pass over a section. Returns whether a size changed. */
function relaxSection(assembly: Assembly, section: Section): boolean {
  let changed = false
  let address = 0
  // How far what comes now has moved since the last pass, and how many alignments stand before it.
  let stretch = 0
  for (const subsection of section.subsections) {
    const { pieces, shifts } = subsection
    stretch = address - subsection.base
    const oldBase = subsection.base
    subsection.base = address
    let shift = 0
    let oldShift = 0
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]
      oldShift = shifts[i]
      // Offsets behind this piece are still those of the last pass: they are compared with `stretch` in mind.
      shifts[i] = shift
      stretch = address + shift - oldBase - oldShift
      const place = address + piece.offset + shift
      const size = isJump(piece)
        ? jumpSize(piece, i, subsection, place, stretch, oldBase - address)
        : pieceSize(assembly, piece, place)
      if (size !== piece.size) {
        changed = true
        piece.size = size
      }
      shift += size
    }
    if (shifts[pieces.length] !== shift) changed = true
    shifts[pieces.length] = shift
    address += subsection.content.length + shift
  }
  if (address > largestSection && section.hasContent) {
    if (section.size <= largestSection)
      assembly.diagnostics.error('too-large', `section ${section.name} would be larger than 1 GiB`)
    section.size = address
    return false
  }
  section.size = address
  return changed
}

/**
 * The size of a jump. A target that this pass has not reached is expected to move as far as the jump has, unless an
 * alignment between them may absorb that: then it is taken where it was, and a target that would so come to lie before the
 * jump is no reason to grow (write.c: relax_frag).
 */
function jumpSize(
  piece: Piece,
  index: number,
  subsection: Subsection,
  place: number,
  stretch: number,
  baseShift: number,
): number {
  if (piece.size > 2 || piece.needsRelocation || piece.isPinned) return piece.size
  const { expression } = piece
  const label = expression?.add
  if (!label || !expression) return piece.size
  const target = targetOf(expression)
  if (target === undefined) return piece.size
  const isLater = label.subsection === subsection && label.state === SymbolState.label && label.piece > index
  let address = target
  if (isLater) {
    // `target` was told with the new base and old shifts.
    const old = target + baseShift
    if (stretch < 0 || regionOf(subsection, label.piece) === piece.region) address = old + stretch
    else if (old < place) return piece.size
    else address = old
  }
  const distance = address - place - 2
  return distance >= -128 && distance <= 127 ? piece.size : longSize(piece.kind)
}

/** How many alignments and .org stand before a place, given by the number of pieces before it. */
function regionOf({ pieces }: Subsection, index: number): number {
  const before = pieces[index - 1]
  return before.region + (before.kind === PieceKind.align || before.kind === PieceKind.org ? 1 : 0)
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
      return paddingSize(piece, place)
    case PieceKind.org:
      return orgSize(assembly, piece, place)
    case PieceKind.space: {
      if (!expression) return piece.size
      const count = evaluateNumber(expression)
      if (count === undefined) {
        reportOnce(assembly, piece, 'not-constant', 'the count is not a number, even when all labels are known')
        return 0
      }
      const size = Number(count) * piece.parameter
      if (size > largestSection)
        reportOnce(assembly, piece, 'too-large', `${size} bytes are asked for; a section may have 1 GiB`)
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

/** Bytes up to the alignment; none if that would be more than the limit. */
function paddingSize(piece: Piece, place: number): number {
  const over = place % piece.parameter
  const size = over === 0 ? 0 : piece.parameter - over
  return piece.limit > 0 && size > piece.limit ? 0 : size
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
    reportOnce(assembly, piece, 'too-large', `.org ${target} is too far away: a section may have 1 GiB`)
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
