import { SHF, SHT, STB, STT, STV } from '@fle/object'
import type { Assembly } from './assembly.ts'
import { takeRegister } from './att-operands.ts'
import type { Directive } from './directives.ts'
import { Expression, numberExpression } from './expression.ts'
import { takeIntelRegister } from './intel-expression.ts'
import { appendAlignment } from './layout-directives.ts'
import { PieceKind, type Section, type Subsection } from './section.ts'
import { parseString } from './string-parser.ts'
import { type AssemblySymbol, placeLabel, SymbolState } from './symbol.ts'

/** NT_VERSION: a note whose name is a version. */
const ntVersion = 1

function symbolName(assembly: Assembly): string | undefined {
  const name = assembly.cursor.name()
  return name === '' ? assembly.error('bad-directive', 'the name of a symbol is expected here') : name
}

/** Directives that say the same of a list of symbols. */
function forEachSymbol(change: (symbol: AssemblySymbol) => void): Directive {
  return (assembly) => {
    do {
      const name = symbolName(assembly)
      if (name === undefined) return
      const symbol = assembly.symbols.findOrAdd(name)
      assembly.symbols.list(symbol)
      change(symbol)
    } while (assembly.cursor.takeComma())
  }
}

export const global = forEachSymbol((symbol) => {
  if (symbol.binding === STB.LOCAL) symbol.binding = STB.GLOBAL
})

export const weak = forEachSymbol((symbol) => {
  symbol.binding = STB.WEAK
})

export const local = forEachSymbol((symbol) => {
  symbol.binding = STB.LOCAL
  symbol.isExplicitlyLocal = true
})

function visibility(value: number): Directive {
  return forEachSymbol((symbol) => {
    symbol.visibility = value
  })
}

export const hidden = visibility(STV.HIDDEN)
export const internal = visibility(STV.INTERNAL)
export const isProtected = visibility(STV.PROTECTED)

const types: Readonly<Record<string, number>> = {
  function: STT.FUNC,
  stt_func: STT.FUNC,
  object: STT.OBJECT,
  stt_object: STT.OBJECT,
  tls_object: STT.TLS,
  stt_tls: STT.TLS,
  notype: STT.NOTYPE,
  stt_notype: STT.NOTYPE,
  common: STT.COMMON,
  stt_common: STT.COMMON,
  gnu_indirect_function: STT.GNU_IFUNC,
  stt_gnu_ifunc: STT.GNU_IFUNC,
  gnu_unique_object: STT.OBJECT,
}

