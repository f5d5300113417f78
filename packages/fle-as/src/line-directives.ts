import { LineFlag } from '@fle/dwarf'
import type { Assembly } from './assembly.ts'
import { CharacterClass, characterClass } from './characters.ts'
import type { Directive } from './directives.ts'
import { numberExpression } from './expression.ts'
import { parseString } from './string-parser.ts'
import { SymbolState } from './symbol.ts'

/** The largest number of a file: each takes a place in an array. */
const mostFiles = 1_000_000

function text(bytes: Uint8Array): string {
  let result = ''
  for (const byte of bytes) result += String.fromCharCode(byte)
  return result
}

/** `.file "NAME"` names the source; `.file N "DIRECTORY" "NAME" md5 0x…` adds to the line table. */
export const file: Directive = (assembly) => {
  const { cursor, lines } = assembly
  if (!(characterClass[cursor.peek()] & CharacterClass.digit)) {
    const name = cursor.peek() === 34 ? parseString(assembly) : undefined
    assembly.nameSource(name ? text(name) : cursor.rest())
    return
  }
  const number = assembly.integer('the number of the file', 0, mostFiles)
  if (number === undefined) return
  const first = parseString(assembly)
  if (!first) return
  const second = cursor.peek() === 34 ? parseString(assembly) : undefined
  let md5: Uint8Array | undefined
  if (!cursor.atEnd() && cursor.name() === 'md5') md5 = parseDigest(assembly)
  if (number === 0) lines.version = Math.max(lines.version, 5)
  lines.leaveToCompiler()
  const isNew = lines.setFile(number, second && text(first), text(second ?? first), md5)
  if (!isNew) assembly.error('duplicate-file', `file number ${number} is already ${lines.files[number]?.name}`)
}

function parseDigest(assembly: Assembly): Uint8Array | undefined {
  const digits = /^0x([0-9a-f]{1,32})$/i.exec(assembly.cursor.word())
  if (!digits) return assembly.error('bad-directive', 'an MD5 digest is written as 0x and 32 digits')
  const padded = digits[1].padStart(32, '0')
  // The number in the order of the machine, as gas writes it.
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(padded.substring(30 - 2 * i, 32 - 2 * i), 16))
}

/** A number without sign at the cursor, or -1. The line table has a lot of them. */
function plainNumber({ cursor }: Assembly): number {
  const { text } = cursor
  cursor.skipSpaces()
  let at = cursor.position
  let value = 0
  while (characterClass[text.charCodeAt(at)] & CharacterClass.digit) value = value * 10 + text.charCodeAt(at++) - 48
  const isNumber = at > cursor.position && value < 2 ** 32
  if (!isNumber) return -1
  cursor.position = at
  return value
}

/** `.loc_mark_labels 1`: labels begin rows of the line table, until `.loc_mark_labels 0`. */
export const markLabels: Directive = (assembly) => {
  const value = assembly.integer('.loc_mark_labels', 0, 1)
  if (value !== undefined) assembly.lines.marksLabels = value === 1
}

/** `.loc FILE LINE COLUMN OPTIONS` */
export const location: Directive = (assembly) => {
  const { cursor, lines } = assembly
  // A .loc with no instruction of its own gets its row all the same.
  if (lines.isPending) lines.addRow(assembly)
  const file = plainNumber(assembly)
  const line = plainNumber(assembly)
  if (file < 0 || line < 0) {
    assembly.error('bad-directive', '.loc needs the numbers of a file and a line')
    return
  }
  if (file === 0) lines.version = Math.max(lines.version, 5)
  if (!lines.files[file]) {
    assembly.error('unknown-file', `there is no .file ${file}`)
    return
  }
  lines.file = file
  lines.line = line
  lines.discriminator = 0
  lines.flags &= LineFlag.isStatement
  lines.view = undefined
  lines.resetsView = false
  const column = plainNumber(assembly)
  if (column >= 0) lines.column = column
  lines.isPending = true
  if (cursor.atEnd()) return
  let hasView = false
  while (!cursor.atEnd()) {
    const option = parseOption(assembly)
    if (option === 'wrong') return
    if (option === 'view') hasView = true
  }
  // Something counts on the number of the view: the row may not wait.
  if (hasView) lines.addRow(assembly)
}

function parseOption(assembly: Assembly): 'plain' | 'view' | 'wrong' {
  const { cursor, lines } = assembly
  const start = cursor.position
  const word = cursor.name()
  switch (word) {
    case 'basic_block':
      lines.flags |= LineFlag.basicBlock
      return 'plain'
    case 'prologue_end':
      lines.flags |= LineFlag.prologueEnd
      return 'plain'
    case 'epilogue_begin':
      lines.flags |= LineFlag.epilogueBegin
      return 'plain'
    case 'is_stmt': {
      const value = assembly.integer('is_stmt', 0, 1)
      if (value === undefined) return 'wrong'
      lines.flags = value ? lines.flags | LineFlag.isStatement : lines.flags & ~LineFlag.isStatement
      return 'plain'
    }
    case 'isa': {
      const value = assembly.integer('isa', 0, 2 ** 31)
      if (value !== undefined) lines.isa = value
      return value === undefined ? 'wrong' : 'plain'
    }
    case 'discriminator': {
      const value = assembly.integer('the discriminator', 0, 2 ** 32)
      if (value !== undefined) lines.discriminator = value
      return value === undefined ? 'wrong' : 'plain'
    }
    case 'view':
      return parseView(assembly) ? 'view' : 'wrong'
  }
  cursor.position = start
  assembly.error('bad-directive', `'${cursor.text[start]}…' is not an option of .loc`)
  return 'wrong'
}

/** `view 0`, `view -0`, `view NAME`: the name becomes a symbol for the number of the view. */
function parseView(assembly: Assembly): boolean {
  const { cursor, lines, symbols } = assembly
  if (cursor.take(45)) {
    lines.resetsView = true
    return assembly.number('the view') !== undefined
  }
  if (characterClass[cursor.peek()] & CharacterClass.digit) {
    return assembly.number('the view') !== undefined
  }
  const symbol = cursor.takeName()
    ? symbols.findOrAddPart(cursor.text, cursor.nameStart, cursor.nameEnd, cursor.nameHash)
    : symbols.findOrAdd(cursor.name())
  if (symbol.name === '' || symbol.state !== SymbolState.undefined) {
    assembly.error('duplicate-symbol', `the view ${symbol.name} is already defined`)
    return false
  }
  symbol.state = SymbolState.value
  symbol.isView = true
  symbol.expression = numberExpression(0)
  lines.view = symbol
  return true
}
