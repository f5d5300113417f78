import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'

/** A global symbol of an object that is marked, as an index into {@link InputObject.globals}. */
export interface MarkedSymbol {
  readonly input: InputObject
  readonly index: number
}

/** All global symbols of objects that are marked. `marks` has a byte for each global symbol of the link, and stands in its memory. */
export function* markedSymbols(link: LinkState, marks: Uint8Array): Generator<MarkedSymbol> {
  const { objects, walker, objectRecords } = link
  for (let i = 0; ; i++) {
    i = walker.findMarkedObject(objectRecords, marks, i, objects.length)
    if (i >= objects.length) return
    const input = objects[i]
    const { globals, record } = input
    for (let index = 0; ; index++) {
      if (record > 0) index = walker.findMarked(globals, marks, index)
      if (index >= globals.length) break
      if (marks[globals[index]] !== 0) yield { input, index }
    }
  }
}
