import { SHT, STT } from '@fle/object'
import { relocationName } from '@fle/x86-64'
import type { BinaryFile, Relocation, RelocationTable, Section, SymbolEntry } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import { sectionNameOf } from './sections.ts'
import { versionOf } from './symbols.ts'

const heading = "    Offset             Info             Type               Symbol's Value  Symbol's Name + Addend\n"

/** The relocations of a file, section by section (readelf -r). */
export function formatRelocations(file: BinaryFile): string {
  const parts: string[] = []
  const tables = new Map(file.relocations.map((table) => [table.section, table]))
  for (const section of file.sections) {
    if (section.type === SHT.RELR && section.size > 0) parts.push(formatRelative(section))
    const table = tables.get(section)
    tables.delete(section)
    if (table && table.relocations.length > 0) parts.push(formatTable(table, file))
  }
  // What FLE leaves to the loader stands in no section.
  for (const table of tables.values()) parts.push(formatTable(table, file))
  return parts.length > 0 ? parts.join('') : '\nThere are no relocations in this file.\n'
}

/** An SHT_RELR section: even words are places, odd ones say by their bits which of the 63 words that follow are too. */
function formatRelative({ name, offset, content }: Section): string {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const count = Math.floor(view.byteLength / 8)
  const places: bigint[] = []
  let next = 0n
  for (let i = 0; i < count; i++) {
    const entry = view.getBigUint64(8 * i, true)
    if ((entry & 1n) === 0n) {
      places.push(entry)
      next = entry + 8n
      continue
    }
    for (let bit = 1n; bit < 64n; bit++) if ((entry >> bit) & 1n) places.push(next + 8n * (bit - 1n))
    next += 63n * 8n
  }
  const entries = count === 1 ? '1 entry' : `${count} entries`
  const lines = places.map((place) => `${BigInt.asUintN(64, place).toString(16).padStart(16, '0')}\n`)
  const title = `Relocation section '${name}' at offset 0x${hex(offset)} contains ${entries}`
  return `\n${title}:\n  ${places.length} offset${places.length === 1 ? '' : 's'}\n${lines.join('')}`
}

function formatTable(table: RelocationTable, file: BinaryFile): string {
  const { section, relocations, symbols } = table
  const count = relocations.length === 1 ? '1 entry' : `${relocations.length} entries`
  const place = file.format === 'fle' ? '' : ` at offset 0x${hex(section.offset)}`
  const rows = relocations.map((relocation) => row(relocation, symbols, file))
  return `\nRelocation section '${section.name}'${place} contains ${count}:\n${heading}${rows.join('')}`
}

function row({ offset, type, symbol, addend }: Relocation, symbols: readonly SymbolEntry[], file: BinaryFile): string {
  const start = `${hex(offset, 16)}  ${hex(symbol, 8)}${hex(type, 8)} ${typeWords(type).padEnd(22)}`
  if (symbol === 0) return `${start}${' '.repeat(20)}${signed(addend, '')}\n`
  const entry = symbols[symbol]
  if (!entry) return `${start} bad symbol index: ${hex(symbol, 8)}\n`
  return `${start} ${valueWords(entry)}${nameWords(entry, file)}${signed(addend, ' + ')}\n`
}

function typeWords(type: number): string {
  const name = relocationName(type)
  return name.startsWith('relocation type') ? `unrecognized: ${hex(type).padEnd(7)}` : name
}

/** An IFUNC's relocation takes what the function returns, which readelf shows by the name instead of the value. */
function valueWords(symbol: SymbolEntry): string {
  if (symbol.type !== STT.GNU_IFUNC) return `${hex(symbol.value, 16)} `
  const columns = 14
  const padding = symbol.name.length <= columns ? columns + 1 - symbol.name.length : 1
  return `${symbol.name}${versionOf(symbol)}()${'.'.padEnd(padding)}`
}

function nameWords(symbol: SymbolEntry, { sections }: BinaryFile): string {
  if (symbol.name !== '') return symbol.name + versionOf(symbol)
  return symbol.type === STT.SECTION ? sectionNameOf(symbol.section, sections) : ''
}

/** An addend in hexadecimal with its sign; `plus` is what stands before one that is not negative. */
function signed(addend: Relocation['addend'], plus: string): string {
  if (addend >= 0) return plus + hex(addend)
  return `${plus === '' ? '-' : ' - '}${hex(-addend)}`
}
