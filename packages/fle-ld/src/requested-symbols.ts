// What the command line says of symbols: which are wanted, renamed, traced, and defined there.

import { STT, STV, toWord, type Word } from '@fle/object'
import { isAddress, SymbolPlace } from './classify-symbols.ts'
import { type ExpressionNames, type ExpressionValue, evaluateExpression } from './evaluate-expression.ts'
import { defaultEntry, entryNumber } from './link-options.ts'
import type { LinkState } from './link-state.ts'
import type { OutputSection } from './output-section.ts'
import { type SymbolDefinition, symbolsIn } from './symbol-expression.ts'
import { commandLineDefined, Rank } from './symbol-table.ts'
import { globalDefinition } from './symbol-values.ts'

/** A symbol that --defsym or a script defines. */
export interface RequestedDefinition {
  readonly symbol: number
  readonly definition: SymbolDefinition
  /** The symbols of the expression, by name. */
  readonly terms: ReadonlyMap<string, number>
  /** Whether a script says that it is no affair of other files (HIDDEN). */
  readonly isHidden: boolean
  /** Once addresses are final … */
  value: Word
  /** … with the section that the value stands in, if it is an address. */
  section: OutputSection | undefined
  isEvaluated: boolean
}

/**
 * Notes before the first file is read what -u, --require-defined, --wrap and -y name, and that the entry symbol may come
 * from an archive. It is no error yet if nothing defines them.
 */
export function requestSymbols(link: LinkState): void {
  const { options, symbols, redirections, traced } = link
  for (const name of options.wrappedSymbols ?? []) {
    const symbol = symbols.internText(name)
    redirections.set(symbol, symbols.internText(`__wrap_${name}`))
    redirections.set(symbols.internText(`__real_${name}`), symbol)
  }
  for (const name of options.tracedSymbols ?? []) traced.add(symbols.internText(name))
  const wanted = [...(options.wantedSymbols ?? []), ...(options.requiredSymbols ?? [])]
  wantSymbols(link, wanted)
  if (options.relocatable || entryNumber(options) !== undefined) return
  symbols.refer(symbols.internText(options.entry ?? defaultEntry), false)
}

/** Notes that symbols are wanted as if a file referred to them. */
export function wantSymbols({ symbols }: LinkState, names: readonly string[]): void {
  for (const name of names) symbols.refer(symbols.internText(name), false)
}

/** Has the program start at a symbol, unless -e or a script before this one says where. */
export function enterAt(link: LinkState, name: string): void {
  if (link.options.entry !== undefined) return
  link.scriptEntry ??= name
  wantSymbols(link, [name])
}

/** Defines what scripts provide, where a file refers to it and none defines it. */
export function defineProvided(link: LinkState): void {
  const { symbols, provided } = link
  for (const { definition, isHidden } of provided) {
    const symbol = symbols.names.lookupText(definition.name)
    const rank = symbol < 0 ? Rank.unseen : symbols.rank[symbol]
    if (rank === Rank.undefined || rank === Rank.weakUndefined) defineRequested(link, definition, isHidden)
  }
}

/** Defines a symbol at its place among the inputs. What its expression names is wanted from there on. */
export function defineRequested(link: LinkState, definition: SymbolDefinition, isHidden = false): void {
  const { symbols, redirections } = link
  const terms = new Map<string, number>()
  for (const name of symbolsIn(definition.expression)) {
    const symbol = symbols.internText(name)
    terms.set(name, redirections.get(symbol) ?? symbol)
  }
  for (const symbol of terms.values()) symbols.refer(symbol, false)
  const symbol = symbols.internText(definition.name)
  if (isHidden) symbols.constrainVisibility(symbol, STV.HIDDEN)
  const { requestedDefinitions } = link
  symbols.define(symbol, Rank.strong, commandLineDefined, requestedDefinitions.length)
  requestedDefinitions.push({
    symbol,
    definition,
    terms,
    isHidden,
    value: 0,
    section: undefined,
    isEvaluated: false,
  })
}

/** Whether a symbol of the command line moves with the image: an address and a number, but no difference of addresses. */
export function requestedPlace(link: LinkState, index: number, globals: Uint8Array): number {
  const { definition, terms } = link.requestedDefinitions[index]
  const symbol = (name: string) => {
    const place = globals[terms.get(name) ?? 0]
    return { value: 0n, moves: isAddress(place) ? 1 : 0, section: undefined }
  }
  const { moves } = evaluateExpression(
    definition.expression,
    namesOf(link, symbol, () => {}),
  )
  return moves === 0 ? SymbolPlace.absolute : SymbolPlace.address
}

function namesOf(
  link: LinkState,
  symbol: (name: string) => ExpressionValue,
  divisionByZero: () => void,
): ExpressionNames {
  return {
    symbol,
    isDefined: (name) => {
      const known = link.symbols.names.lookupText(name)
      return known >= 0 && link.symbols.isDefined(known)
    },
    section: (name) => link.outputSections.find((section) => section.name === name),
    divisionByZero,
  }
}

/** Computes a symbol of the command line and, before it, those that it is made of. Addresses are final. */
export function evaluateRequested(link: LinkState, index: number): RequestedDefinition {
  const requested = link.requestedDefinitions[index]
  if (requested.isEvaluated) return requested
  requested.isEvaluated = true
  const { value, moves, section } = evaluateFinal(link, requested.definition, requested.terms)
  requested.value = toWord(value)
  requested.section = moves === 1 ? section : undefined
  return requested
}

function evaluateFinal(
  link: LinkState,
  { name, expression }: SymbolDefinition,
  terms: ReadonlyMap<string, number>,
): ExpressionValue {
  const symbol = (term: string) => {
    const { value, section } = globalDefinition(link, terms.get(term) ?? 0)
    return { value: BigInt.asUintN(64, BigInt(value)), moves: section ? 1 : 0, section }
  }
  return evaluateExpression(
    expression,
    namesOf(link, symbol, () => {
      link.diagnostics.error('definition', `definition of ${name}: division by zero`)
    }),
  )
}

/** The type of a symbol that is but another name for a function or an object. */
export function requestedType(link: LinkState, index: number): number {
  const { definition, terms } = link.requestedDefinitions[index]
  const { expression } = definition
  const target = expression.kind === 'symbol' ? terms.get(expression.name) : undefined
  if (target === undefined) return STT.NOTYPE
  const { symbols, objects } = link
  const object = symbols.definingObject[target]
  return object < 0 ? STT.NOTYPE : objects[object].object.symbolType(symbols.definingSymbol[target])
}

/** Reports the symbols of --require-defined that no file defines. */
export function reportRequired(link: LinkState): void {
  const { symbols, diagnostics, options } = link
  for (const name of options.requiredSymbols ?? []) {
    if (symbols.isDefined(symbols.internText(name))) continue
    diagnostics.error('required-symbol', `no file defines ${name}, which --require-defined asks for`)
  }
}
