/** What a difference is about. */
export type DifferenceKind = 'file' | 'segment' | 'section' | 'bytes' | 'symbol' | 'relocation' | 'member'

/** One thing that two files do not have in common. */
export interface Difference {
  readonly kind: DifferenceKind
  /** The place in the files' own terms: `.text+0x12 (main+0xc): bytes`, `symbol foo: size`. */
  readonly what: string
  /** What each file has there; undefined for a file that has nothing there. */
  readonly first: string | undefined
  readonly second: string | undefined
  /** The section, the symbol at or before the place and the offset from that symbol, where there is one. */
  readonly section?: string
  readonly symbol?: string
  readonly offset?: number
}

/** The difference between two values; none if they are the same. */
export function compareValues(
  kind: DifferenceKind,
  what: string,
  first: string | undefined,
  second: string | undefined,
): Difference[] {
  return first === second ? [] : [{ kind, what, first, second }]
}

/** Pairs entries of the same key; an entry without a partner is paired with undefined. The first list's order holds. */
export function pairUp<T>(
  first: ReadonlyMap<string, T>,
  second: ReadonlyMap<string, T>,
): { readonly key: string; readonly a: T | undefined; readonly b: T | undefined }[] {
  const pairs = Array.from(first, ([key, a]) => ({ key, a, b: second.get(key) }))
  const onlySecond = Array.from(second).filter(([key]) => !first.has(key))
  return [...pairs, ...onlySecond.map(([key, b]) => ({ key, a: undefined, b }))]
}

/** A map by names, in which the second entry of a name is called `name#2`. */
export function byName<T>(entries: Iterable<readonly [string, T]>): Map<string, T> {
  const counts = new Map<string, number>()
  const map = new Map<string, T>()
  for (const [name, entry] of entries) {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    map.set(count === 1 ? name : `${name}#${count}`, entry)
  }
  return map
}
