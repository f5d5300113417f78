import { hexadecimal, type Word } from '@fle/object'
import { defaultEntry, entryNumber } from './link-options.ts'
import type { LinkState } from './link-state.ts'

/**
 * The address at which the program starts. As in GNU ld, a symbol that nothing defines gives a warning and the start of
 * the text; an FLE program has no other way to say where it starts than the symbol, so there it is an error.
 * A shared object has no start.
 */
export function entryAddress(link: LinkState): Word {
  if (link.options.shared) return 0
  const number = entryNumber(link.options)
  if (number !== undefined) return number
  const name = link.options.entry ?? link.scriptEntry ?? defaultEntry
  const symbol = link.symbols.names.lookupText(name)
  if (symbol >= 0 && link.symbols.isDefined(symbol)) return link.symbols.value[symbol]
  const hint = `define ${name} in one of the files, or name another entry with -e`
  if (link.format === 'fle') {
    link.diagnostics.error('undefined-entry', `undefined entry symbol: ${name}`, { hint })
    return 0
  }
  const text = link.layout.sectionOrder.find((section) => section.name === '.text')?.address
  const start =
    text === undefined ? 'not setting start address' : `defaulting to ${address16(text)}, where .text begins`
  link.diagnostics.warning('undefined-entry', `cannot find entry symbol ${name}; ${start}`, { hint })
  return text ?? 0
}

/** In the words and digits of GNU ld, which other programs look for. */
function address16(address: number): string {
  return hexadecimal(address).slice(2).padStart(16, '0')
}
