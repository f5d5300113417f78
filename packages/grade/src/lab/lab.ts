// A lab as the grader knows it, whichever form its files have.

/** What a step may use before it is stopped. */
export interface Limits {
  /** Milliseconds. */
  readonly time: number
  /** Bytes that it may write to stdout, and as many to stderr. */
  readonly output: number
  /** Bytes of memory of all its processes together. */
  readonly memory: number
  /** Processes and threads that it may have at one time. */
  readonly processes: number
  /** Bytes of the largest file it may write. */
  readonly file: number
}

export const defaultLimits: Limits = {
  time: 5000,
  output: 2 ** 20,
  memory: 2 ** 30,
  processes: 128,
  file: 64 * 2 ** 20,
}

/** A text of the lab: written down in its configuration, or in a file of the case's folder. */
export type LabText = { readonly text: string } | { readonly file: string }

/** One thing that must hold when a step has ended. */
export type Check =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'output'; readonly expected: LabText; readonly ignoreWhiteSpace: boolean }
  | { readonly kind: 'pattern'; readonly stream: 'stdout' | 'stderr'; readonly pattern: string; readonly flags: string }
  | { readonly kind: 'object'; readonly path: string; readonly expected: string }
  | { readonly kind: 'judge'; readonly script: string }

/** One command that a case runs. Words may hold the variables `${root_dir}` and its like. */
export interface Step {
  readonly name: string
  readonly command: readonly string[]
  readonly stdin?: LabText
  /** The points for this step; where no step of a case has any, the case's points are for all of them. */
  readonly score?: number
  /** Whether the case ends when this step fails. */
  readonly mustPass: boolean
  readonly limits: Limits
  readonly checks: readonly Check[]
}

/** Who may see a case, in Gradescope's words. */
export const visibilities = ['visible', 'hidden', 'after_due_date', 'after_published'] as const
export type Visibility = (typeof visibilities)[number]

export interface LabCase {
  /** The name that tells cases apart: that of its folder. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly groups: readonly string[]
  readonly visibility: Visibility
  /** Ids of cases that must have passed. */
  readonly needs: readonly string[]
  readonly steps: readonly Step[]
  /** The most points it gives. */
  readonly maxScore: number
  /** Where its configuration stands. */
  readonly file: string
  readonly line: number
  /** Its folder within the lab. */
  readonly folder: string
}

export interface Lab {
  readonly title: string
  /** The folder of the whole lab. */
  readonly folder: string
  /** What is run once for each submission, before its cases. */
  readonly setup: readonly Step[]
  readonly cases: readonly LabCase[]
  /** Folder within the lab that all cases share, `${common_dir}`. */
  readonly commonFolder: string
}

/** How a lab's files are read. Paths are relative to the lab's folder. */
export interface LabFiles {
  /** Throws FileError. */
  read(path: string): Uint8Array
  isFile(path: string): boolean
  isFolder(path: string): boolean
  /** The names of the folders in a folder, sorted as numbers and words; none where there is no such folder. */
  foldersIn(path: string): string[]
}
