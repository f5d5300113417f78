import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { runInNewContext } from 'node:vm'
import { type CommandIo, Diagnostics, exitStatus, FileError, report } from '@fle/diagnostics'
import { grade, type Submission } from './grade.ts'
import { journalLine, readJournal } from './journal.ts'
import type { Lab } from './lab/lab.ts'
import { nodeLabFiles } from './lab/node.ts'
import { readLab } from './lab/read-lab.ts'
import { optionTable } from './options.ts'
import { Progress } from './progress.ts'
import { formats, oneSubmissionFormats } from './report/formats.ts'
import { tableOfScores, tableOfSubmission } from './report/table.ts'
import { type ViewOptions, viewResults, viewSubmission } from './report/view.ts'
import { type Request, readRequest, selectCases, type WantedReport } from './request.ts'
import type { CaseResult, Results, SubmissionResult } from './results.ts'
import { version } from './version.ts'
import { hashLab, hashSubmission, Workplace } from './workplace/node.ts'

const tool = 'fle-grade'

/** Statuses beside the usual: somebody has asked us to stop. */
const interrupted = 130

/** The command fle-grade. Returns its exit status: 0 (all passed), 1 (not all), 2 (the lab or the command line is wrong). */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const diagnostics = new Diagnostics()
  const request = readRequest(argv, diagnostics)
  if (request.help) {
    const { renderHelp } = await import('@fle/options/help')
    io.stdout(await renderHelp(optionTable))
    return exitStatus.success
  }
  if (request.version) {
    io.stdout(`${tool} ${version}\n`)
    return exitStatus.success
  }
  const whole = diagnostics.hasErrors
    ? undefined
    : readLab(request.lab, nodeLabFiles(request.lab), diagnostics, basename(resolve(request.lab)))
  const lab = whole && selectCases(whole, request, diagnostics)
  const submissions = lab ? findSubmissions(request, diagnostics) : []
  checkReports(request.reports, submissions, diagnostics)
  report(diagnostics, io, { tool, json: request.json })
  if (!lab || diagnostics.hasErrors) return exitStatus.usageError
  if (request.list) {
    io.stdout(listOf(lab))
    return exitStatus.success
  }
  return run(lab, submissions, request, io)
}

/** The cases of a lab, one a line. */
function listOf(lab: Lab): string {
  const rows = lab.cases.map(({ id, title, groups, maxScore }) => [id, String(maxScore), groups.join(','), title])
  return rows.map((row) => `${row.join('\t')}\n`).join('')
}

/** The submissions by folder; names are those of the folders, or the paths where two folders have one name. */
function findSubmissions({ lab, submissions, all }: Request, diagnostics: Diagnostics): Submission[] {
  const below = all.flatMap((folder) => {
    if (isFolder(folder)) return foldersIn(folder)
    diagnostics.error('no-submission', `--all: there is no folder ${folder}`)
    return []
  })
  const given = [...submissions, ...below]
  const folders = given.length > 0 || all.length > 0 ? given : [lab]
  for (const folder of folders)
    if (!isFolder(folder)) diagnostics.error('no-submission', `${folder}: there is no such folder`)
  if (folders.length === 0) diagnostics.error('no-submission', 'there are no submissions to grade')
  const names = folders.map((folder) => basename(resolve(folder)))
  return folders.map((folder, i) => ({
    name: names.indexOf(names[i]) === names.lastIndexOf(names[i]) ? names[i] : folder,
    folder,
  }))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const names = entries.map(({ name }) => name).filter((name) => !name.startsWith('.'))
  return names.sort(new Intl.Collator('en', { numeric: true }).compare).map((name) => join(folder, name))
}

function checkReports(
  reports: readonly WantedReport[],
  submissions: readonly Submission[],
  diagnostics: Diagnostics,
): void {
  for (const { format, file } of reports) {
    if (submissions.length > 1 && oneSubmissionFormats.includes(format) && !file?.includes('{name}'))
      diagnostics.error('option-value', `--format=${format}: there is one such report for each submission`, {
        hint: `name the files: --format=${format}:results/{name}.json`,
      })
  }
  if (reports.filter(({ file }) => file === undefined).length > 1)
    diagnostics.error('option-value', '--format: only one report can go to stdout', {
      hint: 'name a file for the others: --format=html:report.html',
    })
}

