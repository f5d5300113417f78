// Versioned names in objects: `.symver impl, foo@@V1` makes a definition `foo@@V1`, which is what both `foo` and `foo@V1`
// mean; a definition `foo@V1` is an older one, which only `foo@V1` means (GNU as manual, ".symver").

import type { ArchiveIndex, ObjectFile } from '@fle/object'
import type { LinkState } from './link-state.ts'

const atSign = 0x40

/** Whether a name of an object has a version: nearly none has, and looking at the bytes of all costs least. */
export function hasVersions(object: ObjectFile): boolean {
  const table = object.tables.symbolTable
  if (table === 0) return false
  const end = object.symbolNames + object.sectionSize(object.sectionLink(table))
  return object.bytes.subarray(object.symbolNames, end).includes(atSign)
}

/** The same of the names of an archive's index, which stand behind each other. */
export function indexHasVersions({ bytes, count, nameOffsets }: ArchiveIndex): boolean {
  return count > 0 && bytes.subarray(nameOffsets[0]).includes(atSign)
}

/** The global symbols that a name means: for `foo@@V1` those of `foo` and `foo@V1`, else none beside its own. */
export function defaultVersions(link: LinkState, symbol: number): { plain: number; versioned: number } | undefined {
  const name = link.symbols.names.text(symbol)
  const at = name.indexOf('@@')
  if (at <= 0) return undefined
  const plain = link.symbols.internText(name.slice(0, at))
  const versioned = link.symbols.internText(`${name.slice(0, at)}@${name.slice(at + 2)}`)
  return { plain, versioned }
}
