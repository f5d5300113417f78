// The letters that tell ar what to do. Source: decode_options() of binutils/ar.c.
import type { Diagnostics } from '@fle/diagnostics'

const operations = {
  d: 'delete',
  m: 'move',
  p: 'print',
  q: 'append',
  r: 'replace',
  t: 'list',
  x: 'extract',
} as const

type Operation = (typeof operations)[keyof typeof operations] | 'index'

export interface Letters {
  readonly operation: Operation
  /** Puts members after or before another (a, b, i); its name stands before the archive's. */
  readonly position: 'after' | 'before' | undefined
  /** Takes the member of a name that COUNT says (N), which stands before the archive's name. */
  readonly counts: boolean
  readonly silentCreation: boolean
  readonly withoutIndex: boolean
  readonly verbose: boolean
  /** Compares members' names with whole paths instead of what stands behind the last slash. */
  readonly fullPaths: boolean
}

/** Those that change nothing here: D is the default, l and s need no word, f cuts names for old systems. */
const withoutEffect = new Set('Dcsflw')

/** What GNU ar knows and this one cannot do, and why. */
const unsupported: Readonly<Record<string, string>> = {
  o: 'files are written with the present time',
  O: 'offsets of members are not shown',
  T: 'thin archives are read only',
  u: 'times of files are not read: r replaces always',
  U: 'times and owners are not read: they are zero, so that the same files give the same archive',
  M: 'there are no MRI scripts',
}

/**
 * Takes the letters off a command line: the first word, with a dash or without, and further words with one dash. Returns
 * the other words.
 */
export function takeLetters(argv: readonly string[]): { readonly letters: string; readonly words: readonly string[] } {
  const first = argv.findIndex((word) => !word.startsWith('--') && !word.startsWith('@'))
  if (first < 0) return { letters: '', words: argv }
  let end = first + 1
  while (end < argv.length && /^-[^-]/.test(argv[end]) && argv[first].startsWith('-')) end++
  const letters = argv.slice(first, end).map((word) => word.replace(/^-/, ''))
  return { letters: letters.join(''), words: [...argv.slice(0, first), ...argv.slice(end)] }
}

/** What the letters say; what they do not is reported. */
export function readLetters(letters: string, diagnostics: Diagnostics): Letters | undefined {
  const hint = 'fle-ar --help lists the letters'
  const found: Operation[] = []
  for (const letter of letters) {
    const operation = Object.entries(operations).find(([key]) => key === letter)
    if (operation) found.push(operation[1])
    else if (unsupported[letter]) diagnostics.warning('unsupported', `${letter} has no effect: ${unsupported[letter]}`)
    else if (!withoutEffect.has(letter) && !'abiNPSvV'.includes(letter))
      return diagnostics.error('unknown-option', `unknown letter: ${letter}`, { hint })
  }
  if (found.length > 1) return diagnostics.error('option-value', `${letters}: two different things to do`, { hint })
  if (found.length === 0 && !letters.includes('s'))
    return diagnostics.error('missing-argument', 'nothing to do was given', { hint })
  return {
    operation: found[0] ?? 'index',
    position: letters.includes('a') ? 'after' : /[bi]/.test(letters) ? 'before' : undefined,
    counts: letters.includes('N'),
    silentCreation: letters.includes('c'),
    withoutIndex: letters.includes('S') && !letters.includes('s'),
    verbose: letters.includes('v'),
    fullPaths: letters.includes('P'),
  }
}
