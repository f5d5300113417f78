import { type LineTable, type RelocatedPlace, readLineTable } from '@fle/dwarf'
import { type ObjectFile, relocationRecord } from '@fle/object'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'

/** The line of source that a place in a section comes of, e.g. `main.c:12`, if the object has debug information on it. */
export function sourceLine(link: LinkState, input: InputObject, section: number, offset: number): string | undefined {
  let table = link.lineTables.get(input)
  if (!table) {
    table = lineTableOf(input.object)
    link.lineTables.set(input, table)
  }
  const found = table.lineAt(section, offset)
  return found && found.file !== '' ? `${found.file}:${found.line}` : undefined
}

function lineTableOf(object: ObjectFile): LineTable {
  const line = sectionNamed(object, '.debug_line')
  const content = (name: string) => object.sectionContent(sectionNamed(object, name))
  const places = relocatedPlaces(object, line)
  return readLineTable({
    line: object.sectionContent(line),
    lineStrings: content('.debug_line_str'),
    strings: content('.debug_str'),
    relocated: (offset) => places.get(offset),
  })
}

/** The first section of a name; the null section, which is empty, if there is none. */
function sectionNamed(object: ObjectFile, name: string): number {
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionName(section) === name) return section
  }
  return 0
}

/** What the relocations of a section mean, by the offsets of their fields. */
function relocatedPlaces(object: ObjectFile, section: number): Map<number, RelocatedPlace> {
  const places = new Map<number, RelocatedPlace>()
  const rela = object.relocationSections[section]
  const count = rela ? object.relocationCount(rela) : 0
  for (let relocation = 0; relocation < count; relocation++) {
    const record = object.relocationRecord(rela, relocation)
    const symbol = object.view.getUint32(record + relocationRecord.symbol, true)
    // Sections of objects are below 4 GiB, and so are the places in them.
    const addend = object.view.getInt32(record + relocationRecord.addend, true)
    places.set(object.view.getUint32(record, true), {
      section: object.symbolSection(symbol),
      offset: Number(object.symbolValue(symbol)) + addend,
    })
  }
  return places
}
