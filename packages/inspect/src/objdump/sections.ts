import { addWords, SHT, subtractWords, type Word } from '@fle/object'
import type { BinaryFile, RelocationTable, Section } from '../view/binary-file.ts'
import { visibleSections } from '../view/section-kind.ts'
import type { ObjdumpOptions } from './objdump.ts'

/** The sections that are to be shown. */
export function chosenSections({ sections }: BinaryFile, { onlySections }: ObjdumpOptions): Section[] {
  const visible = visibleSections(sections)
  return onlySections.length === 0 ? visible : visible.filter(({ name }) => onlySections.includes(name))
}

/** Zeros that a section without content is taken for: it may claim any size. */
const mostZeros = 1 << 24

/** The part of a section that lies between the addresses to be shown, as offsets in it. */
export function chosenRange(
  { address, size, type, content }: Section,
  { startAddress, stopAddress }: ObjdumpOptions,
): { readonly start: number; readonly stop: number } {
  const length = type === SHT.NOBITS ? Math.min(size, mostZeros) : content.length
  const offsetOf = (word: Word) => Math.min(Math.max(Number(subtractWords(word, address)), 0), length)
  return {
    start: startAddress === undefined ? 0 : offsetOf(startAddress),
    stop: stopAddress === undefined ? length : offsetOf(stopAddress),
  }
}

/** Where a section ends. */
export function endOf({ address, size }: Section): Word {
  return addWords(address, size)
}

/** The relocations that change each section's bytes. */
export function relocationsBySection({ relocations }: BinaryFile): ReadonlyMap<Section, RelocationTable> {
  const tables = new Map<Section, RelocationTable>()
  for (const table of relocations) if (table.target && !tables.has(table.target)) tables.set(table.target, table)
  return tables
}
