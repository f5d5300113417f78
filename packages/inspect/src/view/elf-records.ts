// Reads ELF's tables for show: whatever can be shown of a damaged file is shown, and no index leads outside.
import { readSize, readWord, relocationRecord, SHF, SHN, SHT, sectionHeader, symbolRecord } from '@fle/object'
import type { Relocation, RelocationTable, Section, SymbolEntry, SymbolTable } from './binary-file.ts'
import type { SymbolVersions } from './symbol-versions.ts'

const decoder = new TextDecoder()

/** The NUL-terminated string at an offset of a table; `<corrupt>` where there is none, as binutils says. */
export function stringAt(table: Uint8Array, offset: number): string {
  if (offset === 0 && table.length === 0) return ''
  if (offset >= table.length) return '<corrupt>'
  const end = table.indexOf(0, offset)
  return decoder.decode(table.subarray(offset, end < 0 ? table.length : end))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Reads `count` section headers at `offset`; `nameTable` gives the bytes of the string table of their names. */
export function readSections(
  bytes: Uint8Array,
  offset: number,
  count: number,
  nameTable: (sections: readonly Section[]) => Uint8Array,
): Section[] {
  const view = viewOf(bytes)
  const nameless: Section[] = []
  for (let index = 0; index < count; index++) {
    const at = offset + index * sectionHeader.size
    const type = view.getUint32(at + sectionHeader.type, true)
    const size = readSize(view, at + sectionHeader.length)
    const start = readSize(view, at + sectionHeader.offset)
    nameless.push({
      index,
      name: '',
      type,
      flags: view.getUint32(at + sectionHeader.flags, true),
      address: readWord(view, at + 16),
      offset: start,
      size,
      link: view.getUint32(at + sectionHeader.link, true),
      info: view.getUint32(at + sectionHeader.info, true),
      alignment: readSize(view, at + sectionHeader.alignment),
      entrySize: readSize(view, at + sectionHeader.entrySize),
      content: bytes.subarray(start, type === SHT.NOBITS || type === SHT.NULL ? start : start + size),
    })
  }
  const names = nameTable(nameless)
  return nameless.map((section) => {
    const at = view.getUint32(offset + section.index * sectionHeader.size, true)
    return { ...section, name: stringAt(names, at) }
  })
}

/** Reads the symbols of a table, as many whole records as it has. */
export function readSymbols(
  section: Section,
  sections: readonly Section[],
  versions: SymbolVersions | undefined,
): SymbolTable {
  const names = sections[section.link]?.content ?? new Uint8Array()
  const extended = sections.find(({ type, link }) => type === SHT.SYMTAB_SHNDX && link === section.index)
  const extendedView = viewOf(extended?.content ?? new Uint8Array())
  const view = viewOf(section.content)
  const count = Math.floor(view.byteLength / symbolRecord.size)
  const symbols: SymbolEntry[] = []
  for (let index = 0, at = 0; index < count; index++, at += symbolRecord.size) {
    const info = view.getUint8(at + symbolRecord.info)
    let owner = view.getUint16(at + symbolRecord.section, true)
    if (owner === SHN.XINDEX && 4 * index + 4 <= extendedView.byteLength)
      owner = extendedView.getUint32(4 * index, true)
    const version = versions?.versionOf(index)
    symbols.push({
      name: stringAt(names, view.getUint32(at, true)),
      version: version?.name ?? '',
      isOfBase: versions?.isOfBase(index) ?? false,
      isDefaultVersion: version?.isDefault ?? false,
      versionNumber: version?.number ?? 0,
      value: readWord(view, at + symbolRecord.value),
      size: readWord(view, at + symbolRecord.length),
      binding: info >> 4,
      type: info & 0xf,
      other: view.getUint8(at + symbolRecord.other),
      section: owner,
    })
  }
  return { section, symbols }
}

/** Reads the relocations of every SHT_RELA section. */
export function readRelocations(
  sections: readonly Section[],
  symbols: readonly (SymbolTable | undefined)[],
): RelocationTable[] {
  const tables: RelocationTable[] = []
  for (const section of sections) {
    if (section.type !== SHT.RELA) continue
    const view = viewOf(section.content)
    const relocations: Relocation[] = []
    for (let at = 0; at + relocationRecord.size <= view.byteLength; at += relocationRecord.size) {
      relocations.push({
        offset: readWord(view, at),
        type: view.getUint32(at + relocationRecord.type, true),
        symbol: view.getUint32(at + relocationRecord.symbol, true),
        addend: readWord(view, at + relocationRecord.addend),
      })
    }
    const table = symbols.find((candidate) => candidate?.section.index === section.link)
    const isLoaded = (section.flags & SHF.ALLOC) !== 0
    const isDynamic = isLoaded || table?.section.type === SHT.DYNSYM || section.info === 0
    const target = isDynamic ? undefined : sections[section.info]
    tables.push({ section, target, relocations, symbols: table?.symbols ?? [] })
  }
  return tables
}
