// Labs in our own form: one lab.toml, and for each case that has files a folder cases/ID.
import { type Check, defaultLimits, type Lab, type LabCase, type LabFiles, type Limits, type Step } from './lab.ts'
import type { LabSource } from './lab-source.ts'
import {
  type CaseFolder,
  checkVariables,
  programName,
  readFileName,
  readLabText,
  readLimits,
  readPatternCheck,
} from './read-step.ts'
import { signalNumbers } from './signals.ts'
import type { TomlTable } from './toml.ts'
import { readVisibility } from './visibility.ts'

/** Reads a lab in our own form. What is wrong is reported, unknown keys too. */
export function readPlainLab(source: LabSource, path: string): Lab | undefined {
  const { folder, files, read, diagnostics } = source
  const table = read(path)
  if (!table) return undefined
  const limitTable = table.table('limits')
  const limits = readLimits(limitTable, defaultLimits)
  limitTable?.reportUnknown('error')
  const setup = table.tables('setup').map((step) => readStep(step, { files, path: '.' }, limits))
  const file = folder === '.' ? path : `${folder}/${path}`
  const cases = table.tables('case').map((one) => readCase(one, limits, files, file))
  const title = table.string('name') ?? source.title
  table.reportUnknown('error')
  const ids = new Map<string, LabCase>()
  for (const one of cases) {
    const first = ids.get(one.id)
    const at = { file, line: one.line }
    if (first) diagnostics.error('bad-lab', `case.id: ${one.id} is also the case of line ${first.line}`, { at })
    ids.set(one.id, one)
  }
  return diagnostics.hasErrors ? undefined : { title, folder, setup, cases, commonFolder: 'common' }
}

function readCase(table: TomlTable, limits: Limits, files: LabFiles, file: string): LabCase {
  table.demand('id')
  const id = table.string('id') ?? ''
  if (!/^[\w.+-]+$/.test(id) || /^\.+$/.test(id)) table.reject('id', 'must be a name of letters, digits, and . _ + -')
  const folder = `cases/${id}`
  const limitTable = table.table('limits')
  const ownLimits = readLimits(limitTable, limits)
  limitTable?.reportUnknown('error')
  const steps = table.tables('step').map((step) => readStep(step, { files, path: folder }, ownLimits))
  if (steps.length === 0) table.reject('step', 'must have at least one step: [[case.step]]')
  const points = table.points('points')
  const scored = steps.some(({ score }) => score !== undefined)
  if (scored && points !== undefined) table.reject('points', 'must not be given where its steps have points')
  const group = table.string('group')
  const labCase = {
    id,
    title: table.string('name') ?? id,
    description: table.string('description') ?? '',
    groups: group === undefined ? [] : [group],
    visibility: readVisibility(table),
    needs: table.strings('needs') ?? [],
    steps,
    maxScore: scored ? steps.reduce((sum, step) => sum + (step.score ?? 0), 0) : (points ?? 1),
    file,
    line: table.line,
    folder,
  }
  table.reportUnknown('error')
  return labCase
}

function readStep(table: TomlTable, folder: CaseFolder, limits: Limits): Step {
  table.demand('run')
  const command = table.strings('run') ?? []
  if (table.has('run') && command.length === 0) table.reject('run', 'must have at least one word')
  checkVariables(table, 'run', command)
  const score = table.points('points')
  const stdin = readLabText(table, 'stdin', folder)
  const step: Step = {
    name: table.string('name') ?? programName(command),
    command,
    ...(stdin ? { stdin } : {}),
    ...(score === undefined ? {} : { score }),
    mustPass: table.boolean('must-pass') ?? true,
    limits: readLimits(table, limits),
    checks: readChecks(table, folder),
  }
  table.reportUnknown('error')
  return step
}

/** A step that says nothing of how it must end must exit with 0. */
function readChecks(table: TomlTable, folder: CaseFolder): Check[] {
  const checks: Check[] = []
  const signal = table.string('signal')
  const status = table.integer('status')
  if (signal !== undefined && status !== undefined) table.reject('signal', 'and status cannot both be given')
  if (signal !== undefined && !signalNumbers.has(signal))
    table.reject('signal', `must be the name of a signal like "SIGSEGV", not ${JSON.stringify(signal)}`)
  if (status !== undefined && (status < 0 || status > 255)) table.reject('status', 'must be between 0 and 255')
  checks.push(signal !== undefined ? { kind: 'signal', signal } : { kind: 'status', status: status ?? 0 })
  const paths = table.strings('files') ?? []
  checkVariables(table, 'files', paths)
  for (const path of paths) checks.push({ kind: 'file', path })
  const expected = readLabText(table, 'stdout', folder)
  const ignoreWhiteSpace = table.boolean('ignore-white-space') ?? false
  if (expected) checks.push({ kind: 'output', expected, ignoreWhiteSpace })
  checks.push(...readPatternCheck(table, 'stdout-pattern', 'stdout'))
  checks.push(...readPatternCheck(table, 'stderr-pattern', 'stderr'))
  const object = table.table('object')
  if (object) checks.push(...readObjectCheck(object, folder))
  const judge = readFileName(table, 'judge', folder)
  if (judge !== undefined) checks.push({ kind: 'judge', script: judge })
  return checks
}

/** `object = { file = "…", like = "…" }`: a file that the step makes must mean the same as one of the case. */
function readObjectCheck(table: TomlTable, folder: CaseFolder): Check[] {
  table.demand('file')
  table.demand('like')
  const path = table.string('file')
  const expected = readFileName(table, 'like', folder)
  checkVariables(table, 'file', path === undefined ? [] : [path])
  table.reportUnknown('error')
  return path === undefined || expected === undefined ? [] : [{ kind: 'object', path, expected }]
}
