import { type ObjectFile, SHF, SHT } from '@fle/object'
import { arrayType, isArrayMarker } from './constructor-arrays.ts'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { plainPrefixes } from './output-names.ts'
import { alignUp, OutputSection } from './output-section.ts'
import { rank } from './section-order.ts'
import { SectionRules } from './section-rules.ts'
import { type CommonSymbol, Rank } from './symbol-table.ts'
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
  const sections = link.objects.reduce((sum, { object }) => sum + object.sectionCount, 0)
  const rules = new SectionRules(link.memory, sections)
  const { assigner } = rules
  const byName = new Map<string, OutputSection>()
  const isWalked = link.options.uniqueSections === undefined
  for (const input of link.objects) {
    const { object, record, index } = input
    const { sectionCount } = object
    assigner.makeRoom(sectionCount, object.bytes.length)
    for (let section = 1; ; section++) {
      if (isWalked && record > 0) section = assigner.assign(record, index, section)
      if (section >= sectionCount) break
      assignSection(link, input, section, rules, byName)
    }
  }
  const traits = assigner.finish(link.outputSections.length)
  for (const output of link.outputSections) {
    const { members, orders, hasSeveralOrders, flags, type, entrySize, hasMergeable, hasLinkOrder } =
      traits[output.number]
    Object.assign(output, { flags, type, entrySize, hasMergeable, hasLinkOrder })
    const sorted = link.options.sortSections ? sortAlike(link, output, members, orders) : { members, orders }
    output.members = hasSeveralOrders ? sortMembers(link, sorted) : sorted.members
  }
  addCommons(link, byName)
}

/** Gives one section its output section, and does what else its rule asks for. */
function assignSection(
  link: LinkState,
  input: InputObject,
  section: number,
  rules: SectionRules,
  byName: Map<string, OutputSection>,
): void {
  const { object } = input
  const type = object.sectionType(section)
  if (input.discarded[section] || isBookkeeping(type)) return
  const rule = rules.of(object, section)
  const flags = object.sectionFlags(section)
  if (rule.use !== 'content' && rule.use !== 'array') {
    if (rule.use === 'warning') link.warningSections.push({ input, section })
    if (rule.use === 'properties') link.propertyNotes.push({ input, section })
    if (rule.use === 'stack-note') input.stackNote = section
    if (rule.use !== 'debug' || (link.options.strip && (flags & SHF.ALLOC) === 0)) return
  }
  const isMarker = rule.use === 'array' && isArrayMarker(object.sectionName(section), object.name)
  const { name, order } = isMarker ? { name: object.sectionName(section), order: 0 } : rule.place
  let output = isMarker ? byName.get(name) : (rule.output ?? byName.get(name))
  const isUniqueHere = link.options.uniqueSections !== undefined && isUnique(link.options, object.sectionName(section))
  if (isUniqueHere || !output) {
    const outputName = isUniqueHere ? object.sectionName(section) : name
    output = createOutputSection(link, outputName, object, section)
    rules.assigner.addOutput(output.number, output.flags, output.type, output.entrySize)
    if (!isUniqueHere) byName.set(name, output)
  }
  if (!isMarker && !isUniqueHere && !rule.output) {
    rule.output = output
    if (rule.use === 'content' || (rule.use === 'debug' && !link.options.strip)) rules.settle(object, section, rule)
  }
  input.outputSection[section] = output.number
  rules.assigner.add({
    output: output.number,
    order,
    object: input.index,
    section,
    flags,
    type,
    entrySize: object.sectionEntrySize(section),
    isArray: rule.use === 'array' && !isMarker,
  })
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
  output.members = membersOf(
    link,
    members.flatMap(({ index, section }) => [index, section]),
  )
}

