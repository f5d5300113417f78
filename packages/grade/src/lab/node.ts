// The lab's folder on the machine's disk.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readWhole } from '@fle/diagnostics'
import { nodeFiles } from '@fle/diagnostics/node'
import type { LabFiles } from './lab.ts'

/** Reads a lab's files. */
export function nodeLabFiles(folder: string): LabFiles {
  const stat = (path: string) => statSync(join(folder, path), { throwIfNoEntry: false })
  return {
    read: (path) => readWhole(nodeFiles, join(folder, path)),
    isFile: (path) => stat(path)?.isFile() ?? false,
    isFolder: (path) => stat(path)?.isDirectory() ?? false,
    foldersIn: (path) =>
      stat(path)?.isDirectory()
        ? readdirSync(join(folder, path), { withFileTypes: true })
            .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
            .sort(new Intl.Collator('en', { numeric: true }).compare)
        : [],
  }
}
