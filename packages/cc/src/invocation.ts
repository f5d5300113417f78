import type { Diagnostics } from '@fle/diagnostics'
import { type Dialect, parseDialect } from '@fle/fle'
import type { CommandLineItem } from '@fle/options'

/** The formats that objects and programs are written in, by the names of --oformat. */
export type OutputFormat = 'fle' | 'elf64-x86-64' | 'binary'

/** One item of the command line that a link meets in its place. */
export type Input =
  /** `language` is what -x said before it. */
  | { readonly kind: 'source'; readonly path: string; readonly language?: string }
  | { readonly kind: 'object'; readonly path: string }
  | { readonly kind: 'link-words'; readonly words: readonly string[] }

/** What -MD and its companions say. */
interface Dependencies {
  readonly wanted: boolean
  readonly hasFile: boolean
  readonly hasTarget: boolean
}

/** A command line, understood. */
export interface Invocation {
  /** Where to stop: gcc's text (-S, -E …), objects (-c), or a program. */
  readonly stage: 'text' | 'objects' | 'program'
  readonly inputs: readonly Input[]
  readonly output?: string
  readonly format?: OutputFormat
  readonly dialect: Dialect
  readonly keepDebug: boolean
  readonly hosted: boolean
  /** Who assembles what gcc compiles. */
  readonly assembler: 'gnu' | 'fle'
  readonly relocatable: boolean
  readonly dependencies: Dependencies
  /** What gcc is given to compile any source: the user's options without those of the link. */
  readonly compilerWords: readonly string[]
  /** All that is gcc's to know, files and -o included, in order. */
  readonly gccWords: readonly string[]
  readonly showCommands: boolean
  readonly json: boolean
  readonly help: boolean
  readonly version: boolean
}

/** The endings by which gcc takes a file for a source; whatever else is named goes to the linker. */
const sourceEnding =
  /\.(c|i|ii|cc|cp|cxx|cpp|CPP|c\+\+|C|m|mi|mm|M|mii|s|S|sx|f|for|ftn|f90|f95|f03|f08|F|FOR|F90|ads|adb|d|go)$/

const formats: readonly string[] = ['fle', 'elf64-x86-64', 'binary']

function isFormat(value: string): value is OutputFormat {
  return formats.includes(value)
}

/**
 * Folds the items of a command line, in their order, into what they ask for; `dialectName` is what the environment says
 * that FLE is written in (FLE_DIALECT). Wrong values are reported.
 */
export function interpret(
  items: readonly CommandLineItem[],
  diagnostics: Diagnostics,
  dialectName = 'fle',
): Invocation {
  const inputs: Input[] = []
  const compilerWords: string[] = []
  const gccWords: string[] = []
  let language: string | undefined
  let output: string | undefined
  let format: OutputFormat | undefined
  let dialect: Dialect = parseDialect(dialectName, 'FLE_DIALECT', diagnostics) ?? 'fle'
  let stage: Invocation['stage'] = 'program'
  const set = { keepDebug: false, hosted: false, relocatable: false, showCommands: false, json: false }
  let assembler: Invocation['assembler'] = 'gnu'
  const asked = { help: false, version: false }
  const dependencies = { wanted: false, hasFile: false, hasTarget: false }

  for (const item of items) {
    if (item.kind === 'input') {
      const { value: path } = item
      gccWords.push(path)
      if (language !== undefined) inputs.push({ kind: 'source', path, language })
      else inputs.push({ kind: sourceEnding.test(path) ? 'source' : 'object', path })
      continue
    }
    const { id, value, spelling } = item
    const words = wordsOf(item)
    const wrong = (expected: string) =>
      diagnostics.error('option-value', `${spelling}: ${value || 'an empty value'} is not ${expected}`)
    switch (id) {
      case 'output':
        output = value
        gccWords.push('-o', value)
        break
      case 'compile':
        if (stage === 'program') stage = 'objects'
        gccWords.push('-c')
        break
      case 'text':
        stage = 'text'
        gccWords.push(spelling)
        break
      case 'format':
        if (isFormat(value)) format = value
        else wrong(`one of ${formats.join(', ')}`)
        break
      case 'dialect':
        dialect = parseDialect(value, spelling, diagnostics) ?? dialect
        // Also where it is the usual one: fle-ld would take FLE_DIALECT.
        inputs.push({ kind: 'link-words', words: [`--dialect=${value}`] })
        break
      case 'keep-debug':
        set.keepDebug = true
        break
      case 'hosted':
        set.hosted = true
        if (spelling.includes('static')) gccWords.push(spelling)
        break
      case 'assembler':
        if (value === 'fle' || value === 'gnu') assembler = value
        else wrong('fle or gnu')
        break
      case 'show-commands':
        set.showCommands = true
        break
      case 'diagnostics':
        if (value !== 'json' && value !== 'text') wrong('text or json')
        set.json = value === 'json'
        break
      case 'help':
        asked.help = true
        break
      case 'version':
        asked.version = true
        break
      case 'relocatable':
      case 'link-flag':
      case 'link-word':
        if (id === 'relocatable') set.relocatable = true
        inputs.push({ kind: 'link-words', words })
        gccWords.push(...(spelling === '-Map' ? [`-Wl,-Map,${value}`] : words))
        break
      case 'linker-words':
        inputs.push({ kind: 'link-words', words: value.split(',') })
        gccWords.push(...words)
        break
      case 'linker-word':
        inputs.push({ kind: 'link-words', words: [value] })
        gccWords.push(...words)
        break
      case 'ignored-by-link':
        gccWords.push(...words)
        break
      case 'language':
        language = value === 'none' ? undefined : value
        gccWords.push(...words)
        break
      default:
        if (id === 'verbose') set.showCommands = true
        if (id === 'dependencies') dependencies.wanted = true
        if (id === 'dependency-file' || /^-MF./.test(spelling)) dependencies.hasFile = true
        if (id === 'dependency-target' || /^-M[TQ]./.test(spelling)) dependencies.hasTarget = true
        compilerWords.push(...words)
        gccWords.push(...words)
    }
  }
  return {
    stage,
    inputs,
    dialect,
    assembler,
    ...set,
    ...asked,
    dependencies,
    compilerWords,
    gccWords,
    ...(output !== undefined ? { output } : {}),
    ...(format ? { format } : {}),
  }
}

/** What stands in the table without an argument, or is unknown to it. */
const flags: readonly string[] = ['', 'text', 'verbose', 'dependencies', 'relocatable', 'link-flag', 'ignored-by-link']

/** Options of a letter that gcc takes with an argument in the next word only. */
const separateLetters: readonly string[] = ['-e', '-u', '-z', '-G', '-V', '-b']

/** The words of an option, as gcc and fle-ld both read them: a letter and its argument in one word, others in two. */
function wordsOf({ id, spelling, value }: { id: string; spelling: string; value: string }): string[] {
  if (flags.includes(id)) return [spelling]
  const isJoined = spelling.endsWith(',') || (spelling.length === 2 && !separateLetters.includes(spelling))
  return isJoined ? [spelling + value] : [spelling, value]
}
