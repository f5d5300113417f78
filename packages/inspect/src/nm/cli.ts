import type { CommandIo, Diagnostics } from '@fle/diagnostics'
import { type Request, runInspector } from '../command.ts'
import { inspectFile } from '../view/inspect-file.ts'
import { demangledNames, plainNames } from '../view/name-style.ts'
import type { Format } from './format.ts'
import type { Selection } from './list-symbols.ts'
import { type NmOptions, nm } from './nm.ts'
import { nmOptions } from './options.ts'

/** The command fle-nm. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong). */
export function main(argv: readonly string[], io: CommandIo): Promise<number> {
  return runInspector(nmOptions, argv, io, async (request, io, diagnostics) => {
    const options = interpret(request, diagnostics)
    if (!options) return 2
    for (const path of inputsOf(request)) {
      const input = inspectFile(io.files, path, diagnostics)
      if (input) io.stdout(nm(input, options, (message) => io.stderr(`fle-nm: ${message}\n`)))
    }
    return undefined
  })
}

function inputsOf({ inputs }: Request): readonly string[] {
  return inputs.length > 0 ? inputs : ['a.out']
}

const formats: Readonly<Record<string, Format>> = {
  b: 'bsd',
  p: 'posix',
  s: 'sysv',
  j: 'just-symbols',
}
const orders: Readonly<Record<string, Selection['order']>> = {
  'numeric-sort': 'address',
  'no-sort': 'table',
  'size-sort': 'size',
}
const radixes: Readonly<Record<string, number>> = { x: 16, d: 10, o: 8 }

function interpret(request: Request, diagnostics: Diagnostics): NmOptions | undefined {
  const last = request.lastOf(['format', 'portability', 'just-symbols'])
  const word = last === 'portability' ? 'posix' : last === 'just-symbols' ? last : (request.valueOf('format') ?? 'bsd')
  const format = formats[word[0]]
  const base = request.valueOf('radix') ?? 'x'
  const radix = radixes[base]
  if (!format) return diagnostics.error('option-value', `-f: ${word} is not bsd, posix, sysv or just-symbols`)
  if (!radix) return diagnostics.error('option-value', `-t: ${base} is not x, d or o`)
  const only = request.lastOf(['undefined-only', 'defined-only'])
  const order = orders[request.lastOf(Object.keys(orders)) ?? '']
  return {
    format,
    radix,
    withSizes: request.has('print-size'),
    bySize: order === 'size',
    withFileNames: request.has('print-file-name'),
    withArchiveIndex: request.has('armap'),
    names: request.lastOf(['demangle', 'no-demangle']) === 'demangle' ? demangledNames : plainNames,
    isOneOfMany: inputsOf(request).length > 1,
    selection: {
      dynamic: request.has('dynamic'),
      debugging: request.has('debug-syms'),
      externalOnly: request.has('extern-only'),
      undefinedOnly: only === 'undefined-only',
      definedOnly: only === 'defined-only',
      withoutWeak: request.has('no-weak'),
      order: order ?? 'name',
      reverse: request.has('reverse-sort'),
    },
  }
}
