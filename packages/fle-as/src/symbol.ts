import { STB, STT, STV } from '@fle/object'
import { type Expression, numberExpression } from './expression.ts'
import type { Subsection } from './section.ts'
import type { SymbolVersions } from './symbol-versions.ts'

/** What a symbol stands for. */
export const SymbolState = {
  /** Not defined (yet). */
  undefined: 0,
  /** A place in a section. */
  label: 1,
  /** What .set gave it: a number or an expression. */
  value: 2,
  /** Space that the linker allocates. */
  common: 3,
} as const
export type SymbolState = (typeof SymbolState)[keyof typeof SymbolState]

/** A symbol: a name and what it stands for. Labels without a name (`.`, `1:`) are symbols too. */
export class AssemblySymbol {
  readonly name: string
  state: SymbolState = SymbolState.undefined
  /** A label's place: the subsection, how many pieces of it stand before, and how many of its fixed bytes. */
  subsection: Subsection | undefined
  piece = 0
  offset = 0
  /** What an equated symbol stands for. */
  expression: Expression | undefined
  binding: number = STB.LOCAL
  type: number = STT.NOTYPE
  visibility: number = STV.DEFAULT
  /** From .size: may be a difference of labels that is known only at the end. */
  size: Expression | undefined
  commonSize = 0
  commonAlignment = 1
  /** Whether it is there only to name a group of sections. */
  isSignature = false
  /** .largecomm: may be far away. */
  isLargeCommon = false
  /** Whether it has its place in the order of symbols. */
  isListed = false
  /** How often the program named it. */
  mentions = 0
  /** Whether an expression or an instruction names it. */
  isUsed = false
  /** Whether a relocation names it: then it stays even if its name is a local one. */
  isInRelocation = false
  /** Told to be local by .local, and so never made global for being undefined. */
  isExplicitlyLocal = false
  /** .equiv and .eqv: may not be set again. */
  isFinal = false
  /** .eqv and `==`: the text of its value, which is read anew wherever the symbol is named; '' for others. */
  rereadText = ''
  /** The register that an equated symbol stands for, see operand.ts; 0 for none. */
  register = 0
  /** For .weakref: the symbol that this one means, whose binding becomes weak if nothing else names it. */
  weakTarget: AssemblySymbol | undefined
  /** The names that .symver gave it. */
  versions: SymbolVersions | undefined
  /** Whether it is being evaluated: an expression that leads back here is an error. */
  isBusy = false
  /** The place of the definition, see SourceMap. */
  place = 0
  /** Number in the symbol table that is written; 0 while it has none. */
  number = 0
  /** Whether the line table gives its value (`.loc 1 2 view .LVU1`), once addresses are known. */
  isView = false

  /** Whether it is the address of the GOT. */
  readonly isOffsetTable: boolean

  constructor(name: string) {
    this.name = name
    this.isOffsetTable = name === '_GLOBAL_OFFSET_TABLE_'
  }

  get isDefined(): boolean {
    return this.state !== SymbolState.undefined
  }

  /** For .weakref: the symbol at the end of the references, which are no loop. */
  get weaklyMeant(): AssemblySymbol | undefined {
    let meant = this.weakTarget
    while (meant?.weakTarget) meant = meant.weakTarget
    return meant
  }

  /** Global or weak: another file can see it. */
  get isExternal(): boolean {
    return this.binding !== STB.LOCAL
  }

  /** Names that begin with `.L` are for the assembler alone. */
  get isTemporary(): boolean {
    return this.name.startsWith('.L') || this.name === ''
  }
}

/** A label without a name at a place. */
export function anonymousLabel(subsection: Subsection): AssemblySymbol {
  const symbol = new AssemblySymbol('')
  placeLabel(symbol, subsection)
  return symbol
}

/** Makes a symbol a label at the end of a subsection. */
export function placeLabel(symbol: AssemblySymbol, subsection: Subsection): void {
  const number = subsection.fixedEnd
  if (number !== undefined) {
    symbol.state = SymbolState.value
    symbol.expression = numberExpression(number)
    return
  }
  symbol.state = SymbolState.label
  symbol.subsection = subsection
  symbol.piece = subsection.pieces.length
  symbol.offset = subsection.content.length
}
