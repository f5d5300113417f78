/** The place that a field of an object's .debug_line means: a section of the object, or 0 for none, and an offset in it. */
export interface RelocatedPlace {
  readonly section: number
  readonly offset: number
}

/** The contents of the sections that a line table is in, after decompression. */
export interface LineSections {
  /** .debug_line */
  readonly line: Uint8Array
  /** .debug_line_str */
  readonly lineStrings: Uint8Array
  /** .debug_str */
  readonly strings: Uint8Array
  /**
   * Of a relocatable object: what its relocation makes of the field at an offset in .debug_line, undefined if there is
   * none. Programs have no such function: their fields hold what they mean.
   */
  readonly relocated?: (offset: number) => RelocatedPlace | undefined
}
