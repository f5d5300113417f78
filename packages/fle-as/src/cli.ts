import {
  type CommandIo,
  Diagnostics,
  exitStatus,
  FileError,
  readInput,
  report,
  reportFileError,
} from '@fle/diagnostics'
import { writeObject } from '@fle/elf'
import { writeFleObject } from '@fle/fle'
import { parseCommandLine } from '@fle/options'
import { type AssembledProgram, type AssemblySource, assembleProgram } from './assemble.ts'
import { dependencyRule, notingFiles } from './dependencies.ts'
import { optionTable } from './option-table.ts'
import { type Invocation, interpret } from './options.ts'
import { version } from './version.ts'

const tool = 'fle-as'

/** The command fle-as. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong). */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(optionTable, argv, diagnostics, { files: io.files })
  const invocation = interpret(items, process.cwd(), diagnostics)
  if (invocation.help) {
    const { renderHelp } = await import('@fle/options/help')
    io.stdout(await renderHelp(optionTable))
    return exitStatus.success
  }
  // configure scripts look for the words "GNU assembler" to know which options they may pass.
  if (invocation.version !== 'no') io.stdout(`${tool} ${version} (compatible with GNU assembler)\n`)
  if (invocation.version === 'only') return exitStatus.success
  if (diagnostics.hasErrors) {
    show(diagnostics, invocation, io)
    return exitStatus.usageError
  }
  run(invocation, io, diagnostics)
  show(diagnostics, invocation, io)
  return diagnostics.hasErrors ? exitStatus.inputError : exitStatus.success
}

/** Assembles and writes the object. It is written last, so that any failure leaves the old one. */
function run(invocation: Invocation, io: CommandIo, diagnostics: Diagnostics): void {
  const sources: AssemblySource[] = []
  let size = 0
  for (const input of invocation.inputs) {
    const bytes = readInput(io.files, input === '-' ? '/dev/stdin' : input, diagnostics)
    if (!bytes) continue
    sources.push({ name: input === '-' ? '{standard input}' : input, bytes })
    size += bytes.length
    io.expectWork?.(size, 'text')
  }
  if (diagnostics.hasErrors) return
  const opened = new Set(invocation.inputs.filter((input) => input !== '-'))
  const files = notingFiles(io.files, opened)
  const program = assembleProgram(sources, invocation.assemble, files, diagnostics)
  if (invocation.fatalWarnings && diagnostics.warningCount > 0 && !diagnostics.hasErrors)
    diagnostics.error('fatal-warnings', 'there were warnings, which --fatal-warnings makes an error')
  if (!program || diagnostics.hasErrors) return
  const { listing } = program
  if (listing !== undefined && invocation.listing === '-') io.stdout(listing)
  else if (listing !== undefined && invocation.listing !== undefined)
    write(invocation.listing, new TextEncoder().encode(listing), io, diagnostics)
  const { dependencies, output } = invocation
  if (dependencies !== undefined)
    write(dependencies, new TextEncoder().encode(dependencyRule(output, [...opened].reverse())), io, diagnostics)
  const bytes = encode(program, invocation, diagnostics)
  if (bytes && !diagnostics.hasErrors) write(invocation.output, bytes, io, diagnostics)
}

function encode(
  { object, comments }: AssembledProgram,
  { format, dialect, keepDebug }: Invocation,
  diagnostics: Diagnostics,
): Uint8Array | undefined {
  return format === 'fle'
    ? writeFleObject(object, { dialect, keepDebug, ...(comments ? { comments } : {}) }, diagnostics)
    : writeObject(object, diagnostics)
}

function show(diagnostics: Diagnostics, { json, errorLimit, hideWarnings }: Invocation, io: CommandIo): void {
  const shown = new Diagnostics()
  for (const diagnostic of diagnostics.list) if (!hideWarnings || diagnostic.severity === 'error') shown.add(diagnostic)
  report(shown, io, { tool, json, errorLimit })
}

function write(path: string, content: Uint8Array, io: CommandIo, diagnostics: Diagnostics): void {
  try {
    io.writeOutput(path, content, { executable: false })
  } catch (error) {
    if (!(error instanceof FileError)) reportFileError(error, path, diagnostics)
    else diagnostics.error('cannot-write', `cannot write ${path}: ${error.message}`)
  }
}
