import { type ObjectFile, STT } from '@fle/object'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'

/** The name of the function or object that a place is in; without sizes, of the last symbol before it; '' if there is none. */
export function enclosingSymbol(link: LinkState, input: InputObject, section: number, offset: number): string {
  const { object } = input
  let symbols = link.symbolsBySection.get(input)
  if (!symbols) {
    symbols = groupBySection(object)
    link.symbolsBySection.set(input, symbols)
  }
  let best = 0
  let bestValue = -1
  for (const symbol of symbols.get(section) ?? []) {
    const value = Number(object.symbolValue(symbol))
    const size = Number(object.symbolSize(symbol))
    if (value > offset || value < bestValue || (size > 0 && offset >= value + size)) continue
    best = symbol
    bestValue = value
  }
  return best ? object.symbolName(best) : ''
}

/** The symbols of each section, but for section symbols. */
function groupBySection(object: ObjectFile): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    if (object.symbolType(symbol) === STT.SECTION) continue
    const section = object.symbolSection(symbol)
    const group = groups.get(section)
    if (group) group.push(symbol)
    else groups.set(section, [symbol])
  }
  return groups
}
