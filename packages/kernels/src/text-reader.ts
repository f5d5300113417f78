import { InternTable } from './intern-table.ts'
import { type Memory, Region, slack } from './memory.ts'

const encoder = new TextEncoder()

/** The properties of symbols that words tell of, numbered from 1 on as assembly/text-symbols.ts does. */
const properties = ['type', 'visibility', 'binding', 'common', 'lcommon', 'file', 'at', 'abs', 'size', 'align'] as const

/** A word of FLE's lines, and something that it means: as a width or a form of expressions, or of a symbol. */
interface TextWord {
  readonly text: string
  readonly width?: number
  readonly form?: number
  readonly property?: (typeof properties)[number]
  /** Of the first three properties: which value it has. */
  readonly value?: number
}

/** What lines are made of. */
export interface TextTables {
  /** By byte: the value of a hexadecimal digit, 255 for others. */
  readonly digits: Uint8Array
  /** By byte: 1 for those that names are made of. */
  readonly nameBytes: Uint8Array
  readonly words: readonly TextWord[]
  /** By width, form and whether the address is taken away: the type of the relocation, 0xffff where there is none. */
  readonly types: Uint16Array
  /** By width: bytes of the field. */
  readonly fieldSizes: Uint8Array
  /** The name of the symbol that `gotbase` means. */
  readonly gotSymbol: Uint8Array
}

/** An array of lines in a text: where it goes on, in bytes and lines, and what section it is. */
export interface TextLines {
  readonly at: number
  readonly line: number
  /** Whether nothing of it has been read. */
  readonly isFirst: boolean
  /** 0 for symbols without a place. */
  readonly section: number
  readonly isCode: boolean
  readonly isThreadLocal: boolean
  readonly hasNoBits: boolean
}

/** What the lines of a section have said. */
interface ReadSection {
  /** Where the bracket stands that closes the array, and its line. */
  readonly at: number
  readonly line: number
  /** Bytes of the section; its content, until the next one is read: empty for one without bits. */
  readonly size: number
  readonly content: Uint8Array
  /** The greatest that its lines align to. */
  readonly alignment: number
  /** How many relocations the text has up to its end. */
  readonly relocationCount: number
}

// The words of the record that assembly/text-reader.ts has.
const atWord = 0
const endWord = 1
const lineWord = 2
const tableWord = 3
const namesWord = 9
const usesWord = 10
const limitWord = 11
const symbolsWord = 12
const symbolCountWord = 13
const relocationsWord = 14
const relocationLinesWord = 15
const relocationCountWord = 16
const sectionWord = 17
const traitsWord = 18
const alignmentWord = 19
const contentWord = 20
const contentEndWord = 21
const isExtendedWord = 22
const gotSymbolWord = 23
const firstGlobalWord = 24
const stringsSizeWord = 25
const sizeWord = 26
const recordSize = 112

const nameUseSize = 20
const sectionUseWord = 3
const textSymbolSize = 40
const symbolNumberWord = 8
const relocationSize = 24
const symbolSize = 24

const isCode = 1
const isThreadLocal = 2
const hasNoBits = 4

/** Nobody writes a line in fewer bytes: room for what it says is there for as many as a text can have then. */
const shortestLine = 16
const fewLines = 64
/** What all tables take for each byte of a text, at most. */
const bytesPerByte = 10

/**
 * Reads the lines of FLE's sections, those that are common: in JavaScript a text of some megabytes is read before V8 has
 * optimized anything. Of a text with any other line it says so, and the text is to be read elsewhere. The
 * work is done by assembly/text-lines.ts.
 */
export class TextReader {
  readonly #memory: Memory
  readonly #record: number
  readonly #word: number
  readonly #names: InternTable
  readonly #region: Region
  readonly #scratch: Region
  readonly #gotSymbol: Uint8Array
  #text = 0

