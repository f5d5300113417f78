/** The part of WebAssembly.Memory's interface that is used. Its buffer is another one after it has grown. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer
  /** Adds pages of 64 KiB. Throws a RangeError if there are none to be had. */
  grow(pages: number): number
}

/** The functions of kernels.ts, which says what they do. Addresses are bytes of the memory. */
export interface Kernels {
  readonly memory: LinearMemory
  internNames(table: number, names: number, records: number, recordSize: number, count: number, results: number): number
  lookUpName(table: number, name: number): number
  splitStrings(content: number, size: number, width: number, starts: number): number
  internPieces(table: number, content: number, size: number, starts: number, count: number, results: number): void
  copyPieces(table: number, to: number): void
  rehash(table: number): void
  /** 1 for yes. */
  symbolsAreSound(symbols: number, count: number, locals: number, namesSize: number, sectionLimit: number): number
  /** 1 for yes. */
  relocationsAreSound(object: number, headers: number, sectionCount: number, symbolCount: number): number
  scan(
    records: number,
    count: number,
    size: number,
    places: number,
    rules: number,
    widths: number,
    left: number,
    noted: number,
  ): number
  apply(
    records: number,
    count: number,
    content: number,
    address: number,
    places: number,
    values: number,
    rules: number,
    left: number,
  ): number
  placeSections(
    count: number,
    outputSections: number,
    outputOffsets: number,
    outputAddresses: number,
    addresses: number,
  ): void
  fillValues(
    symbols: number,
    locals: number,
    count: number,
    places: number,
    addresses: number,
    globals: number,
    globalValues: number,
    values: number,
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
