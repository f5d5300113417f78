/** An archive's symbol index: which member defines which name. Entry `i` of each table belongs to one name. */
export interface ArchiveIndex {
  readonly count: number
  /** The pool that the names stand in, each ended by a NUL. */
  readonly bytes: Uint8Array
  /** Offset of each name in {@link bytes}. */
  readonly nameOffsets: Int32Array
  /** The member that defines it, counted from 0 in the order of the archive. */
  readonly members: Int32Array
}
