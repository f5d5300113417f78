import type { FrameTable } from './eh-frame-table.ts'
import { type Memory, Region } from './memory.ts'
import { kinds } from './rules.ts'
import type {
  LeftRelocation,
  LinkedObject,
  SoundObject,
  WalkedArchive,
  WalkedObject,
  WalkedOutput,
} from './walked-records.ts'

// assembly/input-object.ts has the fields of these records.
const objectWords = 14
const sectionCountWord = 3
const piecesWord = 13
const outputWords = 4

const tablesSize = 16
/** No section takes less: its header. */
const smallestSection = 64

/**
 * Runs the loops over the symbols and relocations of objects as WebAssembly. In JavaScript a loop is slow until V8
 * has optimized it, which takes longer than most links do. The loops do what is common and leave the rest to the
 * caller, as a list.
 */
export class RecordWalker {
  readonly #memory: Memory
  readonly #widths: number
  readonly #values: Region
  readonly #left: Region
  #globalValues = 0
  #threadPointer = 0
  #outputs = 0

  /** `widths` has the bytes of a field by kind. */
  constructor(memory: Memory, widths: Uint8Array) {
    this.#memory = memory
    this.#widths = memory.place(widths.slice(0, kinds))
    this.#values = new Region(memory)
    this.#left = new Region(memory)
  }

  /** Keeps a table of rules; returns what it is known by. */
  addRules(rules: Uint8Array): number {
    return this.#memory.place(rules)
  }

  /** Keeps an object; makes room for what the link finds out about it. */
  addObject(object: WalkedObject): LinkedObject {
    const memory = this.#memory
    const { sectionCount, symbolCount, firstGlobal } = object
    const globalCount = symbolCount - firstGlobal
    const placeCount = Math.max(1, symbolCount)
    const bytes = memory.place(object.bytes)
    const outputOffset = memory.take(13 * sectionCount + 4 * globalCount + placeCount + 4 * objectWords)
    const outputSection = outputOffset + 8 * sectionCount
    const globals = outputSection + 4 * sectionCount
    const record = globals + 4 * globalCount
    const places = record + 4 * objectWords
    const discarded = places + placeCount
    const { words } = memory
    const { buffer } = memory.bytes
    const fields = [
      bytes,
      bytes + object.tables.sectionHeaders,
      bytes + object.tables.sectionNames,
      sectionCount,
      bytes + object.symbols,
      symbolCount,
      firstGlobal,
      bytes + object.symbolNames,
      places,
      globals,
      discarded,
      outputSection,
      outputOffset,
    ]
    words.set(fields, record / 4)
    return {
      record,
      places: new Uint8Array(buffer, places, placeCount),
      globals: new Int32Array(buffer, globals, globalCount),
      discarded: new Uint8Array(buffer, discarded, sectionCount),
      outputSection: new Int32Array(buffer, outputSection, sectionCount),
      outputOffset: new Float64Array(buffer, outputOffset, sectionCount),
    }
  }

  /** Says into which pieces a section of an object was taken apart, by their record. */
  setPieces(object: number, section: number, pieces: number): void {
    const memory = this.#memory
    const word = object / 4 + piecesWord
    if (memory.words[word] === 0) {
      const table = memory.take(4 * memory.words[object / 4 + sectionCountWord])
      memory.words[word] = table
    }
    memory.words[memory.words[word] / 4 + section] = pieces
  }

  /**
   * Places members of an output section from the one numbered `member` on, pairs of object and section, behind each other
   * in `extent`. Returns the first one that is left to the caller, or how many there are.
   */
  placeMembers(objects: number, members: Int32Array, member: number, extent: Float64Array): number {
    const { placeMembers } = this.#memory.kernels
    return placeMembers(objects, members.byteOffset, member, members.length / 2, extent.byteOffset)
  }

  /**
   * Sorts members, pairs of numbers, by their orders, and keeps the order of those whose orders are equal. Both are in
   * the memory. Undefined if there are many orders.
   */
  sortMembers(members: Int32Array, orders: Int32Array): Int32Array | undefined {
    const sorted = this.#memory.takeInt32(members.length)
    const { sortMembers } = this.#memory.kernels
    const isSorted = sortMembers(members.byteOffset, orders.byteOffset, orders.length, sorted.byteOffset)
    return isSorted ? sorted : undefined
  }

