import { basename } from 'node:path'
import { type Diagnostics, type FileSystem, openMemory, readInput } from '@fle/diagnostics'
import { isArchive, openArchive, readObject, writeArchive, writeObject } from '@fle/elf'
import { type ArchiveMember, isFle, readFle, writeFleArchive, writeFleObject } from '@fle/fle'
import type { Conversion } from './driver.ts'

/** What was read: an archive's members, or one object. */
interface Content {
  readonly isArchive: boolean
  readonly members: readonly ArchiveMember[]
}

/**
 * Reads an object or an archive, ELF or FLE by its content, and returns its bytes in the format that the conversion
 * asks for. What is wrong with it is reported.
 */
export function convert(conversion: Conversion, files: FileSystem, diagnostics: Diagnostics): Uint8Array | undefined {
  const { from, to } = conversion
  const bytes = readInput(files, from, diagnostics)
  const content = bytes && readContent(bytes, from, conversion.name ?? from, files, diagnostics)
  if (!content || diagnostics.hasErrors) return undefined
  const namedArchive = /\.f?a$/.test(to)
  if (namedArchive !== content.isArchive && /\.(o|fle|fo|f?a)$/.test(to)) {
    const [is, wants] = content.isArchive ? ['an archive', 'an object'] : ['an object', 'an archive']
    return diagnostics.error('wrong-ending', `${from} is ${is}, but the name ${to} is that of ${wants}`)
  }
  return writeContent(content, conversion, diagnostics)
}

function readContent(
  bytes: Uint8Array,
  path: string,
  name: string,
  files: FileSystem,
  diagnostics: Diagnostics,
): Content | undefined {
  if (isArchive(bytes)) return readElfArchive(bytes, path, files, diagnostics)
  if (isFle(bytes)) return readFleContent(bytes, name, diagnostics)
  const object = readObject(bytes, name, diagnostics)
  return object && { isArchive: false, members: [{ name: basename(name), object }] }
}

function readElfArchive(
  bytes: Uint8Array,
  path: string,
  files: FileSystem,
  diagnostics: Diagnostics,
): Content | undefined {
  const archive = openArchive(openMemory(bytes), path, files, diagnostics)
  if (!archive) return undefined
  const members: ArchiveMember[] = []
  for (let i = 0; i < archive.memberCount; i++) {
    const content = archive.readMember(i, diagnostics)
    const name = archive.memberName(i)
    const object = content && readObject(content, `${path}(${name})`, diagnostics)
    // A thin archive names its members by paths; the copy holds them itself.
    if (object) members.push({ name: basename(name), object })
  }
  return { isArchive: true, members }
}

function readFleContent(bytes: Uint8Array, name: string, diagnostics: Diagnostics): Content | undefined {
  const file = readFle(bytes, name, diagnostics)
  if (!file) return undefined
  switch (file.kind) {
    case 'object':
      return { isArchive: false, members: [{ name: basename(name), object: file.object }] }
    case 'archive': {
      const { archive } = file
      const members: ArchiveMember[] = []
      for (let i = 0; i < archive.memberCount; i++) {
        const object = archive.readMember(i, diagnostics)
        if (object) members.push({ name: archive.memberName(i), object })
      }
      return { isArchive: true, members }
    }
    case 'executable':
      return diagnostics.error('not-an-object', 'this is a program: only objects and archives can be converted', {
        at: { file: name },
      })
  }
}

function writeContent(
  { isArchive, members }: Content,
  { to, format, dialect, keepDebug }: Conversion,
  diagnostics: Diagnostics,
): Uint8Array | undefined {
  if (format === 'fle') {
    return isArchive
      ? writeFleArchive(members, { dialect, keepDebug, name: basename(to) }, diagnostics)
      : writeFleObject(members[0].object, { dialect, keepDebug }, diagnostics)
  }
  if (!isArchive) return writeObject(members[0].object, diagnostics)
  const written = members.flatMap(({ name, object }) => {
    const content = writeObject(object, diagnostics)
    return content ? [{ name, content, object }] : []
  })
  return diagnostics.hasErrors ? undefined : writeArchive(to, written, diagnostics)
}
