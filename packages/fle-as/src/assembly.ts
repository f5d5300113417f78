import type { Diagnostics, FileSystem } from '@fle/diagnostics'
import { STT, type Word, writeWord } from '@fle/object'
import type { AssembleOptions } from './assemble-options.ts'
import type { CallFrame } from './call-frame.ts'
import { CharacterClass, characterClass } from './characters.ts'
import { evaluateNumber } from './evaluate.ts'
import type { ExplicitRelocation } from './explicit-relocations.ts'
import { type Expression, numberExpression } from './expression.ts'
import { ExpressionError, parseExpression } from './expression-parser.ts'
import { LineState } from './line-state.ts'
import type { ListedStatement } from './listing.ts'
import { FixupKind, Piece, type PieceKind, type Section, type Subsection } from './section.ts'
import { SourceStack } from './source-stack.ts'
import { AssemblySymbol, anonymousLabel, placeLabel, SymbolState } from './symbol.ts'
import { SectionTable, SymbolTable } from './symbol-table.ts'

/** How many errors are collected: then the rest of the input is not read. */
const mostErrors = 500

/** How many bytes a section may hold: more would take several times as much memory. */
export const largestSection = 2 ** 28

/** A macro: its parameters and its text. */
export interface Macro {
  readonly name: string
  readonly parameters: readonly MacroParameter[]
  readonly body: string
}

export interface MacroParameter {
  readonly name: string
  readonly kind: 'optional' | 'required' | 'rest'
  readonly default: string
}

/** An .if that is open. */
export interface Condition {
  /** Whether its statements are read now. */
  isActive: boolean
  /** Whether one of its branches was read, or the .if itself stands where nothing is read. */
  isDone: boolean
  hasElse: boolean
  readonly place: number
}

/** Everything that reading the statements of a program has come to so far. */
export class Assembly {
  readonly options: AssembleOptions
  readonly files: FileSystem
  readonly diagnostics: Diagnostics
  readonly sources = new SourceStack()
  readonly cursor = this.sources.cursor
  readonly symbols = new SymbolTable()
  readonly sections = new SectionTable(this.symbols)
  readonly conditions: Condition[] = []
  readonly macros = new Map<string, Macro>()
  macroCount = 0
  /** .altmacro */
  isAlternate = false
  /** How many names LOCAL has made. */
  localNameCount = 0
  readonly lines: LineState
  readonly explicitRelocations: ExplicitRelocation[] = []
  readonly frames: CallFrame[] = []
  frameSections = { ehFrame: true, debugFrame: false }
  current: Subsection
  previous: Subsection
  readonly stack: { current: Subsection; previous: Subsection }[] = []
  /** The first name that .file gave without a number: it becomes a symbol. */
  sourceName: string | undefined
  isIntel = false
  /** .code32: instructions are of 32-bit code. */
  isNarrow = false
  /** Those of .eqv that name `.`: in the symbol table they have the value that they have at the end of the program. */
  readonly placeSymbols: AssemblySymbol[] = []
  /** Whether a symbol stands for a register. */
  hasRegisterSymbols = false
  /** Intel syntax: whether names of registers stand without `%`. */
  hasBareRegisters = false
  /** Whether %riz and %eiz are registers. */
  hasIndexRegisters: boolean
  /** What the statements appended, where a listing or annotations are wanted. */
  readonly listed: ListedStatement[] | undefined

  constructor(options: AssembleOptions, files: FileSystem, diagnostics: Diagnostics) {
    this.options = options
    this.hasIndexRegisters = options.indexRegisters
    this.files = files
    this.diagnostics = diagnostics
    this.listed = options.listing || options.annotate ? [] : undefined
    this.lines = new LineState(options.dwarfVersion, options.debugLines, options)
    this.current = this.sections.text.subsection(0)
    this.previous = this.current
  }

  get subsection(): Subsection {
    return this.current
  }

  /** Reports an error at the cursor. Too many of them end the reading. */
  error(code: string, message: string, hint?: string): undefined {
    this.diagnostics.error(code, shorten(message), {
      at: this.sources.placeAtCursor(),
      ...(hint === undefined ? {} : { hint }),
    })
    this.stopIfHopeless()
  }

  /** Reports an error after which nothing more is read: what led to it might be there endlessly often. */
  fatal(code: string, message: string): void {
    this.error(code, message)
    this.sources.stop()
  }

  warning(code: string, message: string): void {
    this.diagnostics.warning(code, shorten(message), { at: this.sources.placeAtCursor() })
  }

  /** Reports an error at a place of the past. */
  errorAt(place: number, code: string, message: string): void {
    if (this.diagnostics.errorCount < mostErrors)
      this.diagnostics.error(code, shorten(message), { at: this.sources.placeOf(place) })
  }

  /** Warns of a place of the past. */
  warningAt(place: number, code: string, message: string): void {
    this.diagnostics.warning(code, shorten(message), { at: this.sources.placeOf(place) })
  }

  stopIfHopeless(): void {
    if (this.diagnostics.errorCount < mostErrors || this.sources.isDone) return
    this.diagnostics.error(
      'too-many-errors',
      `the rest of the input is not read: it has more than ${mostErrors} errors`,
    )
    this.sources.stop()
  }

