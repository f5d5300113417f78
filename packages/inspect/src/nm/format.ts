// One line for each symbol. Source: print_symbol_info_bsd(), _sysv() and _posix() of binutils/nm.c.
import { SHN, STT, type Word } from '@fle/object'
import type { BinaryFile } from '../view/binary-file.ts'
import { unsigned } from '../view/hexadecimal.ts'
import type { ListedSymbol } from './list-symbols.ts'

export type Format = 'bsd' | 'posix' | 'sysv' | 'just-symbols'

export interface LineStyle {
  readonly format: Format
  /** The base of numbers: 16, 10 or 8. */
  readonly radix: number
  readonly withSizes: boolean
  readonly bySize: boolean
}

/** Digits that a number of 64 bits is padded to; octal and decimal ones are cut to the same 16 columns. */
const columns = 16

/** The line of a symbol, with `prefix` (a file name) before it, without a line feed. */
export function formatSymbol(listed: ListedSymbol, file: BinaryFile, style: LineStyle, prefix: string): string {
  const { name, letter, value, size } = listed
  const isUndefined = listed.symbol.section === SHN.UNDEF
  const number = (word: Word) => unsigned(word).toString(style.radix).padStart(columns, '0')
  if (style.format === 'just-symbols') return prefix + name
  if (style.format === 'posix') {
    const plain = (word: Word) => unsigned(word).toString(style.radix)
    const place = isUndefined ? '        ' : `${plain(value)} ${size === 0 ? '' : plain(size)}`
    return `${prefix}${name} ${letter} ${place}`
  }
  if (style.format === 'sysv') return prefix + sysvLine(listed, file, number)
  if (isUndefined) return `${prefix}${' '.repeat(columns)} ${letter} ${name}`
  if (style.bySize && !style.withSizes) return `${prefix}${number(size)} ${letter} ${name}`
  const sizeColumn = style.withSizes && size !== 0 ? ` ${number(size)}` : ''
  return `${prefix}${number(value)}${sizeColumn} ${letter} ${name}`
}

const typeNames: Readonly<Record<number, string>> = {
  [STT.NOTYPE]: 'NOTYPE',
  [STT.OBJECT]: 'OBJECT',
  [STT.FUNC]: 'FUNC',
  [STT.SECTION]: 'SECTION',
  [STT.FILE]: 'FILE',
  [STT.COMMON]: 'COMMON',
  [STT.TLS]: 'TLS',
}

function sysvLine(
  { name, letter, value, size, symbol }: ListedSymbol,
  { sections }: BinaryFile,
  number: (word: Word) => string,
): string {
  const isUndefined = symbol.section === SHN.UNDEF
  const place = isUndefined ? ' '.repeat(columns) : number(value)
  const type = (typeNames[symbol.type] ?? `<OS specific>: ${symbol.type}`).padStart(18)
  const extent = size === 0 ? ' '.repeat(columns) : number(size)
  return `${name.padEnd(20)}|${place}|   ${letter}  |${type}|${extent}|     |${sectionName(symbol.section, sections)}`
}

function sectionName(section: number, sections: BinaryFile['sections']): string {
  if (section === SHN.UNDEF) return '*UND*'
  if (section === SHN.ABS) return '*ABS*'
  if (section === SHN.COMMON) return '*COM*'
  return sections[section]?.name ?? ''
}
