// What the command line says of symbols: which are wanted, renamed, traced, and defined there.

import { addWords, STT, subtractWords, type Word } from '@fle/object'
import { isAddress, SymbolPlace } from './classify-symbols.ts'
import { defaultEntry, entryNumber } from './link-options.ts'
import type { LinkState } from './link-state.ts'
import type { OutputSection } from './output-section.ts'
import type { SymbolDefinition, SymbolExpression } from './symbol-expression.ts'
import { commandLineDefined, Rank } from './symbol-table.ts'
import { globalDefinition } from './symbol-values.ts'

/** A symbol that --defsym defines. */
export interface RequestedDefinition {
  readonly symbol: number
  readonly definition: SymbolDefinition
  /** The symbols of the expression. */
  readonly terms: readonly { readonly symbol: number; readonly sign: 1 | -1 }[]
  /** The numbers of the expression; once addresses are final, all of it … */
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
  for (const name of wanted) symbols.refer(symbols.internText(name), false)
  if (options.relocatable || entryNumber(options) !== undefined) return
  symbols.refer(symbols.internText(options.entry ?? defaultEntry), false)
}

/** Defines a symbol at its place among the inputs. What its expression names is wanted from there on. */
export function defineRequested(link: LinkState, definition: SymbolDefinition): void {
  const { symbols, redirections } = link
  const terms = definition.expression.symbols.map(({ name, sign }) => {
    const symbol = symbols.internText(name)
    return { symbol: redirections.get(symbol) ?? symbol, sign }
  })
  for (const { symbol } of terms) symbols.refer(symbol, false)
  const symbol = symbols.internText(definition.name)
  const { requestedDefinitions } = link
  symbols.define(symbol, Rank.strong, commandLineDefined, requestedDefinitions.length)
  requestedDefinitions.push({
    symbol,
    definition,
    terms,
    value: definition.expression.constant,
    section: undefined,
    isEvaluated: false,
  })
}

/** Whether a symbol of the command line moves with the image: an address and a number, but no difference of addresses. */
export function requestedPlace(link: LinkState, index: number, globals: Uint8Array): number {
  const { terms } = link.requestedDefinitions[index]
  const addresses = terms.reduce((sum, { symbol, sign }) => sum + (isAddress(globals[symbol]) ? sign : 0), 0)
  return addresses === 0 ? SymbolPlace.absolute : SymbolPlace.address
}

/** Computes a symbol of the command line and, before it, those that it is made of. Addresses are final. */
export function evaluateRequested(link: LinkState, index: number): RequestedDefinition {
  const requested = link.requestedDefinitions[index]
  if (requested.isEvaluated) return requested
  requested.isEvaluated = true
  let addresses = 0
  for (const { symbol, sign } of requested.terms) {
    const { value, section } = globalDefinition(link, symbol)
    requested.value = sign > 0 ? addWords(requested.value, value) : subtractWords(requested.value, value)
    if (!section) continue
    addresses += sign
    if (sign > 0) requested.section = section
  }
  if (addresses !== 1) requested.section = undefined
  return requested
}

/** The type of a symbol that is but another name for a function or an object. */
export function requestedType(link: LinkState, index: number): number {
  const { definition, terms } = link.requestedDefinitions[index]
  if (!isAlias(definition.expression)) return STT.NOTYPE
  const { symbols, objects } = link
  const object = symbols.definingObject[terms[0].symbol]
  return object < 0 ? STT.NOTYPE : objects[object].object.symbolType(symbols.definingSymbol[terms[0].symbol])
}

function isAlias({ constant, symbols }: SymbolExpression): boolean {
  return constant === 0 && symbols.length === 1 && symbols[0].sign === 1
}

/** Reports the symbols of --require-defined that no file defines. */
export function reportRequired(link: LinkState): void {
  const { symbols, diagnostics, options } = link
  for (const name of options.requiredSymbols ?? []) {
    if (symbols.isDefined(symbols.internText(name))) continue
    diagnostics.error('required-symbol', `no file defines ${name}, which --require-defined asks for`)
  }
}
