// The source beside the code (objdump -l and -S). Source: show_line() and dump_lines() of binutils/objdump.c.
import type { Word } from '@fle/object'
import type { BinaryFile, Section } from '../view/binary-file.ts'
import { LineIndex } from '../view/line-index.ts'

export interface SourceStyle {
  /** Names function, file and line (-l). */
  readonly withPlaces: boolean
  /** Shows the lines themselves (-S). */
  readonly withText: boolean
}

/** The lines of a source file; undefined if it cannot be read. */
export type ReadSource = (path: string) => readonly string[] | undefined

/** Lines before the one that code comes of, which are shown when nothing of them has been. */
const context = 5

/** What has been shown of a source file. */
interface Shown {
  readonly lines: readonly string[] | undefined
  /** The highest and the last line that were shown. */
  highest: number
  last: number
}

/** What of the source is to be shown before each instruction, which are asked for in their order. */
export class SourceLines {
  readonly #index: LineIndex
  readonly #style: SourceStyle
  readonly #readSource: ReadSource
  readonly #files = new Map<string, Shown>()
  #function = ''
  #file = ''
  #line = 0

  constructor(file: BinaryFile, style: SourceStyle, readSource: ReadSource) {
    this.#index = new LineIndex(file)
    this.#style = style
    this.#readSource = readSource
  }

  /** The text before the instruction at an address, which stands in a function; '' where the line has not changed. */
  before(section: Section, address: Word, name: string | undefined): string {
    const { withPlaces, withText } = this.#style
    let text = ''
    if (withPlaces && name !== undefined && name !== this.#function) {
      text = `${name}():\n`
      this.#function = name
    }
    const place = this.#index.placeAt(section, address)
    if (!place) return text
    const { file, line } = place
    if (withPlaces && (line !== this.#line || file !== this.#file)) text += `${file}:${line}\n`
    this.#file = file
    this.#line = line
    return withText ? text + this.#textOf(file, line) : text
  }

  #textOf(file: string, line: number): string {
    let shown = this.#files.get(file)
    if (!shown) {
      shown = { lines: this.#readSource(file), highest: 0, last: 0 }
      this.#files.set(file, shown)
    }
    if (!shown.lines || line === shown.last) return ''
    let first = Math.max(1, line - context)
    if (shown.highest >= first) first = shown.highest < line ? shown.highest + 1 : line
    shown.highest = Math.max(shown.highest, line)
    shown.last = line
    return shown.lines
      .slice(first - 1, line)
      .map((text) => `${text}\n`)
      .join('')
  }
}
