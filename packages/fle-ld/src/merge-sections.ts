import { type ObjectFile, SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'

/** Sections of one output section whose equal pieces become one: strings, or constants of one size. */
export interface MergeGroup {
  readonly output: OutputSection
  readonly alignment: number
  readonly pieces: PieceTable
  /** Of strings, in bytes; 0 for constants. */
  readonly characterSize: number
  /** Where the group begins in its output section, once that is laid out; undefined before. */
  offset: number | undefined
}

/** A merged input section: where each of its pieces went. */
export class MergedSection {
  readonly group: MergeGroup
  /** Offset of each piece in the input section, ascending, and the number that the group knows it by. */
  readonly #starts: Int32Array
  readonly #pieces: Int32Array

  constructor(group: MergeGroup, starts: Int32Array, pieces: Int32Array) {
    this.group = group
    this.#starts = starts
    this.#pieces = pieces
  }

  /** Offset in the output section of what stands at an offset in the input section. */
  outputOffset(offset: number): number {
    const starts = this.#starts
    if (starts.length === 0) return (this.group.offset ?? 0) + offset
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle] <= offset) low = middle
      else high = middle - 1
    }
    return (this.group.offset ?? 0) + this.group.pieces.offsets[this.#pieces[low]] + (offset - starts[low])
  }
}

/** Merges the pieces of all mergeable sections that are in the output (gABI, SHF_MERGE and SHF_STRINGS). */
export function mergeSections(link: LinkState): void {
  const groups = new Map<string, MergeGroup>()
  for (const output of link.outputSections) {
    if (!output.hasMergeable) continue
    for (let i = 0; i < output.members.length; i += 2) {
      const input = link.objects[output.members[i]]
      const section = output.members[i + 1]
      const { object } = input
      const flags = object.sectionFlags(section)
      if ((flags & SHF.MERGE) === 0 || object.sectionSize(section) === 0) continue
      const entrySize = object.sectionEntrySize(section)
      const starts = splitPieces(object, section, entrySize, (flags & SHF.STRINGS) !== 0)
      if (!starts) continue
      const alignment = object.sectionAlignment(section)
      const key = `${output.number} ${flags & SHF.STRINGS} ${entrySize} ${alignment}`
      const characterSize = flags & SHF.STRINGS ? entrySize : 0
      const pieces = new PieceTable(alignment)
      const group = groups.get(key) ?? { output, alignment, pieces, characterSize, offset: undefined }
      groups.set(key, group)
      input.merged ??= []
      input.merged[section] = new MergedSection(group, starts, internPieces(group.pieces, object, section, starts))
    }
  }
  link.mergeGroups.push(...groups.values())
  if (link.options.mergeTails)
    for (const { pieces, characterSize } of groups.values()) if (characterSize > 0) pieces.mergeTails()
}

/** The offsets at which the pieces of a section begin; undefined where it cannot be taken apart. */
function splitPieces(
  object: ObjectFile,
  section: number,
  entrySize: number,
  isStrings: boolean,
): Int32Array | undefined {
  const size = object.sectionSize(section)
  if (object.sectionType(section) === SHT.NOBITS || object.relocationSections[section] !== 0) return undefined
  if (entrySize < 1 || size % entrySize !== 0 || size > 0x7fffffff) return undefined
  const content = object.sectionContent(section)
  if (!isStrings) return Int32Array.from({ length: size / entrySize }, (_, i) => i * entrySize)
  const starts: number[] = []
  for (let start = 0; start < size; ) {
    starts.push(start)
    const end = endOfString(content, start, entrySize)
    if (end < 0) return undefined
    start = end
  }
  return Int32Array.from(starts)
}

/** The offset behind a string's terminator, a character of zeros; -1 if it has none. */
function endOfString(content: Uint8Array, start: number, width: number): number {
  if (width === 1) return content.indexOf(0, start) + 1 || -1
  for (let at = start; at < content.length; at += width) {
    let i = 0
    while (i < width && content[at + i] === 0) i++
    if (i === width) return at + width
  }
  return -1
}

function internPieces(table: PieceTable, object: ObjectFile, section: number, starts: Int32Array): Int32Array {
  const base = object.sectionOffset(section)
  const size = object.sectionSize(section)
  const pool = table.addPool(object)
  const pieces = new Int32Array(starts.length)
  for (let i = 0; i < starts.length; i++) {
    const end = i + 1 < starts.length ? starts[i + 1] : size
    pieces[i] = table.intern(pool, base + starts[i], end - starts[i])
  }
  return pieces
}

/** Pieces of bytes, each kept once, in the order in which they were first met. */
class PieceTable {
  count = 0
  /** Bytes of all pieces, each at the alignment of the section it came from. */
  size = 0
  /** Where each piece stands. */
  offsets = new Int32Array(1 << 8)
  readonly #alignment: number
  readonly #objects: ObjectFile[] = []
  #slots = new Int32Array(1 << 9)
  #hashes = new Int32Array(1 << 8)
  #pools = new Int32Array(1 << 8)
  #starts = new Int32Array(1 << 8)
  #lengths = new Int32Array(1 << 8)

