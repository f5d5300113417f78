import { suggest } from '@fle/diagnostics'
import type { Assembly } from './assembly.ts'
import { CharacterClass, characterClass } from './characters.ts'
import { type Directive, directives } from './directives.ts'
import { InstructionReader } from './instruction.ts'
import type { ListedStatement } from './listing.ts'
import { expandMacro } from './macro-directives.ts'
import { hashOf, NameTable } from './name-table.ts'
import { assign } from './symbol-directives.ts'

const { nameStart, namePart, digit, end } = CharacterClass
const lineFeed = 10
const doubleQuote = 34
const numberSign = 35
const dot = 46
const slash = 47
const colon = 58
const equals = 61
const brace = 123
const backslash = 92

/** Directives that are looked at where an .if says that nothing is read. */
const conditionWords = /^\.(if.*|else|elseif|elsec|endif|endc)$/i

/** Reads all statements of the texts that are open, and of those that they open. */
export function readStatements(assembly: Assembly): void {
  const reader = new StatementReader(assembly)
  const { listed } = assembly
  while (!assembly.sources.isDone) {
    assembly.sources.skipLineFeeds()
    if (listed) readListed(assembly, reader, listed)
    else reader.readStatement()
  }
}

/** Reads a statement and notes what it appended where. */
function readListed(assembly: Assembly, reader: StatementReader, listed: ListedStatement[]): void {
  const { current, sources } = assembly
  const { pieces, content } = current
  const place = { subsection: current, piece: pieces.length, offset: content.length }
  const line = sources.lineOf(sources.place)
  const { text, position } = sources.cursor
  reader.readStatement()
  const [endPiece, endOffset] = [pieces.length, content.length]
  if (endPiece === place.piece && endOffset === place.offset) return
  // What opened a text did so as its last deed: its own text ends with its line.
  const isOpen = sources.cursor.text === text
  const end = isOpen && sources.cursor.position > position ? sources.cursor.position : text.indexOf('\n', position)
  listed.push({ ...place, line, text: text.substring(position, end), endPiece, endOffset })
}

class StatementReader {
  readonly #assembly: Assembly
  readonly #instructions: InstructionReader
  /** The directives that have been seen, which are found again without a string of their name. */
  readonly #seen = new NameTable<{ readonly name: string; readonly directive: Directive }>()

  constructor(assembly: Assembly) {
    this.#assembly = assembly
    this.#instructions = new InstructionReader(assembly)
  }

  /** Reads the next statement up to its end, or the end of a text. */
  readStatement(): void {
    const { sources, conditions } = this.#assembly
    const { cursor } = sources
    const { text } = cursor
    if (cursor.position >= text.length) {
      const depth = sources.leave()
      if (depth !== undefined) this.#closeConditions(depth)
      return
    }
    const code = cursor.peek()
    if (code === lineFeed) return
    const isLineStart = cursor.position === 0 || text.charCodeAt(cursor.position - 1) === lineFeed
    if (code === numberSign) {
      if (isLineStart) this.#readLineMarker()
      else cursor.skipLine()
      return
    }
    const kind = characterClass[code]
    if (kind & end) {
      cursor.position++
      return
    }
    if (code === slash && isLineStart) {
      cursor.skipLine()
      return
    }
    if (conditions.length > 0 && !conditions[conditions.length - 1].isActive) {
      this.#skipInactive()
      return
    }
    const errors = this.#assembly.diagnostics.errorCount
    const { changes } = sources
    let isLabel = false
    if (kind & nameStart) isLabel = this.#readNamed()
    else if (code === doubleQuote) isLabel = this.#readQuoted()
    else if (kind & digit) isLabel = this.#readNumberedLabel()
    else if (code === brace) this.#instructions.read()
    else this.#rejectStatement()
    // Behind a label a statement may stand; a directive may have opened another text.
    if (!isLabel && changes === sources.changes) this.#finish(errors)
  }

