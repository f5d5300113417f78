import type { OpenFile } from '@fle/diagnostics'
import { openArchive } from '@fle/elf'
import type { FleArchive } from '@fle/fle'
import { readIndex } from '@fle/kernels'
import { type ArchiveIndex, ByteBuffer, type ObjectFile, SHN } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { readObjectBytes } from './read-object.ts'
import { defaultVersions, indexHasVersions } from './symbol-versions.ts'

/** An archive member as an object. */
export interface MemberObject {
  readonly object: ObjectFile
  readonly isFle: boolean
}

/** An archive of either family, as symbol resolution sees it. */
export interface InputArchive {
  readonly path: string
  readonly memberCount: number
  memberName(member: number): string
  /** The names that members define: the number of each in the global symbol table, in the order of the index … */
  readonly symbols: Int32Array
  /** … and the member that defines it. */
  readonly definingMembers: Int32Array
  /** 1 for a member that is part of the link already. */
  readonly pulled: Uint8Array
  readMember(member: number): MemberObject | undefined
}

/** Opens an archive of ELF objects (its members may be FLE texts as well). The file stays open for its members. */
export function openElfArchive(
  link: LinkState,
  file: OpenFile,
  path: string,
  wholeArchive: boolean,
): InputArchive | undefined {
  const { diagnostics } = link
  const { memory } = link
  const allocate = (size: number) => memory.allocate(size)
  const indexOf = (bytes: Uint8Array) => {
    const index = readIndex(memory, bytes)
    return index && { ...index, count: index.members.length, bytes }
  }
  const options = { indexedOnly: !wholeArchive, readIndex: indexOf, allocate }
  const archive = openArchive(file, path, link.files, diagnostics, options)
  if (!archive) return undefined
  const readMember = (member: number) => {
    const bytes = archive.readMember(member, diagnostics)
    return bytes && readObjectBytes(link, bytes, () => `${path}(${archive.memberName(member)})`)
  }
  return complete(link, path, archive, readMember)
}

export function openFleArchive(link: LinkState, archive: FleArchive, path: string): InputArchive | undefined {
  const readMember = (member: number) => {
    const object = archive.readMember(member, link.diagnostics, link.textReader)
    return object && { object, isFle: true }
  }
  return complete(link, path, archive, readMember)
}

interface ArchiveOfAnyFamily {
  readonly memberCount: number
  memberName(member: number): string
  readonly index: ArchiveIndex | undefined
}

function complete(
  link: LinkState,
  path: string,
  archive: ArchiveOfAnyFamily,
  readMember: (member: number) => MemberObject | undefined,
): InputArchive | undefined {
  const { memberCount } = archive
  const index = archive.index ?? indexMembers(memberCount, readMember)
  if (link.diagnostics.hasErrors) return undefined
  const memberName = (member: number) => archive.memberName(member)
  const pulled = link.memory.takeBytes(memberCount)
  return { path, memberCount, memberName, ...internIndex(link, index), pulled, readMember }
}

/** Gives every name of an index its number once, so that looking for wanted symbols again and again costs little. */
function internIndex(link: LinkState, index: ArchiveIndex): Pick<InputArchive, 'symbols' | 'definingMembers'> {
  const { bytes, count, nameOffsets, members } = index
  const column = (numbers: ArrayLike<number>) => {
    if (numbers instanceof Int32Array && link.memory.addressOf(numbers) >= 0) return numbers
    const taken = link.memory.takeInt32(numbers.length)
    taken.set(numbers)
    return taken
  }
  const symbols = link.memory.takeInt32(count)
  const records = new Uint8Array(nameOffsets.buffer, nameOffsets.byteOffset, nameOffsets.byteLength)
  link.symbols.internAll(bytes, records, nameOffsets.BYTES_PER_ELEMENT, symbols)
  if (!link.symbols.names.hasVersions || !indexHasVersions(index)) return { symbols, definingMembers: column(members) }
  const entries = Array.from(symbols, (symbol, i) => {
    const versions = defaultVersions(link, symbol)
    return (versions ? [versions.plain, versions.versioned] : [symbol]).map((name) => ({ name, member: members[i] }))
  }).flat()
  return {
    symbols: column(entries.map(({ name }) => name)),
    definingMembers: column(entries.map(({ member }) => member)),
  }
}

/** The index of an archive that carries none: from the symbols that its members define. */
function indexMembers(memberCount: number, readMember: (member: number) => MemberObject | undefined): ArchiveIndex {
  const names = new ByteBuffer(1 << 12)
  const nameOffsets: number[] = []
  const members: number[] = []
  for (let member = 0; member < memberCount; member++) {
    const object = readMember(member)?.object
    if (!object) continue
    for (let symbol = object.firstGlobal; symbol < object.symbolCount; symbol++) {
      if (object.symbolRawSection(symbol) === SHN.UNDEF) continue
      nameOffsets.push(names.length)
      members.push(member)
      names.append(object.stringBytesAt(object.symbolNameOffset(symbol)))
      names.byte(0)
    }
  }
  const bytes = names.bytes.slice()
  return { count: members.length, bytes, nameOffsets: Int32Array.from(nameOffsets), members: Int32Array.from(members) }
}
