// An archive as a list of members that can be changed, whichever format it has.
import { Diagnostics, type FileSystem, openMemory } from '@fle/diagnostics'
import {
  isArchive,
  isElf,
  type MemberAttributes,
  openArchive,
  plainAttributes,
  readObject,
  writeArchive,
  writeObject,
} from '@fle/elf'
import { isFle, readFle, readFleObject, writeFleArchive, writeFleObject } from '@fle/fle'
import type { ObjectFile } from '@fle/object'
import { lazily } from '../view/lazily.ts'

export type Format = 'elf' | 'fle'

/** A member. What it holds is read when it is first asked for; what is wrong with it is then reported. */
export interface Member {
  readonly name: string
  readonly attributes: MemberAttributes
  /** Its bytes as a file; undefined if they cannot be had. */
  content(): Uint8Array | undefined
  /** What it is as an object; undefined for anything else, which an ELF archive may hold. */
  object(): ObjectFile | undefined
}

export interface Archive {
  readonly format: Format
  readonly members: readonly Member[]
  /** Its members are files beside it. */
  readonly isThin: boolean
}

/** Reads an archive. What is wrong with it is reported. */
export function readArchive(
  bytes: Uint8Array,
  path: string,
  files: FileSystem,
  diagnostics: Diagnostics,
): Archive | undefined {
  if (isArchive(bytes)) {
    const archive = openArchive(openMemory(bytes), path, files, diagnostics)
    if (!archive) return undefined
    const members = Array.from({ length: archive.memberCount }, (_, member) =>
      elfMember(archive.memberName(member), archive.memberAttributes(member), () =>
        archive.readMember(member, diagnostics),
      ),
    )
    return { format: 'elf', members, isThin: archive.isThin }
  }
  const read = isFle(bytes) ? readFle(bytes, path, diagnostics) : undefined
  if (read?.kind === 'archive') {
    const { archive } = read
    const members = Array.from({ length: archive.memberCount }, (_, member) =>
      fleMember(archive.memberName(member), () => archive.readMember(member, diagnostics), diagnostics),
    )
    return { format: 'fle', members, isThin: false }
  }
  if (diagnostics.hasErrors) return undefined
  return diagnostics.error('not-an-archive', 'this is not an archive, neither ELF nor FLE', { at: { file: path } })
}

function elfMember(name: string, attributes: MemberAttributes, read: () => Uint8Array | undefined): Member {
  const content = lazily(read)
  const object = lazily(() => {
    const bytes = content()
    // An archive may hold any file: one that is no good object has no symbols for the index.
    return bytes && isElf(bytes) ? readObject(bytes, name, new Diagnostics()) : undefined
  })
  return { name, attributes, content, object }
}

function fleMember(name: string, read: () => ObjectFile | undefined, diagnostics: Diagnostics): Member {
  const object = lazily(read)
  const content = lazily(() => {
    const known = object()
    return known && writeFleObject(known, { dialect: 'fle', keepDebug: true }, diagnostics)
  })
  return { name, attributes: plainAttributes, content, object }
}

/**
 * Makes a member of a file: an object of the other format is converted. Reported: what is no object, for an FLE
 * archive, and what the archive's format cannot say.
 */
export function makeMember(
  bytes: Uint8Array,
  path: string,
  name: string,
  format: Format,
  diagnostics: Diagnostics,
): Member | undefined {
  const isElfFile = isElf(bytes)
  const isFleFile = !isElfFile && isFle(bytes)
  if (format === 'elf') {
    if (!isFleFile) return elfMember(name, plainAttributes, () => bytes)
    const object = readFleObject(bytes, path, diagnostics)
    const content = object && writeObject(object, diagnostics)
    return content && elfMember(name, plainAttributes, () => content)
  }
  if (!isElfFile && !isFleFile) {
    const hint = 'an FLE archive holds objects only; one whose name ends in .a holds any file'
    return diagnostics.error('not-an-object', 'this is not an object, neither ELF nor FLE', {
      at: { file: path },
      hint,
    })
  }
  const object = isElfFile ? readObject(bytes, path, diagnostics) : readFleObject(bytes, path, diagnostics)
  return object && fleMember(name, () => object, diagnostics)
}

/** The bytes of an archive: ELF's as `ar rcsD` writes them. What cannot be written is reported. */
export function writeMembers(
  path: string,
  { format, members }: Archive,
  withoutIndex: boolean,
  diagnostics: Diagnostics,
): Uint8Array | undefined {
  if (format === 'fle') {
    const objects = members.flatMap(({ name, object }) => {
      const known = object()
      return known ? [{ name, object: known }] : []
    })
    if (objects.length < members.length) return undefined
    return writeFleArchive(objects, { dialect: 'fle', keepDebug: true, name: baseName(path) }, diagnostics)
  }
  const written = members.flatMap(({ name, attributes, content, object }) => {
    const bytes = content()
    return bytes ? [{ name, attributes, content: bytes, object: withoutIndex ? undefined : object() }] : []
  })
  return written.length < members.length ? undefined : writeArchive(path, written, diagnostics, { withoutIndex })
}

/** What stands behind the last slash of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
