// The report for a terminal.
import { showTime } from '../lab/quantity.ts'
import { type CaseView, explain, type ReportView, type SubmissionView, showTotals } from './view.ts'

export interface TableOptions {
  readonly colour: boolean
}

const marks = { passed: '✓', failed: '✗', skipped: '-' } as const
const colours = { passed: '\x1b[32m', failed: '\x1b[31m', skipped: '\x1b[33m' } as const
const bold = '\x1b[1m'
const plain = '\x1b[0m'

/** One submission: a line for each case, and below it why it failed. */
export function tableOfSubmission(submission: SubmissionView, { colour }: TableOptions): string {
  const paint = (code: string, text: string): string => (colour ? code + text + plain : text)
  const width = Math.max(...submission.shown.map(({ id }) => columns(id)), 6)
  const lines = [paint(bold, submission.name)]
  for (const view of submission.shown) {
    lines.push(rowOf(view, width, (text) => paint(colours[view.outcome], text)))
    if (view.outcome !== 'passed') lines.push(...explain(view).map((line) => `      ${line}`))
  }
  if (submission.hidden) lines.push(`  · ${pad('hidden', width)}  ${showTotals(submission.hidden)}`)
  lines.push(`  = ${paint(bold, showTotals(submission))}`, '')
  return `${lines.join('\n')}\n`
}

function rowOf(view: CaseView, width: number, paint: (text: string) => string): string {
  const points = `${view.score}/${view.maxScore}`.padStart(7)
  const time = view.time === undefined ? '' : `  ${showTime(view.time)}`
  const title = view.title === view.id ? '' : `  ${view.title}`
  return `  ${paint(marks[view.outcome])} ${pad(view.id, width)} ${points}${time}${title}`
}

/** Below several submissions: who got how much. */
export function tableOfScores({ submissions }: ReportView): string {
  if (submissions.length < 2) return ''
  const width = Math.max(...submissions.map(({ name }) => columns(name)))
  const rows = submissions.map((submission) => `${pad(submission.name, width)}  ${showTotals(submission)}`)
  return `${rows.join('\n')}\n`
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)))
}

/** Columns that a terminal gives to a text: Chinese, Japanese and Korean characters take two. */
function columns(text: string): number {
  let width = 0
  for (const character of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(character) ? 2 : 1
  return width
}
