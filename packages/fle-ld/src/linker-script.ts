// The scripts that stand in place of libraries (libm.a is one): which files to read, and what they say of symbols. GNU ld
// manual, "Implicit Linker Scripts" and "Simple Linker Script Commands".
import { parseDefinition, type SymbolDefinition } from './symbol-expression.ts'

/** A command of a script, in the order in which they stand there. */
export type ScriptCommand =
  /** Files as written: a path, a name to look for, or `-lNAME`. A group is searched together. */
  | { readonly kind: 'files'; readonly isGroup: boolean; readonly files: readonly string[] }
  /** Another script. */
  | { readonly kind: 'include'; readonly file: string }
  /** Symbols that are wanted as if a file referred to them. */
  | { readonly kind: 'extern'; readonly symbols: readonly string[] }
  | { readonly kind: 'entry'; readonly symbol: string }
  | {
      readonly kind: 'definition'
      readonly definition: SymbolDefinition
      /** Whether it holds only where a file refers to the symbol and none defines it (PROVIDE). */
      readonly ifWanted: boolean
      readonly isHidden: boolean
    }

export interface LinkerScript {
  readonly commands: readonly ScriptCommand[]
  readonly searchDirectories: readonly string[]
}

export interface ScriptError {
  readonly message: string
  /** Counted from 1. */
  readonly line: number
}

/** Commands that say nothing to a linker of static x86-64 programs. */
const ignoredCommands = new Set([
  ...['OUTPUT_FORMAT', 'OUTPUT_ARCH', 'TARGET', 'LD_FEATURE'],
  ...['FORCE_COMMON_ALLOCATION', 'INHIBIT_COMMON_ALLOCATION', 'FORCE_GROUP_ALLOCATION'],
])

const definingCommands = ['PROVIDE', 'PROVIDE_HIDDEN', 'HIDDEN']

/** Commands of one name, and the commands of files. */
const readCommands = ['INPUT', 'GROUP', 'STARTUP', 'SEARCH_DIR', 'INCLUDE', 'EXTERN', 'ENTRY']

/** What scripts of a whole layout have: -T would read them, and there is none. */
const layoutCommands = [
  'SECTIONS',
  'MEMORY',
  'PHDRS',
  'VERSION',
  'ASSERT',
  'OUTPUT',
  'INSERT',
  'REGION_ALIAS',
  'NOCROSSREFS',
]

/** Whether a file that is no object looks like a script: text that begins with one of the commands, or a comment. */
export function isLinkerScript(bytes: Uint8Array): boolean {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 4096))
  const first = /^(?:\s|;|\/\*[\s\S]*?\*\/)*([A-Za-z_.$][\w.$]*)\s*([-+*/&|<>]?=[^=])?/.exec(head)
  if (!first) return false
  const known = [...ignoredCommands, ...definingCommands, ...readCommands, ...layoutCommands]
  return first[2] !== undefined || known.includes(first[1])
}

/** Parses a script of file commands and assignments. Anything else (SECTIONS …) is an error that names it. */
export function parseLinkerScript(text: string): LinkerScript | ScriptError {
  const parser = new ScriptParser(text)
  while (!parser.isAtEnd) {
    const message = parser.readCommand()
    if (message !== undefined) return { message, line: parser.line }
  }
  return parser
}

class ScriptParser implements LinkerScript {
  readonly commands: ScriptCommand[] = []
  readonly searchDirectories: string[] = []
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(text: string) {
    this.#tokens = tokenize(text)
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  /** The line of the token that was read last. */
  get line(): number {
    return this.#tokens[Math.max(0, Math.min(this.#at, this.#tokens.length) - 1)]?.line ?? 1
  }

  /** Reads a command; returns what is wrong with it, if anything is. */
  readCommand(): string | undefined {
    const command = this.#tokens[this.#at++].text
    if (command === ';') return undefined
    if (ignoredCommands.has(command) && this.#next !== '(') return undefined
    if (command === 'INCLUDE') return this.#include()
    if (this.#next !== '(') return this.#readAssignment(command)
    const list = this.#readList()
    if (!list) return `the list behind ${command} has no end`
    // AS_NEEDED is about shared libraries: its files are files like any other.
    const words = list.filter((word) => !['(', ')', 'AS_NEEDED'].includes(word))
    if (command === 'GROUP' || command === 'INPUT' || command === 'STARTUP') {
      this.commands.push({ kind: 'files', isGroup: command === 'GROUP', files: words })
    } else if (command === 'SEARCH_DIR') this.searchDirectories.push(...words)
    else if (command === 'EXTERN') this.commands.push({ kind: 'extern', symbols: words })
    else if (command === 'ENTRY' && words.length === 1) this.commands.push({ kind: 'entry', symbol: words[0] })
    else if (definingCommands.includes(command)) return this.#define(list.join(' '), command)
    else if (!ignoredCommands.has(command)) return unknownCommand(command)
    return undefined
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at]?.text
  }

  #include(): string | undefined {
    const file = this.#tokens[this.#at++]?.text
    if (file === undefined) return 'INCLUDE names no file'
    this.commands.push({ kind: 'include', file })
    return undefined
  }

  /** What stands in parentheses, without those around it; undefined if they have no end. */
  #readList(): string[] | undefined {
    const list: string[] = []
    let depth = 0
    do {
      const token = this.#tokens[this.#at++]?.text
      if (token === undefined) return undefined
      if (token === '(') depth++
      else if (token === ')') depth--
      list.push(token)
    } while (depth > 0)
    return list.slice(1, -1)
  }

  #readAssignment(first: string): string | undefined {
    const words = [first]
    while (!this.isAtEnd && this.#next !== ';') words.push(this.#tokens[this.#at++].text)
    const text = words.join(' ')
    return /^[\w.$]+\s*=/.test(text) ? this.#define(text, '') : unknownCommand(first)
  }

  #define(text: string, command: string): string | undefined {
    const definition = parseDefinition(text)
    if (!definition) return `${text} is not SYMBOL = EXPRESSION, of numbers, symbols and the operators of C`
    const isHidden = command.endsWith('HIDDEN')
    this.commands.push({ kind: 'definition', definition, ifWanted: command.startsWith('PROVIDE'), isHidden })
    return undefined
  }
}

function unknownCommand(command: string): string {
  return `${command} is not a command of the scripts that can be read here: ${[...readCommands, 'PROVIDE'].join(', ')}, SYMBOL = …`
}

interface Token {
  readonly text: string
  readonly line: number
}

/** Words, quoted words, parentheses and semicolons; commas and comments separate. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let line = 1
  for (const [match, comment, quoted] of text.matchAll(
    /(\/\*[\s\S]*?(?:\*\/|$))|"([^"\n]*)"?|[();{}]|[^\s,();{}"]+|\n/g,
  )) {
    if (match !== '\n' && comment === undefined) tokens.push({ text: quoted ?? match, line })
    line += match.split('\n').length - 1
  }
  return tokens
}
