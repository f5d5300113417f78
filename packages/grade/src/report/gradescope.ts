import { explain, type SubmissionView } from './view.ts'

/** Gradescope's results.json for one submission (gradescope-autograders.readthedocs.io, "Specifications"). */
export function reportGradescope(submission: SubmissionView): string {
  const tests = submission.shown.map((view, i) => ({
    number: String(i + 1),
    name: view.title,
    status: view.outcome === 'passed' ? 'passed' : 'failed',
    score: view.score,
    max_score: view.maxScore,
    output: explain(view).join('\n'),
    output_format: 'text',
    visibility: view.visibility,
    ...(view.group === '' ? {} : { tags: view.group.split(', ') }),
  }))
  const { hidden } = submission
  const aggregate = hidden && {
    number: String(tests.length + 1),
    name: 'hidden cases',
    status: hidden.passed === hidden.cases ? 'passed' : 'failed',
    score: hidden.score,
    max_score: hidden.maxScore,
    output: '',
    visibility: 'hidden',
  }
  const report = {
    score: submission.score,
    output: `${submission.passed} of ${submission.cases} cases passed`,
    output_format: 'text',
    visibility: 'visible',
    tests: aggregate ? [...tests, aggregate] : tests,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}
