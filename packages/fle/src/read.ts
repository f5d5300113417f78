import { Diagnostics } from '@fle/diagnostics'
import type { ObjectFile } from '@fle/object'
import { readArchive } from './archive-reader.ts'
import { type BulkLoops, readInBulk } from './bulk-reader.ts'
import { readExecutable } from './executable-reader.ts'
import { type FleFile, isSharedObject } from './fle-file.ts'
import { isSpace, JsonScanner } from './json-scanner.ts'
import { isListing, readListing } from './listing.ts'
import { readJsonObject } from './object-reader.ts'
import { SourceText } from './source-text.ts'

const openBrace = 0x7b
const lineFeed = 0x0a

/** A listing shows its first item within this many bytes. */
const prefixLength = 1 << 16

/** Where the text proper begins: behind a first line `#!…` and blank lines. */
function textStart(bytes: Uint8Array): { at: number; line: number } {
  let at = 0
  let line = 1
  if (bytes[0] === 0x23 && bytes[1] === 0x21) {
    const feed = bytes.indexOf(lineFeed)
    at = feed < 0 ? bytes.length : feed
  }
  for (; isSpace(bytes[at]); at++) if (bytes[at] === lineFeed) line++
  return { at, line }
}

/** Whether the bytes are FLE text of any kind: JSON, or a plain listing. Looks at the first 64 KiB. */
export function isFle(bytes: Uint8Array): boolean {
  const prefix = bytes.subarray(0, prefixLength)
  const { at } = textStart(prefix)
  if (prefix[at] === openBrace) return true
  return !prefix.includes(0) && isListing(prefix, at)
}

/**
 * Reads an FLE file of any kind; it is told by its content. `name` is the file's, for messages. What is wrong with it is
 * reported with line, column and caret, and gives undefined.
 */
export function readFle(bytes: Uint8Array, name: string, diagnostics: Diagnostics): FleFile | undefined {
  const source = new SourceText(name, bytes, diagnostics)
  const { at, line } = textStart(bytes)
  if (bytes[at] !== openBrace) {
    if (!isListing(bytes, at))
      return source.fileError('not-fle', 'this is no FLE file: neither JSON nor a listing of lines')
    const read = readListing(source, at, line, name)
    return read && { kind: 'object', ...read }
  }
  const type = findType(new JsonScanner(source, at, line))
  if (type === undefined) return undefined
  const scanner = new JsonScanner(source, at, line)
  switch (type.text) {
    case '.obj': {
      const read = readJsonObject(scanner, name)
      scanner.expectEnd()
      return read && !source.hasErrors ? { kind: 'object', ...read } : undefined
    }
    case '.exe':
    case '.so': {
      const read = readExecutable(scanner, type.text === '.so')
      return read && { kind: 'executable', ...read }
    }
    case '.ar': {
      const archive = readArchive(scanner, name)
      return archive && { kind: 'archive', archive }
    }
    default:
      return source.error(
        'invalid-fle',
        `an unknown "type": "${type.text}"`,
        type.offset,
        'it is ".obj", ".exe", ".so" or ".ar"',
      )
  }
}

/** Reads an FLE object; an executable or an archive is an error that says so. */
export function readFleObject(bytes: Uint8Array, name: string, diagnostics: Diagnostics): ObjectFile | undefined {
  const file = readFle(bytes, name, diagnostics)
  if (file === undefined || file.kind === 'object') return file?.object
  const what =
    file.kind === 'archive' ? 'an archive' : isSharedObject(file.executable) ? 'a shared object' : 'an executable'
  return diagnostics.error('not-an-object', `this is ${what}, an object is expected`, { at: { file: name } })
}

/**
 * Reads an object by loops that know what is common, or finds the members of an archive with their help. Returns undefined
 * for all else, and for what has something uncommon or wrong in it: readFle() reads that and says so.
 */
export function readFleInBulk(bytes: Uint8Array, name: string, loops: BulkLoops): FleFile | undefined {
  const { at, line } = textStart(bytes)
  const diagnostics = new Diagnostics()
  const source = new SourceText(name, bytes, diagnostics)
  const type = findType(new JsonScanner(source, at, line))
  if (type?.text === '.obj') {
    const object = readInBulk(bytes.subarray(at), line, name, loops)
    return object && { kind: 'object', object, dialect: 'fle' }
  }
  if (type?.text !== '.ar') return undefined
  const archive = readArchive(new JsonScanner(source, at, line), name, loops)
  return archive && diagnostics.list.length === 0 ? { kind: 'archive', archive } : undefined
}

/** The value of the key "type", by which the rest is read; it stands first in all but hand-made files. */
function findType(scanner: JsonScanner): { text: string; offset: number } | undefined {
  scanner.openObject()
  while (scanner.nextKey()) {
    if (scanner.stringText !== 'type') {
      scanner.skipValue()
      continue
    }
    const offset = scanner.at
    if (!scanner.readString()) return undefined
    return { text: scanner.stringText, offset }
  }
  if (!scanner.failed)
    scanner.source.fileError('invalid-fle', 'the key "type" is missing', 'it is ".obj", ".exe", ".so" or ".ar"')
  return undefined
}
