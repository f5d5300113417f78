// An object as lines that can be compared.

import { type ObjectFile, readWord, relocationRecord, STT } from '@fle/object'
import { relocationName } from '@fle/x86-64'
import { loadedSections } from './lab-symbols.ts'

/** What a link sees of an object: a line for each section, symbol and relocation. */
export function describeObject(object: ObjectFile): string[] {
  const sections = loadedSections(object)
  return [
    ...sections.map((section) => `section ${object.sectionName(section)} of ${object.sectionSize(section)} bytes`),
    ...sections.map(
      (section) => `the bytes ${hexadecimal(object.sectionContent(section))} of ${object.sectionName(section)}`,
    ),
    ...symbolLines(object),
    ...sections.flatMap((section) => relocationLines(object, section)),
  ]
}

function symbolLines(object: ObjectFile): string[] {
  const lines: string[] = []
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    const section = object.symbolSection(symbol)
    if (object.symbolType(symbol) === STT.SECTION || section === 0) continue
    const place = `${object.sectionName(section)}+${object.symbolValue(symbol)}`
    const binding = ['local', 'global', 'weak'][object.symbolBinding(symbol)] ?? 'other'
    lines.push(`${binding} symbol ${object.symbolName(symbol)} at ${place}, size ${object.symbolSize(symbol)}`)
  }
  return lines
}

function relocationLines(object: ObjectFile, section: number): string[] {
  const table = object.relocationSections[section]
  if (!table) return []
  return Array.from({ length: object.relocationCount(table) }, (_, i) => {
    const at = object.relocationRecord(table, i)
    const symbol = object.view.getUint32(at + relocationRecord.symbol, true)
    const isSection = object.symbolType(symbol) === STT.SECTION
    const name = isSection ? object.sectionName(object.symbolSection(symbol)) : object.symbolName(symbol)
    const type = relocationName(object.view.getUint32(at + relocationRecord.type, true))
    const addend = readWord(object.view, at + relocationRecord.addend)
    return `${type} of ${name}, addend ${addend}, at ${object.sectionName(section)}+${readWord(object.view, at)}`
  })
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
