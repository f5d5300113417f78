// readfle: what a file says, as tables.

import { type FleExecutable, type FleFile, isSharedObject, type SegmentedExecutable, segmentFlag } from '@fle/fle'
import { type ObjectFile, readWord, relocationRecord, STB, STT, type Word } from '@fle/object'
import { relocationName } from '@fle/x86-64'
import { labSections, labSymbols, loadedSections, type SectionEntry } from './lab-symbols.ts'
import { onlyWord, readFleFile, type Tool } from './tool.ts'

export const showTool: Tool = {
  usage: 'FILE',
  run(words, workplace) {
    const path = onlyWord(words, workplace)
    const file = path === undefined ? undefined : readFleFile(path, workplace)
    if (!file) return
    const lines = [`File: ${path}`, ...(file.kind === 'archive' ? archiveLines(file) : fileLines(file))]
    workplace.io.stdout(lines.map((line) => `${line}\n`).join(''))
  },
}

function archiveLines({ archive }: Extract<FleFile, { kind: 'archive' }>): string[] {
  const names = Array.from({ length: archive.memberCount }, (_, member) => `  ${archive.memberName(member)}`)
  return ['Type: .ar', '', 'Members:', ...names]
}

function fileLines(file: Exclude<FleFile, { kind: 'archive' }>): string[] {
  const sections = labSections(file)
  return [
    `Type: ${file.kind === 'object' ? '.obj' : isSharedObject(file.executable) ? '.so' : '.exe'}`,
    '',
    'Sections:',
    ...columns([['Name', 'Size', 'Flags', 'Addr', 'Offset'], ...sectionRows(sections)]),
    '',
    'Symbols:',
    ...columns([['Name', 'Type', 'Section', 'Offset', 'Size'], ...symbolRows(file)]),
    ...(file.kind === 'object' ? relocationLines(file.object) : programHeaderLines(file.executable)),
  ]
}

function sectionRows(sections: readonly SectionEntry[]): string[][] {
  let offset = 0
  return sections.map((section) => {
    const { name, size, address, isCode, isWritable, hasNoBits } = section
    const flags = [
      'ALLOC',
      ...(isWritable ? ['WRITE'] : []),
      ...(isCode ? ['EXEC'] : []),
      ...(hasNoBits ? ['NOBITS'] : []),
    ]
    const row = [name, `${size}`, flags.join('|'), hexadecimal(address), `${offset}`]
    offset += size
    return row
  })
}

function symbolRows(file: Exclude<FleFile, { kind: 'archive' }>): string[][] {
  return labSymbols(file).map(({ name, binding, section, offset, size }) => {
    const word = binding === STB.LOCAL ? 'LOCAL' : binding === STB.WEAK ? 'WEAK' : 'GLOBAL'
    return [name, section ? word : 'UNDEF', section?.name ?? '', `${offset}`, `${size}`]
  })
}

function relocationLines(object: ObjectFile): string[] {
  return loadedSections(object).flatMap((section) => {
    const table = object.relocationSections[section]
    const rows = table ? relocationRows(object, table) : []
    if (rows.length === 0) return []
    return [
      '',
      `Relocations of ${object.sectionName(section)}:`,
      ...columns([['Offset', 'Type', 'Symbol', 'Addend'], ...rows]),
    ]
  })
}

function relocationRows(object: ObjectFile, table: number): string[][] {
  return Array.from({ length: object.relocationCount(table) }, (_, i) => {
    const at = object.relocationRecord(table, i)
    const symbol = object.view.getUint32(at + relocationRecord.symbol, true)
    const isSection = object.symbolType(symbol) === STT.SECTION
    const name = isSection ? object.sectionName(object.symbolSection(symbol)) : object.symbolName(symbol)
    const type = relocationName(object.view.getUint32(at + relocationRecord.type, true))
    return [
      hexadecimal(readWord(object.view, at)),
      type,
      name,
      hexadecimal(readWord(object.view, at + relocationRecord.addend)),
    ]
  })
}

function programHeaderLines(executable: FleExecutable): string[] {
  if (executable.form === 'blob') return []
  const rows = executable.segments.map(({ name, address, size, flags }) => {
    const letters = [
      ...(flags & segmentFlag.read ? ['R'] : []),
      ...(flags & segmentFlag.write ? ['W'] : []),
      ...(flags & segmentFlag.execute ? ['X'] : []),
    ]
    return [name, hexadecimal(address), `${size}`, letters.join('|')]
  })
  return [
    '',
    ...(executable.isShared ? [] : [`Entry: ${hexadecimal(executable.entry)}`, '']),
    'Program Headers:',
    ...columns([['Name', 'Addr', 'Size', 'Flags'], ...rows]),
    ...loaderLines(executable),
  ]
}

/** What is left to the loader: the shared objects to find, the fields to fill in. */
function loaderLines({ needed = [], dynamicRelocations = [] }: SegmentedExecutable): string[] {
  const rows = dynamicRelocations.map(({ address, kind, symbol, addend }) => {
    return [hexadecimal(address), `.${kind}`, symbol, hexadecimal(addend)]
  })
  return [
    ...(needed.length > 0 ? ['', 'Needed:', ...needed.map((name) => `  ${name}`)] : []),
    ...(rows.length > 0
      ? ['', 'Dynamic Relocations:', ...columns([['Addr', 'Type', 'Symbol', 'Addend'], ...rows])]
      : []),
  ]
}

function hexadecimal(value: Word): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, '0')}`
}

/** Rows as lines, each column as wide as its widest cell. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => rows.reduce((most, row) => Math.max(most, row[column].length), 0))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd())
}
