// The sizes of files as size shows them. Source: binutils/size.c.
import type { Word } from '@fle/object'
import type { BinaryFile, Inspected } from '../view/binary-file.ts'
import { unsigned } from '../view/hexadecimal.ts'
import { sectionKind, visibleSections } from '../view/section-kind.ts'

export interface SizeOptions {
  readonly format: 'berkeley' | 'gnu' | 'sysv'
  readonly radix: 8 | 10 | 16
}

/** Bytes of memory: code (berkeley: and what else is read-only), data with content, zeros. */
export interface Sizes {
  readonly text: number
  readonly data: number
  readonly bss: number
}

/** Sums up the sections of a file that are in memory. */
export function sizesOf({ sections }: BinaryFile, format: 'berkeley' | 'gnu'): Sizes {
  let text = 0
  let data = 0
  let bss = 0
  for (const section of visibleSections(sections)) {
    const kind = sectionKind(section)
    if (!kind.isAllocated) continue
    if (kind.isCode || (format === 'berkeley' && kind.isReadOnly)) text += section.size
    else if (kind.hasContents) data += section.size
    else bss += section.size
  }
  return { text, data, bss }
}

/** The files that an input holds, with the names that size gives them. */
export function filesOf(input: Inspected): { readonly file: BinaryFile; readonly title: string }[] {
  if (input.kind === 'binary') return [{ file: input.file, title: input.file.name }]
  const { archive } = input
  return Array.from({ length: archive.memberCount }, (_, member) => archive.readMember(member))
    .filter((file) => file !== undefined)
    .map((file) => ({ file, title: `${file.name} (ex ${archive.name})` }))
}

const prefixes = { 8: '0', 10: '', 16: '0x' } as const

function number(value: Word, radix: SizeOptions['radix']): string {
  return prefixes[radix] + unsigned(value).toString(radix)
}

/** The line over the files' lines. */
export function heading({ format, radix }: SizeOptions): string {
  const total = radix === 8 ? 'oct' : 'dec'
  if (format === 'berkeley') return `   text\t   data\t    bss\t    ${total}\t    hex\tfilename\n`
  return '      text       data        bss      total filename\n'
}

/** The line of a file, or of the totals. */
export function sizeLine({ text, data, bss }: Sizes, title: string, { format, radix }: SizeOptions): string {
  const total = text + data + bss
  if (format === 'gnu') {
    const columns = [text, data, bss, total].map((value) => number(value, radix).padStart(10))
    return `${columns.join(' ')} ${title}\n`
  }
  const columns = [text, data, bss].map((value) => `${number(value, radix).padStart(7)}\t`)
  const sum = total.toString(radix === 8 ? 8 : 10)
  return `${columns.join('')}${sum.padStart(7)}\t${total.toString(16).padStart(7)}\t${title}\n`
}

/** The table of a file's sections; `title` is the file's name as {@link filesOf} gives it. */
export function sectionTable(file: BinaryFile, title: string, { radix }: SizeOptions): string {
  const sections = visibleSections(file.sections)
  const total = sections.reduce((sum, { size }) => sum + size, 0)
  const rows = sections.map(({ name, size, address }) => [name, number(size, radix), number(address, radix)])
  const widthOf = (column: number, least: string) =>
    rows.reduce((most, row) => Math.max(most, row[column].length), least.length)
  const nameWidth = widthOf(0, 'section')
  const sizeWidth = Math.max(widthOf(1, 'size'), number(total, radix).length)
  const addressWidth = widthOf(2, 'addr')
  const line = ([name, size, address]: readonly string[]) =>
    `${name.padEnd(nameWidth)}   ${size.padStart(sizeWidth)}   ${address.padStart(addressWidth)}\n`
  const lines = [line(['section', 'size', 'addr']), ...rows.map(line)]
  const sum = `${'Total'.padEnd(nameWidth)}   ${number(total, radix).padStart(sizeWidth)}\n`
  return `${title}:\n${lines.join('')}${sum}\n\n`
}
