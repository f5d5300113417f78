import type { ObjectFile } from '@fle/object'
import type { ArrayPool } from './array-pool.ts'
import type { MergedSection } from './merge-sections.ts'

/** {@link InputObject.outputSection} of a section that is not in the output. */
export const dropped = -1

/** {@link InputObject.discarded} of a section that nothing needs (--gc-sections). */
export const collected = 2

/** {@link InputObject.discarded} of a section that another of the same content stands for (--icf). */
export const folded = 3

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
  /** Its .note.GNU-stack section, 0 if there is none. */
  stackNote = 0
  /** Where the pieces of a section went whose equal pieces were merged; undefined if no section's were. */
  merged: (MergedSection | undefined)[] | undefined

  constructor(object: ObjectFile, index: number, isFle: boolean, arrays: ArrayPool) {
    this.object = object
    this.index = index
    this.isFle = isFle
    this.globals = arrays.int32(object.symbolCount - object.firstGlobal)
    this.places = arrays.bytes(Math.max(1, object.symbolCount))
    this.discarded = arrays.bytes(object.sectionCount)
    this.outputSection = arrays.int32(object.sectionCount).fill(dropped)
    this.outputOffset = arrays.float64(object.sectionCount)
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