  /** Behind a statement only its end may stand. After an error there may be anything. */
  #finish(errorsBefore: number): void {
    const { cursor, diagnostics } = this.#assembly
    if (cursor.text.charCodeAt(cursor.position) === lineFeed) return
    if (cursor.position >= cursor.text.length || cursor.atEnd()) return
    if (diagnostics.errorCount === errorsBefore)
      this.#assembly.error('junk', `this does not belong here: '${cursor.text[cursor.position]}'`)
    cursor.skipStatement()
  }

  /** A statement that begins with a name. Returns whether it is a label. */
  #readNamed(): boolean {
    const assembly = this.#assembly
    const { cursor } = assembly
    const { text, position: start } = cursor
    let end = start
    // As hashOf does it.
    let hash = 0
    for (let code = text.charCodeAt(end); characterClass[code] & namePart; code = text.charCodeAt(++end))
      hash = (Math.imul(hash, 31) + code) | 0
    cursor.position = end
    const next = cursor.peek()
    if (next === colon) {
      cursor.position++
      assembly.defineLabel(assembly.symbols.part(text, start, end, hash))
      return true
    }
    if (next === equals && this.#readAssignment(text.substring(start, end))) return false
    if (assembly.macros.size > 0) {
      const macro = assembly.macros.get(text.substring(start, end).toLowerCase())
      if (macro) {
        expandMacro(assembly, macro)
        return false
      }
    }
    if (text.charCodeAt(start) === dot) this.#readDirective(start, end, hash)
    else {
      cursor.position = start
      this.#instructions.read()
    }
    return false
  }

  /** A statement that begins with a name in quotes. Returns whether it is a label. */
  #readQuoted(): boolean {
    const assembly = this.#assembly
    const { cursor, symbols } = assembly
    const start = cursor.position
    const name = cursor.name()
    if (name !== '' && cursor.take(colon)) {
      assembly.defineLabel(symbols.part(name, 0, name.length, hashOf(name, 0, name.length)))
      return true
    }
    if (name !== '' && cursor.peek() === equals && this.#readAssignment(name)) return false
    cursor.position = start
    this.#instructions.read()
    return false
  }

  /** `NAME = VALUE` and `NAME == VALUE`; the cursor stands at the equals sign. Returns false for `.if == …`. */
  #readAssignment(name: string): boolean {
    const { cursor } = this.#assembly
    const isDouble = cursor.text.charCodeAt(cursor.position + 1) === equals
    if (isDouble && name.startsWith('.if')) return false
    cursor.position += isDouble ? 2 : 1
    assign(this.#assembly, name, isDouble ? 'eqv' : 'set')
    return true
  }

  /** The directive whose name stands from `start` up to `end`. */
  #readDirective(start: number, end: number, hash: number): void {
    const assembly = this.#assembly
    const { cursor } = assembly
    const seen = this.#seen.find(cursor.text, start, end, hash)
    if (seen) {
      seen.directive(assembly, seen.name)
      return
    }
    const name = cursor.text.substring(start, end)
    const directive = directives.get(name.toLowerCase())
    if (directive) {
      this.#seen.add(name, hash, { name, directive })
      directive(assembly, name)
      return
    }
    cursor.position = start
    const near = suggest(name, directives.keys())
    assembly.error('unknown-directive', `unknown directive: ${name}`, near && `did you mean ${near}?`)
  }

  /** `1:` */
  #readNumberedLabel(): boolean {
    const assembly = this.#assembly
    const { cursor } = assembly
    const start = cursor.position
    let at = start
    while (characterClass[cursor.text.charCodeAt(at)] & digit) at++
    const number = Number(cursor.text.substring(start, at))
    cursor.position = at
    if (!cursor.take(colon) || number > 2 ** 31) {
      cursor.position = start
      assembly.error('bad-statement', 'a statement cannot begin with a number')
      return false
    }
    assembly.symbols.defineNumbered(number, assembly.current)
    assembly.lines.atLabel(assembly)
    return true
  }

  #rejectStatement(): void {
    const { cursor } = this.#assembly
    const character = cursor.text[cursor.position]
    const hint =
      character.charCodeAt(0) === backslash
        ? 'arguments of macros are only known inside of .macro and .endm'
        : undefined
    this.#assembly.error('bad-statement', `a statement cannot begin with '${character}'`, hint)
  }

  /** `# 12 "file.c"`, as preprocessors write it. Any other line of this kind is a comment. */
  #readLineMarker(): void {
    const { sources } = this.#assembly
    const { cursor } = sources
    const start = cursor.position
    cursor.skipLine()
    const second = cursor.text.charCodeAt(start + 2)
    if (cursor.text.charCodeAt(start + 1) !== 32 || second < 48 || second > 57) return
    const line = cursor.text.substring(start, cursor.position)
    const marker = /^# ([0-9]{1,9})[ \t]+"((?:[^"\\]|\\.)*)"/.exec(line)
    if (!marker || sources.isExpansion) return
    sources.setPlace(marker[2].replace(/\\(.)/g, '$1'), Number(marker[1]) - 1)
  }

  /** Where an .if is false: only what may end that is looked at. */
  #skipInactive(): void {
    const assembly = this.#assembly
    const { cursor } = assembly
    const name = cursor.name()
    if (conditionWords.test(name)) {
      const directive = directives.get(name) ?? directives.get(name.toLowerCase())
      directive?.(assembly, name)
    }
    if (cursor.position < cursor.text.length) cursor.skipStatement()
  }

  /** The .if that a text opened and did not close end with it. */
  #closeConditions(depth: number): void {
    const { conditions } = this.#assembly
    if (conditions.length <= depth) return
    this.#assembly.errorAt(conditions[conditions.length - 1].place, 'open-condition', 'this .if has no .endif')
    conditions.length = depth
  }
}
