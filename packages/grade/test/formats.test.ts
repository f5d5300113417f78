// Every format read back by what reads such formats, from results with all that makes formats difficult.
import t from 'tap'
import { Parser } from 'tap-parser'
import { type CaseResult, defaultLimits, type Lab, type LabCase, type Results } from '../src/index.ts'
import { journalLine, readJournal } from '../src/journal.ts'
import { parseSize, parseTime, showSize, showTime } from '../src/lab/quantity.ts'
import { readPattern } from '../src/lab/regular-expression.ts'
import { type FormatName, formats } from '../src/report/formats.ts'
import { type ViewOptions, viewResults } from '../src/report/view.ts'

const nasty = 'a<b> & "c" # 100% ]]> `x` ```` \u{1f3f7}'

function labCase(id: string, changes: Partial<LabCase> = {}): LabCase {
  const step = { name: 'run', command: ['true'], mustPass: true, limits: defaultLimits, checks: [] }
  return {
    ...{ id, title: id, description: '', groups: ['first'], visibility: 'visible', needs: [], steps: [step] },
    ...{ maxScore: 2, file: 'lab/lab.toml', line: 7, folder: `cases/${id}` },
    ...changes,
  }
}

const lab: Lab = {
  title: `Lab ${nasty}`,
  folder: 'lab',
  setup: [],
  commonFolder: 'common',
  cases: [
    labCase('good', { title: 'Good' }),
    labCase('bad', { title: nasty, description: nasty, groups: ['first', 'second'] }),
    labCase('later'),
    labCase('secret', { title: 'SECRET', visibility: 'hidden', maxScore: 1.5 }),
    labCase('due', { title: 'DUE', visibility: 'after_due_date' }),
  ],
}

const passed = (id: string, score: number): CaseResult => ({
  ...{ id, outcome: 'passed', score },
  steps: [
    { name: 'run', command: './x', passed: true, failures: [], stderr: [], milliseconds: 12.3, score, maxScore: score },
  ],
})

const failures = [{ message: `${nasty}\u0007`, details: ['expected: a', 'got:      ::error::b%0A'] }]
const failedStep = {
  name: nasty,
  command: `./ld '${nasty}'`,
  passed: false,
  failures,
  stderr: ['---', '...', 'not ok 1'],
}
const bad: CaseResult = { id: 'bad', outcome: 'failed', score: 0.5, steps: [{ ...failedStep, milliseconds: 1 }] }
const later: CaseResult = { id: 'later', outcome: 'skipped', score: 0, reason: 'needs bad', steps: [] }
const cases = [passed('good', 2), bad, later, passed('secret', 1.5), passed('due', 2)]
const results: Results = {
  lab,
  submissions: [
    { name: `one ${nasty}`, folder: 'one', cases },
    { name: 'two', folder: 'two', cases: cases.map(({ id }) => passed(id, id === 'secret' ? 1.5 : 2)) },
  ],
}
const options: ViewOptions = { showHidden: false, times: false, readerKeepsBack: false }

function reportOf(format: FormatName, changes: Partial<ViewOptions> = {}, submissions = results.submissions): string {
  return formats[format](viewResults({ lab, submissions }, { ...options, ...changes }))
}

t.test('JSON', async (t) => {
  const report = JSON.parse(reportOf('json'))
  t.match(report, {
    version: 1,
    lab: lab.title,
    submissions: [
      {
        ...{ name: `one ${nasty}`, passed: 3, cases: 5, score: 6, maxScore: 9.5 },
        hidden: { passed: 2, cases: 2, score: 3.5, maxScore: 3.5 },
        results: [
          { id: 'good', outcome: 'passed', score: 2, maxScore: 2, group: 'first' },
          { id: 'bad', outcome: 'failed', score: 0.5, steps: [failedStep] },
          { id: 'later', outcome: 'skipped', reason: 'needs bad', steps: [] },
        ],
      },
      { name: 'two', passed: 5 },
    ],
  })
  t.notMatch(reportOf('json'), 'milliseconds')
  t.match(JSON.parse(reportOf('json', { times: true })).submissions[0].results[0], { milliseconds: 12 })
  t.equal(JSON.parse(reportOf('json', { showHidden: true })).submissions[0].results.length, 5)
})

