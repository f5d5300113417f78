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
  /** G + GOT + A - P in 32 bits: done if an instruction loads an address from there that it can as well compute. */
  loadAddress: 8,
  /** It is left, but only the first one to each global symbol. */
  leaveOnce: 9,
  /** The same as {@link Rule.loadAddress} of an offset from the thread pointer. */
  threadOffset: 10,
} as const

/** The kinds that a table has rules for (those of psABI are below), and the places of each. The others are left to the caller. */
export const kinds = 64
const placesPerKind = 8

/** A table of rules: one for each kind below 64 and each place below 8. */
export function makeRules(rule: (kind: number, place: number) => number): Uint8Array {
  return Uint8Array.from({ length: kinds * placesPerKind }, (_, i) =>
    rule(Math.floor(i / placesPerKind), i % placesPerKind),
  )
}
