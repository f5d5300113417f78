// What the commands of this room have in common: options, --help, --version, inputs, reports.
import { type CommandIo, Diagnostics, exitStatus, fail, report } from '@fle/diagnostics'
import { type CommandLineItem, type OptionSpec, type OptionTable, parseCommandLine } from '@fle/options'
import { splitShortOptions } from './short-options.ts'
import { version } from './version.ts'

/** What was asked for on the command line: the options by their ids, and the files. */
export class Request {
  readonly inputs: readonly string[]
  readonly #items: readonly CommandLineItem[]

  constructor(items: readonly CommandLineItem[]) {
    this.#items = items
    this.inputs = items.flatMap((item) => (item.kind === 'input' ? [item.value] : []))
  }

  has(id: string): boolean {
    return this.#items.some((item) => item.kind === 'option' && item.id === id)
  }

  /** The values that an option was given, in their order. */
  valuesOf(id: string): string[] {
    return this.#items.flatMap((item) => (item.kind === 'option' && item.id === id ? [item.value] : []))
  }

  /** The last value that an option was given. */
  valueOf(id: string): string | undefined {
    return this.valuesOf(id).at(-1)
  }

  /** Which of these options was given last. */
  lastOf(ids: readonly string[]): string | undefined {
    return this.#items.flatMap((item) => (item.kind === 'option' && ids.includes(item.id) ? [item.id] : [])).at(-1)
  }
}

/** The options that every command of this room has. */
export const commonOptions: readonly OptionSpec[] = [
  {
    id: 'diagnostics',
    names: ['--diagnostics'],
    argument: 'FORM',
    help: 'text, or json: one object a line',
    group: 'Other',
  },
  { id: 'help', names: ['--help'], help: 'show this help', group: 'Other' },
  { id: 'version', names: ['--version'], help: 'show the version', group: 'Other' },
]

/** The work of a command: writes to io.stdout, reports what is wrong; may return a status of its own. */
export type Work = (request: Request, io: CommandIo, diagnostics: Diagnostics) => Promise<number | undefined>

/**
 * Runs a command of this room. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong), or
 * what the work returned. What the work finds to report is shown behind its output.
 */
export async function runInspector(
  table: OptionTable,
  argv: readonly string[],
  io: CommandIo,
  work: Work,
): Promise<number> {
  const tool = table.help.name
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(table, splitShortOptions(table, argv), diagnostics, { files: io.files })
  const request = new Request(items)
  const form = request.valueOf('diagnostics') ?? 'text'
  const options = { tool, json: form === 'json' }
  if (form !== 'json' && form !== 'text')
    diagnostics.error('option-value', `--diagnostics: ${form} is not text or json`)
  if (request.has('help')) {
    const { renderHelp } = await import('@fle/options/help')
    io.stdout(await renderHelp(table))
    return exitStatus.success
  }
  if (request.has('version')) {
    io.stdout(`${tool} ${version} (compatible with GNU binutils)\n`)
    return exitStatus.success
  }
  if (diagnostics.hasErrors) {
    report(diagnostics, io, options)
    return exitStatus.usageError
  }
  const status = await work(request, io, diagnostics)
  report(diagnostics, io, options)
  return status ?? (diagnostics.hasErrors ? exitStatus.inputError : exitStatus.success)
}

/** Says that a command was given no file to look at. Returns the exit status. */
export function noInput(io: CommandIo, tool: string): number {
  return fail(io, tool, exitStatus.usageError, 'no input files', `${tool} --help shows how it is used`)
}
