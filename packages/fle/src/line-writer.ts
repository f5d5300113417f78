// The lines that all kinds of files share: bytes, zeros, names.

import { ByteBuffer } from '@fle/object'
import { escapeJson, type JsonWriter } from './json-writer.ts'
import { Tag, tagText } from './line-tags.ts'
import { isPlainName, qualifierOf, reservedKeys } from './names.ts'

const encoder = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The most bytes on one line. */
const bytesPerLine = 16

/** As many zeros in a row are written as a number. */
const longRun = 64

/** Both digits of each byte, as they stand in memory. */
const hexadecimalPairs = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  const digits = byte.toString(16).padStart(2, '0')
  hexadecimalPairs[byte] = digits.charCodeAt(0) | (digits.charCodeAt(1) << 8)
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
    const zeros = shortens ? zeroRun(bytes, at, end) : 0
    if (zeros >= longRun) {
      writeZeros(json, zeros)
      at += zeros
      continue
    }
    const lineEnd = Math.min(at + bytesPerLine, end)
    writeHexadecimal(json, bytes, at, lineEnd)
    at = lineEnd
  }
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
  let to = out.reserve(3 * (end - start) - 1)
  const { view } = out
  for (let at = start; at < end; at++) {
    if (at > start) view.setUint8(to - 1, 0x20)
    view.setUint16(to, hexadecimalPairs[bytes[at]], true)
    to += 3
  }
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
