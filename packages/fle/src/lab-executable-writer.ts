// Executables of the labs' dialects, written.

import { addWords, STB, subtractWords } from '@fle/object'
import {
  type DynamicRelocation,
  dynamicFieldWidth,
  type ExecutableSymbol,
  type FleExecutable,
  type LabDialect,
  type Segment,
  segmentFlag,
} from './fle-file.ts'
import { escapeJson, type JsonWriter } from './json-writer.ts'
import { labSectionFlag, labSectionType, type WrittenLabHeader, writeSectionHeaders } from './lab-headers.ts'
import { formatAddend } from './lab-lines.ts'
import { labTag } from './lab-style.ts'
import { Tag } from './line-tags.ts'
import { writeBytes, writeLine } from './line-writer.ts'
import { isPlainName } from './names.ts'
import { inSegments } from './placement.ts'
import { type SortedByPlace, sortedByPlace, unsignedWord, writeSegmentHeaders } from './segment-headers.ts'

const encoder = new TextEncoder()

const pageSize = 4096

/** Writes the keys of an executable. The bytes of all segments but `.bss` are written out. */
export function writeLabKeys(json: JsonWriter, executable: FleExecutable, dialect: LabDialect): void {
  const { entry, segments, symbols, isShared = false, needed = [], dynamicRelocations = [] } = inSegments(executable)
  writeSegmentHeaders(json, segments)
  // The lab's loader of 2024 asks for section headers, too, and that of 2025 for those of shared objects.
  if (dialect === 'linklab2024') writeSectionHeaders(json, segments.map(alignedHeaderOf))
  else if (isShared) writeSectionHeaders(json, segments.map(headerOf))
  if (!isShared) {
    json.key('entry')
    json.raw(unsignedWord(entry))
  }
  if (needed.length > 0) writeNeeded(json, needed)
  const spelled = symbols.filter(({ name }) => isPlainName(encoder.encode(name)))
  const labels = sortedByPlace(spelled, ({ value }) => value)
  const relocations = sortedByPlace(dynamicRelocations, ({ address }) => address)
  for (const segment of segments) {
    json.key(escapeJson(encoder.encode(segment.name)))
    json.openArray()
    writeSegment(json, segment, labels, relocations, dialect)
    json.closeArray()
  }
}

/** The labs' loaders know by this that a segment has no bytes. */
function hasNoBits({ name }: Segment): boolean {
  return name === '.bss' || name.startsWith('.bss.')
}

function headerOf(segment: Segment): WrittenLabHeader {
  const { name, address, size, flags } = segment
  const isZero = hasNoBits(segment)
  return {
    name,
    type: isZero ? labSectionType.noBits : labSectionType.bytes,
    flags:
      labSectionFlag.allocated |
      (flags & segmentFlag.write ? labSectionFlag.writable : 0) |
      (flags & segmentFlag.execute ? labSectionFlag.executable : 0) |
      (isZero ? labSectionFlag.noBits : 0),
    addr: address,
    offset: 0,
    size,
  }
}

function alignedHeaderOf(segment: Segment): WrittenLabHeader {
  return { ...headerOf(segment), addralign: pageSize }
}

function writeNeeded(json: JsonWriter, names: readonly string[]): void {
  json.key('needed')
  json.openArray()
  for (const name of names) {
    json.item()
    json.string(name)
  }
  json.closeArray()
}

/** A line that stands at a place of a segment, in place of as many bytes as its width says. */
interface PlacedLine {
  readonly offset: number
  readonly width: number
  readonly tag: Tag
  readonly text: string
}

/** Writes the lines of a segment, its symbols and relocations at their places. */
function writeSegment(
  json: JsonWriter,
  segment: Segment,
  symbols: SortedByPlace<ExecutableSymbol>,
  relocations: SortedByPlace<DynamicRelocation>,
  dialect: LabDialect,
): void {
  const bytes = new Uint8Array(hasNoBits(segment) ? 0 : segment.size)
  bytes.set(segment.content.subarray(0, bytes.length))
  const end = addWords(segment.address, segment.size)
  const lines = [
    ...symbols.between(segment.address, end).map((symbol) => symbolLine(segment, symbol, dialect)),
    ...relocations.between(segment.address, end).map((relocation) => relocationLine(segment, relocation)),
  ].sort((a, b) => a.offset - b.offset || a.width - b.width)
  let at = 0
  for (const { offset, width, tag, text } of lines) {
    writeBytes(json, bytes, at, Math.min(offset, bytes.length), false)
    at = Math.max(at, Math.min(offset, bytes.length))
    writeLine(json, tag, text)
    at += width
  }
  writeBytes(json, bytes, at, bytes.length, false)
}

function symbolLine(segment: Segment, symbol: ExecutableSymbol, dialect: LabDialect): PlacedLine {
  const { name, value, size = 0, binding = STB.GLOBAL } = symbol
  const offset = Number(subtractWords(value, segment.address))
  return { offset, width: 0, tag: labTag(binding), text: dialect === 'linklab' ? `${name} ${size} ${offset}` : name }
}

function relocationLine(segment: Segment, { address, kind, symbol, addend }: DynamicRelocation): PlacedLine {
  const offset = Number(subtractWords(address, segment.address))
  const text = `.${kind}(${symbol}${formatAddend(addend, 'linklab')})`
  return { offset, width: dynamicFieldWidth(kind), tag: Tag.relocation, text }
}
