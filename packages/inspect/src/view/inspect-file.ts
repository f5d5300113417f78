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
  return inspectBytes(bytes, path, files, diagnostics)
}

function inspectBytes(
  bytes: Uint8Array,
  name: string,
  files: FileSystem,
  diagnostics: Diagnostics,
): Inspected | undefined {
  if (isArchive(bytes)) return elfArchive(bytes, name, files, diagnostics)
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
  const inspectMember = (member: number): Inspected | undefined => {
    const file = readMember(member)
    return file && { kind: 'binary', file }
  }
  return { kind: 'archive', archive: { ...membersOf(archive), name, readMember, inspectMember } }
}

function elfArchive(
  bytes: Uint8Array,
  path: string,
  files: FileSystem,
  diagnostics: Diagnostics,
): Inspected | undefined {
  const archive = openArchive(openMemory(bytes), path, files, diagnostics)
  if (!archive) return undefined
  const inspectMember = (member: number): Inspected | undefined => {
    const content = archive.readMember(member, diagnostics)
    return content && inspectBytes(content, archive.memberName(member), files, diagnostics)
  }
  const readMember = (member: number): BinaryFile | undefined => {
    const read = inspectMember(member)
    if (read?.kind !== 'archive') return read?.file
    const message = `the member ${archive.memberName(member)} is an archive itself`
    return diagnostics.error('nested-archive', message, { at: { file: path } })
  }
  return { kind: 'archive', archive: { ...membersOf(archive), name: path, readMember, inspectMember } }
}

interface Members {
  readonly memberCount: number
  memberName(member: number): string
  memberAttributes?(member: number): MemberAttributes
  readonly index: ArchiveIndex | undefined
}

function membersOf(archive: Members): Omit<ArchiveFile, 'name' | 'readMember' | 'inspectMember'> {
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
