import { classroomResult, reportAnnotations, reportSummary } from './github.ts'
import { reportGradescope } from './gradescope.ts'
import { reportHtml } from './html.ts'
import { reportJson } from './json.ts'
import { reportJunit } from './junit.ts'
import { tableOfScores, tableOfSubmission } from './table.ts'
import { reportTap } from './tap.ts'
import type { ReportView } from './view.ts'

/** The formats of a report by their names. */
export const formats = {
  table: (report: ReportView) =>
    report.submissions.map((submission) => tableOfSubmission(submission, { colour: false })).join('') +
    tableOfScores(report),
  json: reportJson,
  gradescope: (report: ReportView) => report.submissions.map(reportGradescope).join(''),
  github: reportAnnotations,
  summary: reportSummary,
  classroom: (report: ReportView) => `${encodeBase64(JSON.stringify(classroomResult(report)))}\n`,
  junit: reportJunit,
  tap: reportTap,
  html: reportHtml,
} as const satisfies Readonly<Record<string, (report: ReportView) => string>>

export type FormatName = keyof typeof formats

/** Whether a word names a format. */
export function isFormat(word: string): word is FormatName {
  return Object.hasOwn(formats, word)
}

/** Formats whose readers expect one submission in a file. */
export const oneSubmissionFormats: readonly FormatName[] = ['gradescope', 'classroom']

function encodeBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
