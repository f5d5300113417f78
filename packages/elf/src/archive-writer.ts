import type { Diagnostics } from '@fle/diagnostics'
import { ByteBuffer, type ObjectFile, SHN } from '@fle/object'
import { archiveMagic, type MemberAttributes, memberHeader, plainAttributes } from './archive-format.ts'

/** A member of an archive to write. */
export interface ArchiveMember {
  /** Its name, without folders. */
  readonly name: string
  readonly content: Uint8Array
  /** The content as an object, for its symbols; undefined if it is something else. */
  readonly object?: ObjectFile | undefined
  /** What its header says; by default what `ar D` writes. */
  readonly attributes?: MemberAttributes
}

export interface WriteArchiveOptions {
  /** Leaves the symbol index out, as `ar S` does. */
  readonly withoutIndex?: boolean
}

/** Numbers of the index have 32 bits, and so have lengths of byte arrays. */
const longestArchive = 2 ** 32 - 1

const encoder = new TextEncoder()

/**
 * Writes an archive as `ar rcsD` of GNU binutils does, byte for byte: with an index if a member is an object, long names
 * in `//`, and times, users and groups zero. Reported: a name that the format cannot hold, more than 4 GiB.
 */
export function writeArchive(
  path: string,
  members: readonly ArchiveMember[],
  diagnostics: Diagnostics,
  { withoutIndex = false }: WriteArchiveOptions = {},
): Uint8Array | undefined {
  const at = { file: path }
  const fields = nameFields(members)
  for (const { name } of members) {
    // A slash ends a name and a line feed the name after it.
    if (name !== '' && !/[/\n\0]/.test(name)) continue
    return diagnostics.error('bad-member-name', `a member of an archive cannot be named '${name}'`, { at })
  }
  const symbols = withoutIndex ? undefined : collectSymbols(members)
  const indexSize = symbols ? even(4 + 4 * symbols.members.length + symbols.names.length) : 0

  // Where the header of each member stands must be known for the index, which comes first.
  const offsets: number[] = []
  let end = archiveMagic.length
  if (symbols) end += memberHeader.size + indexSize
  if (fields.longNames.length > 0) end += memberHeader.size + fields.longNames.length
  for (const { content } of members) {
    offsets.push(end)
    end = even(end + memberHeader.size + content.length)
  }
  if (end > longestArchive) return diagnostics.error('too-large', 'the archive would be larger than 4 GiB', { at })

  const bytes = new Uint8Array(end)
  encoder.encodeInto(archiveMagic, bytes)
  let place = archiveMagic.length
  const append = (header: string, content: Uint8Array) => {
    encoder.encodeInto(header, bytes.subarray(place))
    bytes.set(content, place + memberHeader.size)
    place += memberHeader.size + content.length
    if (place % 2 === 1) bytes[place++] = 0x0a
  }
  if (symbols) {
    const attributes = { ...plainAttributes, mode: 0 }
    append(
      header('/'.padEnd(memberHeader.nameLength), indexSize, attributes),
      indexContent(symbols, offsets, indexSize),
    )
  }
  if (fields.longNames.length > 0)
    append(header('//'.padEnd(memberHeader.nameLength), fields.longNames.length), fields.longNames)
  for (const [i, { content, attributes = plainAttributes }] of members.entries())
    append(header(fields.names[i], content.length, attributes), content)
  return bytes
}

function even(size: number): number {
  return size + (size % 2)
}

/** A member's header with a name field of 16 bytes. Without attributes all fields between name and size stay empty, as `//` has them. */
function header(name: string, size: number, attributes?: MemberAttributes): string {
  const { time = '', user = '', group = '', mode } = attributes ?? {}
  const owner = `${String(user).padEnd(6)}${String(group).padEnd(6)}`
  const numbers = `${String(time).padEnd(12)}${owner}${(mode?.toString(8) ?? '').padEnd(8)}`
  return `${name}${numbers}${String(size).padEnd(memberHeader.lengthDigits)}\`\n`
}

interface NameFields {
  /** The name field of each member's header, 16 bytes. */
  readonly names: readonly string[]
  /** The content of the member `//`. */
  readonly longNames: Uint8Array
}

function nameFields(members: readonly ArchiveMember[]): NameFields {
  const longNames = new ByteBuffer()
  const names = members.map(({ name }) => {
    const length = encoder.encode(name).length
    if (length < memberHeader.nameLength) return `${name}/${' '.repeat(memberHeader.nameLength - 1 - length)}`
    const field = `/${longNames.length}`.padEnd(memberHeader.nameLength)
    longNames.text(`${name}/\n`)
    return field
  })
  if (longNames.length % 2 === 1) longNames.text('\n')
  return { names, longNames: longNames.bytes }
}

interface IndexSymbols {
  /** The names, each ended by a NUL. */
  readonly names: ByteBuffer
  /** The member of each name. */
  readonly members: number[]
}

/** The symbols that objects define for others: in a section, absolute or common. Undefined if no member is an object. */
function collectSymbols(members: readonly ArchiveMember[]): IndexSymbols | undefined {
  if (!members.some(({ object }) => object)) return undefined
  const symbols: IndexSymbols = { names: new ByteBuffer(4096), members: [] }
  members.forEach(({ object }, member) => {
    if (!object) return
    for (let symbol = object.firstGlobal; symbol < object.symbolCount; symbol++) {
      if (object.symbolRawSection(symbol) === SHN.UNDEF) continue
      symbols.names.append(object.stringBytesAt(object.symbolNameOffset(symbol)))
      symbols.names.byte(0)
      symbols.members.push(member)
    }
  })
  return symbols
}

/** A count, the offset of the member of each name, the names. Numbers are big-endian. */
function indexContent({ names, members }: IndexSymbols, offsets: readonly number[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, members.length)
  members.forEach((member, i) => {
    view.setUint32(4 + 4 * i, offsets[member])
  })
  bytes.set(names.bytes, 4 + 4 * members.length)
  return bytes
}
