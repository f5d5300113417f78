// The scripts that stand in place of libraries (libm.a is one): which files to read. GNU ld manual, "Commands Dealing
// with Files".

/** One file that a script names. */
interface ScriptInput {
  /** As written: a path, a name to look for, or `-lNAME`. */
  readonly name: string
}

/** A script: the groups of files it asks for, in order. */
export interface LinkerScript {
  readonly inputs: readonly { readonly isGroup: boolean; readonly files: readonly ScriptInput[] }[]
  readonly searchDirectories: readonly string[]
}

export interface ScriptError {
  readonly message: string
  /** Counted from 1. */
  readonly line: number
}

/** Commands that say nothing to a linker of static x86-64 programs. */
const ignoredCommands = new Set(['OUTPUT_FORMAT', 'OUTPUT_ARCH', 'TARGET', 'EXTERN'])

/** Whether a file that is no object looks like a script: text that begins with one of the commands, or a comment. */
export function isLinkerScript(bytes: Uint8Array): boolean {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 4096))
  return /^(\s|\/\*[\s\S]*?\*\/)*(GROUP|INPUT|OUTPUT_FORMAT|OUTPUT_ARCH|TARGET|SEARCH_DIR|SECTIONS|ENTRY|MEMORY|PHDRS|VERSION)\b/.test(
    head,
  )
}

/** Parses a script of file commands. Anything else (SECTIONS, assignments) is an error that names it. */
export function parseLinkerScript(text: string): LinkerScript | ScriptError {
  const tokens = tokenize(text)
  const inputs: { isGroup: boolean; files: ScriptInput[] }[] = []
  const searchDirectories: string[] = []
  let at = 0
  const fail = (message: string): ScriptError => ({ message, line: tokens[Math.min(at, tokens.length - 1)]?.line ?? 1 })
  while (at < tokens.length) {
    const command = tokens[at++].text
    if (command === ';') continue
    if (tokens[at]?.text !== '(') {
      return fail(`${command} is not a command of the scripts that can be read here: INPUT, GROUP, SEARCH_DIR`)
    }
    const list: string[] = []
    let depth = 0
    do {
      const token = tokens[at++]?.text
      if (token === undefined) return fail(`the list behind ${command} has no end`)
      if (token === '(') depth++
      else if (token === ')') depth--
      // AS_NEEDED is about shared libraries: its files are files like any other.
      else if (token !== 'AS_NEEDED') list.push(token)
    } while (depth > 0)
    if (command === 'GROUP' || command === 'INPUT') {
      inputs.push({ isGroup: command === 'GROUP', files: list.map((name) => ({ name })) })
    } else if (command === 'SEARCH_DIR') searchDirectories.push(...list)
    else if (!ignoredCommands.has(command)) return fail(`${command} is not supported`)
  }
  return { inputs, searchDirectories }
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
