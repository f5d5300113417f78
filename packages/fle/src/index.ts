import type { Diagnostics } from '@fle/diagnostics'
import type { ObjectFile } from '@fle/object'
import type {
  ArchiveMember,
  FleExecutable,
  WriteArchiveOptions,
  WriteExecutableOptions,
  WriteObjectOptions,
} from './fle-file.ts'

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
export function writeFleExecutable(_executable: FleExecutable, _options: WriteExecutableOptions): Uint8Array {
  return new Uint8Array()
}
