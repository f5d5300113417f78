import type { Diagnostics } from '@fle/diagnostics'
import { type ObjectFile, SHF, SHT } from '@fle/object'
import { ClassicStyle } from './classic-style.ts'
import { isLabDialect, type WriteObjectOptions } from './fle-file.ts'
import { FleStyle } from './fle-style.ts'
import { JsonWriter } from './json-writer.ts'
import { writeLab } from './lab-object-writer.ts'
import { Tag } from './line-tags.ts'
import { spellKey, writeLine } from './line-writer.ts'
import { ObjectPlan } from './object-plan.ts'
import { contentOf } from './section-content.ts'
import { formatFlags, formatType, impliedProperties, stackNote } from './section-properties.ts'
import { SectionWriter } from './section-writer.ts'
import { classicSections, fleSections } from './written-sections.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Writes an object as FLE text. What the dialect cannot say is reported: an error where the program would not be the
 * same, and then undefined is returned, else a warning or nothing (FLE's reference, "What a dialect cannot say").
 */
export function writeFleObject(
  object: ObjectFile,
  options: WriteObjectOptions,
  diagnostics: Diagnostics,
): Uint8Array | undefined {
  const json = new JsonWriter()
  return writeJsonObject(json, object, options, diagnostics) ? json.end() : undefined
}

/** The same as a value within another text, e.g. an archive. Returns whether all went well. */
export function writeJsonObject(
  json: JsonWriter,
  object: ObjectFile,
  options: WriteObjectOptions,
  diagnostics: Diagnostics,
): boolean {
  const errors = diagnostics.errorCount
  json.openObject()
  json.key('type')
  json.string('.obj')
  if (options.name !== undefined) {
    json.key('name')
    json.string(options.name)
  }
  const { dialect } = options
  if (isLabDialect(dialect)) writeLab(json, object, dialect, diagnostics)
  else if (dialect === 'classic') writeClassic(json, new ObjectPlan(object, classicSections(object)), diagnostics)
  else writeFle(json, new ObjectPlan(object, fleSections(object, options.keepDebug ?? false)), options, diagnostics)
  json.closeObject()
  return diagnostics.errorCount === errors
}

function writeFle(
  json: JsonWriter,
  plan: ObjectPlan,
  { comments }: WriteObjectOptions,
  diagnostics: Diagnostics,
): void {
  const { object } = plan
  const style = new FleStyle(plan, diagnostics)
  const lines = new SectionWriter(json, plan, style)
  for (const section of plan.sections) {
    const content = contentOf(object, section, diagnostics)
    if (content === undefined) continue
    json.key(spellKey(plan.sectionNameBytes(section), plan.occurrence[section]))
    json.openArray()
    const properties = formatProperties(plan, style, section, content.alignment)
    if (properties !== '') writeLine(json, Tag.properties, properties)
    lines.write(section, content.bytes, comments?.get(section))
    json.closeArray()
  }
  writeStackNote(json, plan)
  if (plan.placeless.length === 0) return
  json.key('symbols')
  json.openArray()
  for (const symbol of plan.placeless) style.writePlaceless(json, symbol)
  json.closeArray()
}

function writeClassic(json: JsonWriter, plan: ObjectPlan, diagnostics: Diagnostics): void {
  const { object } = plan
  const style = new ClassicStyle(plan, diagnostics)
  const lines = new SectionWriter(json, plan, style)
  for (const symbol of plan.placeless) style.checkPlaceless(symbol)
  for (const section of plan.sections) {
    const content = contentOf(object, section, diagnostics)
    if (content === undefined) continue
    style.checkSection(section)
    json.key(spellKey(encoder.encode(object.sectionName(section))))
    json.openArray()
    // The course's converter leaves .bss empty; a symbol in it is an error.
    if (object.sectionType(section) !== SHT.NOBITS) style.writeSectionStart(json, section)
    if (object.sectionType(section) !== SHT.NOBITS || plan.symbolsIn(section).length > 0)
      lines.write(section, content.bytes)
    json.closeArray()
  }
}

/** The content of a section's 🚩 line: what its name does not imply; empty if that is nothing. */
function formatProperties(plan: ObjectPlan, style: FleStyle, section: number, alignment: number): string {
  const { object } = plan
  const name = decoder.decode(plan.sectionNameBytes(section))
  const implied = impliedProperties(name)
  const type = object.sectionType(section)
  const flags = (object.sectionFlags(section) & ~(SHF.GROUP | SHF.COMPRESSED)) >>> 0
  const words: string[] = []
  if (flags !== implied.flags) words.push(formatFlags(flags))
  if (alignment !== 1) words.push(`align=${alignment}`)
  if (object.sectionEntrySize(section) !== 0) words.push(`entsize=${object.sectionEntrySize(section)}`)
  if (type !== implied.type) words.push(`type=${formatType(type)}`)
  const link = object.sectionLink(section)
  if (object.sectionInfo(section) !== 0 || (link !== 0 && !(flags & SHF.LINK_ORDER)))
    style.error('bad-section', `section ${name} has an sh_link or sh_info that FLE has no words for`)
  else if (link !== 0 && !plan.isWritten(link))
    style.error('bad-section', `section ${name} is linked to section ${object.sectionName(link)}, which is not written`)
  else if (link !== 0)
    words.push(`link=${decoder.decode(spellKey(plan.sectionNameBytes(link), plan.occurrence[link]))}`)
  const group = plan.groups.get(section)
  const signature = group && plan.signatureSpelling(group)
  if (group && signature) words.push(`${group.isComdat ? 'group' : 'section-group'}=${decoder.decode(signature)}`)
  else if (group) style.error('bad-section', `the group of section ${name} is named by a symbol that is not written`)
  return words.join(' ')
}

/** An object without the section wants its stack executable, and FLE's default is that it does not. */
function writeStackNote(json: JsonWriter, { object }: ObjectPlan): void {
  for (let section = 1; section < object.sectionCount; section++) if (object.sectionName(section) === stackNote) return
  json.key(spellKey(encoder.encode(stackNote)))
  json.openArray()
  writeLine(json, Tag.properties, 'X')
  json.closeArray()
}
