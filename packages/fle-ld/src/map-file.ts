import { hexadecimal } from '@fle/object'
import { dropped } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import type { OutputSection } from './output-section.ts'
import { visitGlobalSymbols } from './output-symbols.ts'
import { globalText } from './symbol-text.ts'

/** The text of the map file: what was linked, and what stands where. Of a link that failed, as far as it came. */
export function writeMap(link: LinkState): string {
  const lines = ['Files and archive members in the link', '', ...link.inputLog.map((line) => `  ${line}`), '']
  if (link.layout.sectionOrder.length === 0) {
    lines.push('The link failed before there were addresses.')
    return `${lines.join('\n')}\n`
  }
  const format = link.isLoadBlob ? 'fle, one blob that runs at any address' : link.format
  lines.push(`Output format: ${format}`)
  if (link.format === 'fle' && link.absoluteNeed) lines.push(`  an address is needed at ${link.absoluteNeed()}`)
  lines.push('', 'Segments', '')
  for (const { flags, address, memorySize, sections } of link.layout.segments) {
    const letters = `${flags & 4 ? 'R' : '-'}${flags & 2 ? 'W' : '-'}${flags & 1 ? 'X' : '-'}`
    const names = sections.map((section) => section.name).join(' ')
    lines.push(`  ${address16(address)} ${size10(memorySize)} ${letters} ${names || '(headers)'}`)
  }
  lines.push('', 'Sections, what they are made of, and global symbols', '')
  const symbols = symbolsBySection(link)
  for (const section of link.layout.sectionOrder)
    lines.push(...describeSection(link, section, symbols.get(section) ?? []))
  return `${lines.join('\n')}\n`
}

interface MapItem {
  readonly address: number
  /** Orders what stands at one address: an input section before the symbols in it. */
  readonly order: number
  readonly text: string
}

function symbolsBySection(link: LinkState): Map<OutputSection, MapItem[]> {
  const found = new Map<OutputSection, MapItem[]>()
  visitGlobalSymbols(link, ({ section, value }, global) => {
    if (!section) return
    const items = found.get(section) ?? []
    found.set(section, items)
    const address = Number(value)
    items.push({ address, order: 1, text: `${address16(address)}                ${globalText(link, global)}` })
  })
  return found
}

function describeSection(link: LinkState, section: OutputSection, symbols: readonly MapItem[]): string[] {
  const items = [...symbols]
  for (let i = 0; i < section.members.length; i += 2) {
    const input = link.objects[section.members[i]]
    const index = section.members[i + 1]
    const size = input.object.sectionSize(index)
    if (size === 0 || input.outputSection[index] === dropped) continue
    if (input.merged?.[index]) continue
    const address = section.address + input.outputOffset[index]
    const name = `${input.object.name}:(${input.object.sectionName(index)})`
    items.push({ address, order: 0, text: `${address16(address)} ${size10(size)}   ${name}` })
  }
  items.sort((a, b) => a.address - b.address || a.order - b.order)
  return [
    `${section.name.padEnd(18)} ${address16(section.address)} ${size10(section.size)} align ${section.alignment}`,
    ...items.map(({ text }) => `                   ${text}`),
    '',
  ]
}

function address16(address: number): string {
  return `0x${hexadecimal(address).slice(2).padStart(16, '0')}`
}

function size10(size: number): string {
  return hexadecimal(size).padStart(10)
}
