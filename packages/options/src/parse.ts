import { type Diagnostics, type FileSystem, suggest } from '@fle/diagnostics'
import type { OptionSpec, OptionTable } from './option-table.ts'
import { expandResponseFiles } from './response-files.ts'

/** One item of a command line, in the order in which it was given. */
export type CommandLineItem =
  | { readonly kind: 'option'; readonly id: string; readonly value: string; readonly spelling: string }
  | { readonly kind: 'input'; readonly value: string }

export interface ParseOptions {
  /** Reads the files that `@file` names; without it `@file` is an input like any other. */
  readonly files?: FileSystem
  /** Stops at the first input: it and all after it are inputs (loaders, drivers of programs). */
  readonly stopAtInput?: boolean
  /** What to do with an unknown option: report it (the default), or hand it on as an option with the id `''`. */
  readonly unknown?: 'error' | 'pass'
  /** Whether `--gc-sec` is `--gc-sections`, if no other option begins so (getopt_long). */
  readonly abbreviations?: boolean
}

/**
 * Parses a command line in GNU ld's grammar and keeps its order. `-` alone is an input; after `--` all words are.
 * Errors are reported: an unknown option with the nearest known one, a missing or an unwanted argument.
 */
export function parseCommandLine(
  table: OptionTable,
  argv: readonly string[],
  diagnostics: Diagnostics,
  { files, stopAtInput = false, unknown = 'error', abbreviations = false }: ParseOptions = {},
): CommandLineItem[] {
  const words = files ? expandResponseFiles(argv, files, diagnostics) : [...argv]
  const spellings = spellingsOf(table.options)
  const items: CommandLineItem[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === '--' || word === '-' || !word.startsWith('-')) {
      const inputs = word === '--' ? words.slice(i + 1) : stopAtInput ? words.slice(i) : [word]
      for (const value of inputs) items.push({ kind: 'input', value })
      if (word === '--' || stopAtInput) break
      continue
    }
    const match =
      matchOption(word, spellings, table.options) ?? (abbreviations ? matchAbbreviation(word, spellings) : undefined)
    if (!match) {
      if (unknown === 'pass') items.push({ kind: 'option', id: '', value: '', spelling: word })
      else reportUnknown(word, spellings, diagnostics)
      continue
    }
    const { option, spelling } = match
    let value = match.value
    if (value === undefined && needsArgument(option)) {
      if (i + 1 >= words.length) {
        diagnostics.error('missing-argument', `option ${word} needs an argument: ${option.argument}`)
        continue
      }
      value = words[++i]
    }
    items.push({ kind: 'option', id: option.id, value: value ?? '', spelling })
  }
  return items
}

interface Match {
  readonly option: OptionSpec
  readonly spelling: string
  readonly value: string | undefined
}

function needsArgument(option: OptionSpec): boolean {
  return option.argument !== undefined && option.style !== 'joined' && option.style !== 'equals'
}

/** Every spelling that names an option exactly, long ones with one dash and with two. */
function spellingsOf(options: readonly OptionSpec[]): ReadonlyMap<string, OptionSpec> {
  const spellings = new Map<string, OptionSpec>()
  for (const option of options) {
    for (const name of option.names) {
      spellings.set(name, option)
      const bare = name.replace(/^--?/, '')
      if (bare.length === 1) continue
      // As in GNU ld: `-omagic` is `-o magic`.
      if (name.startsWith('--') && !bare.startsWith('o') && !spellings.has(`-${bare}`))
        spellings.set(`-${bare}`, option)
      if (!name.startsWith('--') && !spellings.has(`--${bare}`)) spellings.set(`--${bare}`, option)
    }
  }
  return spellings
}

function matchOption(
  word: string,
  spellings: ReadonlyMap<string, OptionSpec>,
  options: readonly OptionSpec[],
): Match | undefined {
  const exact = spellings.get(word)
  if (exact) return { option: exact, spelling: word, value: exact.style === 'joined' ? '' : undefined }
  const equals = word.indexOf('=')
  if (equals > 0) {
    const spelling = word.slice(0, equals)
    const option = spellings.get(spelling)
    if (option?.argument !== undefined && spelling.length > 2) {
      return { option, spelling, value: word.slice(equals + 1) }
    }
  }
  // A joined argument; the longest spelling wins (`-Ttext` before `-T`).
  let best: Match | undefined
  for (const option of options) {
    if (option.argument === undefined || option.style === 'separate' || option.style === 'equals') continue
    for (const name of option.names) {
      const joins = !name.startsWith('--') && (name.length === 2 || option.style === 'joined')
      if (!joins || !word.startsWith(name) || word.length === name.length) continue
      if (!best || name.length > best.spelling.length) best = { option, spelling: name, value: word.slice(name.length) }
    }
  }
  return best
}

/** The one option whose long name begins as the word does. */
function matchAbbreviation(word: string, spellings: ReadonlyMap<string, OptionSpec>): Match | undefined {
  if (!/^--\w/.test(word)) return undefined
  const [begin] = word.split('=', 1)
  const found = [...spellings].filter(([spelling]) => spelling.startsWith(begin))
  const ids = new Set(found.map(([spelling, { id }]) => (id === 'ignored' ? spelling : id)))
  if (ids.size !== 1) return undefined
  const [spelling, option] = found[0]
  if (begin.length === word.length) return { option, spelling, value: undefined }
  return option.argument === undefined ? undefined : { option, spelling, value: word.slice(begin.length + 1) }
}

function reportUnknown(word: string, spellings: ReadonlyMap<string, OptionSpec>, diagnostics: Diagnostics): void {
  const name = word.split('=', 1)[0]
  const visible = [...spellings].filter(([, option]) => !option.hidden).map(([spelling]) => spelling)
  const nearest = suggest(name, visible)
  const known = spellings.get(name)
  if (known) {
    diagnostics.error('unwanted-argument', `option ${name} takes no argument`)
    return
  }
  diagnostics.error('unknown-option', `unknown option: ${word}`, {
    notes: nearest === undefined ? [] : [`did you mean: ${nearest}`],
  })
}
