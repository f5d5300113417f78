import { type CommandIo, type Diagnostics, exitStatus, reportFileError } from '@fle/diagnostics'
import { type Request, runInspector } from '../command.ts'
import { type ArRequest, ar } from './ar.ts'
import { readLetters, takeLetters } from './letters.ts'
import { arOptions } from './options.ts'

/** The command fle-ar. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong). */
export function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const { letters, words } = takeLetters(argv)
  const rest = letters.includes('V') ? ['--version'] : words
  return runInspector(arOptions, rest, io, async (request, io, diagnostics) => {
    const wanted = interpret(letters, request, diagnostics)
    if (!wanted) return exitStatus.usageError
    const { output, files } = ar(wanted, io.files, diagnostics)
    for (const text of output) io.stdout(text)
    for (const { path, content, executable } of files) {
      try {
        io.writeOutput(path, content, { executable })
      } catch (error) {
        reportFileError(error, path, diagnostics)
      }
    }
    return undefined
  })
}

function interpret(letters: string, request: Request, diagnostics: Diagnostics): ArRequest | undefined {
  const read = readLetters(letters, diagnostics)
  if (!read) return undefined
  const words = [...request.inputs]
  const hint = 'fle-ar --help shows how it is used'
  const neighbour = read.position ? words.shift() : undefined
  const countWord = read.counts ? words.shift() : '1'
  const count = Number(countWord)
  if (!(Number.isInteger(count) && count > 0))
    return diagnostics.error('option-value', `N needs a count from 1 up: ${countWord ?? 'nothing'} is none`, { hint })
  const archive = words.shift()
  if (archive === undefined) return diagnostics.error('missing-argument', 'no archive was given', { hint })
  return { letters: read, neighbour, count, archive, names: words, folder: request.valueOf('output') ?? '' }
}
