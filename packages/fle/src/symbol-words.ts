// The words of 🔖 lines. Reader and writer share these tables.

import { SHN, STB, STT, STV } from '@fle/object'

/** The words for symbol types. */
export const symbolTypeWords: ReadonlyMap<string, number> = new Map([
  ['func', STT.FUNC],
  ['object', STT.OBJECT],
  ['tls', STT.TLS],
  ['ifunc', STT.GNU_IFUNC],
])

/** The words for visibilities. */
export const visibilityWords: ReadonlyMap<string, number> = new Map([
  ['hidden', STV.HIDDEN],
  ['protected', STV.PROTECTED],
  ['internal', STV.INTERNAL],
])

/** The words for bindings. */
export const bindingWords: ReadonlyMap<string, number> = new Map([
  ['weak', STB.WEAK],
  ['local', STB.LOCAL],
  ['unique', STB.GNU_UNIQUE],
])

/** The words for symbols without a place that are not undefined; `align=` follows the first two. */
export const commonWords: ReadonlyMap<string, number> = new Map([
  ['common', SHN.COMMON],
  ['lcommon', SHN.X86_64_LCOMMON],
])
