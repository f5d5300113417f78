import { instantiate, type Kernels } from '@fle/kernels/wasm'
import { Memory } from './linear-memory.ts'

/**
 * What is to be done with a relocation, by its kind and the place of its symbol. assembly/relocations.ts goes by it.
 */
export const Rule = {
  /** Nothing. */
  pass: 0,
  /** It is left to the caller … */
  leave: 1,
  /** … who takes the next one with it. */
  leaveWithNext: 2,
  /** Nothing, but the caller is told of the first one. */
  passNoted: 3,
  /** S + A - P in 32 bits, signed. */
  distance32: 4,
  /** S + A in 32 bits, unsigned or signed, or in 64. */
  unsigned32: 5,
  signed32: 6,
  word64: 7,
} as const

const kinds = 256
const placesPerKind = 8

/** A table of rules: one for each kind below 256 and each place below 8. */
export function makeRules(rule: (kind: number, place: number) => number): Uint8Array {
  return Uint8Array.from({ length: kinds * placesPerKind }, (_, i) =>
    rule(Math.floor(i / placesPerKind), i % placesPerKind),
  )
}

/** Where the tables of an object are, as offsets in its bytes, and how long. Their headers have been found sound. */
interface ObjectTables {
  readonly bytes: Uint8Array
  readonly sectionHeaders: number
  readonly sectionCount: number
  readonly symbols: number
  readonly symbolCount: number
  readonly firstGlobal: number
  /** Bytes of the table of symbol names. */
  readonly namesSize: number
}

/** Section indices from here on are special (gABI, SHN_LORESERVE). */
const firstReserved = 0xff00

/** Where the symbols and sections of an object are. */
export interface PlacedObject {
  /** Offset of the symbol table in the object's bytes. */
  readonly symbols: number
  readonly symbolCount: number
  /** The first of the symbols that are not local. */
  readonly firstGlobal: number
  /** By symbol from {@link firstGlobal} on: the number of the global symbol. */
  readonly globals: Int32Array
  /** By section: number of the output section, negative if there is none … */
  readonly outputSection: Int32Array
  /** … and the offset in it; not a number for one whose symbols are to be left. */
  readonly outputOffset: Float64Array
}

/**
 * Runs the loops over the symbols and relocations of objects as WebAssembly. In JavaScript a loop is slow until V8
 * has optimized it, which takes longer than most links do. The loops do what is common and leave the rest to the
 * caller, as a list of indices: {@link left}. They work on a copy of the object.
 */
export class RecordWalker {
  readonly #kernels: Kernels
  readonly #memory: Memory
  readonly #widths: number
  /** Where the tables for all objects end, and what is known of one object begins. */
  #tablesEnd: number
  #globalValues = 0
  #outputAddresses = 0
  #object = 0
  #places = 0
  #values = 0
  #left = 0

  /** `widths` has the bytes of a field by kind. */
  constructor(widths: Uint8Array, kernels: Kernels = instantiate()) {
    this.#kernels = kernels
    this.#memory = new Memory(kernels.memory)
    this.#widths = this.#memory.place(widths.subarray(0, kinds))
    this.#tablesEnd = this.#memory.end
  }

  /** Keeps a table of rules for all objects to come; returns what it is known by. */
  addRules(rules: Uint8Array): number {
    return this.#keep(() => this.#memory.place(rules))
  }

  /** Keeps the values of the global symbols, and the addresses of the output sections, for all objects to come. */
  addAddresses(globalValues: ArrayLike<number>, outputAddresses: ArrayLike<number>): void {
    this.#globalValues = this.#keep(() => this.#memory.placeDoubles(globalValues))
    this.#outputAddresses = this.#keep(() => this.#memory.placeDoubles(outputAddresses))
  }