/** Grades, and reports. */
async function run(lab: Lab, submissions: readonly Submission[], request: Request, io: CommandIo): Promise<number> {
  const journal = openJournal(lab, request)
  const workplace = new Workplace(lab, { ...request, path: io.env.PATH ?? '/usr/bin:/bin' })
  let isStopped = false
  const stop = (): void => {
    isStopped = true
    workplace.stop()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  const progress = new Progress(submissions.length * lab.cases.length, io)
  const streamed = streamTo(io, lab, request)
  try {
    const results = await grade(lab, submissions, {
      jobs: request.jobs ?? availableParallelism(),
      openWorkshop: (submission) => workplace.open(submission),
      matches,
      recall: journal.recall,
      onCase: (submission, result) => {
        journal.keep(submission, result)
        progress.step(submission.name)
      },
      onSubmission: (submission) => {
        progress.clear()
        streamed?.(submission)
      },
      isStopped: () => isStopped,
    })
    progress.clear()
    if (isStopped) {
      const again = request.journal === undefined ? '' : '; run it again with the same journal to go on'
      io.stderr(`${tool}: stopped${again}\n`)
      return interrupted
    }
    writeReports(results, request, io)
    const allPassed = results.submissions.every(({ cases }) => cases.every(({ outcome }) => outcome === 'passed'))
    return allPassed ? exitStatus.success : exitStatus.inputError
  } finally {
    for (const signal of signals) process.off(signal, stop)
    workplace.close()
    if (request.keep) io.stderr(`${tool}: the workspaces are in ${workplace.folder}\n`)
  }
}

/** The results of earlier runs, and a place for those of this one. Without a file nothing is kept or recalled. */
function openJournal(lab: Lab, { journal }: Request) {
  if (journal === undefined) return { recall: () => undefined, keep: () => {} }
  // Finds out whether it can be written before anything runs.
  append(journal, '')
  const results = existsSync(journal) ? readJournal(readFileSync(journal, 'utf8')) : new Map<string, CaseResult>()
  const labHash = hashLab(lab)
  const keys = new Map<string, string>()
  const keyOf = ({ folder }: Submission, id: string): string => {
    const known = keys.get(folder) ?? hashSubmission(folder, lab)
    keys.set(folder, known)
    return createHash('sha256')
      .update(JSON.stringify([version, labHash, known, id]))
      .digest('hex')
  }
  return {
    recall: (submission: Submission, id: string) => results.get(keyOf(submission, id)),
    keep: (submission: Submission, result: CaseResult) =>
      append(journal, journalLine(keyOf(submission, result.id), result)),
  }
}

/** Appends to a file. Throws FileError. */
function append(path: string, text: string): void {
  try {
    appendFileSync(path, text)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO'
    throw new FileError(code, path, `cannot be written (${code})`)
  }
}

function viewOptions({ showHidden, times }: Request, readerKeepsBack = false): ViewOptions {
  return { showHidden, times, readerKeepsBack }
}

/** The table on stdout, if it is wanted there, comes submission by submission. */
function streamTo(io: CommandIo, lab: Lab, request: Request) {
  if (!request.reports.some(isStreamed)) return undefined
  const colour = io.stdoutIsTerminal && !io.env.NO_COLOR
  return (submission: SubmissionResult): void =>
    io.stdout(tableOfSubmission(viewSubmission(submission, lab.cases, viewOptions(request)), { colour }))
}

function isStreamed({ format, file }: WantedReport): boolean {
  return format === 'table' && file === undefined
}

function writeReports(results: Results, request: Request, io: CommandIo): void {
  for (const wanted of request.reports) {
    const { format, file } = wanted
    const view = viewResults(results, viewOptions(request, format === 'gradescope'))
    if (isStreamed(wanted)) io.stdout(tableOfScores(view))
    else if (file?.includes('{name}')) {
      for (const submission of view.submissions) {
        const content = formats[format]({ ...view, submissions: [submission] })
        io.writeOutput(file.replaceAll('{name}', fileName(submission.name)), new TextEncoder().encode(content), plain)
      }
    } else if (file !== undefined) io.writeOutput(file, new TextEncoder().encode(formats[format](view)), plain)
    else io.stdout(formats[format](view))
    const summary = io.env.GITHUB_STEP_SUMMARY
    if (format === 'github' && summary) append(summary, formats.summary(view))
  }
}

const plain = { executable: false }

/** A submission's name as part of a file's. */
function fileName(name: string): string {
  return name.replaceAll('/', '_')
}

/** Some patterns take time without end; V8 stops a script that runs for too long, also within a match. */
function matches(pattern: string, flags: string, text: string): boolean | undefined {
  try {
    const found: unknown = runInNewContext(
      'new RegExp(pattern, flags).test(text)',
      { pattern, flags, text },
      { timeout: 1000 },
    )
    return found === true
  } catch {
    return undefined
  }
}
