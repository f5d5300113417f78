// Labs as courses keep them: tests/cases/NAME/config.toml, and grader_config.toml beside tests for what all cases share.
import { type Check, defaultLimits, type Lab, type LabCase, type LabFiles, type Step } from './lab.ts'
import type { LabSource } from './lab-source.ts'
import { checkVariables, programName, readFileName, readPatternCheck } from './read-step.ts'
import type { TomlTable } from './toml.ts'
import { readVisibility } from './visibility.ts'

const sharedFile = 'grader_config.toml'

/** Reads a course's lab; what is wrong is reported. Keys that only the course's own grader knows get a warning. */
export function readCourseLab({ folder, title, files, read, diagnostics }: LabSource): Lab | undefined {
  const shared = files.isFile(sharedFile) ? read(sharedFile) : undefined
  const paths = shared?.table('paths')
  const casesFolder = folderName(paths?.string('cases_dir') ?? 'tests/cases')
  const commonFolder = folderName(paths?.string('common_dir') ?? 'tests/common')
  const groups = readGroups(shared?.table('groups'))
  const setup = readSetup(shared, files)
  const cases: LabCase[] = []
  for (const name of files.foldersIn(casesFolder)) {
    const file = `${casesFolder}/${name}/config.toml`
    const table = files.isFile(file) ? read(file) : undefined
    if (table) cases.push(readCase(table, name, `${casesFolder}/${name}`, groups, files, folder))
  }
  return diagnostics.hasErrors ? undefined : { title, folder, setup, cases, commonFolder }
}

function folderName(path: string): string {
  return path.replace(/^\.\//, '').replace(/\/+$/, '')
}

/** Groups by name, each with patterns for the names of its cases. */
function readGroups(table: TomlTable | undefined): ReadonlyMap<string, readonly string[]> {
  return new Map(table?.keys.map((name) => [name, table.strings(name) ?? []]))
}

/** Whether a name is meant by a pattern with `*` and `?`. */
function matchesGlob(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`).test(name)
}

/** Setup steps check that files are there, or run a command; both become steps. */
function readSetup(shared: TomlTable | undefined, files: LabFiles): Step[] {
  const steps = shared?.table('setup')?.tables('steps') ?? []
  return steps.flatMap((table) => {
    const type = table.string('type') ?? 'command'
    if (type === 'command') return readStep(table, { files, path: '.' }, true)
    const paths = table.table('check')?.strings('files') ?? []
    const name = table.string('name') ?? 'Check for files'
    const checks = paths.map((path): Check => ({ kind: 'file', path }))
    return [{ name, command: [], mustPass: table.boolean('must_pass') ?? true, limits: defaultLimits, checks }]
  })
}

function readCase(
  table: TomlTable,
  id: string,
  folder: string,
  groups: ReadonlyMap<string, readonly string[]>,
  files: LabFiles,
  lab: string,
): LabCase {
  table.demand('meta')
  const meta = table.table('meta')
  const runs = table.tables('run')
  const steps = runs.flatMap((step) => readStep(step, { files, path: folder }, false))
  if (runs.length === 0) table.reject('run', 'must have at least one step: [[run]]')
  const scored = steps.some(({ score }) => score !== undefined)
  const score = meta?.points('score')
  const labCase = {
    id,
    title: meta?.string('name') ?? id,
    description: meta?.string('description') ?? '',
    groups: [...groups].flatMap(([name, patterns]) => (patterns.some((one) => matchesGlob(id, one)) ? [name] : [])),
    visibility: readVisibility(meta),
    needs: meta?.strings('dependencies') ?? meta?.strings('depends_on') ?? [],
    steps,
    maxScore: scored ? steps.reduce((sum, step) => sum + (step.score ?? 0), 0) : (score ?? 0),
    file: lab === '.' ? `${folder}/config.toml` : `${lab}/${folder}/config.toml`,
    line: 1,
    folder,
  }
  meta?.reportUnknown('warning')
  table.reportUnknown('warning')
  return labCase
}

/** A time limit is in seconds there. */
const second = 1000

function readStep(table: TomlTable, folder: { files: LabFiles; path: string }, isSetup: boolean): Step[] {
  table.demand('command')
  const program = table.string('command')
  const args = table.words('args') ?? []
  const command = program === undefined ? [] : [program, ...args]
  checkVariables(table, 'command', command)
  const seconds = table.points('timeout')
  const check = table.table('check')
  const stdin = readFileName(table, 'stdin', folder)
  const score = table.points('score')
  // A student's debugger starts at one of the steps; no affair of a grader.
  table.has('debug_step')
  table.has('debug')
  if (isSetup) table.has('type')
  const step: Step = {
    name: table.string('name') ?? programName(command),
    command,
    ...(stdin === undefined ? {} : { stdin: { file: stdin } }),
    ...(score === undefined ? {} : { score }),
    mustPass: table.boolean('must_pass') ?? true,
    limits: seconds === undefined ? defaultLimits : { ...defaultLimits, time: seconds * second },
    checks: check ? readChecks(check, folder) : isSetup ? [{ kind: 'status', status: 0 }] : [],
  }
  check?.reportUnknown('warning')
  table.reportUnknown('warning')
  return command.length > 0 ? [step] : []
}

/** The checks of a step, in the order in which a course's grader makes them. */
function readChecks(check: TomlTable, folder: { files: LabFiles; path: string }): Check[] {
  const checks: Check[] = []
  const judge = readFileName(check, 'special_judge', folder)
  const status = check.integer('return_code')
  const stdout = readFileName(check, 'stdout', folder)
  const paths = check.strings('files') ?? []
  checkVariables(check, 'files', paths)
  const ignoreWhiteSpace = check.boolean('ignore_whitespace') ?? false
  if (status !== undefined) checks.push({ kind: 'status', status })
  for (const path of paths) checks.push({ kind: 'file', path })
  if (stdout !== undefined) checks.push({ kind: 'output', expected: { file: stdout }, ignoreWhiteSpace })
  checks.push(...readPatternCheck(check, 'stdout_pattern', 'stdout'))
  checks.push(...readPatternCheck(check, 'stderr_pattern', 'stderr'))
  if (judge !== undefined) checks.push({ kind: 'judge', script: judge })
  return checks
}
