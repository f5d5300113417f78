import type { Diagnostics } from '@fle/diagnostics'
import { type ObjectFile, SHN } from '@fle/object'
import { type ArchiveMember, isLabDialect, type WriteArchiveOptions } from './fle-file.ts'
import { JsonWriter } from './json-writer.ts'
import { spellName } from './line-writer.ts'
import { NameTable } from './name-table.ts'
import { writeJsonObject } from './object-writer.ts'

/**
 * Writes an archive, with an index of the symbols that its members define (not in the labs' dialects), and each member on lines of its own. What the
 * dialect cannot say is reported as by writeFleObject.
 */
export function writeFleArchive(
  members: readonly ArchiveMember[],
  options: WriteArchiveOptions,
  diagnostics: Diagnostics,
): Uint8Array | undefined {
  const errors = diagnostics.errorCount
  const json = new JsonWriter()
  json.openObject()
  json.key('type')
  json.string('.ar')
  if (options.name !== undefined) {
    json.key('name')
    json.string(options.name)
  }
  // The labs' readers take every key that they do not know for a section.
  if (!isLabDialect(options.dialect)) writeIndex(json, members)
  json.key('members')
  json.openArray()
  const { name: _, ...shared } = options
  for (const { name, object } of members) {
    json.item()
    writeJsonObject(json, object, { ...shared, name }, diagnostics)
  }
  json.closeArray()
  json.closeObject()
  return diagnostics.errorCount === errors ? json.end() : undefined
}

/** Writes which members define which symbol. */
function writeIndex(json: JsonWriter, members: readonly ArchiveMember[]): void {
  const names = new NameTable()
  const definers: number[][] = []
  for (const [member, { object }] of members.entries()) {
    for (let symbol = Math.max(object.firstGlobal, 1); symbol < object.symbolCount; symbol++) {
      if (!isDefined(object, symbol)) continue
      const name = names.intern(object.stringBytesAt(object.symbolNameOffset(symbol)))
      definers[name] ??= []
      definers[name].push(member)
    }
  }
  json.key('index')
  json.openObject()
  for (let name = 1; name <= names.count; name++) {
    json.key(spellName(names.bytesOf(name)))
    json.raw(`[${definers[name].join(', ')}]`)
  }
  json.closeObject()
}

function isDefined(object: ObjectFile, symbol: number): boolean {
  return object.symbolRawSection(symbol) !== SHN.UNDEF
}
