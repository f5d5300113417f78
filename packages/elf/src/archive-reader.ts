import { type Diagnostics, FileError, type FileSystem, type OpenFile, readAll } from '@fle/diagnostics'
import type { ArchiveIndex } from '@fle/object'
import { ArchiveFile } from './archive-file.ts'
import {
  inlineNameLength,
  isArchive,
  type MemberAttributes,
  memberField,
  memberHeader,
  parseMemberAttributes,
  parseMemberSize,
  thinArchiveMagic,
} from './archive-format.ts'
import { indexForm, parseArchiveIndex, type RawArchiveIndex } from './archive-index.ts'
import { FileErrors } from './file-errors.ts'

/** An archive whose members are read when they are asked for. Members count from 0, in the order of the archive. */
export interface ElfArchive {
  /** The archive's file, for messages. */
  readonly path: string
  readonly memberCount: number
  /** Whether the archive holds headers only, and its members are files beside it. */
  readonly isThin: boolean
  /** Which member defines which name; undefined if the archive has no symbol index. */
  readonly index: ArchiveIndex | undefined
  /** The name of a member; of a thin archive, the path as the archive has it. */
  memberName(member: number): string
  /** What the archive says of a member besides its name and size. */
  memberAttributes(member: number): MemberAttributes
  /** Reads a member: one read of the archive, or of the member's file. What fails is reported and gives undefined. */
  readMember(member: number, diagnostics: Diagnostics): Uint8Array | undefined
}

/** A symbol index, and the offset of each member's header, ascending. */
export interface ReadIndex extends ArchiveIndex {
  readonly headers: ArrayLike<number>
}

export interface OpenArchiveOptions {
  /**
   * Finds members by the index only and does not look for the others: an archive of a thousand members is then opened
   * with a few reads. Without effect where there is no index.
   */
  readonly indexedOnly?: boolean
  /** May read an index of GNU's form where only that is used; undefined for one that is to be looked at closely. */
  readonly readIndex?: (content: Uint8Array) => ReadIndex | undefined
  /** Gives the bytes that members are read into; otherwise small ones share larger pieces. Throws a RangeError if it cannot. */
  readonly allocate?: (size: number) => Uint8Array
}

/**
 * Opens an archive: GNU, BSD or thin, with or without an index. Reads headers and index, or everything from a file that
 * does not know its size. The file must stay open as long as members are read; closing it is the caller's part. `path`
 * is for messages, and the files of a thin archive are found beside it.
 */
export function openArchive(
  file: OpenFile,
  path: string,
  files: FileSystem,
  diagnostics: Diagnostics,
  { indexedOnly = false, readIndex, allocate }: OpenArchiveOptions = {},
): ElfArchive | undefined {
  const errors = new FileErrors(path, diagnostics)
  try {
    const source = new ArchiveFile(file, path, allocate)
    const magic = source.read(0, memberHeader.size)
    if (!isArchive(magic)) return errors.add('not-an-archive', 'this is not an archive')
    const prologue = readPrologue(source, errors, indexedOnly ? readIndex : undefined)
    if (!prologue) return undefined
    const isThin = magic[2] === thinArchiveMagic.charCodeAt(2)
    const { index, read, longNames, firstMember } = prologue
    if (read) return new Archive(source, files, read.headers, read, longNames, isThin)
    const found = index && indexedOnly ? numberIndexed(index) : findMembers(source, firstMember, isThin, index, errors)
    if (!found) return undefined
    const { headers, members } = found
    const numbered = index && { count: index.count, bytes: index.bytes, nameOffsets: index.nameOffsets, members }
    return new Archive(source, files, headers, numbered, longNames, isThin)
  } catch (error) {
    return reportReadError(error, errors)
  }
}

/** A member's header, and where in the archive its content begins. */
interface MemberPlace {
  readonly header: Uint8Array
  /** A BSD name that stands before the content; '' if the name is elsewhere. */
  readonly inlineName: string
  readonly contentOffset: number
  readonly contentSize: number
}

const decoder = new TextDecoder()

/** Reads the header at `offset` of the archive from a piece of it that begins there; undefined if none is there. */
function parsePlace(piece: Uint8Array, offset: number): MemberPlace | undefined {
  const size = parseMemberSize(piece)
  if (size === undefined) return undefined
  const nameLength = inlineNameLength(piece)
  if (nameLength > size) return undefined
  const nameEnd = memberHeader.size + nameLength
  const inlineName =
    nameLength === 0 ? '' : decoder.decode(piece.subarray(memberHeader.size, nameEnd)).replace(/\0+$/, '')
  return { header: piece, inlineName, contentOffset: offset + nameEnd, contentSize: size - nameLength }
}

/** How many bytes are read where a header is expected: the header, and a BSD name behind it. */
const headerReach = memberHeader.size + 256

