import type { Diagnostics, FileSystem, OpenFile } from '@fle/diagnostics'
import type { Memory } from '@fle/kernels'
import { assignOutputSections, placeInputSections } from './assign-output-sections.ts'
import { addBuildIdNote } from './build-id.ts'
import { checkThreadLocal } from './check-thread-local.ts'
import { canBeLoadBlob, checkEmittedRelocations, checkFleOutput, checkShared, chooseFormat } from './choose-format.ts'
import { classifySymbols } from './classify-symbols.ts'
import { collectGarbage } from './collect-garbage.ts'
import { crossReferences } from './cross-reference.ts'
import { DynamicSections } from './dynamic.ts'
import { splitEhFrame } from './eh-frame.ts'
import { addEhFrameHeader } from './eh-frame-header.ts'
import { entryAddress } from './entry.ts'
import { checkStack } from './executable-stack.ts'
import { foldIdentical, placeFolded } from './fold-identical.ts'
import { layOut } from './layout.ts'
import type { LinkOptions } from './link-options.ts'
import { type LinkObserver, LinkState, ofWholeArchive } from './link-state.ts'
import { describeLink } from './link-statistics.ts'
import { defineLinkerSymbols } from './linker-symbols.ts'
import { writeMap } from './map-file.ts'
import { addPropertyNote } from './merge-properties.ts'
import { mergeSections } from './merge-sections.ts'
import { handleOrphans } from './orphan-sections.ts'
import { addPackageNote } from './package-note.ts'
import { readInputs } from './read-inputs.ts'
import { writeRelocatable } from './relocatable.ts'
import { reportDuplicates, reportUndefined, reportWarningSections } from './report-symbols.ts'
import { reportRequired } from './requested-symbols.ts'
import { readRetainedSymbols } from './retained-symbols.ts'
import { scanRelocations } from './scan-relocations.ts'
import { SharedLink } from './shared-objects.ts'
import { finalizeSymbols } from './symbol-values.ts'
import { explainLive } from './why-live.ts'
import { writeBinary } from './write-binary.ts'
import { writeElf } from './write-elf.ts'
import { writeFle } from './write-fle.ts'

export interface LinkResult {
  /** The output's bytes; undefined if the link failed. */
  readonly output: Uint8Array | undefined
  /** Whether the output is a program, and its file to be made executable. */
  readonly executable: boolean
  /** The text of the map, if it was asked for: of a failed link as far as it came. */
  readonly map: string | undefined
  /** The files that were read, in order … */
  readonly inputFiles: readonly string[]
  /** … and, made when it is asked for, besides them the archive members that were linked, with the symbol that each was wanted for. */
  readonly inputLog: readonly string[]
  /** What was asked to be told while linking, one line each. */
  readonly notes: readonly string[]
  /** What was asked to be shown of the result, one line each. */
  readonly listing: readonly string[]
}

/** So much of its libraries at least is to be expected in a link, in bytes. */
const likelyShare = 2 ** 20

/**
 * Links. The whole story is in this function: one call a pass, and after each what holds from then on. A pass reports
 * all the errors it finds; the link stops before the next stage if there are any. `memory` is what it works in, a new one
 * by default.
 */
export function link(
  options: LinkOptions,
  files: FileSystem,
  diagnostics: Diagnostics,
  observer: LinkObserver = {},
  memory?: Memory,
): LinkResult {
  if (options.inputs.some(({ kind }) => kind === 'library')) observer.expectWork?.(likelyShare)
  const state = new LinkState(options, files, diagnostics, observer, memory)
  const opened: OpenFile[] = []
  try {
    const output = runPasses(state, opened)
    const map = options.map ? writeMap(state) : undefined
    if (options.statistics) state.notes.push(...describeLink(state, output))
    const { inputFiles, notes } = state
    return {
      output,
      executable: !options.relocatable,
      map,
      inputFiles,
      get inputLog() {
        return describeInputs(state)
      },
      notes,
      listing: listResult(state),
    }
  } finally {
    for (const file of opened) file.close()
  }
}

function runPasses(state: LinkState, opened: OpenFile[]): Uint8Array | undefined {
  const { diagnostics, options } = state
  const pass = <T>(name: string, run: (state: LinkState) => T): T => {
    const result = run(state)
    state.observer.passDone?.(name)
    return result
  }

  // Files, archives at their places, COMDAT groups, symbols: who defines what is settled as files come in.
  pass('read inputs, resolve symbols', () => readInputs(state, opened))
  if (diagnostics.hasErrors) return undefined
  // From here on no file is added.

  state.format = chooseFormat(state)
  state.retainedSymbols = readRetainedSymbols(state)
  checkEmittedRelocations(state)
  checkShared(state)
  reportRequired(state)
  reportDuplicates(state)
  pass('collect garbage', collectGarbage)
  if (options.relocatable) return diagnostics.hasErrors ? undefined : pass('make one object', writeRelocatable)

  handleOrphans(state)
  pass('fold identical code', foldIdentical)
  pass('assign output sections', assignOutputSections)
  // From here on every input section has its output section, or is dropped.

  pass('merge sections', mergeSections)
  pass('place input sections', placeInputSections)
  // From here on every input section, or each of its pieces, has its place in its output section.

  pass('split .eh_frame', splitEhFrame)
  placeFolded(state)
  addEhFrameHeader(state)
  addPropertyNote(state)
  addBuildIdNote(state)
  addPackageNote(state)
  if (options.pie) state.dynamic = new DynamicSections(state)
  if (options.shared || state.sharedObjects.length > 0) state.shared = new SharedLink(state)
  defineLinkerSymbols(state)
  pass('classify symbols', classifySymbols)
  // From here on each object knows what its symbols stand for, but for addresses.

  reportWarningSections(state)
  pass('report undefined symbols', reportUndefined)
  checkThreadLocal(state)
  checkStack(state)
  if (diagnostics.hasErrors) return undefined
  // From here on every symbol that is needed is defined.

  pass('scan relocations', scanRelocations)
  if (state.format === 'fle') checkFleOutput(state)
  if (diagnostics.hasErrors) return undefined
  // From here on the sizes of all sections are final, the GOT's too.

  state.isLoadBlob = state.format === 'fle' && canBeLoadBlob(state)
  pass('lay out', layOut)
  pass('finalize symbols', finalizeSymbols)
  const entry = entryAddress(state)
  if (diagnostics.hasErrors) return undefined
  // From here on addresses are final.

  const output = pass('apply relocations, write', () => writeOutput(state, entry))
  return diagnostics.hasErrors ? undefined : output
}

function describeInputs({ inputLog, symbols }: LinkState): string[] {
  return inputLog.map(({ input, symbol = ofWholeArchive }) =>
    symbol === ofWholeArchive ? input.name : `${input.name} (for ${symbols.names.text(symbol)})`,
  )
}

/** What --why-live and --cref show, also of a link that failed, as far as it came. */
function listResult(state: LinkState): string[] {
  const { crossReference, whyLive = [] } = state.options
  return [
    ...state.listed,
    ...whyLive.flatMap((pattern) => explainLive(state, pattern)),
    ...(crossReference ? crossReferences(state) : []),
  ]
}

/** Copies the sections, applies their relocations, and puts what the format has around them. */
function writeOutput(state: LinkState, entry: ReturnType<typeof entryAddress>): Uint8Array {
  if (state.format === 'fle') return writeFle(state, entry)
  if (state.format === 'binary') return writeBinary(state)
  return writeElf(state, entry)
}
