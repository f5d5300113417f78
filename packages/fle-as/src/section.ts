import { ByteBuffer, SHF, SHT } from '@fle/object'
import type { CallFrame } from './call-frame.ts'
import type { Expression } from './expression.ts'
import type { AssemblySymbol } from './symbol.ts'

/** The kinds of {@link Piece}. */
export const PieceKind = {
  /** jmp, of 2 or 5 bytes. */
  jump: 0,
  /** A conditional jump, of 2 or 6 bytes. */
  conditionalJump: 1,
  align: 2,
  org: 3,
  /** So many times a value: .skip, .fill. */
  space: 4,
  uleb128: 5,
  sleb128: 6,
  /** So many bytes of code that does nothing: .nops. */
  nops: 7,
} as const
export type PieceKind = (typeof PieceKind)[keyof typeof PieceKind]

/** A part of a section whose size may change while the sizes of others become known. */
export class Piece {
  readonly kind: PieceKind
  /** How many fixed bytes of the subsection stand before it. */
  readonly offset: number
  /** Its bytes, as far as is known now. */
  size: number
  /** The target of a jump, the value of a LEB128, the count of .skip, the place of .org. */
  readonly expression: Expression | undefined
  /** align: the alignment. Jumps: the opcode of the short form. space and org: bytes of one value. */
  readonly parameter: number
  /** align: the largest padding; nops: the longest of them; 0 for any. */
  readonly limit: number
  /** align and space: what to fill with; -1 for an alignment with nops in code and zeros elsewhere. */
  readonly fill: number
  /** Where it stands in the source, see SourceMap. */
  readonly place: number
  /** Jumps: 1 once the target is known to be out of reach or elsewhere, so that a relocation is needed. */
  needsRelocation = false
  /** How many alignments and .org of its subsection stand before it. */
  region = 0
  /** align: bytes of padding beyond those up to the alignment, which end a cycle of sizes. */
  extra = 0
  /** Whether an error was reported about it. */
  hasFailed = false
  /** Jumps: whether it is of 32-bit code, in which there is no PLT. */
  isNarrow = false
  /** Jumps: whether the length was pinned. */
  isPinned = false

  constructor(
    kind: PieceKind,
    offset: number,
    size: number,
    expression: Expression | undefined,
    parameter: number,
    limit: number,
    fill: number,
    place: number,
  ) {
    this.kind = kind
    this.offset = offset
    this.size = size
    this.expression = expression
    this.parameter = parameter
    this.limit = limit
    this.fill = fill
    this.place = place
  }
}

/** Whether a piece is a jump. */
export function isJump(piece: Piece): boolean {
  return piece.kind === PieceKind.jump || piece.kind === PieceKind.conditionalJump
}

/** How a {@link Fixup} treats its value. */
export const FixupKind = { absolute: 0, signed: 1, pcRelative: 2, branch: 3, mark: 4 } as const
export type FixupKind = (typeof FixupKind)[keyof typeof FixupKind]

/** A field whose value is known only at the end: it is stored, or becomes a relocation. */
export class Fixup {
  /** The field: fixed bytes and pieces of the subsection before it. */
  readonly offset: number
  readonly piece: number
  /** Bytes: 1, 2, 4, 8, 16; 0 for a mark (R_X86_64_TLSDESC_CALL, R_X86_64_NONE). */
  readonly width: number
  readonly kind: FixupKind
  /** Bytes from the field to the end of the instruction, which a pc-relative value counts from. */
  readonly toEnd: number
  readonly expression: Expression
  /** 0 none, 1 GOTPCRELX, 2 REX_GOTPCRELX. */
  readonly gotRelaxation: number
  readonly place: number

  constructor(
    offset: number,
    piece: number,
    width: number,
    kind: FixupKind,
    toEnd: number,
    expression: Expression,
    gotRelaxation: number,
    place: number,
  ) {
    this.offset = offset
    this.piece = piece
    this.width = width
    this.kind = kind
    this.toEnd = toEnd
    this.expression = expression
    this.gotRelaxation = gotRelaxation
    this.place = place
  }
}

