import type { Diagnostics } from '@fle/diagnostics'
import type { CommandLineItem } from '@fle/options'
import { type AssembleOptions, defaultOptions } from './assemble-options.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

type OutputFormat = 'fle' | 'elf64-x86-64'

/** What a command line asks for. */
export interface Invocation {
  readonly assemble: AssembleOptions
  /** `-` is standard input. */
  readonly inputs: readonly string[]
  readonly output: string
  /** Where the listing goes: `-` is standard output. */
  readonly listing: string | undefined
  /** Where the rule for make goes. */
  readonly dependencies: string | undefined
  readonly format: OutputFormat
  readonly dialect: 'fle' | 'classic'
  /** FLE: whether sections that are not loaded are written too. */
  readonly keepDebug: boolean
  readonly help: boolean
  /** `only`: the version and nothing else; `too`: the assembly as well. */
  readonly version: 'no' | 'only' | 'too'
  readonly json: boolean
  /** 0 shows all. */
  readonly errorLimit: number
  readonly fatalWarnings: boolean
  readonly hideWarnings: boolean
}

interface Draft extends Mutable<Omit<Invocation, 'assemble' | 'format' | 'inputs'>> {
  readonly assemble: Mutable<AssembleOptions>
  format: OutputFormat | undefined
  readonly inputs: string[]
  readonly includePaths: string[]
  readonly definitions: { name: string; value: string }[]
  readonly prefixMaps: { from: string; to: string }[]
}

/** Folds the items of a command line, in their order, into what they ask for. Wrong values are reported. */
export function interpret(
  items: readonly CommandLineItem[],
  workingDirectory: string,
  diagnostics: Diagnostics,
): Invocation {
  const draft: Draft = {
    assemble: { ...defaultOptions, workingDirectory },
    inputs: [],
    includePaths: [],
    definitions: [],
    prefixMaps: [],
    output: 'a.out',
    listing: undefined,
    dependencies: undefined,
    format: undefined,
    dialect: 'fle',
    keepDebug: false,
    help: false,
    version: 'no',
    json: false,
    errorLimit: 20,
    fatalWarnings: false,
    hideWarnings: false,
  }
  for (const item of items) {
    if (item.kind === 'input') draft.inputs.push(item.value)
    else apply(draft, item.id, item.value, item.spelling, diagnostics)
  }
  const { includePaths, definitions, prefixMaps, ...rest } = draft
  const format =
    draft.format ?? (draft.assemble.annotate || /\.(fle|fo|fa)$/.test(draft.output) ? 'fle' : 'elf64-x86-64')
  if (draft.assemble.annotate && (format !== 'fle' || draft.dialect !== 'fle'))
    diagnostics.error('option-value', '--annotate: comments can stand in FLE output only, in its own dialect')
  return {
    ...rest,
    assemble: { ...draft.assemble, includePaths, definitions, prefixMaps },
    inputs: draft.inputs.length > 0 ? draft.inputs : ['-'],
    format,
  }
}

/** The values of the options for fields that processors ignore, in the order of the numbers that stand in the fields. */
const fieldValues = {
  vexWidth: ['0', '1'],
  evexWidth: ['0', '1'],
  vexLength: ['128', '256'],
  evexLength: ['128', '256', '512'],
  evexRounding: ['rne', 'rd', 'ru', 'rz'],
} satisfies Record<string, readonly string[]>

