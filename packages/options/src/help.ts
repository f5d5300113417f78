// Loaded only for --help: yargs costs a command 30 ms and more at start-up.
import yargs from 'yargs'
import type { OptionSpec, OptionTable } from './option-table.ts'

/** The text of --help: usage, options by group, examples. `columns` is the width to wrap at. */
export async function renderHelp(table: OptionTable, columns = 100): Promise<string> {
  const { help, options } = table
  const parser = yargs([])
    .scriptName(help.name)
    .usage(`Usage: ${help.usage}\n\n${help.description}`)
    .help(false)
    .version(false)
    .detectLocale(false)
    .wrap(columns)
    .parserConfiguration({ 'short-option-groups': false, 'boolean-negation': false, 'camel-case-expansion': false })
  for (const group of new Set(options.map((option) => option.group))) {
    const shown = options.filter((option) => option.group === group && !option.hidden)
    for (const option of shown) parser.option(label(option), { describe: option.help, ...aliases(option) })
    parser.group(shown.map(label), `${group}:`)
  }
  for (const { command, description } of help.examples) parser.example(command, description)
  if (help.epilogue) parser.epilogue(help.epilogue)
  return `${restoreDashes(await parser.getHelp(), options)}\n`
}

/** yargs adds the dashes itself: one to a name of one letter, two to a longer one. */
function label(option: OptionSpec): string {
  return bare(longest(option)) + placeholder(option)
}

function longest(option: OptionSpec): string {
  return option.names.reduce((best, name) => (name.length > best.length ? name : best))
}

function aliases(option: OptionSpec): { alias?: string[] } {
  const others = option.names.filter((name) => name !== longest(option)).map(bare)
  return others.length > 0 ? { alias: others } : {}
}

function bare(name: string): string {
  return name.replace(/^--?/, '')
}

function placeholder(option: OptionSpec): string {
  if (option.argument === undefined) return ''
  if (option.style === 'joined') return option.argument
  if (option.style === 'equals') return `[=${option.argument}]`
  return longest(option).startsWith('--') ? `=${option.argument}` : ` ${option.argument}`
}

/**
 * Gives spellings that have a single dash their own back and moves them to where a short option begins. The column of the
 * descriptions stays.
 */
function restoreDashes(text: string, options: readonly OptionSpec[]): string {
  const singleDashed = new Set<string>()
  for (const option of options) {
    for (const name of option.names) if (!name.startsWith('--')) singleDashed.add(bare(name))
    if (!longest(option).startsWith('--')) singleDashed.add(label(option).split(/[ [=]/, 1)[0])
  }
  return text.replace(/^ {2,6}-.*$/gm, (line) => {
    const end = line.indexOf('  ', line.indexOf('-'))
    const labels = end < 0 ? line : line.slice(0, end)
    const restored = labels.replace(/--([^\s,=[]+(?:,[^\s,=[]+)*)/g, (spelling, word: string) =>
      singleDashed.has(word) ? `-${word}` : spelling,
    )
    const moved = restored.replace(/^ {6}-(?!-)/, '  -')
    return moved.padEnd(labels.length) + line.slice(labels.length)
  })
}
