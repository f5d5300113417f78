// FLE objects and programs as views: an object is read into ELF's records already, a program gets sections by segment.
import { ET, PF, PT } from '@fle/elf'
import { type DynamicRelocation, type FleExecutable, isSharedObject } from '@fle/fle'
import { addWords, type ObjectFile, SHF, SHN, SHT, STB, STT, subtractWords, type Word } from '@fle/object'
import { R_X86_64 } from '@fle/x86-64'
import type { BinaryFile, RelocationTable, Section, Segment, SymbolEntry } from './binary-file.ts'
import { readRelocations, readSections, readSymbols } from './elf-records.ts'
import { lazily } from './lazily.ts'

/** Views an object that was read from FLE text. */
export function viewFleObject(object: ObjectFile, name: string, text: Uint8Array, dialect: string): BinaryFile {
  const { bytes, tables } = object
  const names = () => bytes.subarray(tables.sectionNames)
  const records = readSections(bytes, tables.sectionHeaders, tables.sectionCount, names)
  // Where the records lie says nothing of the text.
  const sections = records.map((section) => ({ ...section, offset: 0 }))
  const symbols = lazily(() =>
    tables.symbolTable ? readSymbols(sections[tables.symbolTable], sections, undefined) : undefined,
  )
  const relocations = lazily(() => readRelocations(sections, [symbols()]))
  return {
    name,
    format: 'fle',
    dialect,
    type: ET.REL,
    osAbi: 0,
    entry: 0,
    bytes: text,
    sections,
    segments: [],
    get symbols() {
      return symbols()
    },
    dynamicSymbols: undefined,
    get relocations() {
      return relocations()
    },
  }
}

/** A piece of memory of a program, whichever form the program has. */
interface Piece {
  readonly name: string
  readonly address: Word
  readonly size: number
  readonly flags: number
  readonly content: Uint8Array
}

/** Views a program. Each segment is a section of its name; zeros behind its bytes are a section `.bss`. */
export function viewFleExecutable(
  executable: FleExecutable,
  name: string,
  text: Uint8Array,
  dialect: string,
): BinaryFile {
  const isBlob = executable.form === 'blob'
  const { size } = isBlob ? executable : { size: 0 }
  const pieces: readonly Piece[] = isBlob
    ? [{ name: '.load', address: 0, size, flags: PF.R | PF.W | PF.X, content: executable.content }]
    : executable.segments
  const sections = sectionsOf(pieces)
  const table = emptySection(sections.length, '', SHT.SYMTAB)
  const symbols = lazily(() => ({ section: table, symbols: symbolsOf(executable, sections) }))
  const relocations = lazily(() => loaderRelocations(executable, symbols().symbols, sections.length + 1))
  return {
    name,
    format: 'fle',
    dialect,
    type: isBlob || isSharedObject(executable) ? ET.DYN : ET.EXEC,
    isShared: isSharedObject(executable),
    osAbi: 0,
    entry: executable.entry,
    bytes: text,
    sections,
    segments: pieces.map(segmentOf),
    get symbols() {
      return symbols()
    },
    dynamicSymbols: undefined,
    get relocations() {
      return relocations()
    },
  }
}

function emptySection(index: number, name: string, type: number): Section {
  const content = new Uint8Array()
  const place = { address: 0, offset: 0, size: 0, link: 0, info: 0, alignment: 0, entrySize: 0 }
  return { index, name, type, flags: 0, ...place, content }
}

function sectionsOf(pieces: readonly Piece[]): Section[] {
  const sections = [emptySection(0, '', SHT.NULL)]
  for (const { name, address, size, flags, content } of pieces) {
    const sectionFlags = SHF.ALLOC | (flags & PF.W ? SHF.WRITE : 0) | (flags & PF.X ? SHF.EXECINSTR : 0)
    const place = { flags: sectionFlags, alignment: 1 }
    const add = (name: string, type: number, address: Word, size: number, content: Uint8Array) =>
      sections.push({ ...emptySection(sections.length, name, type), ...place, address, size, content })
    if (content.length > 0) add(name, SHT.PROGBITS, address, content.length, content)
    const zeros = size - content.length
    if (zeros <= 0) continue
    const zerosName = content.length > 0 ? '.bss' : name
    add(zerosName, SHT.NOBITS, addWords(address, content.length), zeros, content.subarray(0, 0))
  }
  return sections
}

function segmentOf({ address, size, flags, content }: Piece): Segment {
  const sizes = { fileSize: content.length, memorySize: size, alignment: 0x1000 }
  return { type: PT.LOAD, flags, offset: 0, address, physicalAddress: address, ...sizes }
}

function symbolsOf(executable: FleExecutable, sections: readonly Section[]): SymbolEntry[] {
  const plain = { version: '', isOfBase: false, isDefaultVersion: false, versionNumber: 0, other: 0 }
  const nullSymbol = { ...plain, name: '', value: 0, size: 0, binding: STB.LOCAL, type: STT.NOTYPE, section: SHN.UNDEF }
  const symbols = executable.symbols.map(({ name, value, size = 0, binding = STB.GLOBAL }) => {
    return { ...plain, name, value, size, binding, type: STT.NOTYPE, section: sectionAt(value, sections) }
  })
  const defined = new Set(symbols.map(({ name }) => name))
  const wanted = new Set(dynamicRelocations(executable).map(({ symbol }) => symbol))
  const undefinedSymbol = { ...nullSymbol, binding: STB.GLOBAL }
  const others = [...wanted].filter((name) => !defined.has(name)).map((name) => ({ ...undefinedSymbol, name }))
  return [nullSymbol, ...symbols, ...others]
}

function dynamicRelocations(executable: FleExecutable): readonly DynamicRelocation[] {
  return executable.form === 'segments' ? (executable.dynamicRelocations ?? []) : []
}

const typeOfKind = { dynrel: R_X86_64.PC32, dynabs32: R_X86_64[32], dynabs64: R_X86_64[64] } as const

/** What is left to the loader, as the table that ELF has for it. */
function loaderRelocations(
  executable: FleExecutable,
  symbols: readonly SymbolEntry[],
  index: number,
): RelocationTable[] {
  const numbers = new Map(symbols.map(({ name }, number) => [name, number]))
  const relocations = dynamicRelocations(executable).map(({ address, kind, symbol, addend }) => {
    return { offset: address, type: typeOfKind[kind], symbol: numbers.get(symbol) ?? 0, addend }
  })
  if (relocations.length === 0) return []
  return [{ section: emptySection(index, '.rela.dyn', SHT.RELA), target: undefined, relocations, symbols }]
}

/** The section that an address lies in or just behind, else SHN_ABS. */
function sectionAt(address: Word, sections: readonly Section[]): number {
  let behind: number = SHN.ABS
  for (const section of sections.slice(1)) {
    const distance = subtractWords(address, section.address)
    if (distance >= 0 && distance < section.size) return section.index
    if (distance === section.size) behind = section.index
  }
  return behind
}