  /** Keeps the output sections and the thread pointer, once they have addresses. */
  addOutputs(outputs: readonly WalkedOutput[], threadPointer: number): void {
    const memory = this.#memory
    this.#threadPointer = threadPointer
    this.#outputs = memory.take(4 * outputWords * outputs.length)
    outputs.forEach(({ address, fileOffset, kind }, i) => {
      const word = this.#outputs / 4 + outputWords * i
      memory.doubles[word / 2] = address
      memory.words[word + 2] = fileOffset
      memory.words[word + 3] = kind
    })
  }

  /**
   * Finds the values of the global symbols from `symbol` on, as many as `values`, which is in the memory, has room for.
   * Returns the first one that is left to the caller, or how many there are.
   */
  fillGlobalValues(symbols: number, objects: number, symbol: number, values: Float64Array): number {
    this.#globalValues = values.byteOffset
    const { kernels } = this.#memory
    return kernels.fillGlobalValues(symbols, objects, this.#outputs, symbol, values.length, values.byteOffset)
  }

  /**
   * Takes a first look at the bytes of an object that is in the memory: if it is sound in all respects and holds nothing
   * unusual, as nearly all are, returns where its tables are; undefined if it is to be looked at closely.
   */
  firstLook(bytes: Uint8Array): SoundObject | undefined {
    const memory = this.#memory
    const at = memory.addressOf(bytes)
    if (at < 0) return undefined
    const tables = this.#left.reserve(tablesSize + bytes.length / smallestSection)
    if (memory.kernels.isSoundObject(at, bytes.length, tables + tablesSize, tables) === 0) return undefined
    const { words } = memory
    const word = tables / 4
    return {
      sectionHeaders: words[word],
      sectionNames: words[word + 1],
      sectionCount: words[word + 2],
      symbolTable: words[word + 3],
      extendedIndexTable: 0,
    }
  }

  /**
   * Whether an object has section groups or what was before them. Discards sections that are for the linker alone, if
   * `discardsExcluded` is set.
   */
  lookAtSections(object: number, discardsExcluded: boolean): boolean {
    return this.#memory.kernels.lookAtSections(object, discardsExcluded ? 1 : 0) === 1
  }

  /**
   * Discards the section groups of an object, from `section` on, whose signature is known to the table of names `groups`;
   * the others become known. Returns the first section that is left to the caller, or how many there are. The table has
   * room for the numbers of all.
   */
  discardKnownGroups(object: number, section: number, groups: number): number {
    return this.#memory.kernels.discardKnownGroups(object, section, groups)
  }

  /**
   * Refers to and defines the global symbols of the object with the number `index`, from `symbol` on. Returns the first
   * one that is left to the caller, or how many there are.
   */
  resolveSymbols(object: number, index: number, symbols: number, symbol: number): number {
    return this.#memory.kernels.resolveSymbols(object, index, symbols, symbol)
  }

  /**
   * The first entry of an archive's index, from `entry` on, that may be wanted: its symbol, by its rank, is undefined or
   * only tentatively defined, and its member has not been taken. How many entries there are if none is.
   */
  findWanted({ symbols, definingMembers, pulled }: WalkedArchive, ranks: Uint8Array, entry: number): number {
    const { findWanted } = this.#memory.kernels
    const [names, members] = [symbols.byteOffset, definingMembers.byteOffset]
    return findWanted(names, members, pulled.byteOffset, ranks.byteOffset, entry, symbols.length)
  }

  /**
   * The first of `count` objects in their list, from `first` on, that has a global symbol that is marked, or that is not
   * walked; their number if there is none. The marks are in the memory.
   */
  findMarkedObject(objects: number, marks: Uint8Array, first: number, count: number): number {
    return this.#memory.kernels.findMarkedObject(objects, marks.byteOffset, first, count)
  }

  /** The first of an object's global symbols, from `symbol` on, that is marked; their number if none is. All is in the memory. */
  findMarked(globals: Int32Array, marks: Uint8Array, symbol: number): number {
    return this.#memory.kernels.findMarked(globals.byteOffset, marks.byteOffset, symbol, globals.length)
  }

  /** Points FDEs to their CIEs: `fdes` says where in the content of .eh_frame each and its CIE stand, in turn. */
  pointToCies(fdes: ArrayLike<number>, content: Uint8Array): void {
    const memory = this.#memory
    const at = memory.addressOf(content)
    if (at >= 0 && fdes instanceof Uint32Array && memory.addressOf(fdes) >= 0) {
      memory.kernels.pointToCies(fdes.byteOffset, fdes.length / 2, at)
      return
    }
    const view = new DataView(content.buffer, content.byteOffset, content.length)
    for (let i = 0; i < fdes.length; i += 2) view.setUint32(fdes[i] + 4, fdes[i] + 4 - fdes[i + 1], true)
  }

  /** Keeps the list of all objects, by what they are known by; returns its address. */
  addObjects(records: readonly number[]): number {
    const list = this.#memory.takeInt32(records.length)
    list.set(records)
    return list.byteOffset
  }

  /**
   * Finds out what the global symbols from `symbol` on stand for, as many as `places`, which is in the memory, has room
   * for. Returns the first one that is left to the caller, or how many there are.
   */
  placeGlobals(symbols: number, objects: number, symbol: number, places: Uint8Array): number {
    return this.#memory.kernels.placeGlobals(symbols, objects, symbol, places.length, places.byteOffset)
  }

  /** The same for the symbols of an object, those that are global by `globalPlaces`. */
  placeSymbols(object: number, symbol: number, globalPlaces: Uint8Array): number {
    return this.#memory.kernels.placeSymbols(object, symbol, globalPlaces.byteOffset)
  }

  /**
   * Looks at the relocations of an object of `size` bytes for the sections that are in the output. Returns how many are
   * left, and the first that is to be noted. `met` has a byte for each global symbol of the link, 0 at first, and is in the
   * memory.
   */
  scan(
    object: number,
    size: number,
    programRules: number,
    otherRules: number,
    met: Uint8Array,
  ): { left: number; noted: LeftRelocation | undefined } {
    const noted = this.#left.reserve(8 + leftSize(size))
    const { words, kernels } = this.#memory
    words[noted / 4] = 0
    const left = kernels.scan(object, programRules, otherRules, this.#widths, noted + 8, noted, met.byteOffset)
    const rela = words[noted / 4]
    return { left, noted: rela === 0 ? undefined : { rela, relocation: words[noted / 4 + 1] } }
  }

  /** A relocation that {@link scan}, {@link copySections} or {@link copyRuns} has left. */
  leftRelocation(i: number): LeftRelocation {
    const { words } = this.#memory
    const word = this.#left.start / 4 + 2 * (i + 1)
    return { rela: words[word], relocation: words[word + 1] }
  }

  /**
   * Finds the values of an object's symbols. Returns how many local ones are left: those that stand for anything but a
   * place in the output.
   */
  fillValues(object: number, symbolCount: number): number {
    const values = this.#values.reserve(8 * Math.max(1, symbolCount))
    const left = this.#left.reserve(8 + 4 * symbolCount) + 8
    return this.#memory.kernels.fillValues(object, this.#outputs, this.#globalValues, values, left)
  }

  /** A symbol that {@link fillValues} has left. */
  leftSymbol(i: number): number {
    return this.#memory.words[this.#left.start / 4 + 2 + i]
  }

  value(symbol: number): number {
    return this.#memory.doubles[this.#values.start / 8 + symbol]
  }

  setValue(symbol: number, value: number): void {
    this.#memory.doubles[this.#values.start / 8 + symbol] = value
  }

  /**
   * Copies the sections of an object of `size` bytes to their places in the output, which stands in the memory, and
   * applies their relocations. Returns how many are left: besides those of the rules all whose values do not fit.
   */
  copySections(object: number, size: number, output: Uint8Array, programRules: number, otherRules: number): number {
    const left = this.#left.reserve(8 + leftSize(size)) + 8
    const { copySections } = this.#memory.kernels
    const values = this.#values.start
    return copySections(
      object,
      this.#outputs,
      output.byteOffset,
      values,
      programRules,
      otherRules,
      this.#threadPointer,
      left,
    )
  }

  /**
   * Copies the runs of records of .eh_frame that the object with the number `index`, of `size` bytes, has, and applies
   * their relocations. The output's .eh_frame begins at the offset `at` of the output, which stands in the memory, and has the
   * address `address`. Returns how many are left. Objects come in the order of the table.
   */
  copyRuns(
    frames: FrameTable,
    object: number,
    index: number,
    size: number,
    output: Uint8Array,
    at: number,
    address: number,
    rules: number,
  ): number {
    const left = this.#left.reserve(8 + leftSize(size)) + 8
    const { copyRuns } = this.#memory.kernels
    const to = output.byteOffset + at
    return copyRuns(frames.record, object, index, to, address, this.#values.start, rules, this.#threadPointer, left)
  }
}

/** Enough for all relocations of an object of `size` bytes: two words for each record. */
function leftSize(size: number): number {
  return Math.ceil(size / 24) * 8
}
