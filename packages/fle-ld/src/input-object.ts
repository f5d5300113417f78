import type { Memory, RecordWalker } from '@fle/kernels'
import type { ObjectFile } from '@fle/object'
import type { MergedSection } from './merge-sections.ts'

/** {@link InputObject.outputSection} of a section that is not in the output. */
export const dropped = -1

/** {@link InputObject.discarded} of a section that nothing needs (--gc-sections). */
export const collected = 2

/** {@link InputObject.discarded} of a section that another of the same content stands for (--icf). */
export const folded = 3

/** What the arrays of an object, and what the loops know of it, take at most for each section and symbol. */
const bytesOfSection = 17
const bytesOfSymbol = 5

/** Where an object's arrays are. */
interface ObjectRoom {
  readonly memory: Memory
  readonly walker: RecordWalker
}

/** An object that is part of the link, with what the passes find out about its sections and symbols. */
export class InputObject {
  readonly object: ObjectFile
  /** Its place in the order of the link. */
  readonly index: number
  /** Whether it was read from FLE text. */
  readonly isFle: boolean
  /** The global symbol that each symbol from {@link ObjectFile.firstGlobal} on is. */
  readonly globals: Int32Array
  /** What each symbol stands for: SymbolPlace of classify-symbols.ts, which fills it. */
  readonly places: Uint8Array
  /** 1 for a section that a COMDAT group elsewhere replaces: a symbol in it is a mere reference. {@link collected}: unused. */
  readonly discarded: Uint8Array
  /** Number of the output section that each section goes to, or {@link dropped}. */
  readonly outputSection: Int32Array
  /** Where in its output section each section begins, in bytes. */
  readonly outputOffset: Float64Array
  /** What the loops of {@link RecordWalker} know it by; 0 if their memory has no room for it. */
  readonly record: number
  /** Its .note.GNU-stack section, 0 if there is none. */
  stackNote = 0
  /** Where the pieces of a section went whose equal pieces were merged; undefined if no section's were. */
  merged: (MergedSection | undefined)[] | undefined

  constructor(object: ObjectFile, index: number, isFle: boolean, { memory, walker }: ObjectRoom) {
    this.object = object
    this.index = index
    this.isFle = isFle
    const { bytes, sectionCount, symbolCount, firstGlobal } = object
    const globalCount = symbolCount - firstGlobal
    const isWalked = memory.hasRoom(bytes.length + sectionCount * bytesOfSection + symbolCount * bytesOfSymbol)
    this.globals = isWalked ? memory.takeInt32(globalCount) : new Int32Array(globalCount)
    const placeCount = Math.max(1, symbolCount)
    this.places = isWalked ? memory.takeBytes(placeCount) : new Uint8Array(placeCount)
    this.discarded = isWalked ? memory.takeBytes(sectionCount) : new Uint8Array(sectionCount)
    this.outputSection = isWalked ? memory.takeInt32(sectionCount) : new Int32Array(sectionCount)
    this.outputOffset = isWalked ? memory.takeFloat64(sectionCount) : new Float64Array(sectionCount)
    this.outputSection.fill(dropped)
    this.record = isWalked ? walker.addObject(object, this) : 0
  }

  /** Where in its output section stands what is at an offset of a section. */
  offsetInOutput(section: number, offset: number): number {
    const merged = this.merged?.[section]
    return merged ? merged.outputOffset(offset) : this.outputOffset[section] + offset
  }

  /** The global symbol that a symbol of the object is, -1 for a local one. */
  globalOf(symbol: number): number {
    return symbol < this.object.firstGlobal ? -1 : this.globals[symbol - this.object.firstGlobal]
  }
}
