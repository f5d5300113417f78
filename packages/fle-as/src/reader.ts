import type { Assembly } from './assembly.ts'
import { CharacterClass, characterClass } from './characters.ts'
import { directives } from './directives.ts'
import { InstructionReader } from './instruction.ts'
import type { ListedStatement } from './listing.ts'
import { expandMacro } from './macro-directives.ts'
import { assign } from './symbol-directives.ts'

const { nameStart, digit, end } = CharacterClass
const lineFeed = 10
const numberSign = 35
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

  constructor(assembly: Assembly) {
    this.#assembly = assembly
    this.#instructions = new InstructionReader(assembly)
  }

  /** Reads up to and with the next statement, line end, or end of a text. */
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
    if (code === lineFeed) {
      cursor.position++
      sources.line++
      return
    }
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
    if (kind & nameStart || code === 34) isLabel = this.#readNamed()
    else if (kind & digit) isLabel = this.#readNumberedLabel()
    else if (code === brace) this.#instructions.read('', cursor.position)
    else this.#rejectStatement()
    // Behind a label a statement may stand; a directive may have opened another text.
    if (!isLabel && changes === sources.changes) this.#finish(errors)
  }

  /** Behind a statement only its end may stand. After an error there may be anything. */
  #finish(errorsBefore: number): void {
    const { cursor, diagnostics } = this.#assembly
    if (cursor.position >= cursor.text.length || cursor.atEnd()) return
    if (diagnostics.errorCount === errorsBefore)
      this.#assembly.error('junk', `this does not belong here: '${cursor.text[cursor.position]}'`)
    cursor.skipStatement()
  }

  /** A statement that begins with a name. Returns whether it is a label. */
  #readNamed(): boolean {
    const assembly = this.#assembly
    const { cursor } = assembly
    const start = cursor.position
    const name = cursor.name()
    const { text } = cursor
    let next = text.charCodeAt(cursor.position)
    if (next !== colon && next !== lineFeed) next = cursor.peek()
    if (next === colon && name !== '') {
      cursor.position++
      assembly.defineLabel(name)
      return true
    }
    if (
      next === equals &&
      name !== '' &&
      !(text.charCodeAt(cursor.position + 1) === equals && name.startsWith('.if'))
    ) {
      cursor.position++
      const isFinal = cursor.text.charCodeAt(cursor.position) === equals
      if (isFinal) cursor.position++
      assign(assembly, name, isFinal)
      return false
    }
    if (name.charCodeAt(0) === 46) {
      this.#readDirective(name, start)
      return false
    }
    const macro = assembly.macros.size > 0 ? assembly.macros.get(name.toLowerCase()) : undefined
    if (macro) expandMacro(assembly, macro)
    else this.#instructions.read(name, start)
    return false
  }

  #readDirective(name: string, start: number): void {
    const assembly = this.#assembly
    const macro = assembly.macros.size > 0 ? assembly.macros.get(name.toLowerCase()) : undefined
    if (macro) {
      expandMacro(assembly, macro)
      return
    }
    const directive = directives.get(name) ?? directives.get(name.toLowerCase())
    if (directive) {
      directive(assembly, name)
      return
    }
    assembly.cursor.position = start
    assembly.error('unknown-directive', `unknown directive: ${name}`)
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