  constructor(alignment: number) {
    this.#alignment = alignment
  }

  addPool(object: ObjectFile): number {
    return this.#objects.push(object) - 1
  }

  /** The number of a piece of a pool; a new one at the end of the table if no equal one has been met. */
  intern(pool: number, start: number, length: number): number {
    const { bytes } = this.#objects[pool]
    const hash = hashBytes(bytes, start, length)
    let mask = this.#slots.length - 1
    let slot = hash & mask
    for (; this.#slots[slot]; slot = (slot + 1) & mask) {
      const piece = this.#slots[slot] - 1
      if (this.#hashes[piece] === hash && this.#lengths[piece] === length && this.#equals(piece, bytes, start))
        return piece
    }
    const piece = this.count++
    if (piece === this.#hashes.length) {
      this.#grow()
      mask = this.#slots.length - 1
      slot = hash & mask
      while (this.#slots[slot]) slot = (slot + 1) & mask
    }
    this.#slots[slot] = piece + 1
    this.#hashes[piece] = hash
    this.#pools[piece] = pool
    this.#starts[piece] = start
    this.#lengths[piece] = length
    this.size = alignUp(this.size, this.#alignment)
    this.offsets[piece] = this.size
    this.size += length
    return piece
  }

  /** Lets strings that are the end of another stand inside that, where its place has the alignment. */
  mergeTails(): void {
    const order = Array.from({ length: this.count }, (_, piece) => piece).sort((a, b) => this.#compareTails(a, b))
    const containers = new Int32Array(this.count).fill(-1)
    let container = -1
    for (const piece of order) {
      const distance = container < 0 ? -1 : this.#lengths[container] - this.#lengths[piece]
      const fits = distance > 0 && distance % this.#alignment === 0 && this.#isTail(piece, container)
      if (fits) containers[piece] = container
      else container = piece
    }
    this.size = 0
    for (let piece = 0; piece < this.count; piece++) {
      if (containers[piece] >= 0) continue
      this.size = alignUp(this.size, this.#alignment)
      this.offsets[piece] = this.size
      this.size += this.#lengths[piece]
    }
    for (let piece = 0; piece < this.count; piece++) {
      const outer = containers[piece]
      if (outer >= 0) this.offsets[piece] = this.offsets[outer] + this.#lengths[outer] - this.#lengths[piece]
    }
  }

  /** Orders by the bytes from the last to the first; of two of which one is the end of the other the longer comes first. */
  #compareTails(a: number, b: number): number {
    const left = this.#objects[this.#pools[a]].bytes
    const right = this.#objects[this.#pools[b]].bytes
    let i = this.#starts[a] + this.#lengths[a]
    let j = this.#starts[b] + this.#lengths[b]
    for (let rest = Math.min(this.#lengths[a], this.#lengths[b]); rest > 0; rest--) {
      const difference = left[--i] - right[--j]
      if (difference !== 0) return difference
    }
    return this.#lengths[b] - this.#lengths[a]
  }

  #isTail(piece: number, container: number): boolean {
    const { bytes } = this.#objects[this.#pools[piece]]
    const outer = this.#objects[this.#pools[container]].bytes
    const start = this.#starts[container] + this.#lengths[container] - this.#lengths[piece]
    for (let i = 0; i < this.#lengths[piece]; i++) if (outer[start + i] !== bytes[this.#starts[piece] + i]) return false
    return true
  }

  /** Writes all pieces at their places from `at` on. */
  write(output: Uint8Array, at: number): void {
    for (let piece = 0; piece < this.count; piece++) {
      const start = this.#starts[piece]
      const { bytes } = this.#objects[this.#pools[piece]]
      output.set(bytes.subarray(start, start + this.#lengths[piece]), at + this.offsets[piece])
    }
  }

  #equals(piece: number, bytes: Uint8Array, start: number): boolean {
    const other = this.#objects[this.#pools[piece]].bytes
    const otherStart = this.#starts[piece]
    for (let i = this.#lengths[piece] - 1; i >= 0; i--) if (other[otherStart + i] !== bytes[start + i]) return false
    return true
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2
    const larger = (table: Int32Array) => {
      const copy = new Int32Array(capacity)
      copy.set(table)
      return copy
    }
    this.offsets = larger(this.offsets)
    this.#hashes = larger(this.#hashes)
    this.#pools = larger(this.#pools)
    this.#starts = larger(this.#starts)
    this.#lengths = larger(this.#lengths)
    this.#slots = new Int32Array(capacity * 2)
    const mask = this.#slots.length - 1
    for (let piece = 0; piece < this.count - 1; piece++) {
      let slot = this.#hashes[piece] & mask
      while (this.#slots[slot]) slot = (slot + 1) & mask
      this.#slots[slot] = piece + 1
    }
  }
}

/** FNV-1a with a final mix, so that the low bits depend on all bytes. */
function hashBytes(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5 | 0
  for (let i = start, end = start + length; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  return hash ^ (hash >>> 15)
}
