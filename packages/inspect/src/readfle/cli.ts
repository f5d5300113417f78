import type { CommandIo } from '@fle/diagnostics'
import { noInput, type Request, runInspector } from '../command.ts'
import type { BinaryFile, Inspected } from '../view/binary-file.ts'
import { inspectFile } from '../view/inspect-file.ts'
import { readfleOptions } from './options.ts'
import { readfle, type View, views } from './readfle.ts'

/** The command fle-readfle. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong). */
export function main(argv: readonly string[], io: CommandIo): Promise<number> {
  return runInspector(readfleOptions, argv, io, async (request, io, diagnostics) => {
    const { inputs } = request
    if (inputs.length === 0) return noInput(io, readfleOptions.help.name)
    const wanted = wantedViews(request)
    for (const path of inputs) {
      const input = inspectFile(io.files, path, diagnostics)
      if (!input) continue
      const needsTitle = wanted.size > 0 && (inputs.length > 1 || input.kind === 'archive')
      for (const { file, title } of filesOf(input)) {
        io.stdout((needsTitle ? `\nFile: ${title}\n` : '') + (await readfle(file, wanted)))
      }
    }
    return undefined
  })
}

const shorthands: Readonly<Record<string, readonly View[]>> = {
  all: views.filter((view) => view !== 'dynamic-symbols'),
  headers: ['file-header', 'segments', 'sections'],
}

function wantedViews(request: Request): Set<View> {
  const wanted = new Set(views.filter((view) => request.has(view)))
  for (const [id, shorthand] of Object.entries(shorthands)) {
    if (request.has(id)) for (const view of shorthand) wanted.add(view)
  }
  if (wanted.has('symbols')) wanted.delete('dynamic-symbols')
  return wanted
}

function* filesOf(input: Inspected): Generator<{ readonly file: BinaryFile; readonly title: string }> {
  if (input.kind === 'binary') {
    yield { file: input.file, title: input.file.name }
    return
  }
  const { archive } = input
  for (let member = 0; member < archive.memberCount; member++) {
    const file = archive.readMember(member)
    if (file) yield { file, title: `${archive.name}(${file.name})` }
  }
}
