import type { Diagnostics } from '@fle/diagnostics'
import { parseDialect } from '@fle/fle'
import { applyKeyword } from './keywords.ts'
import type { LinkInput, LinkOptions, OutputFormat } from './link-options.ts'
import { isOneOf, parseAddress, parseBuildId } from './option-values.ts'
import type { Invocation } from './options.ts'
import { parseDefinition } from './symbol-expression.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What the words so far ask for. */
export interface Draft extends Mutable<Omit<Invocation, 'link'>> {
  readonly link: Mutable<LinkOptions> & Lists
  /** What holds for the files that follow, and what --push-state has kept. */
  state: InputState
  readonly keptStates: InputState[]
  isInGroup: boolean
  /** Whether --no-dynamic-linker stands on the line. */
  noInterpreter: boolean
}

/** What options that may be given many times add to. */
interface Lists {
  readonly inputs: LinkInput[]
  readonly libraryPaths: string[]
  readonly wantedSymbols: string[]
  readonly requiredSymbols: string[]
  readonly wrappedSymbols: string[]
  readonly tracedSymbols: string[]
  readonly ignoredSymbols: string[]
  readonly whyLive: string[]
}

interface InputState {
  readonly wholeArchive: boolean
  readonly binary: boolean
}

/** Folds an option into the draft. */
type Handler = (draft: Draft, value: string, context: Context) => void

interface Context {
  readonly spelling: string
  readonly diagnostics: Diagnostics
  /** Reports that the value is none of what the option expects. */
  wrong(expected: string): void
}

const noEffect: Handler = () => {}

/** An option without a value that says something of the link … */
function sets(options: Partial<LinkOptions>): Handler {
  return ({ link }) => Object.assign(link, options)
}

/** … or of the command. */
function changes(part: Partial<Draft>): Handler {
  return (draft) => Object.assign(draft, part)
}

const inputHandlers: Readonly<Record<string, Handler>> = {
  'library-path': ({ link }, value) => link.libraryPaths.push(value),
  'no-system-libraries': sets({ noSystemLibraries: true }),
  library: ({ link, state }, name) => link.inputs.push({ kind: 'library', name, ...state }),
  'start-group': (draft, _, { diagnostics }) => {
    if (draft.isInGroup) diagnostics.error('group', 'groups cannot stand inside groups')
    else draft.link.inputs.push({ kind: 'start-group' })
    draft.isInGroup = true
  },
  'end-group': (draft, _, { diagnostics, spelling }) => {
    if (!draft.isInGroup) diagnostics.error('group', `${spelling} has no --start-group before it`)
    else draft.link.inputs.push({ kind: 'end-group' })
    draft.isInGroup = false
  },
  'whole-archive': (draft) => {
    draft.state = { ...draft.state, wholeArchive: true }
  },
  'no-whole-archive': (draft) => {
    draft.state = { ...draft.state, wholeArchive: false }
  },
  'push-state': ({ keptStates, state }) => keptStates.push(state),
  'pop-state': (draft, _, { diagnostics, spelling }) => {
    const kept = draft.keptStates.pop()
    if (kept) draft.state = kept
    else diagnostics.error('state', `${spelling} has no --push-state before it`)
  },
  'just-symbols': ({ link }, path, { spelling }) => {
    link.inputs.push({ kind: 'symbols', path, isOptional: spelling === '-R' })
  },
  'input-format': (draft, value, { wrong }) => {
    if (value !== 'binary' && value !== 'default' && value !== 'elf64-x86-64') wrong('elf64-x86-64, binary or default')
    draft.state = { ...draft.state, binary: value === 'binary' }
  },
  sysroot: ({ link }, value) => {
    link.sysroot = value
  },
}

const symbolHandlers: Readonly<Record<string, Handler>> = {
  entry: ({ link }, value) => {
    link.entry = value
  },
  undefined: ({ link }, value) => link.wantedSymbols.push(value),
  'require-defined': ({ link }, value) => link.requiredSymbols.push(value),
  'define-symbol': ({ link }, value, { wrong }) => {
    const definition = parseDefinition(value)
    if (definition) link.inputs.push({ kind: 'definition', definition })
    else wrong('SYMBOL=EXPRESSION, of numbers, symbols and the operators of C')
  },
  wrap: ({ link }, value) => link.wrappedSymbols.push(value),
  'allow-duplicates': sets({ allowDuplicates: true }),
  unresolved: ({ link }, value, { wrong }) => {
    if (!isOneOf(value, ['report-all', 'ignore-all', 'ignore-in-object-files', 'ignore-in-shared-libs'])) {
      wrong('report-all, ignore-all, ignore-in-object-files or ignore-in-shared-libs')
    }
    link.unresolved = value === 'ignore-all' || value === 'ignore-in-object-files' ? 'ignore' : 'error'
  },
  'warn-unresolved': sets({ unresolved: 'warning' }),
  'error-unresolved': sets({ unresolved: 'error' }),
  'ignore-unresolved': ({ link }, value) => link.ignoredSymbols.push(value),
}

