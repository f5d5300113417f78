import { hexadecimal, readWord, relocationRecord, type Word } from '@fle/object'
import { describeRange, Form, type RelocationKind } from '@fle/x86-64'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { referencePlace } from './report-symbols.ts'
import { targetText } from './symbol-text.ts'

/** A relocation whose value does not fit its field. */
interface Overflow {
  readonly kind: RelocationKind
  readonly rela: number
  /** Offset of the relocation's record. */
  readonly record: number
  readonly value: Word
  /** What stands for the symbol in the formula, and the address of the field. */
  readonly target: Word
  readonly place: Word
}

/** Reports a value that does not fit: the formula with its numbers, and what to recompile with. */
export function reportRange(link: LinkState, input: InputObject, overflow: Overflow): void {
  const { kind, rela, record, value, place } = overflow
  const { object } = input
  const symbol = object.view.getUint32(record + relocationRecord.symbol, true)
  const addend = readWord(object.view, record + relocationRecord.addend)
  const target = hexadecimal(overflow.target)
  const terms = (s: string) =>
    `${s} ${signed(addend)}${kind.pcRelative ? ` - ${s === target ? hexadecimal(place) : '📍'}` : ''}`
  const index = (record - object.relocationRecord(rela, 0)) / relocationRecord.size
  const hint = remedy(kind, overflow.target)
  link.problem(
    'relocation-range',
    `${kind.name} is out of range: ${describeValue(value)} does not fit in ${describeRange(kind.width, kind.range)}`,
    {
      notes: [
        `${kind.field}(${terms(targetText(link, input, symbol))}) = ${terms(target)}`,
        `referenced by ${referencePlace(link, input, rela, index)}`,
      ],
      ...(hint === undefined ? {} : { hint }),
    },
  )
}

/** Code models and what they assume: psABI, "Architectural Constraints". */
function remedy({ form, width, pcRelative }: RelocationKind, target: Word): string | undefined {
  if (width !== 4) return undefined
  if (form === Form.tpoff) return 'thread-local variables can take 2 GiB at most: allocate the large ones'
  if (pcRelative)
    return 'the place and its target are more than 2 GiB apart: recompile with -mcmodel=medium or -mcmodel=large'
  if (target < 0) return 'for addresses in the upper half recompile with -mcmodel=kernel, or with -mcmodel=large'
  return 'recompile with -fPIE, or with -mcmodel=large if the program takes more than 2 GiB'
}

function signed(addend: Word): string {
  return addend < 0 ? `- ${hexadecimal(-addend)}` : `+ ${hexadecimal(addend)}`
}

function describeValue(value: Word): string {
  return value < 0 ? `-${hexadecimal(-value)}` : hexadecimal(value)
}
