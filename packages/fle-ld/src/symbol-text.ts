import { demangle } from '@fle/demangle'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'

/** A symbol's name as messages show it: of C++ as its source has it, e.g. `f(int)`, unless --no-demangle is given. */
export function symbolText(link: LinkState, name: string): string {
  return link.options.demangle === false ? name : (demangle(name) ?? name)
}

/** The text of a global symbol. */
export function globalText(link: LinkState, symbol: number): string {
  return symbolText(link, link.symbols.names.text(symbol))
}

/** What a relocation refers to: the symbol, the section that a section symbol stands for, or 0 for no symbol. */
export function targetText(link: LinkState, { object }: InputObject, objectSymbol: number): string {
  if (objectSymbol === 0) return '0'
  return symbolText(link, object.symbolName(objectSymbol)) || object.sectionName(object.symbolSection(objectSymbol))
}