  /**
   * Whether the symbols and relocations of an object without compressed sections are sound at first sight, as nearly
   * all are. If not, each is to be looked at.
   */
  isSound(object: ObjectTables): boolean {
    const { bytes, sectionHeaders, sectionCount, symbols, symbolCount, firstGlobal, namesSize } = object
    this.#memory.end = this.#tablesEnd
    if (!this.#memory.canTake(bytes.length)) return false
    const at = this.#memory.place(bytes)
    const limit = Math.min(sectionCount, firstReserved)
    const { symbolsAreSound, relocationsAreSound } = this.#kernels
    return (
      symbolsAreSound(at + symbols, symbolCount, firstGlobal, namesSize, limit) === 1 &&
      relocationsAreSound(at, at + sectionHeaders, sectionCount, symbolCount) === 1
    )
  }

  /** Turns to an object; `places` has the place of each symbol. Returns false if the object is too large. */
  open(bytes: Uint8Array, places: Uint8Array): boolean {
    this.#memory.end = this.#tablesEnd
    if (!this.#memory.canTake(2 * bytes.length + 16 * places.length)) return false
    this.#object = this.#memory.place(bytes)
    this.#places = this.#memory.place(places)
    return true
  }

  /**
   * Looks at relocations, from the one at the offset `records` on, of a section of `size` bytes. Returns how many are
   * left, and the first that is to be noted, -1 if none is.
   */
  scan(records: number, count: number, size: number, rules: number): { left: number; noted: number } {
    const noted = this.#memory.end
    const left = this.#prepareLeft(count + 2) + 8
    this.#left = left
    this.#memory.words[noted / 4] = 0xffffffff
    const limit = Math.min(size, 0xffffffff)
    const start = this.#object + records
    const found = this.#kernels.scan(start, count, limit, this.#places, rules, this.#widths, left, noted)
    return { left: found, noted: this.#memory.words[noted / 4] | 0 }
  }

  /**
   * Finds the values of the symbols. Returns how many local ones are left: those that `places` does not give 0, that
   * are not in a section, or whose section has no address.
   */
  fillValues({ symbols, symbolCount, firstGlobal, globals, outputSection, outputOffset }: PlacedObject): number {
    const memory = this.#memory
    const sectionCount = outputSection.length
    this.#values = memory.take(8 * Math.max(1, symbolCount))
    const outputs = memory.placeWords(outputSection)
    const offsets = memory.placeDoubles(outputOffset)
    const globalNumbers = memory.placeWords(globals)
    this.#prepareLeft(firstGlobal)
    const { placeSections, fillValues } = this.#kernels
    // The addresses take the place of the offsets.
    placeSections(sectionCount, outputs, offsets, this.#outputAddresses, offsets)
    return fillValues(
      this.#object + symbols,
      firstGlobal,
      symbolCount,
      this.#places,
      offsets,
      globalNumbers,
      this.#globalValues,
      this.#values,
      this.#left,
    )
  }

  value(symbol: number): number {
    return this.#memory.doubles[this.#values / 8 + symbol]
  }

  setValue(symbol: number, value: number): void {
    this.#memory.doubles[this.#values / 8 + symbol] = value
  }

  /**
   * Applies relocations, from the one at the offset `records` on, to the content at the offset `content`, which has
   * the address `address` in the program. Returns how many are left: besides those of the rules all whose values do
   * not fit.
   */
  apply(records: number, count: number, content: number, address: number, rules: number): number {
    const left = this.#prepareLeft(count)
    const start = this.#object + records
    const to = this.#object + content
    return this.#kernels.apply(start, count, to, address, this.#places, this.#values, rules, left)
  }

  /** The `i`th that was left, as an index among those that were looked at. */
  left(i: number): number {
    return this.#memory.words[this.#left / 4 + i]
  }

  /** Bytes of the copy of the object, of use until the next call. */
  content(offset: number, size: number): Uint8Array {
    const start = this.#object + offset
    return this.#memory.bytes.subarray(start, start + size)
  }

  /** Makes room for a list of so many indices behind all else. */
  #prepareLeft(count: number): number {
    this.#left = this.#memory.take(4 * count)
    this.#memory.end = this.#left
    return this.#left
  }

  #keep(place: () => number): number {
    this.#memory.end = this.#tablesEnd
    const address = place()
    this.#tablesEnd = this.#memory.end
    return address
  }
}
