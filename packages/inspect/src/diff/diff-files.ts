// What two objects or programs do not have in common.
import { ET } from '@fle/elf'
import { SHF, SHN, SHT, STT } from '@fle/object'
import type { Disassembler } from '../disassemble/disassembler.ts'
import {
  bindingWords,
  sectionFlagLetters,
  sectionTypeWords,
  segmentTypeWords,
  symbolTypeWords,
  visibilityWords,
} from '../readfle/words.ts'
import type { BinaryFile, Section, Segment, SymbolEntry } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import { visibleSections } from '../view/section-kind.ts'
import { diffContents } from './diff-contents.ts'
import { byName, compareValues, type Difference, pairUp } from './difference.ts'
import { cutFile } from './regions.ts'

export interface DiffOptions {
  /** Leaves out what is not loaded into memory: debugging information, remarks for the linker. */
  readonly onlyLoaded?: boolean
  /** Shows the instruction at a difference in code. */
  readonly disassembler?: Disassembler | undefined
}

/** The differences of two files, ELF or FLE: file, sections with their bytes and relocations, symbols. */
export function diffFiles(a: BinaryFile, b: BinaryFile, options: DiffOptions = {}): Difference[] {
  return [...diffHeaders(a, b), ...diffSegments(a, b), ...diffSections(a, b, options), ...diffSymbols(a, b)]
}

const typeWords: Readonly<Record<number, string>> = {
  [ET.REL]: 'object',
  [ET.EXEC]: 'program',
  [ET.DYN]: 'position-independent program or library',
}

function diffHeaders(a: BinaryFile, b: BinaryFile): Difference[] {
  const type = ({ type }: BinaryFile) => typeWords[type] ?? `type ${type}`
  const entry = ({ entry }: BinaryFile) => `0x${hex(entry)}`
  return [
    ...compareValues('file', 'kind of file', type(a), type(b)),
    ...compareValues('file', 'entry point', entry(a), entry(b)),
  ]
}

function diffSegments(a: BinaryFile, b: BinaryFile): Difference[] {
  const words = ({ flags, address, fileSize, memorySize }: Segment) => {
    const letters = [flags & 4 ? 'R' : '', flags & 2 ? 'W' : '', flags & 1 ? 'X' : ''].join('')
    return `0x${hex(memorySize)} bytes at 0x${hex(address)}, 0x${hex(fileSize)} in the file, ${letters || 'no access'}`
  }
  const named = ({ segments }: BinaryFile) =>
    byName(segments.map((segment) => [segmentTypeWords(segment.type), segment]))
  return pairUp(named(a), named(b)).flatMap(({ key, a, b }) =>
    compareValues('segment', `segment ${key}`, a && words(a), b && words(b)),
  )
}

function sectionsByName({ sections }: BinaryFile, { onlyLoaded }: DiffOptions): Map<string, Section> {
  const compared = visibleSections(sections).filter(
    // What a group says is in the flags of its members.
    ({ flags, type }) => type !== SHT.GROUP && (!onlyLoaded || (flags & SHF.ALLOC) !== 0),
  )
  return byName(compared.map((section) => [section.name, section]))
}

function diffSections(a: BinaryFile, b: BinaryFile, options: DiffOptions): Difference[] {
  const [cutA, cutB] = [cutFile(a), cutFile(b)]
  return pairUp(sectionsByName(a, options), sectionsByName(b, options)).flatMap(({ key, a: first, b: second }) => {
    if (!first || !second) {
      const words = ({ size }: Section) => `${size} bytes`
      return compareValues('section', `section ${key}`, first && words(first), second && words(second))
    }
    const differences: Difference[] = []
    const compare = (what: string, words: (section: Section) => string) => {
      for (const difference of compareValues('section', `section ${key}: ${what}`, words(first), words(second)))
        differences.push({ ...difference, section: key })
    }
    compare('type', ({ type }) => sectionTypeWords(type))
    compare('flags', ({ flags }) => sectionFlagLetters(flags, true) || 'none')
    compare('alignment', ({ alignment }) => String(Math.max(alignment, 1)))
    compare('entry size', ({ entrySize }) => String(entrySize))
    compare('address', ({ address }) => `0x${hex(address)}`)
    compare('size', ({ size }) => `${size} bytes`)
    return [
      ...differences,
      ...diffContents(key, { file: cutA, section: first }, { file: cutB, section: second }, options),
    ]
  })
}

