// Objects, archives and output sections as the loops see them. assembly/input-object.ts has the same as records.

/** Where the tables of a sound object are: offsets in its bytes, and the number of a section. */
export interface SoundObject {
  readonly sectionHeaders: number
  readonly sectionNames: number
  readonly sectionCount: number
  /** 0 if there is none. */
  readonly symbolTable: number
  /** There is none: that of section indices that do not fit a symbol's record. */
  readonly extendedIndexTable: 0
}

/** An object as the loops see it. Its tables have been found sound; offsets are in its bytes. */
export interface WalkedObject {
  readonly bytes: Uint8Array
  readonly tables: { readonly sectionHeaders: number; readonly sectionNames: number }
  readonly sectionCount: number
  readonly symbols: number
  readonly symbolCount: number
  /** The first of the symbols that are not local. */
  readonly firstGlobal: number
  /** Offset of the table of symbol names. */
  readonly symbolNames: number
}

/** What the link knows of an object's symbols and sections: arrays in the memory, zeros at first. */
export interface LinkedObject {
  /** What the loops know the object by. */
  readonly record: number
  /** What each symbol stands for. */
  readonly places: Uint8Array
  /** By symbol from {@link WalkedObject.firstGlobal} on: the number of the global symbol. */
  readonly globals: Int32Array
  /** By section: 1 if it is left out for a section of another object … */
  readonly discarded: Uint8Array
  /** … the number of its output section, negative if there is none … */
  readonly outputSection: Int32Array
  /** … and the offset in it. */
  readonly outputOffset: Float64Array
}

/** An archive's index as the loops see it, in the memory: by entry the number of the symbol, and of the member. */
export interface WalkedArchive {
  readonly symbols: Int32Array
  readonly definingMembers: Int32Array
  /** 1 for a member that has been taken. */
  readonly pulled: Uint8Array
}

/** What becomes of the sections that go to an output section. */
export const OutputKind = {
  /** Copied; its relocations are the program's. */
  program: 0,
  /** Copied; its relocations are for debuggers. */
  other: 1,
  /** Left to the caller. */
  byHand: 2,
} as const

/** An output section as the loops see it. */
export interface WalkedOutput {
  readonly address: number
  readonly fileOffset: number
  /** One of {@link OutputKind}. */
  readonly kind: number
}

/** A relocation that was left: its section, and its index there. */
export interface LeftRelocation {
  readonly rela: number
  readonly relocation: number
}