  /** Parses an expression; an error is reported and gives undefined. */
  expression(): Expression | undefined {
    const short = this.cursor.shortNumber()
    if (short !== undefined) return numberExpression(short)
    const result = parseExpression(this.cursor, this)
    if (result instanceof ExpressionError) return this.error('bad-expression', result.message)
    return result
  }

  /** Parses an expression that must be a number now. */
  number(what: string): Word | undefined {
    const short = this.cursor.shortNumber()
    if (short !== undefined) return short
    const expression = this.expression()
    if (!expression) return undefined
    const value = evaluateNumber(expression)
    if (value === undefined) return this.error('not-constant', `${what} must be a number that is known here`)
    return value
  }

  /** The same for a small integer in a range. */
  integer(what: string, least: number, most: number): number | undefined {
    const value = this.number(what)
    if (value === undefined) return undefined
    if (typeof value === 'bigint' || value < least || value > most)
      return this.error('out-of-range', `${what} is ${value}; it must be from ${least} to ${most}`)
    return value
  }

  /** The register of the symbol at the cursor, which is taken; 0 if it does not stand for one. */
  takeRegisterSymbol(): number {
    const { cursor } = this
    if (!this.hasRegisterSymbols || !(characterClass[cursor.peek()] & CharacterClass.nameStart)) return 0
    const start = cursor.position
    const symbol = this.symbols.find(cursor.name())
    if (symbol === undefined || symbol.register === 0) cursor.position = start
    return symbol?.register ?? 0
  }

  /** A name that .file gave. The first one's symbol stands before all others (elf_file_symbol), the rest where they are named. */
  nameSource(name: string): void {
    if (this.sourceName === undefined) {
      this.sourceName = name
      return
    }
    const symbol = new AssemblySymbol(name)
    symbol.state = SymbolState.value
    symbol.expression = numberExpression(0)
    symbol.type = STT.FILE
    this.symbols.list(symbol)
  }

  setSubsection(subsection: Subsection): void {
    this.previous = this.current
    this.current = subsection
  }

  setSection(section: Section, number = 0): void {
    this.setSubsection(section.subsection(number))
  }

  /** A label at the place where the next byte goes. */
  here(): AssemblySymbol {
    return anonymousLabel(this.current)
  }

  /** Places a label here, be it that .set gave its name a value before (read.c: colon). */
  defineLabel(known: AssemblySymbol): void {
    const symbol = this.redefinable(known)
    symbol.mentions++
    if (symbol.isDefined || symbol.weakTarget) {
      if (!this.#isHere(symbol)) this.error('duplicate-symbol', `symbol ${symbol.name} is already defined`)
      return
    }
    placeLabel(symbol, this.current)
    symbol.place = this.sources.place
    this.lines.atLabel(this)
  }

  /** A symbol to give another value: what .set gave may be forgotten, and what was said with it keeps it. */
  redefinable(symbol: AssemblySymbol): AssemblySymbol {
    const isSet = symbol.state === SymbolState.value && !symbol.isFinal && !symbol.isView
    return isSet ? this.symbols.replace(symbol) : symbol
  }

  #isHere({ state, subsection, piece, offset }: AssemblySymbol): boolean {
    const { current } = this
    const isAtEnd = piece === current.pieces.length && offset === current.content.length
    return state === SymbolState.label && subsection === current && isAtEnd
  }

  /** Whether some bytes more would still fit the section; if not, that is reported. */
  hasRoom(count: number): boolean {
    if (this.current.content.length + count <= largestSection) return true
    this.error('too-large', `section ${this.current.section.name} would be larger than 256 MiB`)
    return false
  }

  /** Appends the value of an expression as a field of so many bytes, little-endian. */
  emitValue(expression: Expression, width: number): void {
    const { content } = this.current
    if (expression.symbolic || expression.modifier !== '') {
      this.addFixup(width, FixupKind.absolute, width, expression, 0)
      content.reserve(width)
      return
    }
    this.emitNumber(expression.number, width)
  }

  emitNumber(value: Word, width: number): void {
    this.storeNumber(this.current.content.reserve(width), value, width)
  }

  /** Stores a number in bytes that are there already. */
  storeNumber(at: number, value: Word, width: number): void {
    const { view } = this.current.content
    if (typeof value === 'number' && width <= 4) {
      if (width === 1) view.setUint8(at, value % 256)
      else if (width === 2) view.setUint16(at, value % 65536, true)
      else view.setUint32(at, value % 2 ** 32, true)
      return
    }
    if (width === 8) writeWord(view, at, value)
    else writeBytes(view, at, width, BigInt(value))
  }

  addFixup(width: number, kind: FixupKind, toEnd: number, expression: Expression, gotRelaxation: number): void {
    this.current.addFixup(0, width, kind, toEnd, expression, gotRelaxation, this.sources.place)
  }

  addPiece(
    kind: PieceKind,
    size: number,
    expression: Expression | undefined,
    parameter: number,
    limit: number,
    fill: number,
  ): Piece {
    const { current } = this
    const piece = new Piece(kind, current.content.length, size, expression, parameter, limit, fill, this.sources.place)
    current.pieces.push(piece)
    return piece
  }
}

/** The most characters of a message: names in it may have any length. */
const longestMessage = 1000

function shorten(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage)}…`
}

function writeBytes(view: DataView, at: number, width: number, value: bigint): void {
  let rest = value
  for (let i = 0; i < width; i++, rest >>= 8n) view.setUint8(at + i, Number(rest & 0xffn))
}
