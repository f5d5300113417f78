// Which line of source an address comes of: the line table of a file, sorted for many questions.
import { type LineTable, type RelocatedPlace, readLineTable } from '@fle/dwarf'
import { ET } from '@fle/elf'
import { SHF, subtractWords, type Word } from '@fle/object'
import type { BinaryFile, Section } from './binary-file.ts'

/** A place in the source. */
export interface SourcePlace {
  /** Its path, from the root where the file says in which directory the compiler ran. */
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** The line tables of a file. */
export class LineIndex {
  readonly #table: LineTable
  readonly #isObject: boolean
  /** Rows of each section in the order of their addresses; those of programs, which are absolute, are at 0. */
  readonly #rows = new Map<number, readonly number[]>()
  readonly #paths = new Map<number, string>()

  constructor(file: BinaryFile) {
    const contentOf = (name: string) => {
      const section = file.sections.find((candidate) => candidate.name === name)
      return section && (section.flags & SHF.COMPRESSED) === 0 ? section.content : new Uint8Array()
    }
    const sections = {
      line: contentOf('.debug_line'),
      lineStrings: contentOf('.debug_line_str'),
      strings: contentOf('.debug_str'),
    }
    this.#isObject = file.type === ET.REL
    this.#table = readLineTable(this.#isObject ? { ...sections, relocated: relocatedFields(file) } : sections)
  }

  /** The line of the code at an address of a section; undefined if it is not known, or comes of none. */
  placeAt(section: Section, address: Word): SourcePlace | undefined {
    const key = this.#isObject ? section.index : 0
    const rows = this.#rowsOf(key)
    const wanted = Number(this.#isObject ? subtractWords(address, section.address) : address)
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#table.address(rows[middle]) <= wanted) low = middle + 1
      else high = middle
    }
    const row = rows[low - 1]
    if (row === undefined || this.#table.endsSequence(row) || this.#table.line(row) === 0) return undefined
    return { file: this.#path(row), line: this.#table.line(row) }
  }

  #path(row: number): string {
    const known = this.#paths.get(row)
    if (known !== undefined) return known
    const file = this.#table.file(row)
    const directory = file.startsWith('/') ? '' : this.#table.directory(row)
    const path = directory === '' ? file : `${directory}/${file}`
    this.#paths.set(row, path)
    return path
  }

  #rowsOf(section: number): readonly number[] {
    const known = this.#rows.get(section)
    if (known) return known
    const table = this.#table
    const rows: number[] = []
    for (let row = 0; row < table.count; row++) if (table.section(row) === section) rows.push(row)
    // Where one sequence ends and the next begins, the beginning counts.
    rows.sort(
      (a, b) =>
        table.address(a) - table.address(b) || Number(table.endsSequence(b)) - Number(table.endsSequence(a)) || a - b,
    )
    this.#rows.set(section, rows)
    return rows
  }
}

/** What the relocations of an object's .debug_line make of its fields. */
function relocatedFields({ relocations }: BinaryFile): (offset: number) => RelocatedPlace | undefined {
  const places = new Map<number, RelocatedPlace>()
  const table = relocations.find(({ target }) => target?.name === '.debug_line')
  for (const { offset, symbol, addend } of table?.relocations ?? []) {
    const entry = table?.symbols[symbol]
    if (!entry) continue
    places.set(Number(offset), { section: entry.section, offset: Number(entry.value) + Number(addend) })
  }
  return (offset) => places.get(offset)
}
