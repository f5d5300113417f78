import type { Memory } from './memory.ts'

/** An archive's symbol index, in the memory: by symbol the offset of its name and the number of its member. */
export interface IndexedMembers {
  readonly nameOffsets: Int32Array
  readonly members: Int32Array
  /** Offset of each member's header in the archive, ascending. */
  readonly headers: Uint32Array
}

/** Reads an index of GNU's form that stands in the memory; undefined if it is anything else, or is damaged. */
export function readIndex(memory: Memory, index: Uint8Array): IndexedMembers | undefined {
  const { kernels } = memory
  const at = memory.addressOf(index)
  const count = at < 0 ? -1 : kernels.countIndexed(at, index.length)
  if (count < 0 || !memory.hasRoom(12 * count)) return undefined
  const nameOffsets = memory.takeInt32(count)
  const members = memory.takeInt32(count)
  const start = memory.take(4 * count)
  const memberCount = kernels.readIndex(at, index.length, nameOffsets.byteOffset, members.byteOffset, start)
  if (memberCount < 0) return undefined
  return { nameOffsets, members, headers: memory.words.subarray(start / 4, start / 4 + memberCount) }
}
