import { addWords, hexadecimal, SHF, STT, subtractWords, type Word } from '@fle/object'
import { R_X86_64 } from '@fle/x86-64'
import type { Assembly } from './assembly.ts'
import { type Evaluation, type EvaluationError, evaluate, evaluateNumber } from './evaluate.ts'
import type { Expression } from './expression.ts'
import { isThreadLocal, keepsSymbol, relocationTypeOf } from './relocation-type.ts'
import { Fixup, FixupKind, type Section, type Subsection } from './section.ts'
import { type AssemblySymbol, SymbolState } from './symbol.ts'
import { registerBehindPercent } from './syntax-hints.ts'

/** The relocations of a section, as columns. */
export class Relocations {
  readonly offsets: number[] = []
  readonly types: number[] = []
  /** undefined: of no symbol. */
  readonly symbols: (AssemblySymbol | undefined)[] = []
  readonly addends: Word[] = []
  /** Places in the source. */
  readonly places: number[] = []

  add(offset: number, type: number, symbol: AssemblySymbol | undefined, addend: Word, place: number): void {
    this.offsets.push(offset)
    this.types.push(type)
    this.symbols.push(symbol)
    this.addends.push(addend)
    this.places.push(place)
  }
}

/** What a symbol that an expression names comes to, and by which symbol a relocation may name it. */
interface Target {
  readonly symbol: AssemblySymbol | undefined
  readonly section: Section | undefined
  /** Offset in the section, or what is to be added to the symbol. */
  readonly value: Word
}

/** Stores the values of fixups in the bytes of their sections, or makes relocations of them (write.c: fixup_segment). */
export class FixupResolver {
  readonly #assembly: Assembly
  /** Symbols of relocations that had no place in the order of symbols. */
  readonly #unlisted: AssemblySymbol[] = []

  constructor(assembly: Assembly) {
    this.#assembly = assembly
  }

  /**
   * Gives the symbols of relocations their places in the order of symbols, once all sections are resolved: those that stand
   * for sections got theirs already (write.c: adjust_reloc_syms goes before the rest).
   */
  listSymbols(): void {
    for (const symbol of this.#unlisted) this.#assembly.symbols.list(symbol)
  }

  /** Resolves all fixups of a section whose sizes are final. Those of jumps come last, as in gas. */
  resolve(section: Section, bytes: Uint8Array): Relocations {
    const relocations = new Relocations()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const subsection of section.subsections)
      for (const fixup of subsection.fixups)
        this.#resolve(fixup, section, subsection.address(fixup.piece, fixup.offset), view, relocations)
    for (const subsection of section.subsections) this.#resolveJumps(subsection, view, relocations)
    return relocations
  }

