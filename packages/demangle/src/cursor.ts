import type { Node } from './node.ts'

/**
 * What the parser and the printer throw, and {@link guarded} catches, when a name turns out not to be one: one object
 * without a stack, since this is an everyday answer and not a defect.
 */
const notMangled: unique symbol = Symbol('not a mangled name')

/** Gives up: the text is no mangled name, or larger than what is allowed. */
export function giveUp(): never {
  throw notMangled
}

/** The function's result, or undefined where it gives up. */
export function guarded<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error === notMangled) return undefined
    throw error
  }
}

/** Productions within productions; what compilers make has a few dozen. Far below what the call stack can take. */
const deepest = 512
/** Productions in all. The longest names have a few thousand; reading some again and again could take forever. */
const mostProductions = 1 << 15

/** The place in a mangled name that the parser has come to, and what it must remember of what it has read. */
export class Cursor {
  readonly text: string
  at = 0
  /** What `S_`, `S0_`, … stand for, in order of appearance. */
  readonly substitutions: Node[] = []
  /** The last plain name read: what a constructor or destructor is called. */
  lastName: Node | undefined
  /** Within an expression, where `cv` is a cast and not a conversion operator. */
  inExpression = false
  /** Within the type of a conversion operator, whose template arguments may follow it. */
  inConversion = false
  /** Whether the scopes of unresolved names (`sr`) are types, as GCC before 11 mangled them, or names that E ends. */
  readonly scopesAreTypes: boolean
  /** Whether there was a scope that the other reading would read otherwise. */
  sawScope = false
  #depth = 0
  #productions = 0

  constructor(text: string, scopesAreTypes: boolean) {
    this.text = text
    this.scopesAreTypes = scopesAreTypes
  }

  /** The character `ahead` places on; '' beyond the end. */
  peek(ahead = 0): string {
    return this.text.charAt(this.at + ahead)
  }

  startsWith(word: string): boolean {
    return this.text.startsWith(word, this.at)
  }

  /** Passes a word if it is next. */
  accept(word: string): boolean {
    if (!this.startsWith(word)) return false
    this.at += word.length
    return true
  }

  expect(word: string): void {
    if (!this.accept(word)) giveUp()
  }

  /** Passes `count` characters, which must be there. */
  take(count: number): string {
    if (count > this.text.length - this.at) giveUp()
    this.at += count
    return this.text.slice(this.at - count, this.at)
  }

  /** Digits, which may be none: 0. Values of 2^31 and more are none that a name can have. */
  number(): number {
    let value = 0
    for (; isDigit(this.peek()); this.at++) {
      value = 10 * value + Number(this.peek())
      if (value > 0x7fffffff) giveUp()
    }
    return value
  }

  /** `_` is 0, `0_` is 1, and so on. */
  compactNumber(): number {
    if (this.accept('_')) return 0
    if (!isDigit(this.peek())) giveUp()
    const value = this.number() + 1
    this.expect('_')
    return value
  }

  /** Begins a production that can contain itself; {@link leave} ends it. */
  enter(): void {
    if (++this.#depth > deepest || ++this.#productions > mostProductions) giveUp()
  }

  leave(): void {
    this.#depth--
  }

  /** Makes a node available to later substitutions. */
  remember(node: Node): Node {
    this.substitutions.push(node)
    return node
  }
}

export function isDigit(character: string): boolean {
  return character >= '0' && character <= '9'
}

export function isUpper(character: string): boolean {
  return character >= 'A' && character <= 'Z'
}

export function isLower(character: string): boolean {
  return character >= 'a' && character <= 'z'
}