/** `.type NAME, @function` */
export const type: Directive = (assembly) => {
  const { cursor } = assembly
  const name = symbolName(assembly)
  if (name === undefined) return
  cursor.takeComma()
  cursor.skipSpaces()
  const start = cursor.position
  const word = cursor
    .word()
    .replace(/^[@%#]|"/g, '')
    .replace(/"$/, '')
  const value = types[word.toLowerCase()]
  if (value === undefined) {
    cursor.position = start
    assembly.error(
      'bad-directive',
      `'${word}' is not a type of symbols`,
      'types are @function, @object, @tls_object, @notype',
    )
    return
  }
  const symbol = assembly.symbols.findOrAdd(name)
  assembly.symbols.list(symbol)
  symbol.type = value
  if (word === 'gnu_unique_object') symbol.binding = STB.GNU_UNIQUE
}

/** `.size NAME, EXPRESSION` */
export const size: Directive = (assembly) => {
  const name = symbolName(assembly)
  if (name === undefined) return
  assembly.cursor.takeComma()
  const expression = assembly.expression()
  if (expression) assembly.symbols.findOrAdd(name).size = expression
}

/** How often, and when, a symbol gets its value: .set may be repeated, .equiv may not, and .eqv is read anew at each use. */
export type Assignment = 'set' | 'equiv' | 'eqv'

/** `.set NAME, EXPRESSION` and its kin. */
export function set(kind: Assignment): Directive {
  return (assembly) => {
    const name = symbolName(assembly)
    if (name === undefined) return
    if (assembly.cursor.takeComma()) assign(assembly, name, kind)
    else assembly.error('bad-directive', 'a comma is expected here')
  }
}

/** Gives a symbol the value of the expression at the cursor. `.` is the place where the next byte goes. */
export function assign(assembly: Assembly, name: string, kind: Assignment): void {
  const isFinal = kind !== 'set'
  const { cursor, symbols } = assembly
  const start = cursor.position
  const named = name === '.' ? undefined : symbols.findOrAdd(name)
  if (named) symbols.list(named)
  const register = assembly.isIntel ? (takeIntelRegister(assembly) ?? 0) : takeRegister(assembly)
  if (register === undefined) return
  const expression = register === 0 ? assembly.expression() : numberExpression(0)
  if (!expression) return
  if (!named) {
    assembly.addPiece(PieceKind.org, 0, expression, 1, 0, 0)
    return
  }
  let symbol = named
  const isSetBefore = symbol.state === SymbolState.value
  if (symbol.weakTarget || (symbol.isDefined && (!isSetBefore || isFinal || symbol.isFinal))) {
    cursor.position = start
    assembly.error('duplicate-symbol', `symbol ${name} is already defined`)
    return
  }
  // What was said with the old value keeps it.
  if (isSetBefore && symbol.isUsed) symbol = symbols.replace(symbol)
  symbol.place = assembly.sources.place
  symbol.isFinal = isFinal
  if (kind === 'eqv') {
    symbol.rereadText = cursor.text.substring(start, cursor.position)
    if (/(?<![\w.$])\.(?![\w.$])/.test(symbol.rereadText)) assembly.placeSymbols.push(symbol)
  }
  symbol.register = register
  if (register !== 0) assembly.hasRegisterSymbols = true
  const { add } = expression
  if (add?.name) symbols.list(add)
  if (add && add.name === '' && add.state === SymbolState.label && isPlain(expression)) {
    // `.set foo, .` makes a label.
    symbol.state = SymbolState.label
    symbol.subsection = add.subsection
    symbol.piece = add.piece
    symbol.offset = add.offset
    symbol.expression = undefined
    return
  }
  symbol.state = SymbolState.value
  symbol.subsection = undefined
  symbol.expression = expression
}

function isPlain(expression: Expression): boolean {
  return !expression.subtract && !expression.operation && expression.number === 0 && expression.modifier === ''
}

interface CommonSymbol {
  readonly symbol: AssemblySymbol
  readonly size: number
  readonly alignment: number | undefined
}

/** `NAME, SIZE, ALIGNMENT` */
function commonArguments(assembly: Assembly): CommonSymbol | undefined {
  const { cursor } = assembly
  const name = symbolName(assembly)
  if (name === undefined) return undefined
  cursor.takeComma()
  const size = assembly.integer('the size', 0, 2 ** 48)
  if (size === undefined) return undefined
  let alignment: number | undefined
  if (cursor.takeComma()) {
    alignment = assembly.integer('the alignment', 0, 2 ** 31)
    if (alignment === undefined) return undefined
    if (alignment & (alignment - 1))
      return assembly.error('bad-alignment', `the alignment ${alignment} is not a power of two`)
  }
  return { symbol: assembly.symbols.findOrAdd(name), size, alignment: alignment || undefined }
}

/**
 * `.comm`: the linker allocates it, unless .local was said of it: then it stands in .bss. `.tls_common` is of each thread,
 * `.largecomm` may be far away.
 */
export function common(kind: 'plain' | 'thread-local' | 'large'): Directive {
  return (assembly) => {
    const isLarge = kind === 'large'
    // gas makes the section for local ones in any case.
    const space = isLarge ? openLargeBss(assembly) : assembly.sections.bss
    const common = commonArguments(assembly)
    if (!common) return
    const { size, alignment } = common
    const symbol = assembly.redefinable(common.symbol)
    if (symbol.isExplicitlyLocal) {
      // As gas: behind all that .bss holds otherwise.
      allocate(assembly, { ...common, symbol }, alignment ?? implicitAlignment(size), space.subsection(1))
      return
    }
    if (symbol.isDefined && symbol.state !== SymbolState.common) {
      assembly.error('duplicate-symbol', `symbol ${symbol.name} is already defined`)
      return
    }
    const isKnown = symbol.state === SymbolState.common && symbol.commonSize !== 0
    if (isKnown && symbol.commonSize !== size)
      assembly.warning(
        'ignored',
        `the size of ${symbol.name} is ${symbol.commonSize} already and stays so, not ${size}`,
      )
    symbol.state = SymbolState.common
    symbol.binding = symbol.binding === STB.WEAK ? STB.WEAK : STB.GLOBAL
    symbol.type = kind === 'thread-local' ? STT.TLS : STT.OBJECT
    if (!isKnown) symbol.commonSize = size
    symbol.commonAlignment = alignment ?? implicitAlignment(symbol.commonSize)
    symbol.isLargeCommon = isLarge
    symbol.place = assembly.sources.place
  }
}

function openLargeBss({ sections }: Assembly): Section {
  return sections.open('.lbss', SHT.NOBITS, SHF.ALLOC | SHF.WRITE | SHF.X86_64_LARGE, 0, undefined, undefined)
}

/** The largest power of two that is not more than the size, at most 16 (elf_common_parse). */
function implicitAlignment(size: number): number {
  let alignment = 1
  while (alignment < 16 && alignment * 2 <= size) alignment *= 2
  return alignment
}

/** `.lcomm`: space in .bss. */
export const localCommon: Directive = (assembly) => {
  const common = commonArguments(assembly)
  if (common)
    allocate(
      assembly,
      common,
      common.alignment ?? implicitLocalAlignment(common.size),
      assembly.sections.bss.subsection(0),
    )
}

function implicitLocalAlignment(size: number): number {
  return size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1
}

function allocate(assembly: Assembly, { symbol, size }: CommonSymbol, alignment: number, subsection: Subsection): void {
  if (symbol.isDefined) {
    assembly.error('duplicate-symbol', `symbol ${symbol.name} is already defined`)
    return
  }
  const before = assembly.current
  assembly.current = subsection
  if (alignment > 1) appendAlignment(assembly, alignment, 0, 0, 1)
  placeLabel(symbol, assembly.current)
  symbol.place = assembly.sources.place
  symbol.type = STT.OBJECT
  symbol.size = new Expression(undefined, undefined, size)
  assembly.addPiece(PieceKind.space, size, undefined, 1, 0, 0)
  assembly.current = before
}

/** `.weakref ALIAS, TARGET`: naming the alias names the target, weakly. */
export const weakref: Directive = (assembly) => {
  const { cursor, symbols } = assembly
  const alias = symbolName(assembly)
  if (alias === undefined) return
  cursor.takeComma()
  const target = symbolName(assembly)
  if (target === undefined) return
  const symbol = symbols.findOrAdd(alias)
  if (symbol.isDefined || symbol.weakTarget) {
    assembly.error('duplicate-symbol', `symbol ${alias} is already defined`)
    return
  }
  const meant = symbols.findOrAdd(target)
  for (let next: AssemblySymbol | undefined = meant; next; next = next.weakTarget)
    if (next === symbol) {
      assembly.error('bad-value', `${alias} would be a weak reference that leads back to itself`)
      return
    }
  symbol.weakTarget = meant
}

/** `.ident "TEXT"`: a string for the section .comment. */
export const identity: Directive = (assembly) => {
  const bytes = parseString(assembly)
  if (!bytes) return
  const { current, sections } = assembly
  const section = sections.open('.comment', 1, 0x30, 1, undefined, undefined)
  const { content } = section.subsection(0)
  // The section begins with an empty string.
  if (content.length === 0) content.byte(0)
  content.append(bytes)
  content.byte(0)
  assembly.current = current
}

/** `.version "TEXT"`: a note that names a version. */
export const versionNote: Directive = (assembly) => {
  const bytes = parseString(assembly)
  if (!bytes) return
  const section = assembly.sections.open('.note', SHT.NOTE, 0, 0, undefined, undefined)
  section.alignment = Math.max(section.alignment, 4)
  const { content } = section.subsection(0)
  content.uint32(bytes.length + 1)
  content.uint32(0)
  content.uint32(ntVersion)
  content.append(bytes)
  content.byte(0)
  content.align(4)
}