  constructor(memory: Memory, tables: TextTables) {
    this.#memory = memory
    this.#record = memory.take(recordSize)
    this.#word = this.#record / 4
    this.#names = new InternTable(memory)
    this.#region = new Region(memory)
    this.#scratch = new Region(memory)
    this.#gotSymbol = tables.gotSymbol
    const { digits, nameBytes, types, fieldSizes } = tables
    const typeBytes = new Uint8Array(types.buffer, types.byteOffset, types.byteLength)
    const [digitsAt, nameBytesAt, typesAt, sizesAt] = [digits, nameBytes, typeBytes, fieldSizes].map((table) =>
      memory.place(table),
    )
    const { words, meanings } = this.#placeWords(tables.words)
    memory.words.set([digitsAt, nameBytesAt, words, meanings, typesAt, sizesAt], this.#word + tableWord)
    memory.words[this.#word + namesWord] = this.#names.record
  }

  #placeWords(list: TextTables['words']): { words: number; meanings: number } {
    const memory = this.#memory
    const words = new InternTable(memory)
    const bytes = list.map(({ text }) => encoder.encode(text))
    words.makeRoom(list.length)
    words.makeRoomForBytes(bytes.reduce((sum, { length }) => sum + length, 0))
    const meanings = memory.take(4 * list.length)
    list.forEach(({ width, form, property, value }, i) => {
      const number = memory.kernels.internBytes(words.record, this.#place(bytes[i]), bytes[i].length)
      const meaning = meanings + 4 * (number - 1)
      if (width !== undefined) memory.bytes[meaning] = width + 1
      if (form !== undefined) memory.bytes[meaning + 1] = form + 1
      if (property !== undefined) memory.bytes[meaning + 2] = properties.indexOf(property) + 1
      if (value !== undefined) memory.bytes[meaning + 3] = value
    })
    return { words: words.record, meanings }
  }

  /** The address of a copy of some bytes, for the next call alone. */
  #place(bytes: Uint8Array): number {
    const at = this.#scratch.reserve(bytes.length + slack)
    this.#memory.bytes.set(bytes, at)
    return at
  }

  /**
   * Goes past an array of strings in a text that is in the memory, from behind its bracket to the one that closes it, in bytes
   * and lines. Undefined if that is left.
   */
  skipLines(text: Uint8Array, at: number, line: number): { at: number; line: number } | undefined {
    const start = this.#memory.addressOf(text)
    if (start < 0) return undefined
    const { words, kernels } = this.#memory
    words[this.#word + atWord] = start + at
    words[this.#word + endWord] = start + text.length
    words[this.#word + lineWord] = line
    if (kernels.skipLines(this.#record) === 0) return undefined
    return { at: words[this.#word + atWord] - start, line: words[this.#word + lineWord] }
  }

  /** Begins a text; false if the memory has no room for it. */
  begin(text: Uint8Array): boolean {
    const memory = this.#memory
    const size = text.length
    if (!memory.hasRoom(bytesPerByte * size)) return false
    const limit = Math.floor(size / shortestLine) + fewLines
    this.#names.restart(limit, size)
    this.#text = memory.place(text)
    const sizes = [nameUseSize, textSymbolSize, relocationSize, 4].map((each) => alignUp(each * (limit + 1)))
    const contentSize = size + slack
    let at = this.#region.reserve(sizes.reduce((sum, each) => sum + each, contentSize))
    const [uses, symbols, relocations, lines] = sizes.map((each) => {
      const start = at
      at += each
      return start
    })
    const { words } = memory
    const word = this.#word
    words[word + endWord] = this.#text + size
    words[word + usesWord] = uses
    words[word + limitWord] = limit
    words[word + symbolsWord] = symbols
    words[word + symbolCountWord] = 0
    words[word + relocationsWord] = relocations
    words[word + relocationLinesWord] = lines
    words[word + relocationCountWord] = 0
    words[word + contentWord] = at
    words[word + contentEndWord] = at + contentSize - slack
    words[word + isExtendedWord] = 0
    words[word + gotSymbolWord] = this.internName(this.#gotSymbol)
    return true
  }

  /** The number of a name, counted from 1; 0 if there is no room for it. */
  internName(name: Uint8Array): number {
    return this.#memory.kernels.internTextName(this.#record, this.#place(name), name.length)
  }

  /** Gives a name a section; false if it has one, or there is no room for the name. */
  addSection(name: Uint8Array, section: number): boolean {
    const number = this.internName(name)
    const { words } = this.#memory
    const word = (words[this.#word + usesWord] + nameUseSize * number) / 4 + sectionUseWord
    if (number === 0 || words[word] !== 0) return false
    words[word] = section
    return true
  }

  /** Reads lines; undefined if one of them is left, and with it the text. */
  readLines(lines: TextLines): ReadSection | undefined {
    const { words, bytes, kernels } = this.#memory
    const word = this.#word
    words[word + atWord] = this.#text + lines.at
    words[word + lineWord] = lines.line
    words[word + sectionWord] = lines.section
    words[word + traitsWord] =
      (lines.isCode ? isCode : 0) | (lines.isThreadLocal ? isThreadLocal : 0) | (lines.hasNoBits ? hasNoBits : 0)
    words[word + alignmentWord] = 1
    words[word + sizeWord] = 0
    words[word + sizeWord + 1] = 0
    if (kernels.readLines(this.#record, lines.isFirst ? 1 : 0) === 0) return undefined
    const size = words[word + sizeWord] + words[word + sizeWord + 1] * 2 ** 32
    const content = words[word + contentWord]
    return {
      at: words[word + atWord] - this.#text,
      line: words[word + lineWord],
      size,
      content: bytes.subarray(content, lines.hasNoBits ? content : content + size),
      alignment: words[word + alignmentWord],
      relocationCount: words[word + relocationCountWord],
    }
  }

  /** Whether a line is seen that only dialect `fle` has. */
  get isExtended(): boolean {
    return this.#memory.words[this.#word + isExtendedWord] === 1
  }

  /** The signature of the group in the section of that index, by its name; 0 if there is no room for a symbol. */
  signatureOf(name: number, section: number): number {
    return this.#memory.kernels.signatureOf(this.#record, name, section)
  }

  /** Finds the symbols that relocations name, when all lines have been read; false if there is no room for them. */
  resolveNames(): boolean {
    return this.#memory.kernels.resolveNames(this.#record) === 1
  }

  /** The index of a symbol that {@link signatureOf} has found, once names are resolved. */
  symbolNumber(symbol: number): number {
    const { words } = this.#memory
    return words[(words[this.#word + symbolsWord] + textSymbolSize * symbol) / 4 + symbolNumberWord]
  }

  /** Relocations from one up to another as ELF's records, once names are resolved, and the line of each in 32 bits. */
  relocations(first: number, end: number): { records: Uint8Array; lines: Uint8Array } {
    const { words, bytes } = this.#memory
    const records = words[this.#word + relocationsWord]
    const lines = words[this.#word + relocationLinesWord]
    return {
      records: bytes.subarray(records + relocationSize * first, records + relocationSize * end),
      lines: bytes.subarray(lines + 4 * first, lines + 4 * end),
    }
  }

  /** The symbols as ELF's records, their names, and the line of each. `sections` has the index of each section. */
  symbols(sections: Int32Array): { records: Uint8Array; names: Uint8Array; firstGlobal: number; lines: Uint32Array } {
    const memory = this.#memory
    const count = memory.words[this.#word + symbolCountWord] + 1
    const namesSize = memory.words[this.#word + stringsSizeWord]
    const sectionsSize = alignUp(4 * sections.length)
    const sectionsAt = this.#scratch.reserve(sectionsSize + (symbolSize + 4) * count + namesSize)
    const records = sectionsAt + sectionsSize
    const lines = records + symbolSize * count
    const names = lines + 4 * count
    const { words, bytes, kernels } = memory
    words.set(sections, sectionsAt / 4)
    kernels.writeTextSymbols(this.#record, sectionsAt, records, names, lines)
    return {
      records: bytes.subarray(records, lines),
      names: bytes.subarray(names, names + namesSize),
      firstGlobal: words[this.#word + firstGlobalWord],
      lines: words.slice(lines / 4, lines / 4 + count),
    }
  }
}

/** To a multiple of 8. */
function alignUp(size: number): number {
  return Math.ceil(size / 8) * 8
}
