import { RecordWalker } from '@fle/kernels'
import { widthOfType } from '@fle/x86-64'
import type { LinkState } from './link-state.ts'

/** Links of fewer bytes are done before the loops would be compiled. */
const leastInput = 2 ** 16

/** What runs the loops over symbols and relocations; undefined if it does not pay. */
export function makeWalker(link: LinkState): RecordWalker | undefined {
  return link.inputSize < leastInput ? undefined : new RecordWalker(widthOfType)
}