t.test('Gradescope', async (t) => {
  const submissions = results.submissions.slice(0, 1)
  const report = JSON.parse(reportOf('gradescope', { readerKeepsBack: true }, submissions))
  t.match(report, {
    score: 6,
    visibility: 'visible',
    tests: [
      { number: '1', name: 'Good', status: 'passed', score: 2, max_score: 2, visibility: 'visible', output: '' },
      { name: nasty, status: 'failed', score: 0.5, tags: ['first', 'second'] },
      { name: 'later', status: 'failed', output: 'needs bad' },
      { name: 'DUE', visibility: 'after_due_date', max_score: 2 },
      { name: 'hidden cases', status: 'passed', score: 1.5, max_score: 1.5, visibility: 'hidden', output: '' },
    ],
  })
  t.equal(report.tests.length, 5)
  const sum = report.tests.reduce((total: number, { score }: { score: number }) => total + score, 0)
  t.equal(sum, report.score, 'the tests add up to the score')
})

t.test('GitHub', async (t) => {
  const decodeCommand = (text: string) =>
    text.replace(/%(3A|2C|0A|0D|25)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  const lines = reportOf('github').trimEnd().split('\n')
  const read = lines.map((line) => /^::(\w+) file=([^,]*),line=(\d+),title=([^,:]*)::(.*)$/.exec(line) ?? [])
  t.strictSame(
    read.map(([, level, file, line, title]) => [level, file, line, decodeCommand(title ?? '')]),
    [
      ['error', 'lab/lab.toml', '7', `one ${nasty}: ${nasty}`],
      ['warning', 'lab/lab.toml', '7', `one ${nasty}: later`],
    ],
  )
  t.match(decodeCommand(read[0][5] ?? ''), `$ ./ld '${nasty}'\n`)

  const summary = reportOf('summary')
  t.match(summary, /^\| ✅ \| Good \| 2\/2 \|$/m)
  t.match(summary, /^\| \| 2 of 2 hidden \| 3.5\/3.5 \|$/m)
  t.match(summary, '`````text', 'a fence longer than any in the text')
  t.notMatch(summary.replace(/`{5}[\s\S]*?`{5}/g, ''), '<b>', 'no markup of others outside of fences')

  const classroom = JSON.parse(
    Buffer.from(reportOf('classroom', {}, results.submissions.slice(0, 1)), 'base64').toString(),
  )
  t.match(classroom, { version: 1, status: 'fail', max_score: 9.5 })
  t.strictSame(
    classroom.tests.map(({ name, status, score }: Record<string, unknown>) => [name, status, score]),
    [
      ['Good', 'pass', 2],
      [nasty, 'fail', 0.5],
      ['later', 'fail', 0],
      ['hidden cases', 'pass', 3.5],
    ],
  )
})

/** Elements of a well-formed XML text; throws for any other. */
function readXml(text: string): { name: string; attributes: Record<string, string>; path: string; text: string }[] {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#10': '\n' }
  const decode = (value: string) =>
    value.replace(/&([^;]*);|[&<]/g, (entity, name: string | undefined) => {
      if (name === undefined || !(name in entities)) throw new Error(`bad entity ${entity}`)
      return entities[name]
    })
  const elements: ReturnType<typeof readXml> = []
  const open: ReturnType<typeof readXml> = []
  const token = /<\?xml [^>]*\?>|<(\/?)(\w+)((?:\s+\w+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const match = token.exec(text)
    if (!match) throw new Error(`not well-formed at ${text.slice(at, at + 40)}`)
    const [whole, close, name, attributes, selfClosing, content] = match
    if (content !== undefined) {
      const inner = open.at(-1)
      if (inner) inner.text += decode(content)
      else if (content.trim() !== '') throw new Error(`text outside: ${content}`)
    } else if (close) {
      if (open.pop()?.name !== name) throw new Error(`${whole} closes nothing`)
    } else if (name !== undefined) {
      const pairs = Array.from((attributes ?? '').matchAll(/(\w+)="([^"]*)"/g), ([, key, value]) => [
        key,
        decode(value),
      ])
      const path = [...open.map((element) => element.name), name].join('/')
      const element = { name, attributes: Object.fromEntries(pairs), path, text: '' }
      elements.push(element)
      if (!selfClosing) open.push(element)
    }
  }
  if (open.length > 0) throw new Error(`${open[0].name} is not closed`)
  return elements
}

t.test('JUnit', async (t) => {
  const elements = readXml(reportOf('junit'))
  const suites = elements.filter(({ name }) => name === 'testsuite')
  t.strictSame(
    suites.map(({ attributes }) => attributes),
    [
      { name: `one ${nasty}`, tests: '3', failures: '1', skipped: '1' },
      { name: 'two', tests: '3', failures: '0', skipped: '0' },
    ],
  )
  const [failure] = elements.filter(({ name }) => name === 'failure')
  t.equal(failure.path, 'testsuites/testsuite/testcase/failure')
  t.equal(failure.attributes.message, `${nasty}\ufffd`, 'what XML cannot say is replaced')
  t.match(failure.text, `$ ./ld '${nasty}'\n`)
  t.match(elements.find(({ name }) => name === 'skipped')?.attributes, { message: 'needs bad' })
  t.match(readXml(reportOf('junit', { times: true })).find(({ name }) => name === 'testcase')?.attributes, {
    time: '0.012',
  })
})

