// The folder of a lab: its course, its links, its files.

import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** What says which course a folder's links belong to. */
export const courseFile = '.fle-lab.json'

/** This command's file: links to it are its names. */
const commandPath = join(import.meta.dirname, '..', 'bin', 'fle.cjs')

/** The text of a folder's course file; undefined if there is none. */
export function readCourseFile(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, courseFile), 'utf8')
  } catch {
    return undefined
  }
}

/** Puts links of these names to this command into a folder, which is made if need be. Returns what stands in the way. */
export function putLinks(folder: string, names: readonly string[], course: string, replaces: boolean): string[] {
  mkdirSync(folder, { recursive: true })
  const taken = names.filter((name) => isForeign(join(folder, name)))
  if (taken.length > 0 && !replaces) return taken
  for (const name of names) {
    const path = join(folder, name)
    rmSync(path, { force: true, recursive: false })
    symlinkSync(commandPath, path)
  }
  writeFileSync(join(folder, courseFile), `${JSON.stringify({ course })}\n`)
  return []
}

/** Whether something is there that is no link of ours. */
function isForeign(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return false
  return !stat.isSymbolicLink() || !readlinkSync(path).endsWith('fle.cjs')
}

const deepestFolder = 16

/** The FLE files of a folder and those below it, by their endings, in the order of their names. */
export function fleFilesBelow(folder: string, depth = 0): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return depth < deepestFolder ? fleFilesBelow(path, depth + 1) : []
    return entry.isFile() && /\.(fo|fa|fso|fle|so)$/.test(entry.name) ? [path] : []
  })
}

export function removeFile(path: string): void {
  rmSync(path, { force: true })
}
