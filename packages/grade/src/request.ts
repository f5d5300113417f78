// What a command line asks for.
import type { Diagnostics } from '@fle/diagnostics'
import { type CommandLineItem, parseCommandLine } from '@fle/options'
import type { Lab } from './lab/lab.ts'
import { optionTable } from './options.ts'
import { type FormatName, formats, isFormat } from './report/formats.ts'

/** A report that is wanted; without a file it goes to stdout. */
export interface WantedReport {
  readonly format: FormatName
  readonly file?: string
}

export interface Request {
  readonly lab: string
  readonly submissions: readonly string[]
  readonly all: readonly string[]
  readonly cases: readonly string[]
  readonly groups: readonly string[]
  readonly reports: readonly WantedReport[]
  readonly jobs: number | undefined
  readonly journal: string | undefined
  readonly list: boolean
  readonly sameUser: boolean
  readonly keep: boolean
  readonly showHidden: boolean
  readonly times: boolean
  readonly json: boolean
  readonly help: boolean
  readonly version: boolean
}

/** Reads a command line. What is wrong with it is reported. */
export function readRequest(argv: readonly string[], diagnostics: Diagnostics): Request {
  const items = parseCommandLine(optionTable, argv, diagnostics)
  const has = (id: string): boolean => items.some((item) => item.kind === 'option' && item.id === id)
  const valuesOf = (id: string): string[] =>
    items.flatMap((item) => (item.kind === 'option' && item.id === id ? [item.value] : []))
  const [lab = '', ...submissions] = items.flatMap((item) => (item.kind === 'input' ? [item.value] : []))
  const request: Request = {
    lab: withoutSlash(lab),
    submissions: submissions.map(withoutSlash),
    all: valuesOf('all').map(withoutSlash),
    cases: valuesOf('case'),
    groups: valuesOf('group'),
    reports: readReports(valuesOf('format'), diagnostics),
    jobs: readJobs(valuesOf('jobs').at(-1), diagnostics),
    journal: valuesOf('journal').at(-1),
    list: has('list'),
    sameUser: has('same-user'),
    keep: has('keep'),
    showHidden: has('show-hidden'),
    times: has('times'),
    json: readForm(items, diagnostics) === 'json',
    help: has('help'),
    version: has('version'),
  }
  if (lab === '' && !request.help && !request.version)
    diagnostics.error('no-input', 'no lab to grade', { hint: 'fle-grade --help shows how it is used' })
  return request
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path
}

function readReports(words: readonly string[], diagnostics: Diagnostics): WantedReport[] {
  if (words.length === 0) return [{ format: 'table' }]
  return words.flatMap((word) => {
    const colon = word.indexOf(':')
    const format = colon < 0 ? word : word.slice(0, colon)
    const file = colon < 0 ? '' : word.slice(colon + 1)
    if (isFormat(format)) return [file === '' ? { format } : { format, file }]
    const names = Object.keys(formats).join(', ')
    diagnostics.error('option-value', `--format: ${format} is not one of ${names}`)
    return []
  })
}

function readJobs(word: string | undefined, diagnostics: Diagnostics): number | undefined {
  if (word === undefined) return undefined
  const jobs = Number(word)
  if (/^\d+$/.test(word) && jobs >= 1 && jobs <= 1000) return jobs
  return diagnostics.error('option-value', `--jobs: ${word} is not a number between 1 and 1000`)
}

function readForm(items: readonly CommandLineItem[], diagnostics: Diagnostics): string {
  const item = items.findLast((item) => item.kind === 'option' && item.id === 'diagnostics')
  const form = item?.value ?? 'text'
  if (form !== 'json' && form !== 'text')
    diagnostics.error('option-value', `--diagnostics: ${form} is not text or json`)
  return form
}

/** The lab with only the cases that are asked for, and those that they need. A name that is none is reported. */
export function selectCases(lab: Lab, { cases, groups }: Request, diagnostics: Diagnostics): Lab {
  if (cases.length === 0 && groups.length === 0) return lab
  const ids = new Set(lab.cases.map(({ id }) => id))
  for (const id of cases)
    if (!ids.has(id)) diagnostics.error('option-value', `--case: ${id} is no case of this lab`, caseHint)
  for (const group of groups)
    if (!lab.cases.some((one) => one.groups.includes(group)))
      diagnostics.error('option-value', `--group: ${group} is no group of this lab`, caseHint)
  const wanted = new Set<string>()
  // A case stands behind those that it needs.
  for (const labCase of lab.cases.toReversed()) {
    const { id } = labCase
    if (!wanted.has(id) && !cases.includes(id) && !labCase.groups.some((one) => groups.includes(one))) continue
    wanted.add(id)
    for (const need of labCase.needs) wanted.add(need)
  }
  return { ...lab, cases: lab.cases.filter(({ id }) => wanted.has(id)) }
}

const caseHint = { hint: 'fle-grade --list LAB shows them' }
