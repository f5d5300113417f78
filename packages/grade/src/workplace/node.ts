// Where submissions are graded: a folder for temporary files with a copy of the lab that none can change, and for each
// submission that runs a copy of its own, a folder for its temporary files, and a user to run as.
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { FileError, readWhole } from '@fle/diagnostics'
import { nodeFiles } from '@fle/diagnostics/node'
import type { Submission } from '../grade.ts'
import type { Lab } from '../lab/lab.ts'
import { runJob, type Surroundings } from '../run/launch.ts'
import type { Job, Outcome, Workshop } from '../run/outcome.ts'
import { killProcesses, type Owner, processesOf } from '../run/processes/node.ts'
import { copyTree, hashTree, makeRealFolders, TooLarge } from './trees/node.ts'
import { type BorrowedUser, borrowUser } from './users/node.ts'

/** More than any lab's submission has. */
const largestSubmission = { files: 20_000, bytes: 512 * 2 ** 20 }

/** The largest file that a check reads. */
const largestResult = 64 * 2 ** 20

/** How long dead processes are waited for, in rounds of so many milliseconds: some machines have no init that takes note. */
const mostRounds = 40
const roundTime = 5

/** The same for all runs on a machine, whatever TMPDIR says. */
const lockFolder = '/tmp'

/** Where anyone may write. */
const publicFolders = ['/tmp', '/var/tmp', '/dev/shm']

export interface WorkplaceOptions {
  /** Run submissions as our own user, also when that is root. */
  readonly sameUser: boolean
  /** Leave the workspaces behind. */
  readonly keep: boolean
  /** PATH of the commands. */
  readonly path: string
}

export class Workplace {
  /** The folder of all; it is removed with {@link close}. */
  readonly folder: string
  readonly #lab: Lab
  readonly #options: WorkplaceOptions
  readonly #open = new Set<Place>()
  readonly #idleUsers: BorrowedUser[] = []
  #count = 0

