// Reads the symbol index of an archive in its four forms: GNU and BSD, each with numbers of 32 and of 64 bits.
import type { FileErrors } from './file-errors.ts'

/** A symbol index as the file has it: for each name the place of the member that defines it. */
export interface RawArchiveIndex {
  readonly count: number
  /** The pool that the names stand in, each ended by a NUL. */
  readonly bytes: Uint8Array
  /** Offset of each name in {@link bytes}. */
  readonly nameOffsets: Int32Array
  /** Offset of the header of each name's member in the archive. */
  readonly memberOffsets: MemberOffsets
}

/** Offsets in an archive. Those of 32 bits are the rule, and V8 allocates nothing to read one. */
type MemberOffsets = Uint32Array | Float64Array

export type IndexForm = 'gnu' | 'gnu64' | 'bsd' | 'bsd64'

const two32 = 2 ** 32

/** The form of the index that a special member of this name holds, undefined if it holds none. */
export function indexForm(name: string): IndexForm | undefined {
  if (name === '/') return 'gnu'
  if (name === '/SYM64/') return 'gnu64'
  if (name === '__.SYMDEF' || name === '__.SYMDEF SORTED') return 'bsd'
  if (name === '__.SYMDEF_64' || name === '__.SYMDEF_64 SORTED') return 'bsd64'
  return undefined
}

/** Reads an index. The pool of the result is a view of `bytes`. What is wrong is reported and gives undefined. */
export function parseArchiveIndex(bytes: Uint8Array, form: IndexForm, errors: FileErrors): RawArchiveIndex | undefined {
  const index =
    form === 'gnu' || form === 'gnu64' ? parseGnu(bytes, form === 'gnu64') : parseBsd(bytes, form === 'bsd64')
  return (
    index ??
    errors.add('malformed-archive', 'the symbol index of the archive is damaged', { hint: 'make it anew: ar s FILE' })
  )
}

/** A count, as many offsets, then as many names one behind the other. Numbers are big-endian. */
function parseGnu(bytes: Uint8Array, wide: boolean): RawArchiveIndex | undefined {
  const width = wide ? 8 : 4
  if (bytes.length < width) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = wide ? view.getUint32(0) * two32 + view.getUint32(4) : view.getUint32(0)
  if (count > bytes.length / width - 1) return undefined
  const nameOffsets = new Int32Array(count)
  const memberOffsets = wide ? new Float64Array(count) : new Uint32Array(count)
  let name = width + count * width
  for (let i = 0, at = width; i < count; i++, at += width) {
    memberOffsets[i] = wide ? view.getUint32(at) * two32 + view.getUint32(at + 4) : view.getUint32(at)
    nameOffsets[i] = name
    name = bytes.indexOf(0, name) + 1
    if (name === 0) return undefined
  }
  return { count, bytes, nameOffsets, memberOffsets }
}

/** The size of a table of (name offset, member offset), the table, the size of the names, the names. Little-endian. */
function parseBsd(bytes: Uint8Array, wide: boolean): RawArchiveIndex | undefined {
  const width = wide ? 8 : 4
  if (bytes.length < 2 * width) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const number = (at: number) => view.getUint32(at, true) + (wide ? view.getUint32(at + 4, true) * two32 : 0)
  const tableSize = number(0)
  if (tableSize % (2 * width) !== 0 || tableSize > bytes.length - 2 * width) return undefined
  const start = width + tableSize + width
  const poolSize = number(width + tableSize)
  if (poolSize > bytes.length - start) return undefined
  const count = tableSize / (2 * width)
  if (count > 0 && bytes[start + poolSize - 1] !== 0) return undefined
  const nameOffsets = new Int32Array(count)
  const memberOffsets = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const at = width + i * 2 * width
    const name = number(at)
    if (name >= poolSize) return undefined
    nameOffsets[i] = start + name
    memberOffsets[i] = number(at + width)
  }
  return { count, bytes, nameOffsets, memberOffsets }
}
