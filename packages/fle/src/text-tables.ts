// What lines are made of, as tables: for loops that are not written in TypeScript.

import { Form, fieldTypes, relocationType, widthOfType } from '@fle/x86-64'
import { callForms } from './expression.ts'
import { isNameByte } from './names.ts'
import { hexadecimalDigit } from './number.ts'
import { gotSymbol } from './relocation-tables.ts'
import { bindingWords, symbolTypeWords, visibilityWords } from './symbol-words.ts'

/** A word, and something that it means: as a width or a form of expressions, or as a property of a symbol. */
interface TextWord {
  readonly text: string
  /** Its place in {@link fieldTypes}. */
  readonly width?: number
  readonly form?: number
  readonly property?:
    | 'type'
    | 'visibility'
    | 'binding'
    | 'common'
    | 'lcommon'
    | 'file'
    | 'at'
    | 'abs'
    | 'size'
    | 'align'
  /** ELF's number of a type, a visibility or a binding. */
  readonly value?: number
}

interface TextTables {
  /** By byte: the value of a hexadecimal digit, 255 for others; and 1 for those that names are made of. */
  readonly digits: Uint8Array
  readonly nameBytes: Uint8Array
  readonly words: readonly TextWord[]
  /** By width, form and whether the address is taken away: the type of the relocation, 0xffff where there is none. */
  readonly types: Uint16Array
  /** By width: bytes of the field. */
  readonly fieldSizes: Uint8Array
  /** The name of the symbol that `gotbase` means. */
  readonly gotSymbol: Uint8Array
}

const noType = 0xffff

/** All that loops need to know of the lines of sections, but for the emoji. */
export function makeTextTables(): TextTables {
  const types = fieldTypes.flatMap((field) =>
    Object.values(Form).flatMap((form) => {
      // Those two mark a place, and nothing else does.
      const isMark = form === Form.none || form === Form.tlscall
      if (isMark !== (field === 'mark')) return [noType, noType]
      return [relocationType(field, form, false), relocationType(field, form, true)]
    }),
  )
  const sizes = fieldTypes.map((field) => widthOfType[relocationType(field, Form.absolute, false)])
  return {
    digits: hexadecimalDigit,
    nameBytes: isNameByte,
    words: textWords(),
    types: Uint16Array.from(types),
    fieldSizes: Uint8Array.from(sizes),
    gotSymbol,
  }
}

function textWords(): TextWord[] {
  const values = (property: NonNullable<TextWord['property']>, words: ReadonlyMap<string, number>) =>
    Array.from(words, ([text, value]) => ({ text, property, value }))
  return [
    ...fieldTypes.map((text, width) => ({ text, width })),
    ...Array.from(callForms, ([text, form]) => ({ text, form })),
    { text: 'gotbase', form: Form.gotbase },
    ...values('type', symbolTypeWords),
    ...values('visibility', visibilityWords),
    ...values('binding', bindingWords),
    ...(['common', 'lcommon', 'file', 'at', 'abs', 'size', 'align'] as const).map((text) => ({ text, property: text })),
  ]
}