  /** The jumps whose target the linker has to tell: their field is the last of their bytes. */
  #resolveJumps(subsection: Subsection, view: DataView, relocations: Relocations): void {
    const { pieces, section } = subsection
    for (let i = 0; i < pieces.length; i++) {
      const { needsRelocation, expression, size, offset, place, isNarrow } = pieces[i]
      if (!needsRelocation || !expression) continue
      const width = size === 2 ? 1 : 4
      const kind = isNarrow ? FixupKind.pcRelative : FixupKind.branch
      const fixup = new Fixup(offset, i, width, kind, width, expression, 0, place)
      this.#resolve(fixup, section, subsection.address(i, offset) + size - width, view, relocations)
    }
  }

  #resolve(fixup: Fixup, section: Section, place: number, view: DataView, relocations: Relocations): void {
    const value = this.#valueOf(fixup)
    if (!value) return
    let { number } = value
    let isRelative = fixup.kind === FixupKind.pcRelative || fixup.kind === FixupKind.branch
    if (isRelative) number = subtractWords(number, fixup.toEnd)
    if (value.subtract) {
      const from = this.#target(value.subtract)
      if (typeof from === 'string' || from.section !== section || isRelative) {
        this.#report(
          fixup,
          `${describe(fixup.expression)} cannot be told: ${nameOf(value.subtract)} is not in ${section.name}`,
        )
        return
      }
      number = addWords(number, subtractWords(place, from.value))
      isRelative = true
    }
    const { modifier } = fixup.expression
    if (!value.add) {
      if (!isRelative && modifier === '') this.#store(fixup, view, place, number)
      else this.#relocate(fixup, section, relocations, place, nothing, number, isRelative)
      return
    }
    const target = this.#target(value.add)
    if (typeof target === 'string') {
      this.#report(fixup, evaluationMessages[target])
      return
    }
    if (!target.symbol && modifier !== '') {
      // Its number is not what the modifier speaks of.
      this.#relocate(fixup, section, relocations, place, { ...nothing, symbol: value.add }, number, isRelative)
      return
    }
    if (!target.symbol && !isRelative) {
      this.#store(fixup, view, place, addWords(number, target.value))
      return
    }
    if (modifier === 'SIZE' && target.section && target.symbol?.isExternal === false) {
      this.#store(fixup, view, place, addWords(sizeOf(target.symbol), number))
      return
    }
    if (isRelative && target.section === section && canResolve(target.symbol, modifier)) {
      this.#store(fixup, view, place, subtractWords(addWords(number, target.value), place))
      return
    }
    this.#relocate(fixup, section, relocations, place, target, number, isRelative)
  }

  #valueOf(fixup: Fixup): Evaluation | undefined {
    const { expression } = fixup
    if (!expression.operation && !expression.subtract)
      return { add: expression.add, subtract: undefined, number: expression.number }
    const value = evaluate(expression)
    if (typeof value !== 'string') {
      // The symbol as it was written tells how it is bound.
      const add = !expression.operation && value.add ? expression.add : undefined
      return add ? { add, subtract: value.subtract, number: expression.number } : value
    }
    const register = registerBehindPercent(expression)
    this.#report(fixup, register ? `a comma is missing before %${register}` : evaluationMessages[value])
    return undefined
  }

  #target(symbol: AssemblySymbol): Target | EvaluationError {
    const { weaklyMeant } = symbol
    if (weaklyMeant) return { symbol: weaklyMeant, section: undefined, value: 0 }
    if (symbol.state === SymbolState.label && symbol.subsection)
      return {
        symbol,
        section: symbol.subsection.section,
        value: symbol.subsection.address(symbol.piece, symbol.offset),
      }
    if (symbol.state !== SymbolState.value || !symbol.expression) return { symbol, section: undefined, value: 0 }
    const value = evaluate(symbol.expression)
    if (typeof value === 'string') return value
    if (value.subtract) return 'too-complex'
    if (!value.add) return { symbol: undefined, section: undefined, value: value.number }
    const { add } = value
    if (!add.subsection) return { symbol: add, section: undefined, value: value.number }
    const address = addWords(add.subsection.address(add.piece, add.offset), value.number)
    return { symbol, section: add.subsection.section, value: address }
  }

  #relocate(
    fixup: Fixup,
    section: Section,
    relocations: Relocations,
    place: number,
    target: Target,
    number: Word,
    isRelative: boolean,
  ): void {
    const { symbol } = target
    const { modifier } = fixup.expression
    const isLocal = symbol !== undefined && target.section !== undefined && !symbol.isExternal
    let type = relocationTypeOf(fixup, modifier, isRelative)
    if (type === R_X86_64.PLT32 && isLocal && symbol.type !== STT.GNU_IFUNC) type = R_X86_64.PC32
    // As gas: only the symbol itself may be reached through the PLT, nothing behind it.
    else if (type === R_X86_64.PC32 && fixup.kind === FixupKind.branch && symbol && !isLocal && number === -fixup.toEnd)
      type = R_X86_64.PLT32
    if (symbol?.isOffsetTable && modifier === '') type = typeOfGot(type)
    if (type < 0) {
      const size = `${fixup.width} byte${fixup.width === 1 ? '' : 's'}`
      const what = modifier === '' ? `the address of ${nameOf(symbol)}` : `@${modifier}`
      this.#report(fixup, `${what} cannot be told to the linker in a field of ${size}`)
      return
    }
    let addend: Word = fixup.kind === FixupKind.mark ? 0 : number
    if (symbol && isThreadLocal(modifier)) symbol.type = STT.TLS
    let named = symbol
    if (!symbol || !target.section) addend = addWords(addend, target.value)
    else if (!keepsName(symbol, target.section, section, type, isRelative, addend)) {
      named = target.section.symbol
      addend = addWords(addend, target.value)
    }
    if (named) {
      named.isInRelocation = true
      if (named.type === STT.SECTION) this.#assembly.symbols.list(named)
      else if (!named.isListed) this.#unlisted.push(named)
    }
    relocations.add(place, type, named, addend, fixup.place)
  }

  #store(fixup: Fixup, view: DataView, at: number, value: Word): void {
    const { width, kind } = fixup
    if (!fits(value, width, kind)) {
      this.#report(fixup, `the value ${describeNumber(value)} does not fit in ${width} byte${width === 1 ? '' : 's'}`)
      return
    }
    const narrow = typeof value === 'number' ? value : Number(BigInt.asIntN(32, value))
    if (width === 1) view.setInt8(at, narrow)
    else if (width === 2) view.setInt16(at, narrow, true)
    else if (width === 4) view.setInt32(at, narrow % 2 ** 32, true)
    else if (width >= 8) {
      view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true)
      if (width === 16) view.setBigInt64(at + 8, value < 0 ? -1n : 0n, true)
    }
  }

  #report(fixup: Fixup, message: string): void {
    this.#assembly.errorAt(fixup.place, 'bad-value', message)
  }
}