t.test('TAP', async (t) => {
  const parser = new Parser()
  const tests: string[] = []
  parser.on('child', (child) => {
    child.on('assert', ({ ok, name, skip, diag }: Record<string, unknown>) => {
      tests.push([ok ? 'ok' : 'not ok', name, skip ? `SKIP ${skip}` : ''].join(' ').trim())
      if (!ok) t.match(diag, { details: `${nasty}\u0007`.slice(0, 5) })
    })
  })
  const asserts: Record<string, unknown>[] = []
  parser.on('assert', (assert) => asserts.push(assert))
  parser.end(reportOf('tap'))
  const first = ['ok Good', `not ok ${nasty}`, 'ok later SKIP needs bad', 'ok 2 of 2 hidden cases']
  t.strictSame(tests, [...first, 'ok Good', `ok ${nasty}`, 'ok later', 'ok 2 of 2 hidden cases'])
  t.match(asserts, [
    { ok: false, name: `one ${nasty}` },
    { ok: true, name: 'two' },
  ])
  t.match(parser.results, { ok: false, count: 2, fail: 1, failures: [{ ok: false }] })
})

t.test('HTML', async (t) => {
  const page = reportOf('html')
  t.match(page, /^<!DOCTYPE html>\n<html lang="en">/)
  t.notMatch(page, /<script|https?:|@import|url\(|\bsrc=/i, 'nothing is loaded')
  t.equal(page.split('<details').length, page.split('</details>').length)
  t.match(page, '<details class="case failed" open>')
  t.match(page, 'Lab a&lt;b&gt; &amp; &quot;c&quot;')
  t.notMatch(page, /<b>|SECRET|DUE/)
  const ids = Array.from(page.matchAll(/ id="([^"]*)"/g), ([, id]) => id)
  t.equal(new Set(ids).size, ids.length, 'ids are unique')
  for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) t.ok(ids.includes(target), `a link leads to ${target}`)
  t.match(page, 'prefers-color-scheme:dark')
})

t.test('the table aligns Chinese names', async (t) => {
  const submissions = [
    { name: '张三', folder: 'a', cases: [passed('good', 2)] },
    { name: 'lee', folder: 'b', cases: [passed('good', 2)] },
  ]
  t.match(reportOf('table', {}, submissions), '张三  1 of 1 case, 2/2 points\nlee   1 of 1 case, 2/2 points\n')
})

t.test('the journal keeps what it is given, and nothing that is damaged', async (t) => {
  const text = cases.map((result, i) => journalLine(`k${i}`, result)).join('')
  const read = readJournal(`not JSON\n{"key":3}\n{"key":"x","result":{"id":"x"}}\n${text}${text.slice(0, 50)}`)
  t.strictSame(
    [...read],
    cases.map((result, i) => [`k${i}`, result]),
  )
})

t.test('times, sizes, patterns', async (t) => {
  t.strictSame(['5s', '1.5 s', '20ms', '2m', '5', '-1s', '0s', 's'].map(parseTime), [
    ...[5000, 1500, 20, 120_000],
    ...[undefined, undefined, undefined, undefined],
  ])
  t.strictSame(['4096', '1 KiB', '1.5M', '2GiB', '3 bananas', '1e9'].map(parseSize), [
    ...[4096, 1024, 1_572_864, 2 ** 31],
    ...[undefined, undefined],
  ])
  t.strictSame([1500, 20].map(showTime), ['1.5 s', '20 ms'])
  t.strictSame([1, 12, 2 ** 20, 1536].map(showSize), ['1 byte', '12 bytes', '1 MiB', '1.5 KiB'])
  const matches = (text: string, input: string) => {
    const read = readPattern(text)
    return read !== undefined && new RegExp(read.pattern, read.flags).test(input)
  }
  t.ok(matches('(?i)^error', 'x\nError'))
  t.ok(matches('(?P<c>.)(?P=c)', 'abba'))
  t.notOk(matches('\\Ab', 'a\nb'))
  t.ok(matches('\\Aa', 'a\nb'))
  t.notOk(matches('a\\Z', 'a\nb'))
  t.ok(matches('b\\Z', 'a\nb'))
  t.ok(matches('\\\\A', '\\A'), 'an escaped backslash is none of these')
  t.equal(readPattern('('), undefined)
})
