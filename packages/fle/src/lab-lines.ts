// The lines that are particular to the labs' dialects: symbols with decimal numbers behind the name, and relocations by
// name. `linklab2024` differs from its 2025 edition, `linklab`, in both.

import { STV, subtractWords, type Word } from '@fle/object'
import { Form, R_X86_64 } from '@fle/x86-64'
import type { Expression } from './expression.ts'
import type { LabDialect } from './fle-file.ts'
import type { LineCursor } from './line-cursor.ts'
import { isDigit } from './names.ts'
import { visibilityWords } from './symbol-words.ts'

const dot = 0x2e
const plus = 0x2b
const minus = 0x2d
const openParenthesis = 0x28
const closeParenthesis = 0x29

/** What a relocation's name means: a field, what is computed for it, and the relocation types of ELF it stands for. */
export interface LabRelocation {
  readonly field: 'i32' | 'u32' | 'u64'
  readonly form: Form
  readonly isPcRelative: boolean
  readonly types: readonly number[]
}

const { PC32, PLT32, GOTPCREL, GOTPCRELX, REX_GOTPCRELX } = R_X86_64

/** The relocations of objects, by the names they have behind the dot. */
export const labRelocations: ReadonlyMap<string, LabRelocation> = new Map<string, LabRelocation>([
  ['rel', { field: 'i32', form: Form.absolute, isPcRelative: true, types: [PC32, PLT32] }],
  ['abs', { field: 'u32', form: Form.absolute, isPcRelative: false, types: [R_X86_64[32]] }],
  ['abs32s', { field: 'i32', form: Form.absolute, isPcRelative: false, types: [R_X86_64['32S']] }],
  ['abs64', { field: 'u64', form: Form.absolute, isPcRelative: false, types: [R_X86_64[64]] }],
  // Which of the three it was is not said: as GOTPCREL, the instruction is left as it is.
  ['gotpcrel', { field: 'i32', form: Form.got, isPcRelative: true, types: [GOTPCREL, GOTPCRELX, REX_GOTPCRELX] }],
])

const dynamicRelocations: ReadonlyMap<string, LabRelocation> = new Map<string, LabRelocation>([
  ['dynrel', { field: 'i32', form: Form.absolute, isPcRelative: true, types: [] }],
  ['dynabs32', { field: 'u32', form: Form.absolute, isPcRelative: false, types: [] }],
  ['dynabs64', { field: 'u64', form: Form.absolute, isPcRelative: false, types: [] }],
])

/** Those of programs and shared objects: the loader computes the same whether or not the name says that it is the loader. */
const loadedRelocations: ReadonlyMap<string, LabRelocation> = new Map(
  [...labRelocations, ...dynamicRelocations].filter(([name]) => name !== 'gotpcrel'),
)

/** The base of addends: the labs' compiler copies what readelf prints, and in 2024 the reader took decimal digits only. */
function addendBase(dialect: LabDialect): 10 | 16 {
  return dialect === 'linklab' ? 16 : 10
}

/** ` - 4`, ` + 0x30`. The labs' readers of 2025 take all digits for hexadecimal; from ten on `0x` says so to people. */
export function formatAddend(addend: Word, dialect: LabDialect): string {
  const magnitude = addend < 0 ? -BigInt(addend) : BigInt(addend)
  const isDecimal = addendBase(dialect) === 10 || magnitude < 10n
  return `${addend < 0 ? ' -' : ' +'} ${isDecimal ? magnitude : `0x${magnitude.toString(16)}`}`
}

/**
 * Reads `.rel(symbol - 4)` into an expression; reports and returns false if it is malformed. Which names there are depends on
 * whether the file `isLinked`.
 */
export function readLabRelocation(
  cursor: LineCursor,
  dialect: LabDialect,
  expression: Expression,
  isLinked = false,
): boolean {
  expression.clear()
  const start = cursor.at
  const name = cursor.take(dot) ? cursor.readRun() : ''
  const table = isLinked ? loadedRelocations : labRelocations
  const relocation = table.get(name)
  if (relocation === undefined) {
    if (dynamicRelocations.has(name)) return fail(cursor, `.${name} is for programs and shared objects`, start)
    const known = Array.from(table.keys(), (word) => `.${word}`).join(' ')
    return fail(cursor, `a relocation is expected, e.g. .rel(symbol - 4): ${known}`, start)
  }
  if (!cursor.take(openParenthesis)) return fail(cursor, `"(" is expected after .${name}`)
  cursor.skipBlanks()
  const symbol = cursor.readName()
  if (symbol === 0) return false
  const isAdded = cursor.take(plus)
  if (!isAdded && !cursor.take(minus)) return fail(cursor, '"+" or "-" and a number are expected after the symbol')
  cursor.skipBlanks()
  const addend = cursor.readDigits(addendBase(dialect))
  if (addend === undefined) return false
  if (!cursor.take(closeParenthesis)) return fail(cursor, '")" is expected after the number')
  expression.field = relocation.field
  expression.here = relocation.isPcRelative ? -1 : 0
  expression.addend = isAdded ? addend : subtractWords(0, addend)
  expression.forms.push(relocation.form)
  expression.references.push(symbol)
  expression.signs.push(1)
  return cursor.expectEnd()
}

function fail(cursor: LineCursor, message: string, position = cursor.at): false {
  cursor.error('invalid-relocation', message, position)
  return false
}

/** What a symbol's line says. */
export interface LabSymbol {
  /** The name's number in the cursor's table. */
  readonly name: number
  readonly visibility: number
  /** In bytes; undefined where only the name is there. */
  readonly size: number | undefined
  /** Offset in the section; undefined where the line's place says it. */
  readonly offset: number | undefined
}

/** Reads `name size offset`, or `name size`, or `name`, the numbers decimal; undefined, reporting it, if it is malformed. */
export function readLabSymbol(cursor: LineCursor): LabSymbol | undefined {
  const visibility = readVisibility(cursor)
  const name = cursor.readName()
  if (name === 0) return undefined
  const numbers: number[] = []
  while (numbers.length < 2 && !cursor.isAtEnd()) {
    const number = cursor.readCount()
    if (number === undefined) return undefined
    numbers.push(number)
  }
  if (!cursor.expectEnd()) return undefined
  return { name, visibility, size: numbers[0], offset: numbers[1] }
}

/** The labs' compiler copies a column of objdump, in which `.hidden` stands before the name of a hidden symbol. */
function readVisibility(cursor: LineCursor): number {
  const start = cursor.at
  if (cursor.next === dot) {
    const visibility = visibilityWords.get(cursor.readRun().slice(1))
    if (visibility !== undefined && !cursor.isAtEnd() && !isDigit(cursor.text[cursor.at])) return visibility
  }
  cursor.at = start
  return STV.DEFAULT
}