const nothing: Target = { symbol: undefined, section: undefined, value: 0 }

const evaluationMessages = {
  loop: 'the value leads back to itself',
  division: 'division by zero',
  'too-complex':
    'the expression is too complex: it may be a number, a symbol plus a number, or a difference of two labels',
} as const

/** Whether the assembler itself may store the distance to a symbol of the same section. */
function canResolve(symbol: AssemblySymbol | undefined, modifier: string): boolean {
  if (!symbol) return false
  return !symbol.isExternal && symbol.type !== STT.GNU_IFUNC && (modifier === '' || modifier === 'PLT')
}

/** Whether a relocation names the symbol itself, not its section (write.c: adjust_reloc_syms). */
function keepsName(
  symbol: AssemblySymbol,
  of: Section,
  from: Section,
  type: number,
  isRelative: boolean,
  addend: Word,
): boolean {
  if (symbol.type === STT.SECTION) return false
  if (symbol.isExternal || symbol.type === STT.GNU_IFUNC || keepsSymbol(type)) return true
  if (of.flags & SHF.TLS) return true
  if (of.flags & SHF.MERGE && (isRelative || addend !== 0)) return true
  const isLinkOnce = of.group?.isComdat || of.name.startsWith('.gnu.linkonce')
  return isLinkOnce === true && of !== from && !symbol.isTemporary
}

function typeOfGot(type: number): number {
  if (type === R_X86_64[64] || type === R_X86_64.PC64) return R_X86_64.GOTPC64
  if (type === R_X86_64[32] || type === R_X86_64['32S'] || type === R_X86_64.PC32) return R_X86_64.GOTPC32
  return type
}

function fits(value: Word, width: number, kind: FixupKind): boolean {
  if (width >= 8 || width === 0) return true
  const limit = 2 ** (8 * width)
  const isSigned = kind !== FixupKind.absolute
  return value >= (isSigned ? -limit / 2 : -limit) && value < (isSigned ? limit / 2 : limit)
}

function describeNumber(value: Word): string {
  return value > -1000 && value < 1000 ? `${value}` : hexadecimal(value)
}

function nameOf(symbol: AssemblySymbol | undefined): string {
  return symbol?.name || 'a label'
}

function describe({ add, subtract }: Expression): string {
  return add && subtract ? `${nameOf(add)} - ${nameOf(subtract)}` : 'this value'
}

/** What .size said of a symbol. */
function sizeOf({ size }: AssemblySymbol): Word {
  return size ? (evaluateNumber(size) ?? 0) : 0
}
