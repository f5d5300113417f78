import { SHF } from '@fle/object'
import type { LiveChain } from './collect-garbage.ts'
import type { LinkState } from './link-state.ts'
import { matchesPattern } from './name-pattern.ts'

/**
 * Tells what keeps the symbols and sections whose names match a pattern (`*` and `?`) in a link with --gc-sections
 * (--why-live): for each the chain of sections that lead to it, from itself to a root.
 */
export function explainLive(link: LinkState, pattern: string): string[] {
  const { liveSections, symbols } = link
  if (liveSections.length === 0) return ['--why-live has something to tell only with --gc-sections']
  const matches = (name: string) => matchesPattern(pattern, name)
  const chains = new Map(liveSections.map(({ input, section }, i) => [`${input.index} ${section}`, i]))
  const lines: string[] = []
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    const object = symbols.definingObject[symbol]
    if (object < 0 || !matches(symbols.names.text(symbol))) continue
    const section = link.objects[object].object.symbolSection(symbols.definingSymbol[symbol])
    const chain = chains.get(`${object} ${section}`)
    if (chain === undefined) continue
    lines.push(`live symbol: ${link.objects[object].object.name}:(${symbols.names.text(symbol)})`)
    lines.push(...chainLines(link, chain, 0))
  }
  liveSections.forEach(({ input, section }, i) => {
    if (!matches(input.object.sectionName(section))) return
    lines.push(`live section: ${sectionText(liveSections[i])}`, ...chainLines(link, i, 1))
  })
  return lines.length > 0 ? lines : [`nothing that is live is named ${pattern}`]
}

/** The sections of a chain, the first `skipped` left out. */
function chainLines(link: LinkState, start: number, skipped: number): string[] {
  const lines: string[] = []
  for (let i = start; i >= 0; i = link.liveSections[i].from)
    lines.push(`>>> kept by ${sectionText(link.liveSections[i])}`)
  return [
    ...lines.slice(skipped),
    '>>> which is a root: the entry, a symbol asked for, or a section that is always kept',
  ]
}

function sectionText({ input, section }: LiveChain): string {
  const { object } = input
  const names: string[] = []
  for (let symbol = 1; symbol < object.symbolCount && names.length < 1; symbol++) {
    if (object.symbolSection(symbol) === section && object.symbolName(symbol) !== '')
      names.push(object.symbolName(symbol))
  }
  const place = `${object.name}:(${object.sectionName(section)})`
  return (object.sectionFlags(section) & SHF.ALLOC) !== 0 && names.length > 0 ? `${place} (with ${names[0]})` : place
}
