import { SHT, type Word } from '@fle/object'
import { relocationName } from '@fle/x86-64'
import type { BinaryFile, Relocation, RelocationTable } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import type { NameStyle } from '../view/name-style.ts'
import { dynamicName } from './code-symbols.ts'
import type { ObjdumpOptions } from './objdump.ts'
import { chosenSections, relocationsBySection } from './sections.ts'
import { symbolName } from './symbols.ts'

const heading = 'OFFSET           TYPE              VALUE\n'

/** The relocations of an object, section by section (objdump -r). Source: dump_reloc_set() of binutils/objdump.c. */
export function formatRelocations(file: BinaryFile, options: ObjdumpOptions): string {
  const tables = relocationsBySection(file)
  const parts = chosenSections(file, options).map((section) => {
    const table = tables.get(section)
    if (!table || table.relocations.length === 0) return ''
    return `RELOCATION RECORDS FOR [${section.name}]:\n${formatTable(table, file, options.names)}\n\n`
  })
  return parts.join('')
}

/** The relocations that the dynamic linker does (objdump -R). */
export function formatDynamicRelocations(file: BinaryFile, { names }: ObjdumpOptions): string {
  const tables = file.relocations.filter(({ target, section }) => !target && section.type === SHT.RELA)
  const rows = tables.map((table) =>
    table.relocations.map((relocation) => row(relocation, table, file, names)).join(''),
  )
  const body = tables.length === 0 ? ' (none)\n' : `\n${heading}${rows.join('')}`
  return `DYNAMIC RELOCATION RECORDS${body}\n\n`
}

function formatTable(table: RelocationTable, file: BinaryFile, names: NameStyle): string {
  return heading + table.relocations.map((relocation) => row(relocation, table, file, names)).join('')
}

function row(relocation: Relocation, table: RelocationTable, file: BinaryFile, names: NameStyle): string {
  const { offset, type, addend } = relocation
  const name = names(relocationSymbolName(relocation, table, file))
  return `${hex(offset, 16)} ${typeName(type).padEnd(16)}  ${name}${signed(addend, 16)}\n`
}

/** The name of a relocation's type. */
export function typeName(type: number): string {
  return relocationName(type)
}

/** The symbol of a relocation, `*ABS*` for none. */
export function relocationSymbolName(
  { symbol }: Relocation,
  { symbols, target }: RelocationTable,
  file: BinaryFile,
): string {
  const entry = symbol === 0 ? undefined : symbols[symbol]
  if (!entry) return '*ABS*'
  return target ? symbolName(entry, file) : dynamicName(entry)
}

/** `+0x8` or `-0x8`, nothing for 0; with so many digits at least. */
export function signed(addend: Word, digits: number): string {
  if (addend === 0) return ''
  return addend < 0 ? `-0x${hex(typeof addend === 'number' ? -addend : -addend, digits)}` : `+0x${hex(addend, digits)}`
}
