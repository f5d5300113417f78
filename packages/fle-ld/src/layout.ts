import { PF } from '@fle/elf'
import { hexadecimal, SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'
import { type HeaderSpan, planProgramHeaders } from './program-headers.ts'
import { orderSections, rank } from './section-order.ts'
import {
  compareAddresses,
  fixedAddresses,
  groupIntoSegments,
  pageSize,
  placeSegments,
  type Segment,
} from './segments.ts'

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

/** The image in segments, each on pages of its own, and behind it in the file the sections that are not loaded. */
function layOutPages(
  link: LinkState,
  sectionOrder: readonly OutputSection[],
  loaded: readonly OutputSection[],
): Layout {
  link.fixedAddresses = fixedAddresses(link, loaded)
  const groups = groupIntoSegments(link, loaded)
  const headerSpans = link.format === 'elf64-x86-64' ? planProgramHeaders(link, loaded) : []
  const { segments, imageBase, fileEnd } = placeSegments(link, groups, headerSpans.length)
  if (link.fixedAddresses.size > 0 && link.options.checkSections !== false) checkOverlaps(link, loaded, segments)
  checkPermissions(link, segments)
  let fileOffset = fileEnd
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

/** -Tdata and the like may put sections where others are, or on a page that has other permissions. */
function checkOverlaps(link: LinkState, loaded: readonly OutputSection[], segments: readonly Segment[]): void {
  const inMemory = loaded.filter((section) => section.takesRoom)
  inMemory.sort((a, b) => compareAddresses(a.address, b.address))
  for (let i = 1; i < inMemory.length; i++) {
    const [lower, upper] = [inMemory[i - 1], inMemory[i]]
    if (compareAddresses(lower.end - 1, upper.address) < 0) continue
    const describe = ({ name, address, end }: OutputSection) =>
      `${name} (${hexadecimal(address)} to ${hexadecimal(end - 1)})`
    link.problem('sections-overlap', `sections overlap: ${describe(upper)} and ${describe(lower)}`)
  }
  for (let i = 1; i < segments.length; i++) {
    const [lower, upper] = [segments[i - 1], segments[i]]
    const page = Math.floor(upper.address / pageSize)
    if (lower.memorySize === 0 || Math.floor((lower.address + lower.memorySize - 1) / pageSize) < page) continue
    const name = upper.sections[0]?.name ?? 'the ELF header'
    const message = `${name} begins on a page that has other permissions, at ${hexadecimal(upper.address)}`
    link.problem('shared-page', message, {
      hint: `put ${name} on another page (of 4096 bytes), or everything together with -N`,
    })
  }
}

/** What can be written and executed invites attacks; GNU ld warns as well. */
function checkPermissions(link: LinkState, segments: readonly Segment[]): void {
  const { format, options } = link
  if (format !== 'elf64-x86-64' || options.warnOfWritableCode === false) return
  if (!segments.some(({ flags }) => flags & PF.W && flags & PF.X)) return
  link.diagnostics.warning('writable-code', 'the program has a segment that can be both written and executed', {
    hint: 'if it must be so, say --no-warn-rwx-segments',
  })
}

function threadImage(loaded: readonly OutputSection[]): { threadImageStart: number; threadPointer: number } {
  const sections = loaded.filter((section) => section.flags & SHF.TLS)
  const threadImageStart = sections[0]?.address ?? 0
  const alignment = Math.max(1, ...sections.map((section) => section.alignment))
  return { threadImageStart, threadPointer: alignUp(sections.at(-1)?.end ?? 0, alignment) }
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
