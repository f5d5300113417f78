import { addWords, subtractWords, type Word } from '@fle/object'
import {
  type Dialect,
  type ExecutableSymbol,
  type FleExecutable,
  isLabDialect,
  isSharedObject,
  type WriteExecutableOptions,
} from './fle-file.ts'
import { JsonWriter } from './json-writer.ts'
import { writeLabKeys } from './lab-executable-writer.ts'
import { Tag } from './line-tags.ts'
import { spellKey, spellName, writeBytes, writeLine, writeZeros } from './line-writer.ts'
import { type SortedByPlace, sortedByPlace, unsignedWord, writeSegmentHeaders } from './segment-headers.ts'

const encoder = new TextEncoder()

/** What the `#!` line names by default. */
function defaultInterpreter(dialect: Dialect): string {
  return dialect === 'classic' ? './exec' : '/usr/bin/env fle-exec'
}

/**
 * Writes an executable or, in `linklab`, a shared object: no other dialect has what is left to the loader. Of symbols of the same name the first is written; names of segments must be distinct. The file
 * must be made executable for its `#!` line to run it.
 */
export function writeFleExecutable(executable: FleExecutable, options: WriteExecutableOptions): Uint8Array {
  const json = new JsonWriter(options.byteLines)
  const isShared = isSharedObject(executable)
  if (!isShared) json.out.text(`#!${options.interpreter ?? defaultInterpreter(options.dialect)}\n\n`)
  json.openObject()
  json.key('type')
  json.string(isShared ? '.so' : '.exe')
  if (isLabDialect(options.dialect)) writeLabKeys(json, executable, options.dialect)
  else writeKeys(json, executable, options.dialect)
  json.closeObject()
  return json.end()
}

function writeKeys(json: JsonWriter, executable: FleExecutable, dialect: Dialect): void {
  const symbols = spelledSymbols(executable.symbols)
  const labels = sortedByPlace(dialect === 'fle' ? symbols : [], ({ value }) => value)
  if (executable.form === 'blob') {
    writeSymbols(json, symbols)
    json.key('.load')
    json.openArray()
    // Any loader of the course reads this form, and they know bytes alone: zeros are written out.
    writeLabelled(json, withZeros(executable.content, executable.size), 0, executable.size, labels, false)
    json.closeArray()
  } else {
    json.key('entry')
    json.raw(unsignedWord(executable.entry))
    writeSegmentHeaders(json, executable.segments)
    writeSymbols(json, symbols)
    for (const { name, address, size, content } of executable.segments) {
      json.key(spellKey(encoder.encode(name)))
      json.openArray()
      writeLabelled(json, content, address, size, labels, true)
      json.closeArray()
    }
  }
}

function withZeros(content: Uint8Array, size: number): Uint8Array {
  if (content.length === size) return content
  const image = new Uint8Array(size)
  image.set(content)
  return image
}

/** A symbol whose name is spelled as keys and lines have it. */
interface SpelledSymbol {
  readonly spelled: Uint8Array
  readonly value: Word
}

/** The first symbol of each name. */
function spelledSymbols(symbols: readonly ExecutableSymbol[]): SpelledSymbol[] {
  const seen = new Set<string>()
  const first = symbols.filter(({ name }) => !seen.has(name) && seen.add(name))
  return first.map(({ name, value }) => ({ spelled: spellName(encoder.encode(name)), value }))
}

function writeSymbols(json: JsonWriter, symbols: readonly SpelledSymbol[]): void {
  json.key('symbols')
  json.openObject()
  for (const { spelled, value } of symbols) {
    json.key(spelled)
    json.raw(unsignedWord(value))
  }
  json.closeObject()
}

/** Writes the bytes that stand at an address, with the symbols among them, and zeros up to `size`. */
function writeLabelled(
  json: JsonWriter,
  content: Uint8Array,
  address: Word,
  size: number,
  labels: SortedByPlace<SpelledSymbol>,
  shortens: boolean,
): void {
  const end = addWords(address, size)
  let at = 0
  for (const { spelled, value } of labels.between(address, end)) {
    at = writeUpTo(json, content, at, Number(subtractWords(value, address)), shortens)
    writeLine(json, Tag.global, spelled)
  }
  writeUpTo(json, content, at, size, shortens)
}

function writeUpTo(json: JsonWriter, content: Uint8Array, at: number, end: number, shortens: boolean): number {
  writeBytes(json, content, at, Math.min(end, content.length), shortens)
  writeZeros(json, end - Math.max(at, content.length))
  return end
}
