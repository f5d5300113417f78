import type { Place } from '@fle/diagnostics'
import { readable, textOfBytes } from './characters.ts'
import { Cursor } from './cursor.ts'

/** A place as one number: the index of the file times this, plus the line. */
const linesPerFile = 2 ** 26

/** How deep macros and repetitions, or files, may stand in one another: gas's max_macro_nest. */
const deepestNesting = 100

/** How many bytes of text macros and repetitions may expand to in all. */
const largestExpansion = 2 ** 28

/** What a round of a nested repetition counts for, in bytes of text. */
const costOfRound = 64

const lineFeed = 10

/** A text that is being read. */
interface Source {
  readonly kind: 'file' | 'macro' | 'repetition'
  /** What is read, one after the other, and again from the first on until there were enough. */
  readonly texts: readonly string[]
  /** How often a text has been begun. */
  round: number
  rounds: number
  position: number
  /** The place that stands for all lines of a macro; -1 where lines are those of the file. */
  readonly place: number
  file: number
  line: number
  /** The line with which each text begins. */
  readonly firstLine: number
  /** How many .if were open when it began. */
  readonly conditionDepth: number
}

/** The texts being read, the innermost last; says where in which file the reader is. */
export class SourceStack {
  readonly cursor = new Cursor()
  readonly #sources: Source[] = []
  /** Names of files by index, and their texts, for excerpts. */
  readonly #names: string[] = []
  readonly #texts: (string | undefined)[] = []
  #expanded = 0
  /** The file and line that line markers of a preprocessor have set. */
  #file = 0
  /** The line of the statement that is being read. */
  line = 1
  /** How often the text that is read has changed. */
  changes = 0

  /** Begins to read a file. Returns false when too many are open. */
  openFile(name: string, bytes: Uint8Array, conditionDepth: number): boolean {
    let text = scrubComments(textOfBytes(bytes))
    if (!text.endsWith('\n')) text += '\n'
    return this.#push('file', [text], 1, -1, this.#addFile(name, text), 1, conditionDepth)
  }

  /** Begins to read the text that a macro expands to. Returns what is wrong, or ''. */
  expandMacro(text: string, conditionDepth: number): string {
    return this.#expand('macro', [text], 1, this.place, 1, conditionDepth)
  }

  /**
   * Begins to read texts, all of them `repeat` times, that stand in the source from `firstLine` on. Returns what is wrong,
   * or ''.
   */
  expandRepetition(texts: readonly string[], repeat: number, firstLine: number, conditionDepth: number): string {
    const outer = this.#sources.at(-1)?.place ?? -1
    return this.#expand('repetition', texts, repeat, outer, firstLine, conditionDepth)
  }

