/** One option of a command: the single source of the parser, of --help and of suggestions. */
export interface OptionSpec {
  /** The name by which the command knows it, e.g. `output`. */
  readonly id: string
  /**
   * Every spelling with its dashes, e.g. `['-o', '--output']`. GNU ld's grammar: a long option of more than one letter
   * may be written with one dash or two (the parser adds the other form), except those beginning with `-o`,
   * which need two.
   */
  readonly names: readonly string[]
  /** The argument's name for --help; without it the option takes none. */
  readonly argument?: string
  /**
   * How the argument may be given. `separate`: `-e NAME`, and `--entry=NAME` for long spellings. `joined`: the rest of
   * the word (`-O2`, may be empty). `both` (the default): `-oFILE`, `-o FILE`, `--output FILE`, `--output=FILE`.
   * `equals`: only behind `=`, may be absent (`--build-id`, `--build-id=none`).
   */
  readonly style?: 'separate' | 'joined' | 'both' | 'equals'
  readonly help: string
  /** Heading under which --help lists it. */
  readonly group: string
  /** Accepted, but not listed by --help. */
  readonly hidden?: boolean
}

/** What --help says besides the options. */
export interface CommandHelp {
  readonly name: string
  /** e.g. `fle-ld [OPTION]... FILE...` */
  readonly usage: string
  readonly description: string
  readonly examples: readonly { readonly command: string; readonly description: string }[]
  readonly epilogue?: string
}

export interface OptionTable {
  readonly help: CommandHelp
  readonly options: readonly OptionSpec[]
}
