import { type ObjectFile, SHF, SHT } from '@fle/object'
import { arrayType, isArrayMarker } from './constructor-arrays.ts'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { plainPrefixes } from './output-names.ts'
import { alignUp, OutputSection } from './output-section.ts'
import { rank } from './section-order.ts'
import { SectionRules } from './section-rules.ts'
import { Rank } from './symbol-table.ts'
import { commonSection } from './symbol-values.ts'
import { isUnique } from './unique-sections.ts'

const pointerSize = 8

/** Flags that an output section has if any of its input sections has them. */
const accumulatedFlags = SHF.WRITE | SHF.ALLOC | SHF.EXECINSTR | SHF.TLS | SHF.X86_64_LARGE
/** Flags that it has only if all of them have them. */
const commonFlags = SHF.MERGE | SHF.STRINGS

/**
 * Gives every input section that is kept its output section. After it the output sections that input makes are known,
 * and the order within each; the linker's own (GOT …) are still to come.
 */
export function assignOutputSections(link: LinkState): void {
  const rules = new SectionRules(link.memory)
  const byName = new Map<string, OutputSection>()
  const orders: number[][] = []
  const hasUnique = link.options.uniqueSections !== undefined

  for (const input of link.objects) {
    const { object } = input
    for (let section = 1; section < object.sectionCount; section++) {
      const type = object.sectionType(section)
      if (input.discarded[section] || isBookkeeping(type)) continue
      const rule = rules.of(object, section)
      const flags = object.sectionFlags(section)
      if (rule.use !== 'content' && rule.use !== 'array') {
        if (rule.use === 'warning') link.warningSections.push({ input, section })
        if (rule.use === 'properties') link.propertyNotes.push({ input, section })
        if (rule.use === 'stack-note') input.stackNote = section
        if (rule.use !== 'debug' || (link.options.strip && (flags & SHF.ALLOC) === 0)) continue
      }
      const isMarker = rule.use === 'array' && isArrayMarker(object.sectionName(section), object.name)
      const { name, order } = isMarker ? { name: object.sectionName(section), order: 0 } : rule.place
      let output = isMarker ? byName.get(name) : (rule.output ?? byName.get(name))
      if (hasUnique && isUnique(link.options, object.sectionName(section))) {
        output = createOutputSection(link, object.sectionName(section), object, section)
        orders.push([])
      } else if (!output) {
        output = createOutputSection(link, name, object, section)
        byName.set(name, output)
        orders.push([])
        if (!isMarker) rule.output = output
      } else if (!isMarker) rule.output = output
      addMember(output, input, section, rule.use === 'array' && !isMarker)
      orders[output.number].push(order)
    }
  }
  if (link.options.sortSections)
    for (const output of link.outputSections) sortAlike(link, output, orders[output.number])
  for (const output of link.outputSections) sortMembers(output, orders[output.number])
  addCommons(link, byName)
}

/** Places the input sections of each output section. After it the sizes of all sections that input makes are known. */
export function placeInputSections(link: LinkState): void {
  for (const output of link.outputSections) placeMembers(link, output)
  // What describes other sections stands in their order, which is known now.
  for (const output of link.outputSections) {
    if (!output.hasLinkOrder) continue
    sortByTarget(link, output)
    for (const group of link.mergeGroups) if (group.output === output) group.offset = undefined
    placeMembers(link, output)
  }
}

/** Orders the members by the places of the sections that they describe; those that describe none come first. */
function sortByTarget(link: LinkState, output: OutputSection): void {
  const members = Array.from({ length: output.members.length / 2 }, (_, i) => {
    const [index, section] = output.members.slice(2 * i, 2 * i + 2)
    const input = link.objects[index]
    const isOrdered = input.object.sectionFlags(section) & SHF.LINK_ORDER
    const target = isOrdered ? input.object.sectionLink(section) : 0
    const targetOutput = target === 0 ? undefined : link.outputSections[input.outputSection[target]]
    const place = targetOutput ? input.outputOffset[target] : 0
    return { index, section, rank: targetOutput ? rank(targetOutput) : -1, number: targetOutput?.number ?? -1, place }
  })
  members.sort((a, b) => a.rank - b.rank || a.number - b.number || a.place - b.place)
  output.members = members.flatMap(({ index, section }) => [index, section])
}

/** Sections that describe the object, and whose content the link makes anew. */
export function isBookkeeping(type: number): boolean {
  return (
    type === SHT.NULL ||
    type === SHT.RELA ||
    type === SHT.SYMTAB ||
    type === SHT.STRTAB ||
    type === SHT.SYMTAB_SHNDX ||
    type === SHT.GROUP ||
    type === SHT.LLVM_ADDRSIG
  )
}

