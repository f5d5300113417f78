import type { LinkedObject, Memory, RecordWalker } from '@fle/kernels'
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

/** The same as of an object that is walked, elsewhere. */
function unwalked(sectionCount: number, symbolCount: number, firstGlobal: number): LinkedObject {
  return {
    record: 0,
    places: new Uint8Array(Math.max(1, symbolCount)),
    globals: new Int32Array(symbolCount - firstGlobal),
    discarded: new Uint8Array(sectionCount),
    outputSection: new Int32Array(sectionCount),
    outputOffset: new Float64Array(sectionCount),
  }
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
    const isWalked = memory.hasRoom(bytes.length + sectionCount * bytesOfSection + symbolCount * bytesOfSymbol)
    const linked = isWalked ? walker.addObject(object) : unwalked(sectionCount, symbolCount, firstGlobal)
    this.record = linked.record
    this.globals = linked.globals
    this.places = linked.places
    this.discarded = linked.discarded
    this.outputSection = linked.outputSection.fill(dropped)
    this.outputOffset = linked.outputOffset
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
