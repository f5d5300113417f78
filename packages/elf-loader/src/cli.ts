// The commands elf-loader and fle-exec: what they do with the process, the terminal and the machine's files.

import { mkdtempSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommandIo, Diagnostics, report } from '@fle/diagnostics'
import { type OptionTable, parseCommandLine } from '@fle/options'
import { describeMaps, describeStack } from './describe-entry.ts'
import { type Disassemble, describeFault } from './describe-fault.ts'
import { readFacts } from './facts.ts'
import { gdbSymbols } from './gdb-symbols.ts'
import { type Launch, prepareLaunch, prepareProgram, prepareSupervision } from './launch.ts'
import { type LoadPlan, Refusal } from './load-plan.ts'
import { canRun, programFiles, programPath, thisMachine } from './node.ts'
import { elfLoaderTable, fleExecTable, supervisedIds, supervisedWord } from './options.ts'
import { plan } from './plan.ts'
import type { StepsOptions } from './plan-words.ts'
import type { PlanOptions } from './planner.ts'
import { preparedFailure } from './prepared-program.ts'
import { addTrace } from './show-calls.ts'
import { planJson, showPlan } from './show-plan.ts'
import { stubSteps } from './stub-image.ts'

const version = '0.1.0'

/** Exit statuses where the program did not run; otherwise they are the program's own. */
const status = { usage: 125, defect: 125, cannotExecute: 126, notFound: 127 } as const

/** `elf-loader [OPTION]... PROGRAM [ARG]...` Resolves with the exit status only if PROGRAM does not take over. */
export function elfLoader(argv: readonly string[], io: CommandIo): Promise<number> {
  return main(argv, io, { tool: 'elf-loader', table: elfLoaderTable, fleOnly: false })
}

/** `fle-exec [OPTION]... PROGRAM [ARG]...`: the same for FLE programs only. */
export function fleExec(argv: readonly string[], io: CommandIo): Promise<number> {
  return main(argv, io, { tool: 'fle-exec', table: fleExecTable, fleOnly: true })
}

interface Command {
  readonly tool: string
  readonly table: OptionTable
  readonly fleOnly: boolean
}

async function main(argv: readonly string[], io: CommandIo, { tool, table, fleOnly }: Command): Promise<number> {
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(table, argv, diagnostics, { stopAtInput: true })
  const inputs: string[] = []
  const options = new Map<string, string>()
  const supervision: string[] = []
  for (const item of items) {
    if (item.kind === 'input') inputs.push(item.value)
    else if (supervisedIds.has(item.id)) supervision.push(supervisedWord(item))
    else options.set(item.id, item.value)
  }
  const format = options.get('diagnostics') ?? 'text'
  if (format !== 'text' && format !== 'json')
    diagnostics.error('bad-value', `--diagnostics is text or json, not ${format}`)
  const isHelp = options.has('help') || options.has('version')
  const facts = options.get('describe')
  if (facts !== undefined) return describe(Number(facts), io, tool)
  if (inputs.length === 0 && !isHelp && !diagnostics.hasErrors)
    diagnostics.error('no-program', 'no program is given', { hint: table.help.usage })

  let exitStatus: number = status.usage
  if (!diagnostics.hasErrors) {
    if (isHelp) return showHelp(io, table, options.has('help'))
    try {
      const emit = options.get('emit-plan')
      if (emit !== undefined) return emitPlan(Number(emit), inputs[0], io, diagnostics, { tool, fleOnly })
      exitStatus = run(inputs, io, diagnostics, { tool, fleOnly, options, supervision })
    } catch (error) {
      const message = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
      const hint = 'please report it with the program'
      diagnostics.error('defect', `internal error: ${message}; this is a defect of ${tool}`, { hint })
      exitStatus = status.defect
    }
  }
  report(diagnostics, io, { tool, json: format === 'json' })
  if (exitStatus === killed) process.kill(process.pid, 'SIGSEGV')
  return exitStatus
}

async function showHelp(io: CommandIo, table: OptionTable, isHelp: boolean): Promise<number> {
  if (isHelp) {
    const { renderHelp } = await import('@fle/options/help')
    io.stdout(await renderHelp(table))
  } else io.stdout(`${table.help.name} (FLE toolchain) ${version}\n`)
  return 0
}

/** The shell's status of a process that SIGSEGV has killed: to end so, as after an execve that fails too late. */
const killed = 128 + 11

interface RunOptions {
  readonly tool: string
  readonly fleOnly: boolean
  readonly options: ReadonlyMap<string, string>
  /** Options for the native supervisor; empty if none is wanted. */
  readonly supervision: readonly string[]
}

