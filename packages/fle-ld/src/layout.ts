import { fileHeader, PF, programHeader } from '@fle/elf'
import { isLabDialect } from '@fle/fle'
import { SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'
import { type HeaderSpan, planProgramHeaders } from './program-headers.ts'
import { isRelro, orderSections, permissions, rank } from './section-order.ts'

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

/** Where everything stands. */
export interface Layout {
  /** All output sections: those of the image by address, then the others. */
  readonly sectionOrder: readonly OutputSection[]
  readonly segments: readonly Segment[]
  /** The program headers that an ELF program has besides those of its segments. */
  readonly headerSpans: readonly HeaderSpan[]
  /** Address of the image's first byte; 0 for one that may stand anywhere. */
  readonly imageBase: number
  /** Address of the first thread-local section; TLS symbols count from it. */
  readonly threadImageStart: number
  /** What the thread pointer stands at if the image's thread-local sections are the block before it (psABI, variant II). */
  readonly threadPointer: number
  /** Bytes of the output buffer that headers and section contents take. */
  readonly contentSize: number
}

/** Gives every section its address and its place in the output buffer. */
export function layOut(link: LinkState): void {
  const sectionOrder = orderSections(link)
  const loaded = sectionOrder.filter((section) => section.flags & SHF.ALLOC)
  link.layout = link.isLoadBlob ? layOutBlob(sectionOrder, loaded) : layOutPages(link, sectionOrder, loaded)
  placeEmptySections(link, loaded)
  if (link.layout.contentSize > largestOutput) {
    const size = Math.ceil(link.layout.contentSize / 2 ** 20)
    link.diagnostics.error(
      'output-too-large',
      `the output would be ${size} MiB long: more than 4 GiB cannot be written`,
    )
  }
}

const largestOutput = 2 ** 32 - 1

/** Sections without content are not in the output; symbols in them stand at the end of the section before. */
function placeEmptySections(link: LinkState, loaded: readonly OutputSection[]): void {
  for (const section of link.outputSections) {
    if (section.size > 0 || (section.flags & SHF.ALLOC) === 0) continue
    const before = loaded.findLast((other) => rank(other) <= rank(section))
    section.neighbour = before ?? loaded[0]
    section.address = before?.end ?? section.neighbour?.address ?? link.layout.imageBase
  }
}

/** Section after section from address 0, zeros included: FLE's `.load`. */
function layOutBlob(sectionOrder: readonly OutputSection[], loaded: readonly OutputSection[]): Layout {
  let end = 0
  for (const section of loaded) {
    section.address = alignUp(end, section.alignment)
    section.fileOffset = section.address
    end = section.end
  }
  return {
    sectionOrder,
    segments: [],
    headerSpans: [],
    imageBase: 0,
    threadImageStart: 0,
    threadPointer: 0,
    contentSize: end,
  }
}

/** Segments of one set of permissions, each on pages of its own. */
function layOutPages(
  link: LinkState,
  sectionOrder: readonly OutputSection[],
  loaded: readonly OutputSection[],
): Layout {
  const groups = groupByPermissions(link, loaded)
  const headerSpans = link.format === 'elf64-x86-64' ? planProgramHeaders(link, loaded) : []
  const hasHeaders = link.format === 'elf64-x86-64'
  // The headers are read-only data before everything else, in a segment of their own if there is no other such.
  if (hasHeaders && (groups.length === 0 || permissions(groups[0][0]) !== PF.R)) groups.unshift([])
  const headers = hasHeaders ? fileHeader.size + programHeader.size * (groups.length + headerSpans.length) : 0
  const imageBase = chooseImageBase(link, groups, headers)

  let address = imageBase
  let fileOffset = 0
  const segments: Segment[] = []
  for (const sections of groups) {
    const isFirst = segments.length === 0
    const alignment = Math.max(pageSize, ...sections.map((section) => section.alignment))
    if (!isFirst) address = alignUp(address, alignment)
    const text = sections[0]?.name === '.text' && link.options.textAddress !== undefined
    if (text) address = link.options.textAddress ?? address
    // A huge alignment is kept in memory; in the file it would only make a hole.
    if (!isFirst) fileOffset = congruent(fileOffset, address, Math.min(alignment, 0x200000))
    const segment = placeSegment(sections, address, fileOffset, isFirst ? headers : 0, alignment)
    segments.push(segment)
    address = segment.address + segment.memorySize
    fileOffset = segment.fileOffset + segment.fileSize
  }
  for (const section of sectionOrder) {
    if (section.flags & SHF.ALLOC) continue
    fileOffset = alignUp(fileOffset, section.alignment)
    section.fileOffset = fileOffset
    if (section.type !== SHT.NOBITS) fileOffset += section.size
  }
  if (link.format === 'binary') placeByAddress(segments, imageBase)
  const contentSize = link.format === 'binary' ? endOfContent(segments, imageBase) : fileOffset
  return { sectionOrder, segments, headerSpans, imageBase, ...threadImage(loaded), contentSize }
}

function threadImage(loaded: readonly OutputSection[]): { threadImageStart: number; threadPointer: number } {
  const sections = loaded.filter((section) => section.flags & SHF.TLS)
  const threadImageStart = sections[0]?.address ?? 0
  const alignment = Math.max(1, ...sections.map((section) => section.alignment))
  return { threadImageStart, threadPointer: alignUp(sections.at(-1)?.end ?? 0, alignment) }
}

/**
 * Sections that follow each other and have the same permissions, now and after start-up. In the labs' dialects a segment
 * is known by the name of its section, and there is one for each.
 */
function groupByPermissions(link: LinkState, loaded: readonly OutputSection[]): OutputSection[][] {
  if (link.format === 'fle' && isLabDialect(link.options.dialect)) return loaded.map((section) => [section])
  const groups: OutputSection[][] = []
  const areAlike = (a: OutputSection, b: OutputSection) =>
    permissions(a) === permissions(b) && isRelro(link, a) === isRelro(link, b)
  for (const section of loaded) {
    const last = groups.at(-1)
    if (last && areAlike(last[0], section)) last.push(section)
    else groups.push([section])
  }
  return groups
}

/** With -Ttext alone the headers stand on the pages before the text. */
function chooseImageBase(link: LinkState, groups: readonly OutputSection[][], headers: number): number {
  const { imageBase, textAddress } = link.options
  if (imageBase !== undefined) return imageBase
  if (textAddress === undefined) return link.options.pie ? 0 : defaultImageBase
  const before = groups.slice(
    0,
    groups.findIndex((sections) => sections[0]?.name === '.text'),
  )
  if (before.length === 0) return headers > 0 ? alignDown(textAddress - headers) : textAddress
  const size = before.flat().reduce((sum, section) => sum + section.size + section.alignment, headers)
  return alignDown(textAddress - size - before.length * pageSize)
}

function alignDown(address: number): number {
  const up = alignUp(address, pageSize)
  return up === address ? address : up - pageSize
}

/** The first offset from `offset` on that equals `address` modulo `modulus`. */
function congruent(offset: number, address: number, modulus: number): number {
  const wanted = ((address % modulus) + modulus) % modulus
  const start = alignUp(offset, modulus) - modulus + wanted
  return start >= offset ? start : start + modulus
}

function placeSegment(
  sections: readonly OutputSection[],
  address: number,
  fileOffset: number,
  headers: number,
  alignment: number,
): Segment {
  let end = address + headers
  let fileEnd = end
  for (const section of sections) {
    section.address = alignUp(end, section.alignment)
    section.fileOffset = fileOffset + (section.address - address)
    if (section.type !== SHT.NOBITS) fileEnd = section.end
    // .tbss describes memory of each thread, none of the image's.
    if (section.type !== SHT.NOBITS || (section.flags & SHF.TLS) === 0) end = section.end
  }
  const flags = sections.length > 0 ? permissions(sections[0]) : PF.R
  return { flags, sections, address, memorySize: end - address, fileOffset, fileSize: fileEnd - address, alignment }
}

/** In a raw image a section's offset is its distance from the image's start. */
function placeByAddress(segments: readonly Segment[], imageBase: number): void {
  for (const { sections } of segments) {
    for (const section of sections) section.fileOffset = section.address - imageBase
  }
}

function endOfContent(segments: readonly Segment[], imageBase: number): number {
  return segments.reduce((end, { address, fileSize }) => (fileSize > 0 ? address - imageBase + fileSize : end), 0)
}
