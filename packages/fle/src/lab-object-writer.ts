// Objects of the labs' dialects, written.

import type { Diagnostics } from '@fle/diagnostics'
import { type ObjectFile, SHF, SHT } from '@fle/object'
import type { LabDialect } from './fle-file.ts'
import { escapeJson, type JsonWriter } from './json-writer.ts'
import { labSectionFlag, labSectionType, type WrittenLabHeader, writeSectionHeaders } from './lab-headers.ts'
import { LabStyle } from './lab-style.ts'
import { reservedKeys } from './names.ts'
import { ObjectPlan } from './object-plan.ts'
import { SectionWriter } from './section-writer.ts'
import { labSections } from './written-sections.ts'

const encoder = new TextEncoder()

/** The alignments that the labs' compiler of 2024 writes whatever they are; its linker expects no less. */
const usualAlignment = { code: 16, other: 8 } as const

/** Writes the keys of an object; what the dialect cannot say is reported. */
export function writeLab(json: JsonWriter, object: ObjectFile, dialect: LabDialect, diagnostics: Diagnostics): void {
  const plan = new ObjectPlan(object, labSections(object, dialect))
  const style = new LabStyle(plan, dialect, diagnostics)
  const lines = new SectionWriter(json, plan, style)
  for (const symbol of plan.placeless) style.checkPlaceless(symbol)
  writeSectionHeaders(json, headersOf(plan, dialect))
  for (const section of plan.sections) {
    style.checkSection(section)
    const name = object.sectionName(section)
    if (reservedKeys.has(name)) style.error('no-name', `${dialect} cannot have a section named ${name}`)
    json.key(escapeJson(encoder.encode(name)))
    json.openArray()
    style.writeSectionStart(json, section)
    lines.write(section, object.sectionContent(section))
    json.closeArray()
  }
}

function headersOf({ object, sections }: ObjectPlan, dialect: LabDialect): WrittenLabHeader[] {
  let end = 0
  return sections.map((section) => {
    // The edition of 2024 leaves all offsets 0.
    const offset = dialect === 'linklab' ? end : 0
    end += object.sectionSize(section)
    return headerOf(object, section, offset, dialect)
  })
}

function headerOf(object: ObjectFile, section: number, offset: number, dialect: LabDialect): WrittenLabHeader {
  const hasNoBits = object.sectionType(section) === SHT.NOBITS
  const elfFlags = object.sectionFlags(section)
  const isCode = (elfFlags & SHF.EXECINSTR) !== 0
  const header = {
    name: object.sectionName(section),
    type: hasNoBits ? labSectionType.noBits : labSectionType.bytes,
    flags:
      labSectionFlag.allocated |
      (elfFlags & SHF.WRITE ? labSectionFlag.writable : 0) |
      (isCode ? labSectionFlag.executable : 0) |
      (hasNoBits ? labSectionFlag.noBits : 0),
    addr: 0,
    offset,
    size: object.sectionSize(section),
  }
  if (dialect === 'linklab') return header
  const usual = isCode ? usualAlignment.code : usualAlignment.other
  return { ...header, addralign: Math.max(usual, object.sectionAlignment(section)) }
}
