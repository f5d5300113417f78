import type { Word } from '@fle/object'
import { Form, R_X86_64, type RelocationKind } from '@fle/x86-64'
import { callForms } from './expression.ts'
import { hereText } from './line-tags.ts'

const nameOfForm: ReadonlyMap<Form, string> = new Map(Array.from(callForms, ([name, form]) => [form, name]))
const decoder = new TextDecoder()

/**
 * The expression that means a relocation, e.g. `i32(foo - 0x4 - 📍)`. `symbol` is as expressions call it, empty for none;
 * `impliesCall` says whether a reader takes a PC-relative reference to it at this place for a call.
 */
export function formatExpression(kind: RelocationKind, symbol: Uint8Array, addend: Word, impliesCall: boolean): string {
  const terms = [formatSymbol(kind, decoder.decode(symbol), impliesCall)].filter((term) => term !== '')
  const here = kind.pcRelative ? ` - ${hereText}` : ''
  return `${kind.field}(${terms.join('')}${formatAddend(addend, terms.length > 0)}${here})`
}

function formatSymbol(kind: RelocationKind, symbol: string, impliesCall: boolean): string {
  const { form, pcRelative, type } = kind
  if (form === Form.gotbase) return 'gotbase'
  const implied = impliesCall ? R_X86_64.PLT32 : R_X86_64.PC32
  const isBare =
    form === Form.absolute || type === implied || (form === Form.pc && pcRelative && type !== R_X86_64.PC32)
  return isBare ? symbol : `${nameOfForm.get(form)}(${symbol})`
}

/** ` + 0x8`, ` - 0x4`, or nothing for 0; a number that stands alone is always written. */
function formatAddend(addend: Word, followsTerm: boolean): string {
  const magnitude = `0x${(addend < 0 ? -BigInt(addend) : BigInt(addend)).toString(16)}`
  if (!followsTerm) return addend < 0 ? `-${magnitude}` : magnitude
  if (addend === 0 || addend === 0n) return ''
  return `${addend < 0 ? ' -' : ' +'} ${magnitude}`
}