/** One row of the line table, at a place of a subsection. */
export interface LineRow {
  readonly piece: number
  readonly offset: number
  readonly file: number
  readonly line: number
  readonly column: number
  readonly discriminator: number
  /** Bits of LineFlag. */
  readonly flags: number
  readonly isa: number
  /** The symbol that becomes the row's view number. */
  readonly view: AssemblySymbol | undefined
  /** `view -0`: the numbering of views begins anew. */
  readonly resetsView: boolean
}

/** A numbered part of a section: the parts are put together in the order of their numbers. */
export class Subsection {
  readonly section: Section
  readonly number: number
  /** The bytes that do not change their size. */
  readonly content = new ByteBuffer()
  readonly pieces: Piece[] = []
  readonly fixups: Fixup[] = []
  readonly rows: LineRow[] = []
  /** The procedure whose .cfi_startproc stands here and whose .cfi_endproc is still to come. */
  openFrame: CallFrame | undefined
  /** Offset in the section; of meaning once the section is placed. */
  base = 0
  /** Bytes of all pieces before each piece, and of all of them at the end. */
  shifts = new Float64Array(1)

  constructor(section: Section, number: number) {
    this.section = section
    this.number = number
  }

  /** Adds a fixup of a field `ahead` bytes behind the end of what is there. */
  addFixup(
    ahead: number,
    width: number,
    kind: FixupKind,
    toEnd: number,
    expression: Expression,
    gotRelaxation: number,
    place: number,
  ): void {
    const { content, pieces } = this
    this.fixups.push(
      new Fixup(content.length + ahead, pieces.length, width, kind, toEnd, expression, gotRelaxation, place),
    )
  }

  /** The offset in the section of a place, once the section is placed. */
  address(piece: number, offset: number): number {
    return this.base + offset + this.shifts[piece]
  }

  get size(): number {
    return this.content.length + this.shifts[this.pieces.length]
  }

  /** Where labels are numbers, not places in a section: the number that a label at its end is. */
  get fixedEnd(): number | undefined {
    return undefined
  }
}

/** The group of sections that a section belongs to. */
export interface Group {
  readonly name: string
  readonly isComdat: boolean
}

/** A section: its properties and its subsections, in the order of their numbers. */
export class Section {
  readonly name: string
  type: number
  flags: number
  entrySize: number
  alignment = 1
  group: Group | undefined
  /** The section whose order this one follows (SHF_LINK_ORDER). */
  linkTo: string | undefined
  readonly subsections: Subsection[] = []
  /** Whether the line table speaks of it. */
  hasRows = false
  /** Whether offsets in it can be told: relaxation has begun. */
  isPlaced = false
  /** Bytes, once it is placed. */
  size = 0
  /** Whether that was reported to be too many. */
  isTooLarge = false
  /** The section's number in the object that is written. */
  number = 0
  /** The symbol that stands for its start; SectionTable sets it. */
  symbol: AssemblySymbol | undefined

  constructor(name: string, type: number, flags: number, entrySize: number, group: Group | undefined) {
    this.name = name
    this.type = type
    this.flags = flags
    this.entrySize = entrySize
    this.group = group
  }

  get isCode(): boolean {
    return (this.flags & SHF.EXECINSTR) !== 0
  }

  get hasContent(): boolean {
    return this.type !== SHT.NOBITS
  }

  /** The subsection of a number; it is made if it is not there. */
  subsection(number: number): Subsection {
    let at = 0
    while (at < this.subsections.length && this.subsections[at].number < number) at++
    const found = this.subsections[at]
    if (found?.number === number) return found
    const made = new Subsection(this, number)
    this.subsections.splice(at, 0, made)
    return made
  }
}
