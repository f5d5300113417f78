// --retain-symbols-file: the only symbols that the symbol table is to keep, a name a line.

import { readAll, reportFileError } from '@fle/diagnostics'
import type { LinkState } from './link-state.ts'

/** The names in the file, undefined if there is none. An error if it cannot be read. */
export function readRetainedSymbols({ options, files, diagnostics }: LinkState): ReadonlySet<string> | undefined {
  const path = options.retainSymbolsFile
  if (path === undefined) return undefined
  try {
    const file = files.open(path)
    try {
      const text = new TextDecoder().decode(readAll(file, path))
      return new Set(text.split(/\s+/).filter((name) => name !== ''))
    } finally {
      file.close()
    }
  } catch (error) {
    return reportFileError(error, path, diagnostics)
  }
}
