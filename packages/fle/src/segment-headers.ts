// What executables of all dialects that list segments have.

import type { Word } from '@fle/object'
import type { Segment } from './fle-file.ts'
import type { JsonWriter } from './json-writer.ts'

/** Writes the key "phdrs". */
export function writeSegmentHeaders(json: JsonWriter, segments: readonly Segment[]): void {
  json.key('phdrs')
  json.openArray()
  for (const { name, address, size, flags } of segments) {
    json.item()
    json.raw('{"name": ')
    json.string(name)
    json.raw(`, "vaddr": ${unsignedWord(address)}, "size": ${size}, "flags": ${flags}}`)
  }
  json.closeArray()
}

/** Things by the address that they have, those of one in the order given. */
export interface SortedByPlace<T> {
  /** Those from one address up to, and without, another. */
  between(start: Word, end: Word): readonly T[]
}

export function sortedByPlace<T>(items: readonly T[], place: (item: T) => Word): SortedByPlace<T> {
  const sorted = items.toSorted((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0))
  const firstFrom = (address: Word) => {
    let low = 0
    for (let high = sorted.length; low < high; ) {
      const middle = (low + high) >> 1
      if (place(sorted[middle]) < address) low = middle + 1
      else high = middle
    }
    return low
  }
  return { between: (start, end) => (start < end ? sorted.slice(firstFrom(start), firstFrom(end)) : []) }
}

/** A word as JSON has it. */
export function unsignedWord(value: Word): string {
  if (typeof value === 'number' && value >= 0) return `${value}`
  return BigInt.asUintN(64, BigInt(value)).toString()
}