function setSectionAddress(link: Mutable<LinkOptions>, name: string, address: number): void {
  link.sectionAddresses = new Map([...(link.sectionAddresses ?? []), [name, address]])
}

const formats: readonly OutputFormat[] = ['fle', 'elf64-x86-64', 'binary']

const outputHandlers: Readonly<Record<string, Handler>> = {
  output: ({ link }, value, { wrong }) => {
    if (value === '') wrong('the name of a file')
    link.output = value
  },
  format: ({ link }, value, { wrong }) => {
    if (isOneOf(value, formats)) link.format = value
    else wrong(`one of ${formats.join(', ')}`)
  },
  dialect: ({ link }, value, { spelling, diagnostics }) => {
    link.dialect = parseDialect(value, spelling, diagnostics) ?? link.dialect
  },
  interpreter: ({ link }, value) => {
    link.interpreter = value
  },
  relocatable: sets({ relocatable: true }),
  pie: sets({ pie: true }),
  'no-pie': sets({ pie: false }),
  'no-interpreter': changes({ noInterpreter: true }),
  'eh-frame-header': sets({ ehFrameHeader: true }),
  'no-eh-frame-header': sets({ ehFrameHeader: false }),
  'section-address': ({ link }, value, { wrong, spelling }) => {
    const address = parseAddress(value, 16)
    if (address === undefined) wrong('an address')
    else setSectionAddress(link, spelling.replace(/^-+T/, '.'), address)
  },
  'segment-address': ({ link }, value, { wrong, spelling }) => {
    const address = parseAddress(value, 16)
    if (address === undefined) wrong('an address')
    else if (spelling.includes('rodata')) link.readOnlyAddress = address
    else link.largeDataAddress = address
  },
  'section-start': ({ link }, value, { wrong }) => {
    const [, name, number] = /^([^=]+)=(.+)$/.exec(value) ?? []
    const address = number === undefined ? undefined : parseAddress(number, 16)
    if (address === undefined) wrong('the name of a section, = and an address')
    else setSectionAddress(link, name, address)
  },
  'one-segment': sets({ segments: 'one' }),
  unpaged: sets({ segments: 'unpaged' }),
  paged: ({ link }) => {
    delete link.segments
  },
  'image-base': ({ link }, value, { wrong, spelling }) => {
    const address = parseAddress(value, spelling.includes('Ttext') ? 16 : 0)
    if (address === undefined || address % 4096 !== 0) wrong('an address that is a multiple of 4096')
    else link.imageBase = address
  },
  icf: ({ link }, value, { wrong }) => {
    if (value === 'all' || value === 'safe') link.icf = value
    else if (value === 'none') delete link.icf
    else wrong('all, safe or none')
  },
  optimize: ({ link }, value, { wrong }) => {
    if (!/^\d?$/.test(value)) wrong('a level: -O0, -O1, -O2')
    link.mergeTails = Number(value) >= 2
  },
  unique: ({ link }, value) => {
    link.uniqueSections = [...(link.uniqueSections ?? []), value]
  },
  'sort-section': ({ link }, value, { wrong }) => {
    if (value === 'name' || value === 'alignment') link.sortSections = value
    else wrong('name or alignment')
  },
  'sort-common': ({ link }, value, { wrong }) => {
    const order = value || 'descending'
    if (isOneOf(order, ['ascending', 'descending'])) link.sortCommons = order
    else wrong('ascending or descending')
  },
  orphans: ({ link }, value, { wrong }) => {
    if (value === 'place') delete link.orphans
    else if (isOneOf(value, ['warn', 'error', 'discard'])) link.orphans = value
    else wrong('place, discard, warn or error')
  },
  'check-sections': sets({ checkSections: true }),
  'no-check-sections': sets({ checkSections: false }),
  relax: sets({ relax: true }),
  'no-relax': sets({ relax: false }),
  'package-metadata': ({ link }, value) => {
    link.packageMetadata = value
  },
  'allocate-commons': sets({ allocateCommons: true }),
  'gc-sections': sets({ collectGarbage: true }),
  'gc-keep-exported': sets({ keepExported: true }),
  'no-gc-sections': sets({ collectGarbage: false }),
  'build-id': ({ link }, value, { wrong }) => {
    const buildId = parseBuildId(value)
    if (buildId === null) wrong('fast, sha1, md5, uuid, none or 0x with an even number of digits')
    else if (buildId === undefined) delete link.buildId
    else link.buildId = buildId
  },
  'strip-all': sets({ strip: 'all' }),
  'strip-debug': ({ link }) => {
    link.strip ??= 'debug'
  },
  'emit-relocations': sets({ emitRelocations: true }),
  'compress-debug': ({ link }, value, { wrong }) => {
    if (value === 'none') delete link.compressDebug
    else if (isOneOf(value, ['zlib', 'zlib-gabi', 'zlib-gnu']))
      link.compressDebug = value === 'zlib-gnu' ? 'gnu' : 'elf'
    else
      wrong(
        `zlib, zlib-gnu or none${value === 'zstd' ? '; there is no zstd here: zlib does, in a few bytes more' : ''}`,
      )
  },
  'discard-all': sets({ discardLocals: 'all' }),
  'discard-temporary': sets({ discardLocals: 'temporary' }),
  'discard-none': sets({ discardLocals: 'none' }),
  'retain-symbols': ({ link }, value) => {
    link.retainSymbolsFile = value
  },
  keyword: ({ link }, keyword, { diagnostics, wrong }) => {
    const found = applyKeyword(keyword, link)
    if (found === 'wrong') wrong('a keyword with a value that it takes')
    else if (found === 'unknown') {
      diagnostics.warning('unknown-keyword', `-z ${keyword} is ignored: no such keyword is known`)
    }
  },
  'no-inhibit-exec': sets({ keepGoing: true }),
}

