import type { Diagnostics } from '@fle/diagnostics'
import { isElf, readObject } from '@fle/elf'
import { isFle, readFleObject } from '@fle/fle'
import type { MemberObject } from './input-archive.ts'

/** Reads an object of either family, told apart by content. */
export function readObjectBytes(bytes: Uint8Array, name: string, diagnostics: Diagnostics): MemberObject | undefined {
  if (isElf(bytes)) {
    const object = readObject(bytes, name, diagnostics)
    return object && { object, isFle: false }
  }
  if (isFle(bytes)) {
    const object = readFleObject(bytes, name, diagnostics)
    return object && { object, isFle: true }
  }
  return diagnostics.error('unknown-format', 'this file is neither an ELF object, an FLE text nor an archive of them', {
    at: { file: name },
    ...(bytes.length === 0 ? { notes: ['the file is empty'] } : {}),
  })
}