function apply(draft: Draft, id: string, value: string, spelling: string, diagnostics: Diagnostics): void {
  const wrong = (expected: string) => {
    diagnostics.error('option-value', `${spelling}: ${value || 'an empty value'} is not ${expected}`)
  }
  const dwarf = /^dwarf-(\d)$/.exec(id)
  if (dwarf) {
    draft.assemble.dwarfVersion = Number(dwarf[1])
    draft.assemble.debugLines = true
    return
  }
  switch (id) {
    case 'include':
      draft.includePaths.push(value)
      break
    case 'define': {
      const equals = value.indexOf('=')
      if (equals > 0) draft.definitions.push({ name: value.slice(0, equals), value: value.slice(equals + 1) })
      else wrong('SYMBOL=VALUE')
      break
    }
    case 'syntax':
      if (value !== 'att' && value !== 'intel') wrong('att or intel')
      draft.assemble.intelSyntax = value === 'intel'
      break
    case 'dependencies':
      draft.dependencies = value
      break
    case 'data-in-text':
      draft.assemble.dataInText = true
      break
    case 'alternate':
      draft.assemble.alternateMacros = true
      break
    case 'naked-registers':
      draft.assemble.bareRegisters = true
      break
    case 'vexWidth':
    case 'evexWidth':
    case 'vexLength':
    case 'evexLength':
    case 'evexRounding': {
      const number = fieldValues[id].indexOf(value)
      if (number < 0) wrong(fieldValues[id].join(' or '))
      const field = id.endsWith('Width') ? number === 1 : number
      draft.assemble.ignoredFields = { ...draft.assemble.ignoredFields, [id]: field }
      break
    }
    case 'index-registers':
      draft.assemble.indexRegisters = true
      break
    case 'relaxable-got':
    case 'omit-lock':
      if (value !== 'yes' && value !== 'no') wrong('yes or no')
      else if (id === 'omit-lock') draft.assemble.omitLocks = value === 'yes'
      else draft.assemble.relaxableGot = value === 'yes'
      break
    case 'output':
      draft.output = value
      break
    case 'listing': {
      const equals = value.indexOf('=')
      draft.assemble.listing = true
      draft.listing = equals >= 0 ? value.slice(equals + 1) : (draft.listing ?? '-')
      break
    }
    case 'format':
      if (value === 'fle') draft.format = 'fle'
      else if (value === 'elf64-x86-64') draft.format = 'elf64-x86-64'
      else wrong('fle or elf64-x86-64')
      break
    case 'dialect':
      if (value === 'fle' || value === 'classic') draft.dialect = value
      else wrong('fle or classic')
      break
    case 'annotate':
      draft.assemble.annotate = true
      break
    case 'keep-debug':
      draft.keepDebug = true
      break
    case 'debug':
      // As gas: the oldest of all, whatever it is that reads it.
      draft.assemble.dwarfVersion = 2
      draft.assemble.debugLines = true
      break
    case 'no-executable-stack':
    case 'executable-stack':
      draft.assemble.executableStack = id === 'executable-stack'
      break
    case 'plain-alignment':
      draft.assemble.plainAlignment = true
      break
    case 'keep-locals':
      draft.assemble.keepLocals = true
      break
    case 'help':
      draft.help = true
      break
    case 'version':
      draft.version = 'only'
      break
    case 'version-too':
      if (draft.version === 'no') draft.version = 'too'
      break
    case 'diagnostics':
      if (value !== 'text' && value !== 'json') wrong('text or json')
      draft.json = value === 'json'
      break
    case 'error-limit':
      if (/^\d{1,9}$/.test(value)) draft.errorLimit = Number(value)
      else wrong('a number')
      break
    case 'fatal-warnings':
      draft.fatalWarnings = true
      break
    case 'no-warnings':
    case 'warnings':
      draft.hideWarnings = id === 'no-warnings'
      break
    case 'prefix-map': {
      const equals = value.indexOf('=')
      if (equals > 0) draft.prefixMaps.push({ from: value.slice(0, equals), to: value.slice(equals + 1) })
      else wrong('OLD=NEW')
      break
    }
    case 'warned':
      diagnostics.warning('ignored', `${spelling} is ignored: instructions are encoded and placed as they are written`)
      break
    case 'refused-unless-no':
    case 'refused-unless-1':
    case 'refused-unless-none':
    case 'refused-unless-att':
      // What GNU as does by default is done here, and nothing else.
      if (value === id.slice('refused-unless-'.length)) break
      diagnostics.error('not-supported', `${spelling} is not supported`)
      break
    case 'refused':
      diagnostics.error('not-supported', `${spelling} is not supported`)
      break
    case 'mode':
      diagnostics.error('not-supported', `${spelling} is not supported: this assembler makes 64-bit code`)
      break
  }
}