  #expand(
    kind: Source['kind'],
    texts: readonly string[],
    repeat: number,
    place: number,
    firstLine: number,
    depth: number,
  ): string {
    for (const text of texts) this.#expanded += text.length * repeat
    // What is begun very often takes long even if it is short: repetitions of repetitions have no natural bound.
    if (this.#sources.length >= 2) this.#expanded += texts.length * repeat * costOfRound
    if (this.#expanded > largestExpansion) return 'macros and repetitions expand to more than 256 MiB of text'
    if (repeat <= 0 || texts.every((text) => text === '')) return ''
    const whole = texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`))
    if (this.#push(kind, whole, repeat, place, this.#file, firstLine, depth)) return ''
    return `macros are nested more than ${deepestNesting} deep`
  }

  #addFile(name: string, text: string | undefined): number {
    this.#texts.push(text)
    return this.#names.push(name) - 1
  }

  #push(
    kind: Source['kind'],
    texts: readonly string[],
    repeat: number,
    place: number,
    file: number,
    line: number,
    conditionDepth: number,
  ): boolean {
    if (this.#sources.length > deepestNesting) return false
    const outer = this.#sources.at(-1)
    if (outer) {
      outer.position = this.cursor.position
      outer.line = this.line
      outer.file = this.#file
    }
    const rounds = repeat * texts.length
    this.#sources.push({
      kind,
      texts,
      round: 0,
      rounds,
      position: 0,
      place,
      file,
      line,
      firstLine: line,
      conditionDepth,
    })
    this.#resume()
    return true
  }

  #resume(): void {
    this.changes++
    const source = this.#sources.at(-1)
    if (!source) return
    this.cursor.text = source.texts[source.round % source.texts.length]
    this.cursor.position = source.position
    this.line = source.line
    this.#file = source.file
  }

  /** Skips the ends of lines at the cursor, and counts them. */
  skipLineFeeds(): void {
    const { text } = this.cursor
    while (text.charCodeAt(this.cursor.position) === lineFeed) {
      this.cursor.position++
      this.line++
    }
  }

  /**
   * Goes on behind the end of the innermost text: reads it again, or goes back to the one around it. Returns how many .if
   * were open where the text began, or undefined while there is more to read of it.
   */
  leave(): number | undefined {
    const source = this.#sources.at(-1)
    if (!source) return undefined
    if (source.round + 1 < source.rounds) {
      source.round++
      source.position = 0
      source.line = source.firstLine
      this.#resume()
      return undefined
    }
    this.#sources.pop()
    this.#resume()
    return source.conditionDepth
  }

  /** Leaves the innermost macro, or repetition with all its rounds (.exitm). Returns the depth of conditions to go back to. */
  leaveExpansion(): number | undefined {
    const source = this.#sources.at(-1)
    if (!source || source.kind === 'file') return undefined
    source.rounds = 0
    return this.leave()
  }

  /** Leaves all texts: the end of assembly. */
  stop(): void {
    this.#sources.length = 0
    this.changes++
    this.cursor.text = '\n'
    this.cursor.position = 1
  }

  get isDone(): boolean {
    return this.#sources.length === 0
  }

  get isExpansion(): boolean {
    return (this.#sources.at(-1)?.place ?? -1) >= 0
  }

  /** Where the statement stands, for {@link placeOf}. In an expansion that is the line that asked for it. */
  get place(): number {
    const source = this.#sources.at(-1)
    if (source && source.place >= 0) return source.place
    return this.#file * linesPerFile + Math.min(this.line, linesPerFile - 1)
  }

  /** A line marker: the next line is line `line` of `name`. */
  setPlace(name: string, line: number): void {
    this.line = line
    const path = readable(name)
    if (this.#names[this.#file] === path) return
    const known = this.#names.indexOf(path)
    this.#file = known >= 0 ? known : this.#addFile(path, undefined)
  }

  /** The place for a message. The excerpt is left out where line markers tell of a text that is not here. */
  placeOf(place: number): Place {
    const file = Math.floor(place / linesPerFile)
    const line = place % linesPerFile
    const name = this.#names[file] ?? ''
    if (line === 0) return { file: name }
    return { file: name, line }
  }

  /** The number of the file of a place. */
  fileOf(place: number): number {
    return Math.floor(place / linesPerFile)
  }

  nameOfFile(file: number): string {
    return this.#names[file]
  }

  /** The line of a place. */
  lineOf(place: number): number {
    return place % linesPerFile
  }

  /** The place of the statement, with an excerpt of the line that is being read, and a caret at the cursor. */
  placeAtCursor(): Place {
    const place = this.placeOf(this.place)
    const { text, position } = this.cursor
    const start = position === 0 ? 0 : text.lastIndexOf('\n', position - 1) + 1
    const end = text.indexOf('\n', position)
    const line = text.substring(start, Math.min(end < 0 ? text.length : end, start + 4000))
    const column = [...readable(text.substring(start, Math.min(position, start + 4000)))].length + 1
    return { ...place, column, text: readable(line) }
  }

  fileName(): string {
    return this.#names[this.#file] ?? ''
  }
}

/** Puts spaces in the place of C comments, and keeps their line feeds. Strings and comments behind `#` stay as they are. */
function scrubComments(text: string): string {
  const parts: string[] = []
  let done = 0
  // Outside of strings and comments at this place, and the end of its line.
  let at = 0
  let lineEnd = -1
  for (let open = text.indexOf('/*'); open >= 0; open = text.indexOf('/*', at)) {
    for (; lineEnd < open; lineEnd = endOfLine(text, at)) at = Math.max(at, lineEnd + 1)
    at = skipTexts(text, at, open, lineEnd)
    if (at > open) continue
    const end = text.indexOf('*/', open + 2)
    if (end < 0) break
    parts.push(text.substring(done, open), ' ', text.substring(open, end + 2).replace(/[^\n]+/g, ''))
    done = end + 2
    at = done
    if (lineEnd < done) lineEnd = endOfLine(text, done)
  }
  parts.push(text.substring(done))
  return parts.join('')
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

/** Goes on to a place of the line, or behind the string, character or comment in which that place is. */
function skipTexts(text: string, start: number, place: number, lineEnd: number): number {
  let at = start
  while (at < place) {
    const code = text.charCodeAt(at++)
    if (code === 35) return lineEnd
    if (code === 39) at++
    else if (code === 34) {
      while (at < lineEnd && text.charCodeAt(at) !== 34) at += text.charCodeAt(at) === 92 ? 2 : 1
      at++
    }
  }
  return at
}
