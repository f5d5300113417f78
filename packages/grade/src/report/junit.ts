import { explain, type ReportView, type SubmissionView } from './view.ts'

/** JUnit's XML: a test suite for each submission. */
export function reportJunit({ title, submissions }: ReportView): string {
  const suites = submissions.map((submission) => suiteOf(submission)).join('')
  const all = submissions.flatMap(({ shown }) => shown)
  const counts = countsOf(all)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escapeXml(title)}"${counts}>\n${suites}</testsuites>\n`
}

function suiteOf({ name, shown, hidden, score, maxScore }: SubmissionView): string {
  const cases = shown.map((view) => {
    const time = view.time === undefined ? '' : ` time="${(view.time / 1000).toFixed(3)}"`
    const head = `    <testcase classname="${escapeXml(view.group || view.id)}" name="${escapeXml(view.title)}"${time}`
    if (view.outcome === 'passed') return `${head}/>\n`
    const lines = explain(view)
    const first = view.steps.flatMap(({ failures }) => failures).at(0)?.message ?? lines[0] ?? view.outcome
    const body =
      view.outcome === 'skipped'
        ? `      <skipped message="${escapeXml(view.reason)}"/>\n`
        : `      <failure message="${escapeXml(first)}">${escapeXml(lines.join('\n'))}</failure>\n`
    return `${head}>\n${body}    </testcase>\n`
  })
  const properties = { score, maxScore, ...(hidden ? { hiddenPassed: hidden.passed, hiddenCases: hidden.cases } : {}) }
  const list = Object.entries(properties).map(([key, value]) => `      <property name="${key}" value="${value}"/>\n`)
  const suite = `  <testsuite name="${escapeXml(name)}"${countsOf(shown)}>\n`
  return `${suite}    <properties>\n${list.join('')}    </properties>\n${cases.join('')}  </testsuite>\n`
}

function countsOf(cases: SubmissionView['shown']): string {
  const count = (outcome: string): number => cases.filter((view) => view.outcome === outcome).length
  return ` tests="${cases.length}" failures="${count('failed')}" skipped="${count('skipped')}"`
}

/** Text for XML 1.0, which knows no control characters but tab and line ends, whichever way they are written. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
}
