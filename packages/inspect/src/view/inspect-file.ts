// Opens a file of any kind and tells what it is by its content.
import { type Diagnostics, type FileSystem, openMemory, readInput } from '@fle/diagnostics'
import { isArchive, isElf, type MemberAttributes, openArchive, plainAttributes } from '@fle/elf'
import { isFle, readFle } from '@fle/fle'
import type { ArchiveIndex } from '@fle/object'
import type { ArchiveFile, BinaryFile, Inspected } from './binary-file.ts'
import { viewElf } from './elf-view.ts'
import { viewFleExecutable, viewFleObject } from './fle-view.ts'

/** Reads the file at a path: an object, a program or an archive, ELF or FLE. What is wrong with it is reported. */
export function inspectFile(files: FileSystem, path: string, diagnostics: Diagnostics): Inspected | undefined {
  const bytes = readInput(files, path, diagnostics)
  if (!bytes) return undefined
  if (isArchive(bytes)) return elfArchive(bytes, path, files, diagnostics)
  return inspectBytes(bytes, path, diagnostics)
}

function inspectBytes(bytes: Uint8Array, name: string, diagnostics: Diagnostics): Inspected | undefined {
  if (isElf(bytes)) {
    const file = viewElf(bytes, name, diagnostics)
    return file && { kind: 'binary', file }
  }
  if (!isFle(bytes)) {
    return diagnostics.error('unknown-format', 'this is neither an ELF nor an FLE file', { at: { file: name } })
  }
  const read = readFle(bytes, name, diagnostics)
  if (!read) return undefined
  if (read.kind === 'object') return { kind: 'binary', file: viewFleObject(read.object, name, bytes, read.dialect) }
  if (read.kind === 'executable') {
    return { kind: 'binary', file: viewFleExecutable(read.executable, name, bytes, read.dialect) }
  }
  const { archive } = read
  const readMember = (member: number): BinaryFile | undefined => {
    const object = archive.readMember(member, diagnostics)
    return object && viewFleObject(object, archive.memberName(member), new Uint8Array(), 'fle')
  }
  return { kind: 'archive', archive: { ...membersOf(archive), name, readMember } }
}

function elfArchive(
  bytes: Uint8Array,
  path: string,
  files: FileSystem,
  diagnostics: Diagnostics,
): Inspected | undefined {
  const archive = openArchive(openMemory(bytes), path, files, diagnostics)
  if (!archive) return undefined
  const readMember = (member: number): BinaryFile | undefined => {
    const content = archive.readMember(member, diagnostics)
    const name = archive.memberName(member)
    const read = content && inspectBytes(content, name, diagnostics)
    if (read?.kind !== 'archive') return read?.file
    return diagnostics.error('nested-archive', `the member ${name} is an archive itself`, { at: { file: path } })
  }
  return { kind: 'archive', archive: { ...membersOf(archive), name: path, readMember } }
}

interface Members {
  readonly memberCount: number
  memberName(member: number): string
  memberAttributes?(member: number): MemberAttributes
  readonly index: ArchiveIndex | undefined
}

function membersOf(archive: Members): Omit<ArchiveFile, 'name' | 'readMember'> {
  return {
    memberCount: archive.memberCount,
    memberName: (member) => archive.memberName(member),
    memberAttributes: (member) => archive.memberAttributes?.(member) ?? plainAttributes,
    index: archive.index ? indexEntries(archive.index) : [],
    hasIndex: archive.index !== undefined,
  }
}

function indexEntries({ count, bytes, nameOffsets, members }: ArchiveIndex): { name: string; member: number }[] {
  const decoder = new TextDecoder()
  return Array.from({ length: count }, (_, i) => {
    const start = nameOffsets[i]
    return { name: decoder.decode(bytes.subarray(start, bytes.indexOf(0, start))), member: members[i] }
  })
}
