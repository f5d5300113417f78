// The lines that all kinds of files share: bytes, zeros, names.

import { ByteBuffer } from '@fle/object'
import { escapeJson, itemStarts, type JsonWriter } from './json-writer.ts'
import { Tag, tagText } from './line-tags.ts'
import { isPlainName, qualifierOf, reservedKeys } from './names.ts'

const encoder = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The most bytes on one line. */
const bytesPerLine = 16

/** As many zeros in a row are written as a number. */
const longRun = 64

/** Both digits of each byte and a blank, as they stand in memory. */
const hexadecimalPairs = new Uint32Array(256)
for (let byte = 0; byte < 256; byte++) {
  const digits = byte.toString(16).padStart(2, '0')
  hexadecimalPairs[byte] = digits.charCodeAt(0) | (digits.charCodeAt(1) << 8) | (0x20 << 16)
}

const backquote = 0x60
const backslash = 0x5c

/** The beginnings of lines, `EMOJI: `. */
const linePrefix: Readonly<Record<Tag, Uint8Array>> = {
  [Tag.bytes]: prefix(Tag.bytes),
  [Tag.global]: prefix(Tag.global),
  [Tag.local]: prefix(Tag.local),
  [Tag.weak]: prefix(Tag.weak),
  [Tag.relocation]: prefix(Tag.relocation),
  [Tag.align]: prefix(Tag.align),
  [Tag.zeros]: prefix(Tag.zeros),
  [Tag.properties]: prefix(Tag.properties),
  [Tag.symbolDetails]: prefix(Tag.symbolDetails),
  [Tag.comment]: prefix(Tag.comment),
}

function prefix(tag: Tag): Uint8Array {
  return encoder.encode(`${tagText[tag]}: `)
}

/** By level, all of a line of bytes that stands before them. */
const byteLineStarts = itemStarts.map((start) => Uint8Array.of(...start, 0x22, ...linePrefix[Tag.bytes]))

/** Writes a line that consists of a tag and a text, which has its escapes. */
export function writeLine(json: JsonWriter, tag: Tag, text: string | Uint8Array): void {
  json.openString()
  json.out.append(linePrefix[tag])
  if (typeof text === 'string') json.out.text(text)
  else json.out.append(text)
  json.closeString()
}

/** Writes zeros as a number of them. */
export function writeZeros(json: JsonWriter, count: number): void {
  if (count > 0) writeLine(json, Tag.zeros, `${count}`)
}

/** Writes bytes in lines of at most 16; with `shortens` long runs of zeros become numbers. */
export function writeBytes(json: JsonWriter, bytes: Uint8Array, start: number, end: number, shortens: boolean): void {
  for (let at = start; at < end; ) {
    const linesEnd = shortens ? linesBeforeZeros(bytes, at, end) : end
    writeByteLines(json, bytes, at, linesEnd)
    const zeros = linesEnd < end ? zeroRun(bytes, linesEnd, end) : 0
    writeZeros(json, zeros)
    at = linesEnd + zeros
  }
}

/** Where lines of bytes from `start` on come to a long run of zeros, or to the end. */
function linesBeforeZeros(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && zeroRun(bytes, at, end) < longRun) at += bytesPerLine
  return Math.min(at, end)
}

function writeByteLines(json: JsonWriter, bytes: Uint8Array, start: number, end: number): void {
  const lines =
    end - start < bytesPerLine ? undefined : json.byteLines?.write(bytes, start, end, byteLineStarts[json.depth])
  if (lines) json.items(lines)
  else
    for (let at = start; at < end; at += bytesPerLine)
      writeHexadecimal(json, bytes, at, Math.min(at + bytesPerLine, end))
}

function zeroRun(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] === 0) at++
  return at - start
}

function writeHexadecimal(json: JsonWriter, bytes: Uint8Array, start: number, end: number): void {
  json.openString()
  const { out } = json
  out.append(linePrefix[Tag.bytes])
  // Each store has a byte more than it should, a zero that the next one overwrites. The last blank becomes the quote.
  let to = out.reserve(3 * (end - start) + 1)
  const { view } = out
  for (let at = start; at < end; at++, to += 3) view.setUint32(to, hexadecimalPairs[bytes[at]], true)
  out.length = to - 1
  json.closeString()
}

/**
 * Spells a name as lines and keys have it, with the escapes of a JSON string: plain, or in backquotes if it has a
 * qualifier (`#2`, `#0`, `#s`) or is no run of name bytes.
 */
export function spellName(name: Uint8Array, qualifier = ''): Uint8Array {
  return qualifier === '' && isPlainName(name) ? name : quoteName(name, qualifier)
}

/** Spells the key of a section, with the number that tells it from others of its name. */
export function spellKey(name: Uint8Array, occurrence = 1): Uint8Array {
  const looksNumbered = qualifierOf(name)?.isSection === false
  if (occurrence > 1 || looksNumbered) return quoteName(name, `#${occurrence}`)
  return reservedKeys.has(String.fromCharCode(...name.subarray(0, 16))) ? quoteName(name, '') : spellName(name)
}

function quoteName(name: Uint8Array, qualifier: string): Uint8Array {
  const keepsBytes = isUtf8(name)
  const quoted = new ByteBuffer(2 * name.length + 8)
  quoted.byte(backquote)
  for (const byte of name) {
    if (byte < 0x20 || byte === 0x7f || (byte >= 0x80 && !keepsBytes))
      quoted.text(`\\x${byte.toString(16).padStart(2, '0')}`)
    else {
      if (byte === backquote || byte === backslash) quoted.byte(backslash)
      quoted.byte(byte)
    }
  }
  quoted.text(qualifier)
  quoted.byte(backquote)
  return escapeJson(quoted.bytes)
}

function isUtf8(bytes: Uint8Array): boolean {
  if (!bytes.some((byte) => byte >= 0x80)) return true
  try {
    utf8.decode(bytes)
    return true
  } catch {
    return false
  }
}
