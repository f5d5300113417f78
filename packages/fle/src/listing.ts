// The plain listing of lecture slides: lines without JSON around them, which mean one section .text.

import { isCommonTag, tagAt } from './line-tags.ts'
import { ObjectReader, type ReadObject } from './object-reader.ts'
import type { SourceText } from './source-text.ts'

const lineFeed = 10
const carriageReturn = 13
const sectionKey = new TextEncoder().encode('.text')

/** Calls `visit` for each line from an offset on, without blanks around it, until it returns false. */
function forEachLine(
  bytes: Uint8Array,
  from: number,
  firstLine: number,
  visit: (start: number, end: number, line: number) => boolean,
): void {
  let line = firstLine
  for (let start = from; start < bytes.length; line++) {
    const feed = bytes.indexOf(lineFeed, start)
    const next = feed < 0 ? bytes.length : feed
    let begin = start
    let end = next
    while (begin < end && (bytes[begin] === 0x20 || bytes[begin] === 0x09)) begin++
    while (end > begin && (bytes[end - 1] === carriageReturn || bytes[end - 1] === 0x20)) end--
    if (!visit(begin, end, line)) return
    start = next + 1
  }
}

/** Whether a line from the offset `from` on begins as an item of a listing does. */
export function isListing(bytes: Uint8Array, from: number): boolean {
  let found = false
  forEachLine(bytes, from, 1, (start, end) => {
    const tag = start < end ? tagAt(bytes, start) : undefined
    found = tag !== undefined && isCommonTag(tag)
    return !found
  })
  return found
}

/** Reads a listing that begins at the offset `from` in line `firstLine`; undefined if anything was wrong. */
export function readListing(source: SourceText, from: number, firstLine: number, name: string): ReadObject | undefined {
  const { bytes } = source
  const reader = new ObjectReader(source, (position) => position)
  reader.beginSection(sectionKey, 0, sectionKey.length)
  forEachLine(bytes, from, firstLine, (start, end, line) => {
    if (start === end || tagAt(bytes, start) === undefined) return true
    return reader.readLine(bytes, start, end, line)
  })
  reader.endSection()
  return reader.finish(name)
}
