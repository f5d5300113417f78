/** What is used of a WebAssembly.Memory, and how large it can become. Its buffer is another one after it has grown, for the same bytes. */
export interface LinearMemory {
  readonly buffer: ArrayBufferLike
  /** How many bytes there can be. */
  readonly largest: number
  /** Adds pages of 64 KiB. Throws a RangeError if there are none to be had. */
  grow(pages: number): number
}

/** The functions of kernels.ts, which says what they do. Addresses are bytes of the memory. */
export interface Kernels {
  readonly memory: LinearMemory
  internNames(table: number, names: number, records: number, recordSize: number, count: number, results: number): number
  addMember(
    assigner: number,
    output: number,
    order: number,
    index: number,
    section: number,
    flags: number,
    type: number,
    entrySize: number,
    isArray: number,
  ): void
  assignSections(assigner: number, object: number, index: number, section: number): number
  gatherMembers(assigner: number, pairs: number, orders: number): void
  /** 1 for yes. */
  sortMembers(pairs: number, orders: number, count: number, to: number): number
  placeMembers(objects: number, pairs: number, member: number, count: number, extent: number): number
  addFrames(frame: number, objects: number, members: number, first: number, count: number, symbols: number): number
  countIndexed(index: number, size: number): number
  readIndex(index: number, size: number, names: number, members: number, headers: number): number
  hashBlocks(state: number, start: number, end: number): void
  endHash(state: number, rest: number, size: number): void
  lookUpName(table: number, name: number): number
  countStrings(content: number, size: number, width: number): number
  splitStrings(content: number, size: number, width: number, starts: number): void
  splitConstants(count: number, width: number, starts: number): void
  internPieces(table: number, content: number, size: number, starts: number, count: number, results: number): void
  copyPieces(table: number, to: number, size: number): void
  /** 1 for yes. */
  hasGnuSymbols(record: number, count: number): number
  writeLocals(writer: number, object: number, symbol: number, hasFile: number, withoutLabels: number): number
  writeGlobals(
    writer: number,
    objects: number,
    symbols: number,
    symbol: number,
    count: number,
    hidesAll: number,
    asLocal: number,
    hasFile: number,
  ): number
  rehash(table: number): void
  writeByteLines(from: number, count: number, start: number, startLength: number, to: number): number
  /** 1 for yes. */
  readLines(reader: number, isFirst: number): number
  /** 1 for yes. */
  skipLines(reader: number): number
  internBytes(table: number, start: number, length: number): number
  internTextName(reader: number, start: number, length: number): number
  /** 1 for yes. */
  resolveNames(reader: number): number
  signatureOf(reader: number, name: number, section: number): number
  writeTextSymbols(reader: number, sections: number, records: number, strings: number, lines: number): void
  /** 1 for yes. */
  isSoundObject(object: number, size: number, relocated: number, tables: number): number
  placeGlobals(symbols: number, objects: number, symbol: number, count: number, places: number): number
  placeSymbols(object: number, symbol: number, globalPlaces: number): number
  scan(
    object: number,
    programRules: number,
    otherRules: number,
    widths: number,
    left: number,
    noted: number,
    met: number,
  ): number
  /** 1 for yes. */
  lookAtSections(object: number, discardsExcluded: number): number
  discardKnownGroups(object: number, section: number, groups: number): number
  resolveSymbols(object: number, index: number, symbols: number, symbol: number): number
  findMarkedObject(objects: number, marks: number, first: number, count: number): number
  findMarked(globals: number, marks: number, symbol: number, count: number): number
  pointToCies(fdes: number, count: number, content: number): void
  findWanted(names: number, members: number, pulled: number, ranks: number, entry: number, count: number): number
  fillGlobalValues(
    symbols: number,
    objects: number,
    outputs: number,
    symbol: number,
    count: number,
    values: number,
  ): number
  fillValues(object: number, outputs: number, globalValues: number, values: number, left: number): number
  copySections(
    object: number,
    outputs: number,
    to: number,
    values: number,
    programRules: number,
    otherRules: number,
    threadPointer: number,
    left: number,
  ): number
  copyRuns(
    frame: number,
    object: number,
    index: number,
    to: number,
    address: number,
    values: number,
    rules: number,
    threadPointer: number,
    left: number,
  ): number
}

/**
 * A new memory and the functions that work in it: compiled WebAssembly, or where its memory is not to be had (it
 * takes 8 GiB of addresses, which `ulimit -v` may not leave) the same as JavaScript.
 */
export function instantiate(): Kernels

/** The same, always as JavaScript. */
export function instantiateScript(): Kernels
