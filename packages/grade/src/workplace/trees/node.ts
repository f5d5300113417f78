// Folders copied and hashed. Whatever a submission put into its folder: links are never followed, and what is no file, folder
// or link is left out.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  constants,
  copyFileSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'

/** What copying may use: more is no submission to a lab. */
interface Budget {
  files: number
  bytes: number
}

export interface CopyOptions {
  /** To whom the copy belongs; by default to us. */
  readonly uid?: number | undefined
  readonly budget?: Budget
  /** Paths within the folder that are left out. */
  readonly without?: ReadonlySet<string>
}

/** A folder that is too large to be copied. */
export class TooLarge extends Error {}

/** Copies a folder to a place where there is none yet. Throws {@link TooLarge}, and what the system throws. */
export function copyTree(from: string, to: string, options: CopyOptions, within = ''): void {
  const { uid, budget, without } = options
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = within === '' ? entry.name : `${within}/${entry.name}`
    if (without?.has(path)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (budget) {
      budget.files--
      if (budget.files < 0) throw new TooLarge('it has too many files')
    }
    if (entry.isDirectory()) copyTree(source, target, options, path)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else if (entry.isFile()) copyFile(source, target, budget)
    else continue
    if (uid !== undefined) lchownSync(target, uid, uid)
  }
  if (uid !== undefined) lchownSync(to, uid, uid)
}

function copyFile(source: string, target: string, budget: Budget | undefined): void {
  const { size, mode } = lstatSync(source)
  if (budget) {
    budget.bytes -= size
    if (budget.bytes < 0) throw new TooLarge('its files are too large')
  }
  copyFileSync(source, target, constants.COPYFILE_FICLONE)
  // Readable by whom it will belong to, and never set-id.
  chmodSync(target, (mode & 0o755) | 0o644)
}

/** Makes the folders of a path within another, each a real folder: a link or a file in its place is removed. */
export function makeRealFolders(root: string, path: string, uid: number | undefined): void {
  let folder = root
  for (const name of path.split('/')) {
    folder = join(folder, name)
    const stat = lstatSync(folder, { throwIfNoEntry: false })
    if (stat?.isDirectory()) continue
    if (stat) rmSync(folder, { force: true })
    mkdirSync(folder)
    if (uid !== undefined) lchownSync(folder, uid, uid)
  }
}

/** A hash over names, modes and contents of all that {@link copyTree} would copy. */
export function hashTree(folder: string, without: ReadonlySet<string> = new Set()): string {
  const hash = createHash('sha256')
  const visit = (path: string, within: string): void => {
    const entries = readdirSync(path, { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = within === '' ? entry.name : `${within}/${entry.name}`
      const source = join(path, entry.name)
      if (without.has(name)) continue
      if (entry.isDirectory()) visit(source, name)
      else if (entry.isSymbolicLink()) hash.update(JSON.stringify(['link', name, readlinkSync(source)]))
      else if (entry.isFile()) {
        const { mode, size } = lstatSync(source)
        hash.update(JSON.stringify(['file', name, mode & 0o111, size])).update(readFileSync(source))
      }
    }
  }
  visit(folder, '')
  return hash.digest('hex')
}
