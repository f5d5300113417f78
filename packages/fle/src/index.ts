import type { Diagnostics } from '@fle/diagnostics'
import type { ObjectFile } from '@fle/object'
import type { ArchiveMember, WriteArchiveOptions, WriteObjectOptions } from './fle-file.ts'

export { writeFleExecutable } from './executable-writer.ts'
export * from './fle-file.ts'
export { isFle, readFle, readFleObject } from './read.ts'

export function writeFleObject(
  object: ObjectFile,
  _options: WriteObjectOptions,
  diagnostics: Diagnostics,
): Uint8Array | undefined {
  return diagnostics.error('unsupported', `${object.name}: not yet`)
}
export function writeFleArchive(
  _members: readonly ArchiveMember[],
  _options: WriteArchiveOptions,
  diagnostics: Diagnostics,
): Uint8Array | undefined {
  return diagnostics.error('unsupported', 'not yet')
}
