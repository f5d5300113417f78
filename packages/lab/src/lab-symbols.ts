// The symbols of an object or a program as the labs' tools show them: by section, with their offsets there.

import { type FleExecutable, type FleFile, segmentFlag } from '@fle/fle'
import { type ObjectFile, SHF, SHN, SHT, STB, STT, subtractWords, type Word } from '@fle/object'

/** A symbol. */
export interface LabSymbolEntry {
  readonly name: string
  readonly binding: number
  /** Undefined for a symbol without a definition. */
  readonly section: SectionEntry | undefined
  /** In the section. */
  readonly offset: Word
  readonly size: Word
}

/** What of a section decides the letter of its symbols. */
export interface SectionEntry {
  readonly name: string
  readonly size: number
  readonly address: Word
  readonly isCode: boolean
  readonly isWritable: boolean
  readonly hasNoBits: boolean
}

/** The sections of an object or the segments of a program, in order. */
export function labSections(file: Exclude<FleFile, { kind: 'archive' }>): SectionEntry[] {
  if (file.kind === 'executable') return segmentsOf(file.executable)
  const { object } = file
  return loadedSections(object).map((section) => sectionEntry(object, section))
}

/** The symbols, in the file's order. */
export function labSymbols(file: Exclude<FleFile, { kind: 'archive' }>): LabSymbolEntry[] {
  return file.kind === 'executable' ? programSymbols(file.executable) : objectSymbols(file.object)
}

/** The numbers of an object's sections that are loaded. */
export function loadedSections(object: ObjectFile): number[] {
  const sections = Array.from({ length: object.sectionCount }, (_, section) => section)
  return sections.filter((section) => section > 0 && object.isAllocated(section))
}

function sectionEntry(object: ObjectFile, section: number): SectionEntry {
  const flags = object.sectionFlags(section)
  return {
    name: object.sectionName(section),
    size: object.sectionSize(section),
    address: 0,
    isCode: (flags & SHF.EXECINSTR) !== 0,
    isWritable: (flags & SHF.WRITE) !== 0,
    hasNoBits: object.sectionType(section) === SHT.NOBITS,
  }
}

function objectSymbols(object: ObjectFile): LabSymbolEntry[] {
  const symbols: LabSymbolEntry[] = []
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    const section = object.symbolSection(symbol)
    if (object.symbolRawSection(symbol) !== SHN.UNDEF && section === 0) continue
    const isSection = object.symbolType(symbol) === STT.SECTION
    symbols.push({
      name: isSection ? object.sectionName(section) : object.symbolName(symbol),
      binding: object.symbolBinding(symbol),
      section: section === 0 ? undefined : sectionEntry(object, section),
      offset: object.symbolValue(symbol),
      size: object.symbolSize(symbol),
    })
  }
  return symbols
}

function segmentsOf(executable: FleExecutable): SectionEntry[] {
  if (executable.form === 'blob') {
    const { size } = executable
    return [{ name: '.load', size, address: 0, isCode: true, isWritable: true, hasNoBits: false }]
  }
  return executable.segments.map(({ name, size, address, flags, content }) => ({
    name,
    size,
    address,
    isCode: (flags & segmentFlag.execute) !== 0,
    isWritable: (flags & segmentFlag.write) !== 0,
    hasNoBits: content.length === 0 && size > 0,
  }))
}

function programSymbols(executable: FleExecutable): LabSymbolEntry[] {
  const sections = segmentsOf(executable)
  return executable.symbols.flatMap(({ name, value, size = 0, binding = STB.GLOBAL }) => {
    const section = sections.find((one) => value >= one.address && subtractWords(value, one.address) <= one.size)
    return section ? [{ name, binding, section, offset: subtractWords(value, section.address), size }] : []
  })
}
