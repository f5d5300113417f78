import { CharacterClass, characterClass } from './characters.ts'

const { nameStart, namePart, space, end, digit } = CharacterClass
const lineFeed = 10
const doubleQuote = 34
const comma = 44
const minus = 45
const zero = 48
const letterA = 97
const letterX = 120
const backslash = 92
/** Numbers of so many characters are small integers. */
const fewDigits = 9

/** A place in a text, with the few moves that every parser of statements needs. The text ends with a line feed. */
export class Cursor {
  text = '\n'
  position = 0
  /** The name that {@link takeName} took: where it stands in the text, and its hash for {@link NameTable}. */
  nameStart = 0
  nameEnd = 0
  nameHash = 0

  skipSpaces(): void {
    while (characterClass[this.text.charCodeAt(this.position)] & space) this.position++
  }

  /** The character behind any spaces, which are skipped. */
  peek(): number {
    const { text } = this
    let at = this.position
    let code = text.charCodeAt(at)
    while (characterClass[code] & space) code = text.charCodeAt(++at)
    this.position = at
    return code
  }

  /** Whether the statement ends here, behind any spaces. */
  atEnd(): boolean {
    return (characterClass[this.peek()] & end) !== 0
  }

  /** Takes a character if it is the next one behind spaces. */
  take(code: number): boolean {
    if (this.peek() !== code) return false
    this.position++
    return true
  }

  takeComma(): boolean {
    return this.take(comma)
  }

  /** A short number, decimal or hexadecimal, that is a whole argument; undefined if something else stands here, and then nothing is taken. */
  shortNumber(): number | undefined {
    const { text } = this
    const isNegative = this.peek() === minus
    const start = isNegative ? this.position + 1 : this.position
    let at = start
    let value = 0
    let code = text.charCodeAt(at)
    for (; characterClass[code] & digit; code = text.charCodeAt(++at)) value = value * 10 + code - zero
    let isNumber = at - start === 1 || (at > start && at - start <= fewDigits && text.charCodeAt(start) !== zero)
    if (code === letterX && at === start + 1 && value === 0) {
      for (code = text.charCodeAt(++at); at - start < fewDigits; code = text.charCodeAt(++at)) {
        if (characterClass[code] & digit) value = value * 16 + code - zero
        else if (code >= letterA && code < letterA + 6) value = value * 16 + code - letterA + 10
        else break
      }
      isNumber = at > start + 2
    }
    if (!isNumber || (code !== comma && !(characterClass[code] & end))) return undefined
    this.position = at
    return isNegative ? 0 - value : value
  }

  /** Takes a name without quotes, which costs no string. Returns false if none begins here. */
  takeName(): boolean {
    const { text } = this
    let code = this.peek()
    if (!(characterClass[code] & nameStart)) return false
    let at = this.position
    // As hashOf does it.
    let hash = 0
    for (; characterClass[code] & namePart; code = text.charCodeAt(++at)) hash = (Math.imul(hash, 31) + code) | 0
    this.nameStart = this.position
    this.nameEnd = at
    this.nameHash = hash
    this.position = at
    return true
  }

  /** A name, quoted or not, or '' if none begins here. */
  name(): string {
    const first = this.peek()
    if (first === doubleQuote) return this.#quotedName()
    if (!(characterClass[first] & nameStart)) return ''
    const start = this.position
    let at = start + 1
    while (characterClass[this.text.charCodeAt(at)] & namePart) at++
    this.position = at
    return this.text.substring(start, at)
  }

  #quotedName(): string {
    const { text } = this
    const parts: string[] = []
    let start = this.position + 1
    for (let at = start; ; at++) {
      const code = text.charCodeAt(at)
      if (code === lineFeed) return ''
      if (code === doubleQuote) {
        parts.push(text.substring(start, at))
        // Names in quotes that stand side by side are one.
        let next = at + 1
        while (characterClass[text.charCodeAt(next)] & space) next++
        if (text.charCodeAt(next) === doubleQuote) {
          at = next
          start = next + 1
          continue
        }
        this.position = at + 1
        return parts.join('')
      }
      if (code !== backslash) continue
      // The character behind it stands for itself.
      parts.push(text.substring(start, at))
      start = ++at
    }
  }

  /** A word up to a comma, a space or the end: for arguments such as `@progbits` and `comdat`. */
  word(): string {
    this.skipSpaces()
    const start = this.position
    while (!(characterClass[this.text.charCodeAt(this.position)] & (space | end)) && this.text[this.position] !== ',')
      this.position++
    return this.text.substring(start, this.position)
  }

  /** All up to the end of the statement, which stands where a line feed, `;` or `#` is outside of quotes. */
  rest(): string {
    this.skipSpaces()
    const start = this.position
    this.skipStatement()
    return this.text.substring(start, this.position).trimEnd()
  }

  /** Moves to the end of the statement, over strings. */
  skipStatement(): void {
    const { text } = this
    let at = this.position
    for (;;) {
      const code = text.charCodeAt(at)
      if (characterClass[code] & end) break
      if (code === doubleQuote) at = this.#endOfString(at)
      // 'c stands for a character, whatever it is.
      else if (code === 39 && text.charCodeAt(at + 1) !== lineFeed) at += text.charCodeAt(at + 1) === backslash ? 3 : 2
      else at++
    }
    this.position = at
  }

  #endOfString(start: number): number {
    for (let at = start + 1; ; at++) {
      const code = this.text.charCodeAt(at)
      if (code === lineFeed) return at
      if (code === backslash && this.text.charCodeAt(at + 1) !== lineFeed) at++
      else if (code === doubleQuote) return at + 1
    }
  }

  /** Moves to the line feed that ends the line. */
  skipLine(): void {
    this.position = this.text.indexOf('\n', this.position)
  }
}
