// The global symbols of the link, as src/global-symbols.ts describes them. The numbers are those of fle-ld's SymbolTable.

/** Columns: addresses of what is known of each symbol. */
@unmanaged
export class GlobalSymbols {
  /** A byte: one of the ranks below. */
  ranks: usize
  /** The number of the object that defines it, -1 for none, and others for the linker and the command line. */
  definingObjects: usize
  /** Its number there. */
  definingSymbols: usize
  /** A byte: STV_*. */
  visibilities: usize
}

export const notDefined: i32 = -1
export const linkerDefined: i32 = -2

/** How a symbol stands, in the order in which one state gives way to the next. */
/** No file refers to it. */
export const rankUnseen: u8 = 0
export const rankWeakUndefined: u8 = 1
export const rankUndefined: u8 = 2
export const rankWeak: u8 = 3
export const rankCommon: u8 = 4
export const rankStrong: u8 = 5
