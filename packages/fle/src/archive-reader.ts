import type { Diagnostics } from '@fle/diagnostics'
import { type ArchiveIndex, ByteBuffer, type ObjectFile } from '@fle/object'
import { type BulkLoops, readInBulk } from './bulk-reader.ts'
import type { FleArchive } from './fle-file.ts'
import { JsonScanner } from './json-scanner.ts'
import { Keys } from './keys.ts'
import { LineCursor } from './line-cursor.ts'
import { readJsonObject } from './object-reader.ts'
import { SourceText } from './source-text.ts'

/** Where a member stands in the archive. */
interface Member {
  readonly name: string
  readonly type: string
  readonly at: number
  readonly end: number
  readonly line: number
}

/** Reads an archive's index and the places of its members, which are checked for their brackets only. */
export function readArchive(scanner: JsonScanner, name: string, loops?: BulkLoops): FleArchive | undefined {
  const { source } = scanner
  const keys = new Keys(scanner)
  let members: Member[] | undefined
  let index: ArchiveIndex | undefined
  let indexAt = 0
  scanner.openObject()
  while (scanner.nextKey()) {
    const key = keys.take()
    if (key === 'members') members = readMembers(scanner, loops)
    else if (key === 'index') {
      indexAt = scanner.keyOffset
      index = readIndex(scanner)
    } else {
      if (key !== 'type' && key !== 'name')
        source.warning('unknown-key', `the key "${key}" is ignored`, scanner.keyOffset)
      scanner.skipValue()
    }
    if (source.isHopeless) scanner.failed = true
  }
  scanner.expectEnd()
  if (!scanner.failed && members === undefined) source.fileError('invalid-fle', 'the key "members" is missing')
  if (scanner.failed || source.hasErrors || members === undefined) return undefined
  if (index?.members.some((member) => member >= (members?.length ?? 0)))
    return source.error('invalid-fle', `"index" names a member that is not there: there are ${members.length}`, indexAt)
  return new Archive(name, scanner.bytes, members, index)
}

class Archive implements FleArchive {
  readonly name: string
  readonly index: ArchiveIndex | undefined
  readonly #bytes: Uint8Array
  readonly #members: readonly Member[]

  constructor(name: string, bytes: Uint8Array, members: readonly Member[], index: ArchiveIndex | undefined) {
    this.name = name
    this.index = index
    this.#bytes = bytes
    this.#members = members
  }

  get memberCount(): number {
    return this.#members.length
  }

  memberName(index: number): string {
    return this.#members[index].name
  }

  readMember(index: number, diagnostics: Diagnostics, loops?: BulkLoops): ObjectFile | undefined {
    const { name, type, at, end, line } = this.#members[index]
    const memberName = `${this.name}(${name})`
    const object = loops && readInBulk(this.#bytes.subarray(at, end), line, memberName, loops)
    if (object) return object
    const source = new SourceText(memberName, this.#bytes, diagnostics)
    if (type !== '.obj') return source.error('not-an-object', `a member of "type" "${type}": ".obj" is expected`, at)
    return readJsonObject(new JsonScanner(source, at, line), memberName)?.object
  }
}

function readMembers(scanner: JsonScanner, loops: BulkLoops | undefined): Member[] {
  const members: Member[] = []
  scanner.openArray()
  while (scanner.nextElement()) {
    const { at, line } = scanner
    const texts: Record<string, string> = { name: '', type: '' }
    scanner.openObject()
    while (scanner.nextKey()) {
      const key = scanner.stringText
      if (key !== 'name' && key !== 'type') skipValue(scanner, loops)
      else if (scanner.readString()) texts[key] = scanner.stringText
    }
    if (scanner.failed) break
    if (texts.name === '') scanner.source.error('invalid-fle', 'the member has no "name"', at)
    members.push({ name: texts.name, type: texts.type, at, end: scanner.at, line })
  }
  return members
}

/** Goes past a value, nearly always an array of lines. */
function skipValue(scanner: JsonScanner, loops: BulkLoops | undefined): void {
  const skipped = loops && scanner.isAtListOfStrings && loops.skipLines(scanner.bytes, scanner.at + 1, scanner.line)
  if (!skipped) {
    scanner.skipValue()
    return
  }
  scanner.at = skipped.at
  scanner.line = skipped.line
  scanner.nextElement()
}

/** Reads `"index": {symbol: [member numbers]}`. */
function readIndex(scanner: JsonScanner): ArchiveIndex {
  const cursor = new LineCursor(scanner.source, (position) => scanner.offsetOf(position))
  const keys = new Keys(scanner)
  const names = new ByteBuffer(1 << 12)
  const offsets: number[] = []
  const members: number[] = []
  scanner.openObject()
  while (scanner.nextKey()) {
    keys.take()
    cursor.moveTo(scanner.text, scanner.start, scanner.end, scanner.line)
    const name = cursor.readKeyName()
    const offset = names.length
    if (name !== 0) {
      names.append(cursor.names.bytesOf(name))
      names.byte(0)
    }
    scanner.openArray()
    while (scanner.nextElement()) {
      const { at } = scanner
      const member = scanner.readInteger()
      if (typeof member !== 'number' || member < 0) {
        scanner.fail('the number of a member is expected', at)
        break
      }
      offsets.push(offset)
      members.push(Math.min(member, 2 ** 31 - 1))
    }
  }
  return {
    count: offsets.length,
    bytes: names.bytes,
    nameOffsets: Int32Array.from(offsets),
    members: Int32Array.from(members),
  }
}
