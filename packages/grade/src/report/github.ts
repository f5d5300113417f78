// GitHub: annotations and a job summary for Actions, and the result that GitHub Classroom's reporter reads.
import { type CaseView, explain, type ReportView, showTotals } from './view.ts'

/** Workflow commands, one for each case that did not pass; GitHub shows them beside the run. */
export function reportAnnotations({ submissions }: ReportView): string {
  const lines = submissions.flatMap(({ name, shown }) =>
    shown
      .filter(({ outcome }) => outcome !== 'passed')
      .map((view) => {
        const title = submissions.length > 1 ? `${name}: ${view.title}` : view.title
        const level = view.outcome === 'failed' ? 'error' : 'warning'
        const place = `file=${property(view.file)},line=${view.line}`
        return `::${level} ${place},title=${property(title)}::${data(explain(view).join('\n'))}\n`
      }),
  )
  return lines.join('')
}

/** Escapes as the runner's toolkit does (@actions/core, command.ts). */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** A job summary in Markdown: a table of cases for each submission, failures folded below it. */
export function reportSummary({ title, submissions }: ReportView): string {
  const parts = [`# ${markdown(title)}\n`]
  for (const submission of submissions) {
    parts.push(
      `## ${markdown(submission.name)}: ${showTotals(submission)}\n`,
      '| | case | points |\n| --- | --- | ---: |',
    )
    for (const view of submission.shown)
      parts.push(`| ${icons[view.outcome]} | ${markdown(view.title)} | ${view.score}/${view.maxScore} |`)
    const { hidden } = submission
    if (hidden) parts.push(`| | ${hidden.passed} of ${hidden.cases} hidden | ${hidden.score}/${hidden.maxScore} |`)
    parts.push('')
    for (const view of submission.shown) if (view.outcome !== 'passed') parts.push(fold(view))
  }
  return `${parts.join('\n')}\n`
}

const icons = { passed: '✅', failed: '❌', skipped: '⏭️' } as const

function fold(view: CaseView): string {
  const text = explain(view).join('\n')
  // Text indented by four can hold anything, but for the end of the folded part only a fence will do.
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `<details><summary>${escapeHtml(view.title)}</summary>\n\n${fence}text\n${text}\n${fence}\n\n</details>\n`
}

function markdown(text: string): string {
  return escapeHtml(text.replace(/\s+/g, ' ')).replace(/[\\`*_[\]|#]/g, '\\$&')
}

/** Text for HTML, within elements and quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character])
}

/** What classroom-resources/autograding-grading-reporter takes as RESULT, before base64. */
export function classroomResult(report: ReportView): object {
  const [submission] = report.submissions
  const tests = submission.shown.map((view) => ({
    name: view.title,
    status: view.outcome === 'passed' ? 'pass' : 'fail',
    message: explain(view).join('\n') || null,
    test_code: view.steps.map(({ command }) => command).join('\n'),
    filename: '',
    line_no: 0,
    execution_time: 0,
    score: view.score,
  }))
  const { hidden } = submission
  const rest = { message: null, test_code: '', filename: '', line_no: 0, execution_time: 0 }
  if (hidden) {
    const status = hidden.passed === hidden.cases ? 'pass' : 'fail'
    tests.push({ name: 'hidden cases', status, ...rest, score: hidden.score })
  }
  const status = submission.passed === submission.cases ? 'pass' : 'fail'
  return { version: 1, status, max_score: submission.maxScore, tests }
}
