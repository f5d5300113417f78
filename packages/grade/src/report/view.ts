// What a report may show. Every format is a function of this alone, so that none can tell of a hidden case.
import type { LabCase, Visibility } from '../lab/lab.ts'
import type { CaseResult, Results, StepResult, SubmissionResult } from '../results.ts'

export interface CaseView {
  readonly id: string
  readonly title: string
  readonly description: string
  /** The names of its groups, joined; empty where it has none. */
  readonly group: string
  readonly visibility: Visibility
  readonly outcome: CaseResult['outcome']
  readonly score: number
  readonly maxScore: number
  readonly reason: string
  readonly steps: readonly StepResult[]
  /** Milliseconds of all steps; undefined in a report that must be the same for the same inputs. */
  readonly time: number | undefined
  /** Where the case is written down. */
  readonly file: string
  readonly line: number
}

export interface Totals {
  readonly passed: number
  readonly cases: number
  readonly score: number
  readonly maxScore: number
}

export interface SubmissionView extends Totals {
  readonly name: string
  readonly shown: readonly CaseView[]
  /** What is told of the cases that are not shown. */
  readonly hidden: Totals | undefined
}

export interface ReportView {
  readonly title: string
  readonly submissions: readonly SubmissionView[]
}

export interface ViewOptions {
  readonly showHidden: boolean
  readonly times: boolean
  /** Whether the report's reader itself keeps back what is to be seen later only, as Gradescope does. */
  readonly readerKeepsBack: boolean
}

/** The report that may be shown. */
export function viewResults(results: Results, options: ViewOptions): ReportView {
  const { lab, submissions } = results
  return {
    title: lab.title,
    submissions: submissions.map((submission) => viewSubmission(submission, lab.cases, options)),
  }
}

/** One submission of it. */
export function viewSubmission(
  submission: SubmissionResult,
  labCases: readonly LabCase[],
  options: ViewOptions,
): SubmissionView {
  const byId = new Map(submission.cases.map((result) => [result.id, result]))
  const views = labCases.flatMap((labCase) => {
    const result = byId.get(labCase.id)
    return result ? [viewCase(labCase, result, options)] : []
  })
  const isShown = ({ visibility }: CaseView): boolean =>
    options.showHidden || visibility === 'visible' || (options.readerKeepsBack && visibility !== 'hidden')
  const shown = views.filter(isShown)
  const hidden = views.filter((view) => !isShown(view))
  return {
    name: submission.name,
    ...totalsOf(views),
    shown,
    hidden: hidden.length > 0 ? totalsOf(hidden) : undefined,
  }
}

function viewCase(labCase: LabCase, result: CaseResult, { times }: ViewOptions): CaseView {
  const { id, title, description, groups, visibility, maxScore, file, line } = labCase
  return {
    ...{ id, title, description, visibility, maxScore, file, line },
    group: groups.join(', '),
    outcome: result.outcome,
    score: result.score,
    reason: result.reason ?? '',
    steps: result.steps,
    time: times ? result.steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0) : undefined,
  }
}

/** Sums over cases. */
function totalsOf(cases: readonly Pick<CaseView, 'outcome' | 'score' | 'maxScore'>[]): Totals {
  return {
    passed: cases.filter(({ outcome }) => outcome === 'passed').length,
    cases: cases.length,
    score: round(cases.reduce((sum, { score }) => sum + score, 0)),
    maxScore: round(cases.reduce((sum, { maxScore }) => sum + maxScore, 0)),
  }
}

/** Points are sums of decimal fractions. */
function round(points: number): number {
  return Math.round(points * 1e6) / 1e6
}

/** The lines that tell why a case did not pass: each step that failed with its command, and what was wrong. */
export function explain({ reason, steps }: CaseView): string[] {
  const lines = reason === '' ? [] : [reason]
  for (const step of steps) {
    if (step.passed) continue
    lines.push(step.name === '' ? 'a step failed' : `step: ${step.name}`)
    if (step.command !== '') lines.push(`$ ${step.command}`)
    for (const { message, details } of step.failures) lines.push(message, ...details.map((detail) => `  ${detail}`))
    if (step.stderr.length > 0) lines.push('stderr:', ...step.stderr.map((line) => `  ${line}`))
  }
  return lines
}

/** `2 of 3 cases, 7/10 points`. */
export function showTotals({ passed, cases, score, maxScore }: Totals): string {
  return `${passed} of ${cases} ${cases === 1 ? 'case' : 'cases'}, ${score}/${maxScore} points`
}
