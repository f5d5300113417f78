import { type LineTableFile, type LineTableRow, LineTableWriter } from '@fle/dwarf'
import { SHF, SHT } from '@fle/object'
import type { Assembly } from './assembly.ts'
import { bytesOfText, textOfBytes } from './characters.ts'
import { numberExpression, symbolExpression } from './expression.ts'
import { FixupKind, isJump, type LineRow, type Section, type Subsection } from './section.ts'
import { anonymousLabel } from './symbol.ts'

/** gas writes version 3 where nothing asks for a later one. */
const leastVersion = 3

/** Counts the views of each section: how many rows before a row stand at its address. Returns whether one has a name. */
export function numberViews(assembly: Assembly): boolean {
  let isNamed = false
  for (const section of assembly.lines.sections) {
    let last = -1
    let view = 0
    for (const subsection of section.subsections)
      for (const row of subsection.rows) {
        const address = subsection.address(row.piece, row.offset)
        view = last < 0 || row.resetsView || address > last ? 0 : view + 1
        last = address
        if (!row.view) continue
        row.view.expression = numberExpression(view)
        isNamed = true
      }
  }
  return isNamed
}

/**
 * Writes .debug_line from what .file and .loc said, and from version 5 on .debug_line_str (dwarf2dbg.c: dwarf2_finish). To be
 * called when the sizes of code are final. Returns the sections.
 */
export function writeLineTable(assembly: Assembly): Section[] {
  const { lines, sections } = assembly
  const hasTable = hasContent(assembly, '.debug_line')
  const hasInformation = hasContent(assembly, '.debug_info')
  if (hasTable && lines.sections.length > 0 && !lines.isOfAssembly) {
    assembly.diagnostics.error('duplicate-table', '.debug_line has content of its own: .loc cannot add to it')
    return []
  }
  if ((lines.sections.length === 0 && !hasInformation) || hasTable) return []
  for (const { subsections } of lines.sections)
    for (const { rows } of subsections) for (const { file } of rows) lines.numberFile(file, nameOf(assembly))
  const version = Math.max(lines.version, leastVersion)
  const section = sections.open('.debug_line', SHT.PROGBITS, 0, 0, undefined, undefined)
  const hasNames = lines.files.length > 0 || lines.directories.length > 0
  const strings =
    version >= 5 && hasNames
      ? sections.open('.debug_line_str', SHT.PROGBITS, SHF.MERGE | SHF.STRINGS, 1, undefined, undefined)
      : undefined
  writeProgram(assembly, section.subsection(0), (strings ?? section).subsection(0), version)
  return strings ? [section, strings] : [section]
}

/** Whether the program gave a section content. */
export function hasContent({ sections }: Assembly, name: string): boolean {
  const section = sections.find(name, undefined, undefined)
  return section !== undefined && !isEmpty(section)
}

function nameOf({ sources }: Assembly): (source: number) => string {
  return (source) => textOfBytes(new TextEncoder().encode(sources.nameOfFile(source)))
}

function isEmpty(section: Section): boolean {
  return section.subsections.every(({ content, pieces }) => content.length === 0 && pieces.length === 0)
}

function writeProgram(assembly: Assembly, to: Subsection, strings: Subsection, version: number): void {
  const { directories, files } = names(assembly)
  const writer = new LineTableWriter(to.content, strings.content, version, { directories, files })
  takeFields(writer, to, strings)
  for (const section of assembly.lines.sections) {
    writer.sequence(rowsOf(assembly, section), section.size)
    takeFields(writer, to, section.subsections[0])
  }
  writer.end()
}

/** Makes fixups of the fields that the linker has to fill: they count from the start of a section. */
function takeFields(writer: LineTableWriter, to: Subsection, from: Subsection): void {
  for (const { kind, offset, value } of writer.fields) {
    const label = anonymousLabel(from)
    label.piece = 0
    label.offset = value
    const width = kind === 'address' ? 8 : 4
    to.addFixup(offset - to.content.length, width, FixupKind.absolute, 0, symbolExpression(label), 0, 0)
  }
  writer.fields = []
}

function names({ lines, diagnostics }: Assembly): { directories: Uint8Array[]; files: LineTableFile[] } {
  const directories = Array.from(lines.directories, (name) => bytesOfText(lines.toldDirectory(name ?? '')))
  if (lines.files.length > 0) directories[0] = bytesOfText(lines.toldDirectory(lines.firstDirectory))
  const first = lines.files[1]
  const files: LineTableFile[] = Array.from(lines.files, (file, number) => {
    if (!file && number > 0)
      diagnostics.error('unknown-file', `file number ${number} has no name: there is no .file ${number}`)
    return {
      name: bytesOfText(file?.name ?? ''),
      directory: file?.directory ?? 0,
      md5: file?.md5,
    }
  })
  if (!lines.files[0] && first) files[0] = files[1]
  return { directories, files }
}

function* rowsOf(assembly: Assembly, section: Section): Generator<LineTableRow> {
  let last: Subsection | undefined
  let lastRow: LineRow | undefined
  for (const subsection of section.subsections)
    for (const row of subsection.rows) {
      const file = assembly.lines.numberFile(row.file, nameOf(assembly))
      const { line, column, discriminator, flags, isa } = row
      const address = subsection.address(row.piece, row.offset)
      const setsAddress = row.resetsView && last !== undefined && mayBeOnePlace(last, lastRow, subsection, row)
      yield { address, file, line, column, discriminator, flags, isa, setsAddress }
      last = subsection
      lastRow = row
    }
}

/**
 * Whether two rows may stand at one address, as gas judges it before it knows any: they do, or only a padding is between
 * them (dwarf2dbg.c: process_entries).
 */
function mayBeOnePlace(from: Subsection, before: LineRow | undefined, to: Subsection, row: LineRow): boolean {
  if (!before) return false
  if (from === to && before.piece === row.piece) return before.offset === row.offset
  const begin = row.piece === 0 ? 0 : to.pieces[row.piece - 1].offset
  const next = from.pieces[before.piece]
  const end = next ? next.offset + (isJump(next) ? 1 : 0) : from.content.length
  return row.offset === begin && before.offset === end
}