function readPlace(source: ArchiveFile, offset: number, errors: FileErrors): MemberPlace | undefined {
  const place = parsePlace(source.read(offset, headerReach), offset)
  return place ?? errors.add('malformed-archive', `no header of a member at offset ${offset}`)
}

interface Prologue {
  readonly index: RawArchiveIndex | undefined
  /** The index, if `readIndex` has read it. */
  readonly read: ReadIndex | undefined
  /** The content of the member `//`. */
  readonly longNames: Uint8Array
  /** Offset of the header of the first member that is none of the special ones. */
  readonly firstMember: number
}

/** Reads the special members, which come first. */
function readPrologue(
  source: ArchiveFile,
  errors: FileErrors,
  readIndex: OpenArchiveOptions['readIndex'],
): Prologue | undefined {
  let index: RawArchiveIndex | undefined
  let read: ReadIndex | undefined
  let longNames: Uint8Array = new Uint8Array()
  let offset: number = 8
  while (offset < source.size) {
    const place = readPlace(source, offset, errors)
    if (!place) return undefined
    const name = place.inlineName || memberField(place.header)
    const form = indexForm(name)
    if (!form && name !== '//') break
    const { contentOffset, contentSize } = place
    if (contentOffset + contentSize > source.size) return cutShort(name, errors)
    const content = source.read(contentOffset, contentSize)
    if (!form) longNames = content
    else if (!index && !read) {
      read = form === 'gnu' ? readIndex?.(content) : undefined
      if (!read) index = parseArchiveIndex(content, form, errors)
      if (!read && !index) return undefined
    }
    offset = evenAfter(contentOffset + contentSize)
  }
  return { index, read, longNames, firstMember: offset }
}

function evenAfter(offset: number): number {
  return offset + (offset % 2)
}

function cutShort(name: string, errors: FileErrors): undefined {
  return errors.add('truncated', `the archive is cut short: it ends inside the member ${name.replace(/(.)\/$/, '$1')}`)
}

/** Goes from header to header and returns their offsets. */
function walkHeaders(
  source: ArchiveFile,
  first: number,
  isThin: boolean,
  errors: FileErrors,
): readonly number[] | undefined {
  const offsets: number[] = []
  let offset = first
  while (offset < source.size) {
    const header = source.read(offset, memberHeader.size)
    const size = parseMemberSize(header)
    if (size === undefined) return errors.add('malformed-archive', `no header of a member at offset ${offset}`)
    const end = offset + memberHeader.size + (isThin ? 0 : size)
    if (end > source.size) return cutShort(memberField(header), errors)
    offsets.push(offset)
    offset = evenAfter(end)
  }
  return offsets
}

/** Members, and for each entry of the index which of them it names. */
interface IndexedMembers {
  /** Offsets of the members' headers, ascending. */
  readonly headers: ArrayLike<number>
  readonly members: Int32Array
}

/** Numbers the members that an index names in the order of the archive, which is that of the index as ar writes it. */
function numberIndexed({ count, memberOffsets }: RawArchiveIndex): IndexedMembers {
  const headers: number[] = []
  const members = new Int32Array(count)
  let last = -1
  for (let i = 0; i < count; i++) {
    const offset = memberOffsets[i]
    if (offset < last) {
      const sorted = Float64Array.from(new Set(memberOffsets)).sort()
      return { headers: sorted, members: Int32Array.from(memberOffsets, (header) => find(sorted, header)) }
    }
    if (offset !== last) headers.push(offset)
    last = offset
    members[i] = headers.length - 1
  }
  return { headers, members }
}

/** Finds all members, and for each entry of the index the one whose header stands where it says. */
function findMembers(
  source: ArchiveFile,
  firstMember: number,
  isThin: boolean,
  index: RawArchiveIndex | undefined,
  errors: FileErrors,
): IndexedMembers | undefined {
  const headers = walkHeaders(source, firstMember, isThin, errors)
  if (!headers) return undefined
  const members = new Int32Array(index?.count ?? 0)
  let member = 0
  for (let i = 0; i < members.length; i++) {
    const offset = index?.memberOffsets[i] ?? 0
    if (headers[member] !== offset) member = find(headers, offset)
    if (member < 0) {
      return errors.add('malformed-archive', `the symbol index names a member at offset ${offset}, where none is`, {
        hint: 'make it anew: ar s FILE',
      })
    }
    members[i] = member
  }
  return { headers, members }
}

/** The place of a value in an ascending table, -1 if it is not there. */
function find(table: ArrayLike<number>, value: number): number {
  let low = 0
  let high = table.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (table[middle] < value) low = middle + 1
    else high = middle
  }
  return table[low] === value ? low : -1
}

/** Members up to this size are read together with their header. */
const longestGuess = 1 << 20

