// The map file, in the form of GNU ld's, which people and programs know how to read: GNU ld manual, "-Map".
import { hexadecimal, type Word } from '@fle/object'
import { isBookkeeping } from './assign-output-sections.ts'
import { dropped, type InputObject } from './input-object.ts'
import { type LinkState, ofWholeArchive } from './link-state.ts'
import type { OutputSection } from './output-section.ts'
import { visitGlobalSymbols } from './output-symbols.ts'
import { Rank } from './symbol-table.ts'
import { globalText } from './symbol-text.ts'
import { commonSection } from './symbol-values.ts'

/** The text of the map file: what was linked, and what stands where. Of a link that failed, as far as it came. */
export function writeMap(link: LinkState): string {
  const lines = [...describeMembers(link), ...describeDiscarded(link), ...memoryConfiguration]
  lines.push('Linker script and memory map', '', ...link.inputFiles.map((path) => `LOAD ${path}`))
  if (link.options.relocatable && !link.diagnostics.hasErrors) {
    lines.push(...describeObject(link), '', `OUTPUT(${link.options.output} ${link.format})`)
    return `${lines.join('\n')}\n`
  }
  if (link.layout.sectionOrder.length === 0) {
    lines.push('', 'The link failed before there were addresses.')
    return `${lines.join('\n')}\n`
  }
  const symbols = symbolsBySection(link)
  for (const section of link.layout.sectionOrder) lines.push('', ...describeSection(link, section, symbols))
  const format = link.isLoadBlob ? 'fle, one blob that runs at any address' : link.format
  lines.push(`OUTPUT(${link.options.output} ${format})`)
  if (link.format === 'fle' && link.absoluteNeed) lines.push(`  an address is needed at ${link.absoluteNeed()}`)
  lines.push('', 'Segments', '', ...describeSegments(link))
  return `${lines.join('\n')}\n`
}

const memoryConfiguration = [
  'Memory Configuration',
  '',
  'Name             Origin             Length             Attributes',
  '*default*        0x0000000000000000 0xffffffffffffffff',
  '',
]

/** Which members of archives are linked, and because of which file and symbol. */
function describeMembers(link: LinkState): string[] {
  const members = link.inputLog.filter(({ symbol }) => symbol !== undefined)
  if (members.length === 0) return []
  const wanted = new Map(members.map(({ symbol }) => [symbol, '']))
  for (const { object, globals } of link.objects) {
    for (let symbol = object.firstGlobal; symbol < object.symbolCount; symbol++) {
      const global = globals[symbol - object.firstGlobal]
      if (wanted.get(global) === '') wanted.set(global, object.name)
    }
  }
  const lines = members.flatMap(({ input: { name }, symbol = ofWholeArchive }) => {
    if (symbol === ofWholeArchive) return [name, `${indent}(--whole-archive)`]
    const by = wanted.get(symbol) || 'the command line'
    return [name, `${indent}${by} (${globalText(link, symbol)})`]
  })
  return ['Archive member included to satisfy reference by file (symbol)', '', ...lines, '']
}

const indent = ' '.repeat(30)

/** The input sections that are not in the output: copies of COMDAT groups, and what --gc-sections drops. */
function describeDiscarded({ objects }: LinkState): string[] {
  const lines: string[] = []
  for (const { object, discarded } of objects) {
    for (let section = 1; section < object.sectionCount; section++) {
      if (discarded[section] === 0 || isBookkeeping(object.sectionType(section))) continue
      lines.push(...row(` ${object.sectionName(section)}`, 0, object.sectionSize(section), object.name))
    }
  }
  return lines.length > 0 ? ['Discarded input sections', '', ...lines, ''] : []
}

/** Global symbols, each as a line, by where they are. */
interface SymbolLines {
  /** Those that objects define: by object and section. */
  readonly byInput: ReadonlyMap<InputObject, ReadonlyMap<number, PlacedLine[]>>
  /** Common symbols, and those that the link defines. */
  readonly byOutput: ReadonlyMap<OutputSection, PlacedLine[]>
}

interface PlacedLine {
  readonly address: Word
  readonly text: string
}

function symbolsBySection(link: LinkState): SymbolLines {
  const { symbols, objects } = link
  const byInput = new Map<InputObject, Map<number, PlacedLine[]>>()
  const byOutput = new Map<OutputSection, PlacedLine[]>()
  visitGlobalSymbols(link, ({ section: output, value: address }, global) => {
    if (!output) return
    const line = { address, text: `${' '.repeat(16)}${address16(address)}${' '.repeat(16)}${globalText(link, global)}` }
    const input = symbols.rank[global] === Rank.common ? undefined : objects[symbols.definingObject[global]]
    if (!input) addTo(byOutput, output, line)
    else {
      const sections = byInput.get(input) ?? new Map<number, PlacedLine[]>()
      byInput.set(input, sections)
      addTo(sections, input.object.symbolSection(symbols.definingSymbol[global]), line)
    }
  })
  return { byInput, byOutput }
}

