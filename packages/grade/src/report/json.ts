import type { CaseView, ReportView, SubmissionView } from './view.ts'

/** The report as JSON: for each submission its totals, and its cases with what failed. */
export function reportJson({ title, submissions }: ReportView): string {
  return `${JSON.stringify({ version: 1, lab: title, submissions: submissions.map(submissionJson) }, null, 2)}\n`
}

function submissionJson({ name, passed, cases, score, maxScore, shown, hidden }: SubmissionView): object {
  return { name, passed, cases, score, maxScore, hidden, results: shown.map(caseJson) }
}

function caseJson({ id, title, group, outcome, score, maxScore, reason, time, steps }: CaseView): object {
  return {
    ...{ id, title, outcome, score, maxScore },
    ...(group === '' ? {} : { group }),
    ...(reason === '' ? {} : { reason }),
    ...(time === undefined ? {} : { milliseconds: Math.round(time) }),
    steps: steps.map(({ milliseconds, ...step }) =>
      time === undefined ? step : { ...step, milliseconds: Math.round(milliseconds) },
    ),
  }
}