class Archive implements ElfArchive {
  readonly path: string
  readonly memberCount: number
  readonly isThin: boolean
  readonly index: ArchiveIndex | undefined
  readonly #source: ArchiveFile
  readonly #files: FileSystem
  /** Offset of each member's header, ascending. */
  readonly #headers: ArrayLike<number>
  readonly #longNames: Uint8Array
  /** The headers of the members that were read. */
  readonly #places = new Map<number, MemberPlace>()

  constructor(
    source: ArchiveFile,
    files: FileSystem,
    headers: ArrayLike<number>,
    index: ArchiveIndex | undefined,
    longNames: Uint8Array,
    isThin: boolean,
  ) {
    this.path = source.path
    this.memberCount = headers.length
    this.index = index
    this.#source = source
    this.#files = files
    this.#headers = headers
    this.#longNames = longNames
    this.isThin = isThin
  }

  memberName(member: number): string {
    const offset = this.#headers[member]
    const place = this.#places.get(member) ?? parsePlace(this.#readHeader(offset), offset)
    return place ? this.#nameOf(place).name : `member at offset ${offset}`
  }

  memberAttributes(member: number): MemberAttributes {
    return parseMemberAttributes(this.#readHeader(this.#headers[member]))
  }

  /** A header and what may be a name behind it; empty if it cannot be read. */
  #readHeader(offset: number): Uint8Array {
    try {
      return this.#source.read(offset, headerReach)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      return new Uint8Array()
    }
  }

  readMember(member: number, diagnostics: Diagnostics): Uint8Array | undefined {
    const errors = new FileErrors(this.path, diagnostics)
    const offset = this.#headers[member]
    const end = member + 1 < this.memberCount ? this.#headers[member + 1] : this.#source.size
    try {
      // The next member that is known of ends this one: in most archives exactly, so that one read does for both.
      const reach = this.isThin || end - offset > longestGuess ? headerReach : end - offset
      const piece = this.#source.read(offset, reach)
      const place = parsePlace(piece, offset)
      if (!place) return errors.add('malformed-archive', `no header of a member at offset ${offset}`)
      this.#places.set(member, place)
      if (this.isThin) return this.#readFile(place, errors)
      const { contentOffset, contentSize } = place
      if (contentOffset + contentSize > end) {
        const { name } = this.#nameOf(place)
        if (end === this.#source.size) return cutShort(name, errors)
        return errors.add('malformed-archive', `the member ${name} reaches into the member at offset ${end}`)
      }
      const start = contentOffset - offset
      if (start + contentSize <= piece.length) return piece.subarray(start, start + contentSize)
      const content = this.#source.read(contentOffset, contentSize)
      return content.length === contentSize ? content : cutShort(this.#nameOf(place).name, errors)
    } catch (error) {
      return reportReadError(error, errors)
    }
  }

  /** The name of a member, and where in the file of that name it begins, if that is an archive itself. */
  #nameOf({ header, inlineName }: MemberPlace): { name: string; origin: number } {
    const field = memberField(header)
    let name = inlineName || field
    let origin = 0
    // GNU: `/12` is a line of the member `//`, which ends with a slash and a line feed. A thin archive has `/12:345`
    // for the member of another archive whose header is at 345 there.
    const reference = inlineName || !field.startsWith('/') ? null : /^\/(\d{1,10})(?::(\d{1,15}))?$/.exec(field)
    if (reference) {
      const start = Number(reference[1])
      const end = this.#longNames.indexOf(0x0a, start)
      name = decoder.decode(this.#longNames.subarray(start, end < 0 ? this.#longNames.length : end))
      origin = Number(reference[2] ?? 0)
    }
    if (!inlineName && name.length > 1 && name.endsWith('/')) name = name.slice(0, -1)
    return { name, origin }
  }

  /** Reads the file that a member of a thin archive is, or a part of it. */
  #readFile(member: MemberPlace, errors: FileErrors): Uint8Array | undefined {
    const { name, origin } = this.#nameOf(member)
    const folder = name.startsWith('/') ? '' : this.path.slice(0, this.path.lastIndexOf('/') + 1)
    const path = folder + name
    let file: OpenFile | undefined
    try {
      file = this.#files.open(path)
      if (origin === 0) return readAll(file, path)
      const nested = new ArchiveFile(file, path)
      const place = parsePlace(nested.read(origin, headerReach), origin)
      const content = place && nested.read(place.contentOffset, place.contentSize)
      if (place && place.contentSize === member.contentSize && content?.length === member.contentSize) return content
      const message = `the archive ${path}, of which this thin archive has a member, has changed since`
      return errors.add('malformed-archive', message)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      return errors.add('cannot-open', `cannot open the member ${path} of this thin archive: ${error.message}`)
    } finally {
      file?.close()
    }
  }
}

/** Reports that the archive's file cannot be read; rethrows what is no {@link FileError}. */
function reportReadError(error: unknown, errors: FileErrors): undefined {
  if (!(error instanceof FileError)) throw error
  return errors.add('cannot-read', `cannot read the archive: ${error.message}`)
}
