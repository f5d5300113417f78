import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'

/**
 * The global symbols of an object that are marked, as indices into {@link InputObject.globals}. `marks` has a byte for
 * each global symbol of the link, and stands in its memory.
 */
export function* markedSymbols(link: LinkState, input: InputObject, marks: Uint8Array): Generator<number> {
  const { globals, record } = input
  for (let i = 0; ; i++) {
    if (record > 0) i = link.walker.findMarked(globals, marks, i)
    if (i >= globals.length) return
    if (marks[globals[i]] !== 0) yield i
  }
}
