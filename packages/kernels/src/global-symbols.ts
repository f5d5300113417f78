import type { Memory } from './memory.ts'

/** The global symbols as the loops see them: columns in the memory. */
export interface GlobalColumns {
  readonly rank: Uint8Array
  readonly definingObject: Int32Array
  readonly definingSymbol: Int32Array
  readonly visibility: Uint8Array
}

/** Keeps where the columns are; returns what they are known by. assembly/global-symbols.ts has the fields. */
export function placeColumns(memory: Memory, columns: GlobalColumns): number {
  const { rank, definingObject, definingSymbol, visibility } = columns
  const record = memory.take(16)
  const addresses = [rank, definingObject, definingSymbol, visibility].map((column) => memory.addressOf(column))
  memory.words.set(addresses, record / 4)
  return record
}
