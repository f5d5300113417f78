import { isBitcode, isElf, readObject } from '@fle/elf'
import { isFle, readFleInBulk, readFleObject } from '@fle/fle'
import { nameText, type ObjectName } from '@fle/object'
import type { MemberObject } from './input-archive.ts'
import type { LinkState } from './link-state.ts'

/** Reads an object of either family, told apart by content. */
export function readObjectBytes(link: LinkState, bytes: Uint8Array, name: ObjectName): MemberObject | undefined {
  const { diagnostics, walker } = link
  if (isElf(bytes) || isBitcode(bytes)) {
    const object = readObject(bytes, name, diagnostics, (bytes) => walker.firstLook(bytes))
    return object && { object, isFle: false }
  }
  if (isFle(bytes)) {
    const text = nameText(name)
    const read = readFleInBulk(bytes, text, link.textReader)
    const object = read?.kind === 'object' ? read.object : readFleObject(bytes, text, diagnostics)
    return object && { object, isFle: true }
  }
  return diagnostics.error('unknown-format', 'this file is neither an ELF object, an FLE text nor an archive of them', {
    at: { file: nameText(name) },
    ...(bytes.length === 0 ? { notes: ['the file is empty'] } : {}),
  })
}
