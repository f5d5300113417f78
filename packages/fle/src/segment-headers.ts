// What executables of all dialects that list segments have.

import type { Word } from '@fle/object'
import type { ExecutableSymbol, Segment } from './fle-file.ts'
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

/** Symbols by address, those of one in the order given. */
export function sortedByValue(symbols: readonly ExecutableSymbol[]): readonly ExecutableSymbol[] {
  return symbols.toSorted((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
}

/** A word as JSON has it. */
export function unsignedWord(value: Word): string {
  return BigInt.asUintN(64, BigInt(value)).toString()
}