/** Plans and runs a program, or shows the plan. Returns the exit status if the program does not take over. */
function run(
  [word, ...rest]: readonly string[],
  io: CommandIo,
  diagnostics: Diagnostics,
  { tool, fleOnly, options, supervision }: RunOptions,
): number {
  const planned = plan(programPath(word, rest.length), programFiles, diagnostics, planOptions(fleOnly, io))
  if (planned.kind === 'failure') return statusOf(planned.errno)
  if (options.has('dry-run')) return showDryRun(planned, io, diagnostics, { tool, isJson: options.has('json') })
  const words = options.has('gdb') ? [...supervision, ...debuggerWords(planned, io)] : supervision
  const launch = prepare(planned, rest.length, words, {
    tool,
    trace: options.has('trace') ? addTrace : undefined,
  })
  return statusOf((launch instanceof Refusal ? launch : launch()).report(diagnostics).errno)
}

/** Options for the native front: how gdb gets the program's symbols. For FLE they are written to a folder that the front removes. */
function debuggerWords({ image: { format, path } }: LoadPlan, { files }: CommandIo): string[] {
  if (format === 'ELF') return [`--gdb-symbols=${path}`]
  const symbols = gdbSymbols(path, files)
  if (!symbols) return ['--gdb-symbols=']
  const folder = mkdtempSync(join(tmpdir(), 'elf-loader-'))
  writeFileSync(join(folder, 'symbols.o'), symbols.object)
  writeFileSync(join(folder, 'commands'), `add-symbol-file ${join(folder, 'symbols.o')} ${symbols.places}\n`)
  return ['--gdb-symbols=', `--gdb-folder=${folder}`]
}

/** Tells what the native supervisor has seen and left in an open file. */
async function describe(descriptor: number, io: CommandIo, tool: string): Promise<number> {
  const facts = readFacts(readFileSync(descriptor, 'latin1'))
  for (const what of facts.shows) {
    if (what === 'maps') io.stderr(describeMaps(facts))
    else if (what === 'stack') io.stderr(describeStack(facts))
    else io.stderr(describeFault(facts, io.files, tool, await loadDisassembler()))
  }
  return 0
}

async function loadDisassembler(): Promise<Disassemble> {
  const { Capstone, Const, loadCapstone } = await import('capstone-wasm')
  await loadCapstone()
  const engine = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_64)
  engine.setOption(Const.CS_OPT_SYNTAX, Const.CS_OPT_SYNTAX_ATT)
  return (code, address) => {
    try {
      const [first] = engine.disasm(code, { address })
      return first && `${first.mnemonic} ${first.opStr}`.trim()
    } catch {
      return undefined // the bytes are no instruction
    }
  }
}

function planOptions(fleOnly: boolean, { env }: CommandIo): PlanOptions {
  return { fleOnly, searchPath: env.PATH, libraryPath: env.FLE_LIBRARY_PATH }
}

/**
 * Plans a program for the native front, which has opened a pipe at `descriptor`. Errors are reported here; the front
 * gets the status to end with.
 */
function emitPlan(
  descriptor: number,
  program: string,
  io: CommandIo,
  diagnostics: Diagnostics,
  { tool, fleOnly }: { tool: string; fleOnly: boolean },
): number {
  const planned = plan(programPath(program, 0), programFiles, diagnostics, planOptions(fleOnly, io))
  const prepared = planned.kind === 'plan' ? prepareProgram(planned, { tool, machine: thisMachine() }) : planned
  const failure = prepared instanceof Refusal ? prepared.report(diagnostics) : prepared
  report(diagnostics, io, { tool })
  const bytes = 'errno' in failure ? preparedFailure(statusOf(failure.errno)) : failure
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
  return 0
}

function showDryRun(
  planned: LoadPlan,
  io: CommandIo,
  diagnostics: Diagnostics,
  { tool, isJson }: { tool: string; isJson: boolean },
): number {
  const machine = canRun() ? thisMachine() : { randomizes: true, randomizesHeap: true, vdso: [] }
  const steps = stubSteps(planned, machine, { tool })
  if (steps instanceof Refusal) return statusOf(steps.report(diagnostics).errno)
  io.stdout(isJson ? planJson(planned, steps.writer) : showPlan(planned, steps.writer))
  return 0
}

function statusOf(errno: string): number {
  if (errno === 'SIGSEGV') return killed
  return errno === 'ENOENT' ? status.notFound : status.cannotExecute
}

function prepare(
  planned: LoadPlan,
  argumentCount: number,
  supervision: readonly string[],
  options: StepsOptions,
): Launch | Refusal {
  if (!canRun()) {
    const { platform, arch } = process
    const reason = `programs can be run on x86-64 Linux only, and this is ${platform} on ${arch}`
    return new Refusal('ENOSYS', planned.program, reason)
  }
  const launch = { ...options, machine: thisMachine(), argumentCount }
  return supervision.length > 0 ? prepareSupervision(planned, supervision, launch) : prepareLaunch(planned, launch)
}
