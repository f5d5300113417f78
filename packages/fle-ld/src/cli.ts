import { type CommandIo, Diagnostics, exitStatus, FileError, fail, report, reportFileError } from '@fle/diagnostics'
import { parseCommandLine } from '@fle/options'
import { link } from './link.ts'
import { type Invocation, interpret, optionTable } from './options.ts'
import { version } from './version.ts'

const tool = 'fle-ld'

/** The command fle-ld. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong). */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(optionTable, argv, diagnostics, { files: io.files })
  const invocation = interpret(items, diagnostics)
  const reportOptions = { tool, json: invocation.json }
  if (invocation.help) {
    const { renderHelp } = await import('@fle/options/help')
    io.stdout(await renderHelp(optionTable))
    return exitStatus.success
  }
  // configure scripts and libtool look for the words "GNU ld" to know which options they may pass.
  if (invocation.version) io.stdout(`${tool} ${version} (compatible with GNU ld)\n`)
  if (diagnostics.hasErrors) {
    report(diagnostics, io, reportOptions)
    return exitStatus.usageError
  }
  if (invocation.link.inputs.length === 0) {
    if (invocation.version) return exitStatus.success
    return fail(io, tool, exitStatus.usageError, 'no input files', `${tool} --help shows how it is used`)
  }
  runLink(invocation, io, diagnostics)
  report(diagnostics, io, reportOptions)
  return diagnostics.hasErrors ? exitStatus.inputError : exitStatus.success
}

/** Links and writes what came out of it. The output is written last, so that any failure leaves the old one. */
function runLink(invocation: Invocation, io: CommandIo, diagnostics: Diagnostics): void {
  const { output, executable, map, inputLog } = link(invocation.link, io.files, diagnostics, io.expectWork)
  if (invocation.verbose) io.stdout(inputLog.map((line) => `${line}\n`).join(''))
  if (map !== undefined && invocation.mapPath !== undefined) {
    if (invocation.mapPath === '-') io.stdout(map)
    else write(invocation.mapPath, new TextEncoder().encode(map), false, io, diagnostics)
  }
  if (output && !diagnostics.hasErrors) write(invocation.link.output, output, executable, io, diagnostics)
}

function write(path: string, content: Uint8Array, executable: boolean, io: CommandIo, diagnostics: Diagnostics): void {
  try {
    io.writeOutput(path, content, { executable })
  } catch (error) {
    if (!(error instanceof FileError)) reportFileError(error, path, diagnostics)
    else diagnostics.error('cannot-write', `cannot write ${path}: ${error.message}`)
  }
}
