// Which files are of the labs' dialects: told by their content, before they are read.

import { Diagnostics } from '@fle/diagnostics'
import type { LabDialect } from './fle-file.ts'
import { JsonScanner } from './json-scanner.ts'
import { readSectionHeaders } from './lab-headers.ts'
import { readLabSymbol } from './lab-lines.ts'
import { LineCursor } from './line-cursor.ts'
import { isCommonTag, readTag, Tag } from './line-tags.ts'
import { reservedKeys } from './names.ts'
import { SourceText } from './source-text.ts'

const dot = 0x2e

/** What one line says of the object's dialect; a lab's relocation leaves open which of the two it is. */
type Sign = LabDialect | 'one of both' | 'another' | undefined

/**
 * The dialect of the labs that an object is of, undefined if it is of another. The object's text begins at `at`. Looks no
 * further than the first symbol, which tells in nearly every object.
 */
export function labDialectOf(bytes: Uint8Array, at: number, line: number): LabDialect | undefined {
  // Whoever reads the object for good reports what is wrong with it.
  const scanner = new JsonScanner(new SourceText('', bytes, new Diagnostics()), at, line)
  const cursor = new LineCursor(scanner.source, (position) => position)
  let fallback: LabDialect | undefined
  scanner.openObject()
  while (scanner.nextKey()) {
    const key = scanner.stringText
    if (key === 'shdrs') {
      if (readSectionHeaders(scanner).some(({ alignment }) => alignment !== undefined)) return 'linklab2024'
      fallback = 'linklab'
    } else if (reservedKeys.has(key) || !scanner.isAtListOfStrings) scanner.skipValue()
    else {
      scanner.openArray()
      while (scanner.nextElement() && scanner.readString()) {
        cursor.moveTo(scanner.text, scanner.start, scanner.end, scanner.line)
        const sign = signOfLine(cursor)
        if (sign === 'one of both') fallback = 'linklab'
        else if (sign !== undefined) return sign === 'another' ? fallback : sign
      }
    }
  }
  return fallback
}

function signOfLine(cursor: LineCursor): Sign {
  const tag = readTag(cursor)
  if (tag === undefined || tag === Tag.bytes) return undefined
  if (tag === Tag.relocation) return cursor.next === dot ? 'one of both' : 'another'
  if (!isCommonTag(tag)) return 'another'
  const symbol = readLabSymbol(cursor)
  if (symbol === undefined) return undefined
  if (symbol.size === undefined) return 'another'
  return symbol.offset === undefined ? 'linklab2024' : 'linklab'
}
