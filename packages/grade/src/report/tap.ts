import { explain, type ReportView } from './view.ts'

/** The Test Anything Protocol, version 14: a subtest for each submission. */
export function reportTap({ submissions }: ReportView): string {
  const lines = ['TAP version 14', `1..${submissions.length}`]
  submissions.forEach(({ name, shown, hidden, passed, cases }, i) => {
    lines.push(`# Subtest: ${oneLine(name)}`, `    1..${shown.length + (hidden ? 1 : 0)}`)
    shown.forEach((view, k) => {
      const result = view.outcome === 'failed' ? 'not ok' : 'ok'
      const directive = view.outcome === 'skipped' ? ` # SKIP ${oneLine(view.reason)}` : ''
      lines.push(`    ${result} ${k + 1} - ${escapeTap(oneLine(view.title))}${directive}`)
      if (view.outcome === 'failed') lines.push(...diagnostics(explain(view)).map((line) => `      ${line}`))
    })
    if (hidden) {
      const result = hidden.passed === hidden.cases ? 'ok' : 'not ok'
      lines.push(`    ${result} ${shown.length + 1} - ${hidden.passed} of ${hidden.cases} hidden cases`)
    }
    // A skipped case is no failure to TAP, but its submission has not passed.
    lines.push(`${passed === cases ? 'ok' : 'not ok'} ${i + 1} - ${escapeTap(oneLine(name))}`)
  })
  return `${lines.join('\n')}\n`
}

function diagnostics(lines: readonly string[]): string[] {
  return ['---', `message: ${JSON.stringify(lines[0] ?? '')}`, 'details: |', ...lines.map((line) => `  ${line}`), '...']
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

function escapeTap(text: string): string {
  return text.replace(/[\\#]/g, '\\$&')
}