function symbolsByName({ symbols, dynamicSymbols }: BinaryFile): Map<string, SymbolEntry> {
  const compared = ((symbols ?? dynamicSymbols)?.symbols ?? []).filter(
    ({ name, type }) => name !== '' && type !== STT.FILE && type !== STT.SECTION,
  )
  return byName(compared.map((symbol) => [symbol.name, symbol]))
}

function diffSymbols(a: BinaryFile, b: BinaryFile): Difference[] {
  const place = ({ section }: SymbolEntry, { sections }: BinaryFile) => {
    if (section === SHN.UNDEF) return 'undefined'
    if (section === SHN.ABS) return 'absolute'
    return section === SHN.COMMON || section === SHN.X86_64_LCOMMON
      ? 'common'
      : (sections[section]?.name ?? String(section))
  }
  const moved: { readonly name: string; readonly a: SymbolEntry; readonly b: SymbolEntry }[] = []
  const differences = pairUp(symbolsByName(a), symbolsByName(b)).flatMap(
    ({ key, a: first, b: second }): Difference[] => {
      if (!first || !second) {
        const words = (symbol: SymbolEntry, file: BinaryFile) =>
          `${bindingWords(symbol.binding).toLowerCase()}, ${place(symbol, file)}`
        const [one, other] = [first && words(first, a), second && words(second, b)]
        return [{ kind: 'symbol', what: `symbol ${key}`, first: one, second: other, symbol: key }]
      }
      const compare = (what: string, one: string, other: string) =>
        compareValues('symbol', `symbol ${key}: ${what}`, one, other).map((difference) => ({
          ...difference,
          symbol: key,
        }))
      const isSamePlace = place(first, a) === place(second, b)
      if (isSamePlace && first.value !== second.value) moved.push({ name: key, a: first, b: second })
      return [
        ...compare('section', place(first, a), place(second, b)),
        ...compare('type', symbolTypeWords(first.type), symbolTypeWords(second.type)),
        ...compare('binding', bindingWords(first.binding), bindingWords(second.binding)),
        ...compare('visibility', visibilityWords[first.other & 3], visibilityWords[second.other & 3]),
        ...compare('size', `${first.size} bytes`, `${second.size} bytes`),
      ]
    },
  )
  return [...differences, ...movedSymbols(moved, a)]
}

/** One difference for the symbols of a section that stand elsewhere: where one function grows, all behind it move. */
function movedSymbols(
  moved: readonly { readonly name: string; readonly a: SymbolEntry; readonly b: SymbolEntry }[],
  { sections }: BinaryFile,
): Difference[] {
  const bySection = new Map<number, (typeof moved)[number][]>()
  for (const symbol of moved) {
    const known = bySection.get(symbol.a.section)
    if (known) known.push(symbol)
    else bySection.set(symbol.a.section, [symbol])
  }
  return Array.from(bySection, ([index, symbols]) => {
    const [{ name, a, b }] = symbols
    const section = sections[index]?.name ?? 'absolute'
    const others = symbols.length === 1 ? '' : `, and ${symbols.length - 1} more of ${section}`
    const what = `symbol ${name}${others}: place`
    return {
      kind: 'symbol' as const,
      what,
      first: `0x${hex(a.value)}`,
      second: `0x${hex(b.value)}`,
      section,
      symbol: name,
    }
  })
}
