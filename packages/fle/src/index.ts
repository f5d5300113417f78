import type { Diagnostics } from '@fle/diagnostics'
import type { ObjectFile } from '@fle/object'
import type {
  ArchiveMember,
  FleExecutable,
  FleFile,
  WriteArchiveOptions,
  WriteExecutableOptions,
  WriteObjectOptions,
} from './fle-file.ts'

export * from './fle-file.ts'

/** Whether the bytes begin as an FLE file does. */
export function isFle(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b
}
export function readFle(_bytes: Uint8Array, name: string, diagnostics: Diagnostics): FleFile | undefined {
  return diagnostics.error('unsupported', `${name}: not yet`)
}
export function readFleObject(_bytes: Uint8Array, name: string, diagnostics: Diagnostics): ObjectFile | undefined {
  return diagnostics.error('unsupported', `${name}: not yet`)
}
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
