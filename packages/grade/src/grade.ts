import pLimit from 'p-limit'
import type { Lab, LabCase } from './lab/lab.ts'
import type { CaseResult, Results, SubmissionResult } from './results.ts'
import type { Workshop } from './run/outcome.ts'
import { type Matcher, runCase, runSteps } from './run/run-case.ts'

/** What is graded: a folder with a student's work, and the name under which it is reported. */
export interface Submission {
  readonly name: string
  readonly folder: string
}

/** What grading is given of the machine, and whom it tells. */
export interface Grading {
  /** How many submissions are graded at a time. */
  readonly jobs: number
  /** Makes the workspace of a submission; why it cannot be made, if so. */
  openWorkshop(submission: Submission): Workshop | { readonly problem: string }
  readonly matches: Matcher
  /** A result of an earlier run with the same inputs. */
  recall(submission: Submission, id: string): CaseResult | undefined
  /** Told of each case as it ends. */
  onCase(submission: Submission, result: CaseResult): void
  /** Told of each submission as it ends, in the order in which they were given. */
  onSubmission(result: SubmissionResult): void
  /** Whether to begin nothing more. */
  isStopped(): boolean
}

/** Runs a lab's cases on submissions, several at a time; what happens to one changes nothing for the others. */
export async function grade(lab: Lab, submissions: readonly Submission[], grading: Grading): Promise<Results> {
  const limit = pLimit(grading.jobs)
  const done: SubmissionResult[] = []
  const running = submissions.map((submission) => limit(() => gradeSubmission(lab, submission, grading)))
  for (const result of running) {
    const submission = await result
    done.push(submission)
    if (!grading.isStopped()) grading.onSubmission(submission)
  }
  return { lab, submissions: done }
}

async function gradeSubmission(lab: Lab, submission: Submission, grading: Grading): Promise<SubmissionResult> {
  const { name, folder } = submission
  const recalled = new Map(
    lab.cases.flatMap(({ id }) => {
      const result = grading.recall(submission, id)
      return result ? [[id, result]] : []
    }),
  )
  if (recalled.size === lab.cases.length)
    return { name, folder, cases: lab.cases.flatMap(({ id }) => recalled.get(id) ?? []) }
  if (grading.isStopped()) return { name, folder, cases: [] }
  const workshop = grading.openWorkshop(submission)
  if ('problem' in workshop) return { name, folder, cases: lab.cases.map(({ id }) => failedCase(id, workshop.problem)) }
  try {
    return { name, folder, cases: await runCases(lab, submission, workshop, recalled, grading) }
  } finally {
    workshop.close()
  }
}

async function runCases(
  lab: Lab,
  submission: Submission,
  workshop: Workshop,
  recalled: ReadonlyMap<string, CaseResult>,
  grading: Grading,
): Promise<CaseResult[]> {
  const results: CaseResult[] = []
  const outcomes = new Map<string, CaseResult['outcome']>()
  const setup = await runSteps(lab.setup, lab, '.', workshop, grading.matches)
  await workshop.endProcesses()
  const broken = setup.find(({ passed }) => !passed)
  for (const labCase of lab.cases) {
    if (grading.isStopped()) break
    const { id } = labCase
    let result = recalled.get(id)
    if (!result) {
      if (broken) result = { ...failedCase(id, `setup failed: ${broken.name}`), steps: [broken] }
      else result = skippedCase(labCase, outcomes) ?? (await runCase(lab, labCase, workshop, grading.matches))
      // A step that was running when we were asked to stop says nothing of the submission.
      if (grading.isStopped()) break
      grading.onCase(submission, result)
    }
    outcomes.set(id, result.outcome)
    results.push(result)
  }
  return results
}

function failedCase(id: string, reason: string): CaseResult {
  return { id, outcome: 'failed', score: 0, reason, steps: [] }
}

function skippedCase(
  { id, needs }: LabCase,
  outcomes: ReadonlyMap<string, CaseResult['outcome']>,
): CaseResult | undefined {
  const missing = needs.filter((need) => outcomes.get(need) !== 'passed')
  if (missing.length === 0) return undefined
  return { id, outcome: 'skipped', score: 0, reason: `needs ${missing.join(', ')}, which did not pass`, steps: [] }
}
