/** What may stand in the place of parts of the text of a macro or a repetition. */
export interface Substitution {
  readonly values: ReadonlyMap<string, string>
  /** How many macros were expanded before: what `\@` means. */
  readonly count: number
  /** .altmacro: parameters are named without a backslash, too. */
  readonly isAlternate: boolean
  /** .altmacro: gives the names of LOCAL a name that nothing else has; undefined where there is no LOCAL. */
  readonly localName: (() => string) | undefined
}

const name = String.raw`[A-Za-z_.$\x80-\uffff][\w.$\x80-\uffff]*`
/** Blanks behind a backslash are dropped, as gas's preprocessor does outside of strings. */
const named = String.raw`\\(?:[ \t]*(?<escaped>${name}))?(?:&?'?)`
const always = String.raw`\\(?<count>@)|\\\((?<literal>[^)]*)\)|\\&|&(?<joined>${name})?(?<joint>&?)`
const plain = new RegExp(`${always}|${named.replace('&?', '')}`, 'g')
const alternate = new RegExp(
  String.raw`${always}|${named}|(?<quote>")|(?<local>LOCAL[ \t][^\n#;]*)|(?<comment>#[^\n]*)|(?<bare>${name})&?'?`,
  'gi',
)

/**
 * Puts values in the place of `\NAME` and `&NAME&`, and with .altmacro of the bare NAME (macro.c: macro_expand_body). `\@` is
 * the number of macros expanded so far, `\(TEXT)` the text as it is.
 */
export function substitute(body: string, { values, count, isAlternate, localName }: Substitution): string {
  const known = new Map(values)
  let isQuoted = false
  const replace = (whole: string, groups: Readonly<Record<string, string | undefined>>): string => {
    const { escaped, literal, joined, joint = '', local, bare } = groups
    if (groups.count) return String(count)
    if (literal !== undefined) return literal
    if (whole.startsWith('\\&')) return whole
    if (escaped !== undefined) return longestValue(escaped, known) ?? (whole[1] === escaped[0] ? `\\${escaped}` : whole)
    if (whole.startsWith('\\')) return '\\'
    if (whole.startsWith('&')) return joined === undefined ? whole : (known.get(joined) ?? `&${joined}${joint}`)
    if (groups.quote) isQuoted = !isQuoted
    if (groups.comment && isQuoted) return `#${replaceAll(groups.comment.slice(1))}`
    if (local && localName && !isQuoted) {
      for (const word of local.slice('LOCAL'.length).split(/[\s,]+/)) if (word) known.set(word, localName())
      return ''
    }
    if (local) return replaceName(local.slice(0, 'LOCAL'.length)) + replaceAll(local.slice('LOCAL'.length))
    return bare === undefined ? whole : (known.get(bare) ?? bare)
  }
  const replaceName = (word: string) => known.get(word) ?? word
  const replaceAll = (text: string): string =>
    text.replace(isAlternate ? alternate : plain, (whole, ...rest) => replace(whole, rest.at(-1)))
  return replaceAll(body)
}

/** The value of a parameter. A name may go on with a dot that is not its own: `\reg.b` is not looked for further. */
function longestValue(name: string, values: ReadonlyMap<string, string>): string | undefined {
  const whole = values.get(name)
  if (whole !== undefined) return whole
  const dot = name.search(/[.$]/)
  if (dot <= 0) return undefined
  const value = values.get(name.slice(0, dot))
  return value === undefined ? undefined : value + name.slice(dot)
}
