// One page that needs nothing else: no script, no font, no picture from elsewhere.
import { escapeHtml } from './github.ts'
import { type CaseView, explain, type ReportView, type SubmissionView, showTotals } from './view.ts'

const words = { passed: 'passed', failed: 'failed', skipped: 'skipped' } as const
const marks = { passed: '✓', failed: '✗', skipped: '–' } as const

/** The report as a page: a table of scores, then each submission with its cases, those that failed open. */
export function reportHtml({ title, submissions }: ReportView): string {
  const scores = submissions.length > 1 ? tableOfScores(submissions) : ''
  const sections = submissions.map((submission, i) => sectionOf(submission, i)).join('\n')
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}: report</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1></header>
<main>
${scores}${sections}
</main>
</body>
</html>
`
}

function tableOfScores(submissions: readonly SubmissionView[]): string {
  const rows = submissions.map((submission, i) => {
    const { name, passed, cases, score, maxScore } = submission
    const share = maxScore > 0 ? Math.round((100 * score) / maxScore) : passed === cases ? 100 : 0
    const meter = `<meter min="0" max="100" value="${share}" aria-label="${share} percent"></meter>`
    const link = `<a href="#s${i}">${escapeHtml(name)}</a>`
    return `<tr><th scope="row">${link}</th><td>${passed}/${cases}</td><td>${score}/${maxScore}</td><td>${meter}</td></tr>`
  })
  const head =
    '<tr><th scope="col">submission</th><th scope="col">cases</th><th scope="col">points</th><th scope="col">share</th></tr>'
  return `<table><caption>Scores</caption><thead>${head}</thead>\n<tbody>${rows.join('\n')}</tbody></table>\n`
}

function sectionOf(submission: SubmissionView, index: number): string {
  const cases = submission.shown.map(caseOf).join('\n')
  const { hidden } = submission
  const rest = hidden ? `<p class="hidden">Hidden cases: ${showTotals(hidden)}.</p>` : ''
  return `<section id="s${index}" aria-labelledby="h${index}">
<h2 id="h${index}">${escapeHtml(submission.name)}</h2>
<p class="total">${showTotals(submission)}</p>
${cases}
${rest}
</section>`
}

function caseOf(view: CaseView): string {
  const mark = `<span class="mark" aria-hidden="true">${marks[view.outcome]}</span>`
  const group = view.group === '' ? '' : `<span class="group">${escapeHtml(view.group)}</span>`
  const points = `<span class="points">${view.score}/${view.maxScore}</span>`
  const state = `<span class="state">${words[view.outcome]}</span>`
  const summary = `${mark} <span class="title">${escapeHtml(view.title)}</span> ${group} ${state} ${points}`
  const about = view.description === '' ? '' : `<p>${escapeHtml(view.description)}</p>`
  const why = view.outcome === 'passed' ? '' : `<pre tabindex="0">${escapeHtml(explain(view).join('\n'))}</pre>`
  if (about + why === '') return `<div class="case ${view.outcome}">${summary}</div>`
  const open = view.outcome === 'failed' ? ' open' : ''
  return `<details class="case ${view.outcome}"${open}><summary>${summary}</summary>${about}${why}</details>`
}

const style = `
:root{--text:#1c1e21;--page:#fff;--soft:#f3f4f6;--line:#d4d7dc;--quiet:#565c66;--passed:#17692f;--failed:#a51d1d;--skipped:#7a5200;--link:#0b57c2}
@media (prefers-color-scheme:dark){:root{--text:#e6e8eb;--page:#15171a;--soft:#202327;--line:#3a3f46;--quiet:#a4abb5;--passed:#6fd38b;--failed:#ff8f8f;--skipped:#e6b450;--link:#8ab8ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin:2rem 0 0}
a{color:var(--link)}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{border-bottom:1px solid var(--line);padding:.3rem .4rem;text-align:left;font-variant-numeric:tabular-nums}
tbody th{overflow-wrap:anywhere}
meter{width:100%;min-width:4rem}
.total,.hidden{color:var(--quiet);margin:.2rem 0 .8rem}
.case{border:1px solid var(--line);border-left-width:.35rem;border-radius:.3rem;margin:.4rem 0;padding:.4rem .7rem}
.case.passed{border-left-color:var(--passed)}.case.failed{border-left-color:var(--failed)}.case.skipped{border-left-color:var(--skipped)}
.passed .mark,.passed .state{color:var(--passed)}.failed .mark,.failed .state{color:var(--failed)}.skipped .mark,.skipped .state{color:var(--skipped)}
.title{font-weight:600;overflow-wrap:anywhere}
.group{color:var(--quiet);font-size:.85rem}
.state{font-size:.85rem;margin-left:.5rem}
.points{float:right;font-variant-numeric:tabular-nums}
summary{cursor:pointer}
a:focus-visible,summary:focus-visible,pre:focus-visible{outline:3px solid var(--link);outline-offset:2px}
pre{background:var(--soft);border-radius:.3rem;margin:.5rem 0 .2rem;overflow-x:auto;padding:.6rem;font:.9rem/1.45 ui-monospace,monospace}
@media print{details>*{display:block}}
`