const showHandlers: Readonly<Record<string, Handler>> = {
  map: (draft, value) => {
    draft.mapPath = value
  },
  'print-map': changes({ printMap: true }),
  print: (draft, _, { spelling }) => {
    const fact = spelling.endsWith('sysroot') ? (draft.link.sysroot ?? '') : (draft.link.format ?? 'elf64-x86-64')
    draft.printed = [...draft.printed, fact]
  },
  'dependency-file': (draft, value) => {
    draft.dependencyPath = value
  },
  'cross-reference': sets({ crossReference: true }),
  trace: (draft) => {
    draft.trace = draft.trace === 'files' ? 'members' : 'files'
  },
  'print-gc-sections': sets({ printCollected: true }),
  'no-print-gc-sections': sets({ printCollected: false }),
  'print-icf': sets({ printFolded: true }),
  'no-print-icf': sets({ printFolded: false }),
  'why-live': ({ link }, value) => link.whyLive.push(value),
  'trace-symbol': ({ link }, value) => link.tracedSymbols.push(value),
  verbose: changes({ verbose: true }),
  statistics: sets({ statistics: true }),
  time: changes({ time: true }),
  help: changes({ help: true }),
  version: changes({ version: 'only' }),
  'version-too': (draft) => {
    if (draft.version === 'no') draft.version = 'too'
  },
  'version-all': (draft) => {
    if (draft.version === 'no' || draft.version === 'too') draft.version = 'all'
  },
}

const messageHandlers: Readonly<Record<string, Handler>> = {
  colour: (draft, value, { wrong }) => {
    const when = value || 'always'
    if (isOneOf(when, ['auto', 'always', 'never'])) draft.colour = when
    else wrong('auto, always or never')
  },
  'no-colour': changes({ colour: 'never' }),
  diagnostics: (draft, value, { wrong }) => {
    if (value !== 'json' && value !== 'text') wrong('text or json')
    draft.json = value === 'json'
  },
  'error-limit': (draft, value, { wrong }) => {
    if (/^\d{1,9}$/.test(value)) draft.errorLimit = Number(value)
    else wrong('a number')
  },
  'fatal-warnings': changes({ fatalWarnings: true }),
  'no-fatal-warnings': changes({ fatalWarnings: false }),
  'no-warnings': changes({ hideWarnings: true }),
  'warn-common': sets({ warnOfCommons: true }),
  'warn-stack': sets({ warnOfStack: true }),
  'no-warn-stack': sets({ warnOfStack: false }),
  'warn-rwx': sets({ warnOfWritableCode: true }),
  'no-warn-rwx': sets({ warnOfWritableCode: false }),
  demangle: sets({ demangle: true }),
  'no-demangle': sets({ demangle: false }),
}

const refusedHandlers: Readonly<Record<string, Handler>> = {
  shared: sets({ shared: true }),
  script: (_, __, context) =>
    refuse(context, 'linker scripts are not read here', 'use -Ttext and --image-base to say where things stand'),
  'big-endian': (_, __, context) => refuse(context, 'x86-64 is little-endian', 'leave -EB out'),
  emulation: (_, value, { wrong }) => {
    if (value !== 'elf_x86_64') wrong('elf_x86_64, the only machine there is')
  },
  ignored: noEffect,
  unsupported: (_, __, { spelling, diagnostics }) =>
    diagnostics.warning('unsupported-option', `${spelling} is ignored: fle-ld does not do that`),
}

/** What to do for each id of the option table. */
export const handlers: Readonly<Record<string, Handler>> = {
  ...inputHandlers,
  ...symbolHandlers,
  ...outputHandlers,
  ...showHandlers,
  ...messageHandlers,
  ...refusedHandlers,
}

/** Reports an option that asks for what a static linker cannot do. */
export function refuse({ spelling, diagnostics }: Omit<Context, 'wrong'>, what: string, hint: string): void {
  diagnostics.error('not-static', `${spelling}: ${what}: fle-ld makes static programs`, { hint })
}
