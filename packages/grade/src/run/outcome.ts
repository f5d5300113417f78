import type { Limits } from '../lab/lab.ts'

/** A command to run, with all that it gets. */
export interface Job {
  /** The program, by a path or a name that PATH has, and its arguments. */
  readonly words: readonly string[]
  /** What it reads from stdin. */
  readonly stdin: Uint8Array
  readonly limits: Limits
  /** Whether the program is one that a step has made, as a student's linker makes them. */
  readonly isMade: boolean
}

/** How a command ended. `stopped` is our doing, for the reason given. */
export type Ending =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'not-started'; readonly reason: string }

/** What is left of a command that has ended. */
export interface Outcome {
  readonly ending: Ending
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly milliseconds: number
}

/** All that grading one submission touches of the machine. Paths of the lab and of the workspace are relative. */
export interface Workshop {
  /** The folder of the submission's copy, absolute: `${root_dir}`. */
  readonly root: string
  /** Copies the lab's files of a case to where its steps expect them, whatever is there, with an empty folder `build`. */
  placeCase(folder: string): void
  /** The place of a file of the lab that submissions cannot change. */
  labPath(path: string): string
  /** Reads a file of the lab. Throws FileError. */
  readLab(path: string): Uint8Array
  exists(path: string): boolean
  /** Reads what a submission made: a regular file within its folder. Throws FileError. */
  readResult(path: string): Uint8Array
  run(job: Job): Promise<Outcome>
  /** Ends every process that the submission still has, and waits until they are gone. */
  endProcesses(): Promise<void>
  /** Removes what the submission wrote where it should not, and names it. */
  removeStrayFiles(): string[]
  /** Removes the workspace, unless it is to be kept. */
  close(): void
}
