// What grading finds out, before anyone decides how to show it.
import type { Lab } from './lab/lab.ts'

export interface Failure {
  readonly message: string
  /** What stands there, one a line. */
  readonly details: readonly string[]
}

export interface StepResult {
  readonly name: string
  /** The command as one types it in the submission's folder. */
  readonly command: string
  readonly passed: boolean
  readonly score?: number
  readonly maxScore?: number
  readonly failures: readonly Failure[]
  /** The last lines of what a step that failed wrote to stderr. */
  readonly stderr: readonly string[]
  readonly milliseconds: number
}

export interface CaseResult {
  readonly id: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly score: number
  /** Why it was skipped, or failed as a whole. */
  readonly reason?: string
  /** The steps that ran. */
  readonly steps: readonly StepResult[]
}

export interface SubmissionResult {
  readonly name: string
  readonly folder: string
  /** In the lab's order. */
  readonly cases: readonly CaseResult[]
}

export interface Results {
  readonly lab: Lab
  /** In the order in which they were given. */
  readonly submissions: readonly SubmissionResult[]
}
