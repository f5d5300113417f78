import type { OptionSpec, OptionTable } from '@fle/options'

/**
 * Takes apart words of several short options in one (`-gS`, `-j.text`), as getopt does: each letter is an option; one
 * that needs an argument takes the rest of the word. A word with a letter that is no option stays as it is, and so
 * does every word behind `--`.
 */
export function splitShortOptions(table: OptionTable, argv: readonly string[]): string[] {
  const byLetter = new Map<string, OptionSpec>()
  const whole = new Set<string>()
  for (const option of table.options) {
    for (const name of option.names) {
      if (/^-[^-]$/.test(name)) byLetter.set(name[1], option)
      else whole.add(name)
    }
  }
  const end = argv.indexOf('--')
  const words = argv.slice(0, end < 0 ? argv.length : end)
  return [...words.flatMap((word) => splitWord(word, byLetter, whole)), ...argv.slice(words.length)]
}

function splitWord(word: string, byLetter: ReadonlyMap<string, OptionSpec>, whole: ReadonlySet<string>): string[] {
  if (!/^-[^-]./.test(word) || whole.has(word)) return [word]
  const words: string[] = []
  for (let i = 1; i < word.length; i++) {
    const option = byLetter.get(word[i])
    if (!option) return [word]
    if (option.argument !== undefined) {
      words.push(`-${word.slice(i)}`)
      break
    }
    words.push(`-${word[i]}`)
  }
  return words
}