  /** Throws what the system throws. */
  constructor(lab: Lab, options: WorkplaceOptions) {
    this.#lab = lab
    this.#options = options
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'fle-grade-')))
    // Submissions' users pass through, but see no names.
    chmodSync(this.folder, 0o711)
    const copy = join(this.folder, 'lab')
    mkdirSync(copy)
    for (const path of foldersOf(lab)) {
      makeRealFolders(copy, path.split('/').slice(0, -1).join('/') || '.', undefined)
      copyTree(join(lab.folder, path), join(copy, path), { without: new Set(['build']) })
    }
  }

  /** Whether submissions run as users of their own. */
  get separatesUsers(): boolean {
    return !this.#options.sameUser && process.getuid?.() === 0
  }

  /** Makes the workspace of a submission; says why it cannot be made. */
  open(submission: Submission): Workshop | { readonly problem: string } {
    const user = this.separatesUsers ? this.#user() : undefined
    const place = new Place(join(this.folder, String(this.#count++)), this.#lab, join(this.folder, 'lab'), user, {
      ...this.#options,
      onClose: () => {
        this.#open.delete(place)
        if (user) this.#idleUsers.push(user)
      },
    })
    this.#open.add(place)
    try {
      place.fill(submission.folder)
      return place
    } catch (error) {
      place.close()
      if (error instanceof TooLarge) return { problem: `the submission cannot be graded: ${error.message}` }
      if (!(error instanceof Error && 'code' in error)) throw error
      return { problem: `the submission cannot be read: ${String(error.code)}` }
    }
  }

  /** A user that nobody runs as: what was killed is there until its parent, or init, has taken note. */
  #user(): BorrowedUser {
    const idle = this.#idleUsers.findIndex(({ uid }) => processesOf({ uid }).length === 0)
    return idle < 0 ? borrowUser(lockFolder) : this.#idleUsers.splice(idle, 1)[0]
  }

  /** Ends what runs; the steps then come to their end. */
  stop(): void {
    for (const place of this.#open) place.killProcesses()
  }

  /** Ends and removes all. */
  close(): void {
    for (const place of this.#open) place.close()
    for (const user of this.#idleUsers) user.giveBack()
    if (!this.#options.keep) rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The lab's folders that its cases need; nested ones once. */
function foldersOf(lab: Lab): string[] {
  const folders = [...lab.cases.map(({ folder }) => folder), lab.commonFolder]
  return [...new Set(folders)].filter((path) => existsSync(join(lab.folder, path)))
}

/** What grading depends on: the lab's files, or a submission's. */
export function hashLab(lab: Lab): string {
  const hashes = foldersOf(lab).map((path) => hashTree(join(lab.folder, path), new Set(['build'])))
  return [...hashes, JSON.stringify(lab)].join('\n')
}

/** A hash of all that a submission is. */
export function hashSubmission(folder: string, lab: Lab): string {
  return hashTree(folder, leftOut(lab))
}

/** The lab's own files are not taken from a submission, nor is its history. */
function leftOut(lab: Lab): Set<string> {
  return new Set(['.git', ...foldersOf(lab)])
}

interface PlaceOptions extends WorkplaceOptions {
  readonly onClose: () => void
}

/** The workspace of one submission. */
class Place implements Workshop {
  readonly root: string
  readonly #folder: string
  readonly #temporary: string
  readonly #lab: Lab
  readonly #labCopy: string
  readonly #uid: number | undefined
  readonly #options: PlaceOptions
  readonly #surroundings: Surroundings
  #isClosed = false

  constructor(folder: string, lab: Lab, labCopy: string, user: BorrowedUser | undefined, options: PlaceOptions) {
    this.#folder = folder
    this.root = join(folder, 'root')
    this.#temporary = join(folder, 'tmp')
    this.#lab = lab
    this.#labCopy = labCopy
    this.#uid = user?.uid
    this.#options = options
    const owner: Owner = user ? { uid: user.uid } : { mark: folder }
    const env = { PATH: options.path, HOME: this.#temporary, TMPDIR: this.#temporary, LANG: 'C.UTF-8' }
    this.#surroundings = { cwd: this.root, env, owner, writable: [folder] }
  }

  /** Copies the submission, and what the lab gives to all cases. */
  fill(submission: string): void {
    mkdirSync(this.#folder)
    mkdirSync(this.#temporary)
    this.#give(this.#folder)
    this.#give(this.#temporary)
    chmodSync(this.#folder, 0o700)
    const uid = this.#uid
    copyTree(submission, this.root, { uid, budget: { ...largestSubmission }, without: leftOut(this.#lab) })
    const common = this.#lab.commonFolder
    if (existsSync(this.labPath(common))) this.#placeFolder(common)
    // Of an earlier run that could not end in peace.
    this.removeStrayFiles()
  }

  placeCase(folder: string): void {
    if (existsSync(this.labPath(folder))) this.#placeFolder(folder)
    else {
      makeRealFolders(this.root, folder, this.#uid)
      rmSync(join(this.root, folder, 'build'), { recursive: true, force: true })
    }
    const build = join(this.root, folder, 'build')
    mkdirSync(build)
    this.#give(build)
  }

  labPath(path: string): string {
    return join(this.#labCopy, path)
  }

  readLab(path: string): Uint8Array {
    return readWhole(nodeFiles, this.labPath(path))
  }

  exists(path: string): boolean {
    try {
      lstatSync(resolve(this.root, path))
      return true
    } catch {
      return false // not there, or behind a file or a link that leads nowhere
    }
  }

  readResult(path: string): Uint8Array {
    try {
      const real = realpathSync(resolve(this.root, path))
      if (relative(this.root, real).startsWith('..')) throw new FileError('EXDEV', path, 'it leads out of the folder')
      const descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const stat = fstatSync(descriptor)
        if (!stat.isFile()) throw new FileError('EINVAL', path, 'it is no regular file')
        if (stat.size > largestResult) throw new FileError('EFBIG', path, 'it is too large')
        return new Uint8Array(readFileSync(descriptor))
      } finally {
        closeSync(descriptor)
      }
    } catch (error) {
      if (error instanceof FileError || !(error instanceof Error && 'code' in error)) throw error
      throw new FileError(String(error.code), path, error.code === 'ENOENT' ? 'it was not made' : String(error.code))
    }
  }

  run(job: Job): Promise<Outcome> {
    return runJob(job, this.#surroundings)
  }

  async endProcesses(): Promise<void> {
    for (let rounds = 0; rounds < mostRounds && this.killProcesses() > 0; rounds++) await setTimeout(roundTime)
  }

  /** Kills what runs, and does not wait. */
  killProcesses(): number {
    return killProcesses(this.#surroundings.owner)
  }

  removeStrayFiles(): string[] {
    // Only files of a user of its own are known to be the submission's.
    if (this.#uid === undefined) return []
    const found = [...new Set([...publicFolders, tmpdir()])].flatMap((folder) => strayFilesIn(folder, this.#uid))
    for (const path of found) rmSync(path, { recursive: true, force: true })
    return found.sort()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.killProcesses()
    if (!this.#options.keep) rmSync(this.#folder, { recursive: true, force: true })
    this.#options.onClose()
  }

  /** Replaces a folder by the lab's. */
  #placeFolder(path: string): void {
    const parent = path.split('/').slice(0, -1).join('/')
    if (parent !== '') makeRealFolders(this.root, parent, this.#uid)
    rmSync(join(this.root, path), { recursive: true, force: true })
    copyTree(this.labPath(path), join(this.root, path), { uid: this.#uid })
  }

  #give(path: string): void {
    if (this.#uid !== undefined) lchownSync(path, this.#uid, this.#uid)
  }
}

function strayFilesIn(folder: string, uid: number | undefined): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return lstatSync(path, { throwIfNoEntry: false })?.uid === uid ? [path] : []
  })
}
