import type { Diagnostics } from '@fle/diagnostics'
import { type Dialect, parseDialect } from '@fle/fle'
import type { CommandLineItem } from '@fle/options'
import type { LinkOptions } from './link-options.ts'
import { type Draft, handlers, refuse } from './option-handlers.ts'

/** What a command line asks for besides the link itself. */
export interface Invocation {
  readonly link: LinkOptions
  readonly mapPath: string | undefined
  /** What is written to stdout … */
  readonly printMap: boolean
  /** The files, or their members too (-t, -t -t). */
  readonly trace: 'no' | 'files' | 'members'
  /** Facts that are shown instead of linking: --print-sysroot and the like. */
  readonly printed: readonly string[]
  /** Where a rule for make is written to (--dependency-file). */
  readonly dependencyPath: string | undefined
  readonly verbose: boolean
  readonly time: boolean
  readonly help: boolean
  /** `only`: the version and nothing else; `too`: the link as well; `all`: what is supported, too. */
  readonly version: 'no' | 'only' | 'too' | 'all'
  /** … and how messages are. */
  readonly json: boolean
  readonly colour: 'auto' | 'always' | 'never'
  /** 0 shows all. */
  readonly errorLimit: number
  readonly fatalWarnings: boolean
  readonly hideWarnings: boolean
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
  const draft = emptyDraft(parseDialect(dialectName, 'FLE_DIALECT', diagnostics) ?? 'fle')
  for (const item of items) {
    if (item.kind === 'input') {
      draft.link.inputs.push({ kind: 'file', path: item.value, ...draft.state })
      continue
    }
    const { id, value, spelling } = item
    const wrong = (expected: string) => {
      diagnostics.error('option-value', `${spelling}: ${value || 'an empty value'} is not ${expected}`)
    }
    handlers[id](draft, value, { spelling, diagnostics, wrong })
  }
  if (draft.link.shared && draft.link.dialect !== 'linklab') {
    const hint = 'leave -shared out, or use the system linker; FLE has shared objects with --dialect=linklab'
    refuse({ spelling: '-shared', diagnostics }, 'shared libraries cannot be made', hint)
  }
  if (draft.link.pie && !draft.noInterpreter) {
    const hint = 'link with gcc -static-pie, or leave -pie out'
    refuse({ spelling: '-pie', diagnostics }, 'programs that a dynamic linker loads cannot be made', hint)
  }
  draft.link.map = draft.mapPath !== undefined || draft.printMap
  return draft
}

function emptyDraft(dialect: Dialect): Draft {
  const lists = {
    inputs: [],
    libraryPaths: [],
    wantedSymbols: [],
    requiredSymbols: [],
    wrappedSymbols: [],
    tracedSymbols: [],
    ignoredSymbols: [],
    whyLive: [],
  }
  return {
    link: { output: 'a.out', dialect, relocatable: false, map: false, ...lists },
    mapPath: undefined,
    printMap: false,
    trace: 'no',
    printed: [],
    dependencyPath: undefined,
    verbose: false,
    time: false,
    help: false,
    version: 'no',
    json: false,
    colour: 'auto',
    errorLimit: 20,
    fatalWarnings: false,
    hideWarnings: false,
    state: { wholeArchive: false, binary: false },
    keptStates: [],
    isInGroup: false,
    noInterpreter: false,
  }
}
