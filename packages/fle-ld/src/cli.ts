import {
  type CommandIo,
  Diagnostics,
  exitStatus,
  FileError,
  fail,
  type ReportOptions,
  report,
  reportFileError,
} from '@fle/diagnostics'
import { parseCommandLine } from '@fle/options'
import { systemLibraryPaths } from './library-paths.ts'
import { type LinkResult, link } from './link.ts'
import { optionTable } from './option-table.ts'
import { type Invocation, interpret } from './options.ts'
import { version } from './version.ts'

const tool = 'fle-ld'

/** The command fle-ld. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong). */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(optionTable, argv, diagnostics, { files: io.files, abbreviations: true })
  const invocation = interpret(items, diagnostics, io.env.FLE_DIALECT)
  if (invocation.help) {
    const { renderHelp } = await import('@fle/options/help')
    io.stdout(await renderHelp(optionTable))
    return exitStatus.success
  }
  // configure scripts and libtool look for the words "GNU ld" to know which options they may pass.
  if (invocation.version !== 'no') io.stdout(`${tool} ${version} (compatible with GNU ld)\n`)
  // In the words that configure scripts look for.
  if (invocation.version === 'all') io.stdout('  Supported emulations:\n   elf_x86_64\n')
  if (invocation.version === 'only') return exitStatus.success
  for (const fact of invocation.printed) io.stdout(`${fact}\n`)
  if (invocation.printed.length > 0) return exitStatus.success
  if (diagnostics.hasErrors) {
    show(diagnostics, invocation, io)
    return exitStatus.usageError
  }
  if (invocation.link.inputs.length === 0) {
    // GNU ld shows its script, of which people and scripts want to know where libraries are looked for.
    if (invocation.verbose)
      io.stdout(
        systemLibraryPaths
          .map((path) => `SEARCH_DIR("${path}");`)
          .join(' ')
          .concat('\n'),
      )
    if (invocation.version !== 'no' || invocation.verbose) return exitStatus.success
    return fail(io, tool, exitStatus.usageError, 'no input files', `${tool} --help shows how it is used`)
  }
  runLink(invocation, io, diagnostics)
  show(diagnostics, invocation, io)
  return diagnostics.hasErrors ? exitStatus.inputError : exitStatus.success
}

/** Links and writes what came out of it. The output is written last, so that any failure leaves the old one. */
function runLink(invocation: Invocation, io: CommandIo, diagnostics: Diagnostics): void {
  const timer = invocation.time ? new PassTimer() : undefined
  const expectWork = (bytes: number, next?: 'text') => io.expectWork?.(bytes, next)
  const result = link(invocation.link, io.files, diagnostics, { expectWork, passDone: (name) => timer?.passDone(name) })
  if (invocation.fatalWarnings && diagnostics.warningCount > 0 && !diagnostics.hasErrors) {
    diagnostics.error('fatal-warnings', 'there were warnings, which --fatal-warnings makes an error')
  }
  writeListings(result, invocation, io, diagnostics)
  const { output, executable } = result
  if (output && !diagnostics.hasErrors) write(invocation.link.output, output, executable, io, diagnostics)
  if (output && invocation.dependencyPath !== undefined) {
    const rule = dependencyRule(invocation.link.output, result.inputFiles)
    write(invocation.dependencyPath, new TextEncoder().encode(rule), false, io, diagnostics)
  }
  timer?.passDone('write the file')
  if (timer) io.stderr(timer.report())
}

/** A rule for make, with an empty one for each input so that one that is deleted later does not stop make. */
function dependencyRule(output: string, inputs: readonly string[]): string {
  const files = [...new Set(inputs)].map((file) => file.replaceAll(' ', '\\ '))
  return `${output}: ${files.map((file) => `\\\n  ${file}`).join(' ')}\n${files.map((file) => `\n${file}:\n`).join('')}`
}

/** Takes the time of each pass (--time). */
class PassTimer {
  readonly #lines: string[] = []
  readonly #begin = performance.now()
  #last = this.#begin

  passDone(name: string): void {
    const now = performance.now()
    this.#lines.push(timeLine(now - this.#last, name))
    this.#last = now
  }

  report(): string {
    return `${[...this.#lines, timeLine(this.#last - this.#begin, 'all passes')].join('\n')}\n`
  }
}

function timeLine(milliseconds: number, name: string): string {
  return `${tool}: ${milliseconds.toFixed(1).padStart(8)} ms  ${name}`
}

/** Writes what was asked to be shown of the link, also of one that failed. */
function writeListings(
  result: LinkResult,
  { mapPath, printMap, verbose, trace }: Invocation,
  io: CommandIo,
  diagnostics: Diagnostics,
): void {
  const { map, inputFiles, notes, listing } = result
  const lines = (list: readonly string[], prefix = '') => list.map((line) => `${prefix}${line}\n`).join('')
  if (trace === 'files') io.stdout(lines(inputFiles))
  if (verbose || trace === 'members') io.stdout(lines(result.inputLog))
  if (notes.length > 0) io.stderr(lines(notes, `${tool}: `))
  if (listing.length > 0) io.stdout(lines(listing))
  if (map === undefined) return
  if (printMap || mapPath === '-') io.stdout(map)
  if (mapPath !== undefined && mapPath !== '-') {
    write(mapPath, new TextEncoder().encode(map), false, io, diagnostics)
  }
}

function show(diagnostics: Diagnostics, invocation: Invocation, io: CommandIo): void {
  const { json, colour, errorLimit, hideWarnings } = invocation
  const options: ReportOptions = {
    tool,
    json,
    errorLimit,
    ...(colour === 'auto' ? {} : { colour: colour === 'always' }),
  }
  if (!hideWarnings) {
    report(diagnostics, io, options)
    return
  }
  const errors = new Diagnostics()
  for (const diagnostic of diagnostics.list) if (diagnostic.severity === 'error') errors.add(diagnostic)
  report(errors, io, options)
}

function write(path: string, content: Uint8Array, executable: boolean, io: CommandIo, diagnostics: Diagnostics): void {
  try {
    io.writeOutput(path, content, { executable })
  } catch (error) {
    if (!(error instanceof FileError)) reportFileError(error, path, diagnostics)
    else diagnostics.error('cannot-write', `cannot write ${path}: ${error.message}`)
  }
}