function createOutputSection(link: LinkState, name: string, object: ObjectFile, section: number): OutputSection {
  const inputType = object.sectionType(section)
  const type = arrayType(name) ?? (inputType === SHT.X86_64_UNWIND ? SHT.PROGBITS : inputType)
  const flags = object.sectionFlags(section) & (accumulatedFlags | commonFlags)
  const entrySize = arrayType(name) === undefined ? object.sectionEntrySize(section) : pointerSize
  const output = new OutputSection(name, link.outputSections.length, type, flags, entrySize)
  link.outputSections.push(output)
  return output
}

function addMember(output: OutputSection, input: InputObject, section: number, isArray: boolean): void {
  const { object } = input
  const flags = object.sectionFlags(section)
  input.outputSection[section] = output.number
  output.members.push(input.index, section)
  if (flags & SHF.MERGE) output.hasMergeable = true
  if (flags & SHF.LINK_ORDER) output.hasLinkOrder = true
  output.flags = ((output.flags | (flags & accumulatedFlags)) & ~commonFlags) | (output.flags & flags & commonFlags)
  if (isArray) return
  if (object.sectionEntrySize(section) !== output.entrySize) {
    output.entrySize = 0
    output.flags &= ~commonFlags
  }
  // Content wins over the lack of it; of two kinds of content the common one is the plain one.
  const type = object.sectionType(section)
  if (output.type === SHT.NOBITS && type !== SHT.NOBITS) output.type = type
  else if (output.type !== type && type !== SHT.NOBITS) output.type = SHT.PROGBITS
}

/** Sorts members that may stand in any order by their names, or the most aligned first (--sort-section), and their orders with them. */
function sortAlike(link: LinkState, output: OutputSection, orders: number[]): void {
  if (!plainPrefixes.includes(output.name) || output.name === '.eh_frame') return
  const members = orders.map((order, i) => {
    const [index, section] = output.members.slice(2 * i, 2 * i + 2)
    const { object } = link.objects[index]
    return { order, index, section, name: object.sectionName(section), alignment: object.sectionAlignment(section) }
  })
  if (link.options.sortSections === 'alignment') members.sort((a, b) => b.alignment - a.alignment)
  else members.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  output.members = members.flatMap(({ index, section }) => [index, section])
  orders.splice(0, orders.length, ...members.map(({ order }) => order))
}

/** Stable, so that sections of one order keep that of the command line. */
function sortMembers(output: OutputSection, orders: readonly number[]): void {
  if (orders.every((order) => order === orders[0])) return
  const sorted = orders.map((_, member) => member).sort((a, b) => orders[a] - orders[b] || a - b)
  output.members = sorted.flatMap((member) => output.members.slice(2 * member, 2 * member + 2))
}

const placesOfCommons = {
  small: ['.bss', 0],
  large: ['.lbss', SHF.X86_64_LARGE],
  thread: ['.tbss', SHF.TLS],
} as const

/** Tentative definitions that nothing overrode go to the end of .bss, those of the large code model of .lbss … */
function addCommons(link: LinkState, byName: ReadonlyMap<string, OutputSection>): void {
  const { symbols, commonSections, outputSections } = link
  for (const [symbol, { kind }] of symbols.commons) {
    if (symbols.rank[symbol] !== Rank.common) continue
    if (commonSections[kind]) continue
    const [name, flag] = placesOfCommons[kind]
    let section = byName.get(name)
    if (!section) {
      section = new OutputSection(name, outputSections.length, SHT.NOBITS, SHF.WRITE | SHF.ALLOC | flag, 0)
      outputSections.push(section)
    }
    commonSections[kind] = section
  }
}

/** Places the members one after another, each at its alignment, and the common symbols behind them. */
function placeMembers(link: LinkState, output: OutputSection): void {
  const { members } = output
  let size = 0
  for (let i = 0; i < members.length; i += 2) {
    const input = link.objects[members[i]]
    const section = members[i + 1]
    const alignment = input.object.sectionAlignment(section)
    if (alignment > output.alignment) output.alignment = alignment
    size = alignUp(size, alignment)
    input.outputOffset[section] = size
    const group = input.merged?.[section]?.group
    if (!group) size += input.object.sectionSize(section)
    else if (group.offset === undefined) {
      group.offset = size
      size += group.pieces.size
    }
  }
  if (Object.values(link.commonSections).includes(output)) size = placeCommons(link, output, size)
  // GNU ld's script fills it up to where _end is.
  output.size = output.name === '.bss' && link.format !== 'fle' ? alignUp(size, 8) : size
}

function placeCommons(link: LinkState, output: OutputSection, start: number): number {
  let size = start
  for (const [symbol, common] of link.symbols.commons) {
    if (link.symbols.rank[symbol] !== Rank.common || commonSection(link, symbol) !== output) continue
    if (common.alignment > output.alignment) output.alignment = common.alignment
    size = alignUp(size, common.alignment)
    link.commonOffsets.set(symbol, size)
    size += common.size
  }
  return size
}
