// How the sections of an image become segments: which stand together, and at which addresses and file offsets.

import { fileHeader, PF, programHeader } from '@fle/elf'
import { isLabDialect } from '@fle/fle'
import { SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'
import { isRelro, permissions, rank, ranks } from './section-order.ts'

/** Pages of x86-64: segments begin on one, and in the file at the same place modulo its size. */
export const pageSize = 0x1000

/** Where a program stands unless it is told otherwise: the address of GNU ld's default script. */
const defaultImageBase = 0x400000

/** A part of the image that is mapped with one set of permissions. */
export interface Segment {
  /** PF_R, PF_W, PF_X. */
  readonly flags: number
  readonly sections: readonly OutputSection[]
  readonly address: number
  readonly memorySize: number
  /** Offset in the output buffer, and how much of the segment stands there. */
  readonly fileOffset: number
  readonly fileSize: number
  readonly alignment: number
}

/**
 * Sections that follow each other and make one segment: of the same permissions, now and after start-up, unless fewer
 * segments are asked for. One whose address is given begins a segment. In the labs' dialects a segment is known by the name of
 * its section, and there is one for each.
 */
export function groupIntoSegments(link: LinkState, loaded: readonly OutputSection[]): OutputSection[][] {
  if (link.format === 'fle' && isLabDialect(link.options.dialect)) return loaded.map((section) => [section])
  const groups: OutputSection[][] = []
  for (const section of loaded) {
    const last = groups.at(-1)
    const isFixed = fixedAddress(link, section) !== undefined
    if (last && !isFixed && canJoin(link, last, section) && !isGap(link, last, section)) last.push(section)
    else groups.push([section])
  }
  return groups
}

/** What takes no room in the image makes no segment of its own. */
function canJoin(link: LinkState, group: readonly OutputSection[], section: OutputSection): boolean {
  const known = group.find(({ takesRoom }) => takesRoom)
  return !known || !section.takesRoom || canShareSegment(link, known, section)
}

function canShareSegment(link: LinkState, a: OutputSection, b: OutputSection): boolean {
  switch (link.options.segments) {
    case 'one':
      return true
    case 'text-and-data':
    case 'unpaged':
      return ((a.flags ^ b.flags) & SHF.WRITE) === 0 && isRelro(link, a) === isRelro(link, b)
    default:
      return permissions(a) === permissions(b) && isRelro(link, a) === isRelro(link, b)
  }
}

/** Zeros before content would have to stand in the file, gigabytes of them perhaps. */
function isGap(link: LinkState, group: readonly OutputSection[], section: OutputSection): boolean {
  const before = group[group.length - 1]
  const isZeros = before.type === SHT.NOBITS && before.takesRoom
  return isZeros && section.type !== SHT.NOBITS && link.options.segments !== 'one'
}

/** The address that -Ttext, --section-start and the like give a section. */
function fixedAddress(link: LinkState, section: OutputSection | undefined): number | undefined {
  return section && link.fixedAddresses.get(section.name)
}

/** The addresses of sections that the command line gives, by name: to sections, or to the first of a kind. */
export function fixedAddresses(link: LinkState, loaded: readonly OutputSection[]): Map<string, number> {
  const { sectionAddresses, readOnlyAddress, largeDataAddress } = link.options
  const addresses = new Map<string, number>()
  const firsts = [
    [loaded.find((section) => rank(section) >= ranks['.rodata'] && permissions(section) === PF.R), readOnlyAddress],
    [loaded.find((section) => rank(section) >= ranks['.lrodata']), largeDataAddress],
  ] as const
  for (const [first, address] of firsts) if (first && address !== undefined) addresses.set(first.name, address)
  for (const [name, address] of sectionAddresses ?? []) addresses.set(name, address)
  return addresses
}

/**
 * Gives the sections of each group, and the headers before them, addresses and file offsets. `spans` is the number of program
 * headers besides those of segments. Segments are returned in the order of addresses.
 */
export function placeSegments(
  link: LinkState,
  groups: readonly OutputSection[][],
  spans: number,
): { segments: Segment[]; imageBase: number; fileEnd: number } {
  const { segments: kind } = link.options
  const hasHeaders = link.format === 'elf64-x86-64'
  const areHeadersLoaded = hasHeaders && kind !== 'one' && kind !== 'unpaged' && !isOnFirstPage(link, groups[0])
  // The headers are read-only data before everything else, in a segment of their own if there is no other such.
  const isAlone = areHeadersLoaded && !canHoldHeaders(link, groups[0])
  const count = groups.length + spans + (isAlone ? 1 : 0)
  const headers = hasHeaders ? fileHeader.size + programHeader.size * count : 0
  const imageBase = chooseImageBase(link, groups, headers)

  const segments: Segment[] = []
  let address = imageBase
  let fileOffset = 0
  if (isAlone) {
    const parts = { address, fileOffset, memorySize: headers, fileSize: headers, alignment: maximumPage(link) }
    segments.push({ flags: PF.R, sections: [], ...parts })
  }
  if (isAlone || !areHeadersLoaded) {
    address += headers
    fileOffset += headers
  }
  for (const sections of groups) {
    const fixed = fixedAddress(link, sections[0])
    const isFirst = segments.length === 0
    const alignment = segmentAlignment(link, sections)
    const before = address
    if (fixed !== undefined) address = fixed
    else if (!isFirst) address = nextAddress(link, address, alignment, fileOffset)
    // A huge alignment is kept in memory; in the file it would only make a hole.
    if (!isFirst || !areHeadersLoaded) {
      fileOffset = congruent(fileOffset, address, Math.max(pageSize, Math.min(alignment, 0x200000)))
    }
    const leading = isFirst && areHeadersLoaded ? headers : 0
    const segment = placeSegment(link, sections, { address, fileOffset, headers: leading, alignment })
    segments.push(segment)
    address = segment.address + segment.memorySize
    // What stands below the rest leaves that where it is.
    if (fixed !== undefined && !isFirst && compareAddresses(address, before) < 0) address = before
    fileOffset = segment.fileOffset + segment.fileSize
  }
  segments.sort((a, b) => compareAddresses(a.address, b.address))
  return { segments, imageBase, fileEnd: fileOffset }
}

/** Whether the first segment is put to the lowest addresses there are (-Ttext=0), with no room for headers before it. */
function isOnFirstPage(link: LinkState, first: readonly OutputSection[] | undefined): boolean {
  const address = fixedAddress(link, first?.[0])
  return address !== undefined && address >= 0 && address < maximumPage(link)
}

/** Whether the headers can stand before the sections of the first segment. */
function canHoldHeaders(link: LinkState, first: readonly OutputSection[] | undefined): boolean {
  if (!first || fixedAddress(link, first[0]) !== undefined) return false
  return link.options.segments === undefined ? permissions(first[0]) === PF.R : (first[0].flags & SHF.WRITE) === 0
}

/** -z max-page-size. */
function maximumPage(link: LinkState): number {
  return link.options.pageSize ?? pageSize
}

function segmentAlignment(link: LinkState, sections: readonly OutputSection[]): number {
  const { segments } = link.options
  const least = segments === 'one' || segments === 'unpaged' ? 1 : maximumPage(link)
  return sections.reduce((most, { alignment }) => Math.max(most, alignment), least)
}

/**
 * Where the next segment may begin: its permissions are another's, so its first page must be too. Where few pages are wanted
 * it begins within that, at the place that lets the file go on without a gap (GNU ld manual, DATA_SEGMENT_ALIGN).
 */
function nextAddress(link: LinkState, end: number, alignment: number, fileOffset: number): number {
  if (link.options.segments === undefined) return alignUp(end, alignment)
  const page = Math.max(pageSize, alignment)
  return alignUp(end, page) + (fileOffset % page)
}

/** As unsigned numbers: those of the upper half are negative here. */
export function compareAddresses(a: number, b: number): number {
  return a < 0 === b < 0 ? a - b : b - a
}

/** With -Ttext alone the headers stand on the pages before the text. */
function chooseImageBase(link: LinkState, groups: readonly OutputSection[][], headers: number): number {
  const { imageBase, sectionAddresses, pie } = link.options
  if (imageBase !== undefined) return imageBase
  const textAddress = sectionAddresses?.get('.text')
  if (textAddress === undefined) return pie ? 0 : defaultImageBase
  const page = maximumPage(link)
  const before = groups.slice(
    0,
    groups.findIndex((sections) => sections[0]?.name === '.text'),
  )
  if (isOnFirstPage(link, groups[0])) return textAddress
  if (before.length === 0) return headers > 0 ? alignDown(alignDown(textAddress, page) - headers, page) : textAddress
  const size = before.flat().reduce((sum, section) => sum + section.size + section.alignment, headers)
  const base = alignDown(textAddress - size - before.length * page, page)
  // What has no room before the text at a low address stands where it stands otherwise.
  return textAddress >= 0 && base < 0 ? defaultImageBase : base
}

function alignDown(address: number, alignment: number): number {
  const up = alignUp(address, alignment)
  return up === address ? address : up - alignment
}

/** The first offset from `offset` on that equals `address` modulo `modulus`. */
function congruent(offset: number, address: number, modulus: number): number {
  const wanted = ((address % modulus) + modulus) % modulus
  const start = alignUp(offset, modulus) - modulus + wanted
  return start >= offset ? start : start + modulus
}

/** Where a segment begins, with the headers that stand at its start. */
interface SegmentStart {
  readonly address: number
  readonly fileOffset: number
  readonly headers: number
  readonly alignment: number
}

function placeSegment(link: LinkState, sections: readonly OutputSection[], start: SegmentStart): Segment {
  const { address, fileOffset, headers, alignment } = start
  let end = address + headers
  let fileEnd = end
  let threadEnd = end
  for (const section of sections) {
    section.address = alignUp(section.takesRoom ? end : Math.max(end, threadEnd), section.alignment)
    section.fileOffset = fileOffset + (section.address - address)
    if (section.type !== SHT.NOBITS) fileEnd = section.end
    if (section.takesRoom) end = section.end
    else threadEnd = section.end
  }
  // What PT_GNU_RELRO protects are whole pages, and it must lie within the segment.
  const inImage = sections.filter(({ takesRoom }) => takesRoom)
  if (inImage.length > 0 && isRelro(link, inImage[0])) end = alignUp(end, pageSize)
  const flags = inImage.reduce<number>((all, section) => all | permissions(section), PF.R)
  return { flags, sections, address, memorySize: end - address, fileOffset, fileSize: fileEnd - address, alignment }
}