/** Sections that describe the object, and whose content the link makes anew. */
export function isBookkeeping(type: number): boolean {
  return (
    type === SHT.NULL ||
    type === SHT.RELA ||
    type === SHT.REL ||
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

/** Members, and the order of each. */
interface OrderedMembers {
  readonly members: Int32Array
  readonly orders: ArrayLike<number>
}

/** Sorts members that may stand in any order by their names, or the most aligned first (--sort-section). */
function sortAlike(link: LinkState, output: OutputSection, pairs: Int32Array, orders: Int32Array): OrderedMembers {
  if (!plainPrefixes.includes(output.name) || output.name === '.eh_frame') return { members: pairs, orders }
  const members = Array.from(orders, (order, i) => {
    const [index, section] = pairs.subarray(2 * i, 2 * i + 2)
    const { object } = link.objects[index]
    return { order, index, section, name: object.sectionName(section), alignment: object.sectionAlignment(section) }
  })
  if (link.options.sortSections === 'alignment') members.sort((a, b) => b.alignment - a.alignment)
  else members.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return {
    members: membersOf(
      link,
      members.flatMap(({ index, section }) => [index, section]),
    ),
    orders: members.map(({ order }) => order),
  }
}

/** Stable, so that sections of one order keep that of the command line. */
function sortMembers(link: LinkState, { members, orders }: OrderedMembers): Int32Array {
  const walked = orders instanceof Int32Array ? link.walker.sortMembers(members, orders) : undefined
  if (walked) return walked
  const byOrder = new Map<number, number[]>()
  for (let i = 0; i < orders.length; i++) {
    const known = byOrder.get(orders[i])
    if (known) known.push(members[2 * i], members[2 * i + 1])
    else byOrder.set(orders[i], [members[2 * i], members[2 * i + 1]])
  }
  const sorted = [...byOrder].sort(([a], [b]) => a - b)
  return membersOf(
    link,
    sorted.flatMap(([, pairs]) => pairs),
  )
}

/** Pairs of object and section, where the loops find them. */
function membersOf({ memory }: LinkState, pairs: readonly number[]): Int32Array {
  const members = memory.takeInt32(pairs.length)
  members.set(pairs)
  return members
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
  const extent = link.memory.takeFloat64(2)
  extent.set([0, output.alignment])
  for (let member = 0; ; member++) {
    member = link.walker.placeMembers(link.objectRecords, members, member, extent)
    if (2 * member >= members.length) break
    placeMember(link.objects[members[2 * member]], members[2 * member + 1], extent)
  }
  output.alignment = extent[1]
  let size = extent[0]
  if (Object.values(link.commonSections).includes(output)) size = placeCommons(link, output, size)
  // GNU ld's script fills it up to where _end is.
  output.size = output.name === '.bss' && link.format !== 'fle' ? alignUp(size, 8) : size
}

/** Places a section behind what is in an extent: its size and alignment. */
function placeMember(input: InputObject, section: number, extent: Float64Array): void {
  const alignment = input.object.sectionAlignment(section)
  let size = alignUp(extent[0], alignment)
  input.outputOffset[section] = size
  const group = input.merged?.[section]?.group
  if (!group) size += input.object.sectionSize(section)
  else if (group.offset === undefined) {
    group.offset = size
    size += group.pieces.size
  }
  extent.set([size, Math.max(extent[1], alignment)])
}

/** Common symbols as they were found, or by their alignment (--sort-common). */
function sortedCommons({ symbols, options }: LinkState): Iterable<[number, CommonSymbol]> {
  if (!options.sortCommons) return symbols.commons
  const sign = options.sortCommons === 'ascending' ? 1 : -1
  return [...symbols.commons].sort(([, a], [, b]) => sign * (a.alignment - b.alignment))
}

function placeCommons(link: LinkState, output: OutputSection, start: number): number {
  let size = start
  for (const [symbol, common] of sortedCommons(link)) {
    if (link.symbols.rank[symbol] !== Rank.common || commonSection(link, symbol) !== output) continue
    if (common.alignment > output.alignment) output.alignment = common.alignment
    size = alignUp(size, common.alignment)
    link.commonOffsets.set(symbol, size)
    size += common.size
  }
  return size
}