function addTo<Key>(lists: Map<Key, PlacedLine[]>, key: Key, line: PlacedLine): void {
  const list = lists.get(key)
  if (list) list.push(line)
  else lists.set(key, [line])
}

function textsInOrder(lines: readonly PlacedLine[]): string[] {
  return [...lines].sort((a, b) => Number(a.address) - Number(b.address)).map(({ text }) => text)
}

function describeSection(link: LinkState, section: OutputSection, { byInput, byOutput }: SymbolLines): string[] {
  const lines = row(section.name, section.address, section.size)
  const describedGroups = new Set<object>()
  let end = section.address
  const fillUpTo = (address: number) => {
    if (address > end && section.synthetic === undefined) lines.push(`${row(' *fill*', end, address - end)} `)
  }
  for (let i = 0; i < section.members.length; i += 2) {
    const input = link.objects[section.members[i]]
    const index = section.members[i + 1]
    if (input.outputSection[index] === dropped) continue
    const merged = input.merged?.[index]
    const isFirst = !merged || !describedGroups.has(merged.group)
    if (merged) describedGroups.add(merged.group)
    // What is merged is said to be the first section's that has some of it.
    const size = merged ? (isFirst ? merged.group.pieces.size : 0) : sizeOf(link, section, i)
    const address = section.address + (merged ? (merged.group.offset ?? 0) : input.outputOffset[index])
    if (isFirst) fillUpTo(address)
    end = Math.max(end, address + size)
    lines.push(...row(` ${input.object.sectionName(index)}`, address, size, input.object.name))
    lines.push(...textsInOrder(byInput.get(input)?.get(index) ?? []))
  }
  lines.push(...describeCommons(link, section), ...textsInOrder(byOutput.get(section) ?? []))
  return lines
}

/** The sections of the object that -r makes, each with its parts. */
function describeObject({ objects }: LinkState): string[] {
  const parts: { input: InputObject; section: number; number: number; start: number; end: number }[] = []
  for (const input of objects) {
    for (let section = 1; section < input.object.sectionCount; section++) {
      const number = input.outputSection[section]
      const start = input.outputOffset[section]
      if (number !== dropped)
        parts.push({ input, section, number, start, end: start + input.object.sectionSize(section) })
    }
  }
  parts.sort((a, b) => a.number - b.number || a.start - b.start)
  const sizes = new Map<number, number>()
  for (const { number, end } of parts) sizes.set(number, Math.max(end, sizes.get(number) ?? 0))
  return parts.flatMap(({ input: { object }, section, number, start, end }, i) => {
    const name = object.sectionName(section)
    const isFirst = parts[i - 1]?.number !== number
    return [
      ...(isFirst ? ['', ...row(name, 0, sizes.get(number) ?? 0)] : []),
      ...row(` ${name}`, start, end - start, object.name),
    ]
  })
}

/** The common symbols of a section, as one line for what one object has of them. */
function describeCommons(link: LinkState, section: OutputSection): string[] {
  const { symbols, objects, commonOffsets } = link
  const commons = [...commonOffsets].filter(([symbol]) => commonSection(link, symbol) === section)
  const runs: { object: number; start: number; end: number }[] = []
  for (const [symbol, start] of commons) {
    const object = symbols.definingObject[symbol]
    const end = start + (symbols.commons.get(symbol)?.size ?? 0)
    const last = runs.at(-1)
    if (last?.object === object) last.end = end
    else runs.push({ object, start, end })
  }
  return runs.flatMap(({ object, start, end }) =>
    row(' COMMON', section.address + start, end - start, objects[object]?.object.name),
  )
}

/** How much of an output section a member of it is: of .eh_frame the records that were kept. */
function sizeOf({ objects, ehFrame }: LinkState, section: OutputSection, member: number): number {
  const { members, size } = section
  const input = objects[members[member]]
  if (section !== ehFrame?.section) return input.object.sectionSize(members[member + 1])
  const start = input.outputOffset[members[member + 1]]
  const isLast = member + 2 >= members.length
  return (isLast ? size : objects[members[member + 2]].outputOffset[members[member + 3]]) - start
}

function describeSegments({ layout }: LinkState): string[] {
  return layout.segments.map(({ flags, address, memorySize, sections }) => {
    const letters = `${flags & 4 ? 'R' : '-'}${flags & 2 ? 'W' : '-'}${flags & 1 ? 'X' : '-'}`
    const names = sections.map((section) => section.name).join(' ')
    return `  ${address16(address)} ${size10(memorySize)} ${letters} ${names || '(headers)'}`
  })
}

/** A line of a name, an address, a size and a file; a long name has a line of its own. */
function row(name: string, address: number, size: number, file = ''): string[] {
  const facts = `${address16(address)} ${size10(size)}${file === '' ? '' : ` ${file}`}`
  return name.length < 16 ? [name.padEnd(16) + facts] : [name, ' '.repeat(16) + facts]
}

function address16(address: Word): string {
  return `0x${hexadecimal(address).slice(2).padStart(16, '0')}`
}

function size10(size: number): string {
  return hexadecimal(size).padStart(10)
}
