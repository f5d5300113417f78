import { type CommandIo, type Diagnostics, fail } from '@fle/diagnostics'
import { type Request, runInspector } from '../command.ts'
import { Disassembler } from '../disassemble/disassembler.ts'
import { inspectFile } from '../view/inspect-file.ts'
import { diffInputs } from './diff-inputs.ts'
import type { Difference } from './difference.ts'
import { diffOptions } from './options.ts'

const same = 0
const different = 1
const trouble = 2

/** The command fle-diff. Returns its exit status: 0 (nothing differs), 1 (something does), 2 (that cannot be told). */
export function main(argv: readonly string[], io: CommandIo): Promise<number> {
  return runInspector(diffOptions, argv, io, async (request, io, diagnostics) => {
    const limit = limitOf(request, diagnostics)
    const [first, second, ...others] = request.inputs
    if (limit === undefined) return trouble
    if (second === undefined || others.length > 0) {
      const hint = 'fle-diff --help shows how it is used'
      return fail(
        io,
        diffOptions.help.name,
        trouble,
        `two files are compared; ${request.inputs.length} were given`,
        hint,
      )
    }
    const [a, b] = [first, second].map((path) => inspectFile(io.files, path, diagnostics))
    if (!a || !b) return trouble
    const options = { onlyLoaded: request.has('loaded') }
    let differences = diffInputs(a, b, options)
    if (diagnostics.hasErrors) return trouble
    if (differences.length === 0) return same
    if (request.has('brief')) {
      io.stdout(`${first} and ${second} differ\n`)
      return different
    }
    // Only who has code to show needs the disassembler.
    if (differences.some(({ kind }) => kind === 'bytes'))
      differences = diffInputs(a, b, { ...options, disassembler: await Disassembler.load('att') })
    const shown = limit === 0 ? differences : differences.slice(0, limit)
    const render = request.has('json') ? renderJson : (difference: Difference) => renderText(difference, first, second)
    io.stdout(shown.map(render).join(''))
    const left = differences.length - shown.length
    if (left > 0 && !request.has('json')) io.stdout(`… and ${left} more: --limit=0 shows all\n`)
    return different
  })
}

function limitOf(request: Request, diagnostics: Diagnostics): number | undefined {
  const value = request.valueOf('limit') ?? '20'
  return /^\d{1,9}$/.test(value)
    ? Number(value)
    : diagnostics.error('option-value', `--limit: ${value} is not a number`)
}

function renderJson(difference: Difference): string {
  return `${JSON.stringify(difference)}\n`
}

/** `symbol main: size`, and below it what each file has. */
function renderText({ what, first, second }: Difference, firstName: string, secondName: string): string {
  if (first === undefined) return `${what}: only in ${secondName}: ${second}\n`
  if (second === undefined) return `${what}: only in ${firstName}: ${first}\n`
  const width = Math.max(firstName.length, secondName.length) + 1
  const line = (name: string, text: string) => `    ${`${name}:`.padEnd(width)} ${text.trimEnd()}\n`
  return `${what}\n${line(firstName, first)}${line(secondName, second)}`
}
