// Executables of the labs' dialects, written.

import { addWords, STB, subtractWords } from '@fle/object'
import {
  type ExecutableSymbol,
  type FleExecutable,
  type LabDialect,
  type Segment,
  type SegmentedExecutable,
  segmentFlag,
} from './fle-file.ts'
import { escapeJson, type JsonWriter } from './json-writer.ts'
import { labSectionFlag, labSectionType, type WrittenLabHeader, writeSectionHeaders } from './lab-headers.ts'
import { labTag } from './lab-style.ts'
import { writeBytes, writeLine } from './line-writer.ts'
import { isPlainName } from './names.ts'
import { sortedByValue, unsignedWord, writeSegmentHeaders } from './segment-headers.ts'

const encoder = new TextEncoder()

/** Where the labs' programs stand; one that may stand anywhere is put there as a single segment. */
const usualAddress = 0x400000

const pageSize = 4096

/** Writes the keys of an executable. The bytes of all segments but `.bss` are written out. */
export function writeLabKeys(json: JsonWriter, executable: FleExecutable, dialect: LabDialect): void {
  const { entry, segments, symbols } = executable.form === 'segments' ? executable : placed(executable)
  writeSegmentHeaders(json, segments)
  // The lab's loader of 2024 asks for section headers, too.
  if (dialect === 'linklab2024') writeSectionHeaders(json, segments.map(headerOf))
  json.key('entry')
  json.raw(unsignedWord(entry))
  const sorted = sortedByValue(symbols).filter(({ name }) => isPlainName(encoder.encode(name)))
  for (const segment of segments) {
    json.key(escapeJson(encoder.encode(segment.name)))
    json.openArray()
    writeSegment(json, segment, sorted, dialect)
    json.closeArray()
  }
}

function placed({ entry, size, content, symbols }: Extract<FleExecutable, { form: 'blob' }>): SegmentedExecutable {
  const flags = segmentFlag.execute | segmentFlag.write | segmentFlag.read
  return {
    form: 'segments',
    entry: usualAddress + entry,
    segments: [{ name: '.text', address: usualAddress, size, flags, content }],
    symbols: symbols.map((symbol) => ({ ...symbol, value: addWords(usualAddress, symbol.value) })),
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
    addralign: pageSize,
  }
}

/** Writes the lines of a segment, its symbols at their places. */
function writeSegment(
  json: JsonWriter,
  segment: Segment,
  symbols: readonly ExecutableSymbol[],
  dialect: LabDialect,
): void {
  const { address, size } = segment
  const bytes = new Uint8Array(hasNoBits(segment) ? 0 : size)
  bytes.set(segment.content.subarray(0, bytes.length))
  const end = addWords(address, size)
  let at = 0
  for (const { name, value, size: length = 0, binding = STB.GLOBAL } of symbols) {
    if (value < address || value >= end) continue
    const offset = Number(subtractWords(value, address))
    writeBytes(json, bytes, at, Math.min(offset, bytes.length), false)
    at = Math.max(at, Math.min(offset, bytes.length))
    writeLine(json, labTag(binding), dialect === 'linklab' ? `${name} ${length} ${offset}` : name)
  }
  writeBytes(json, bytes, at, bytes.length, false)
}
