// The commands elf-loader and fle-exec: the only place of this room that touches the process.

import * as fs from 'node:fs'
import { type CommandIo, Diagnostics, report } from '@fle/diagnostics'
import { type OptionTable, parseCommandLine } from '@fle/options'
import { launch, unsupported } from './launch.ts'
import { type LoadFailure, type LoadPlan, type Permission, type ProgramFiles, Refusal } from './load-plan.ts'
import { type Machine, randomCount, readMachine } from './machine.ts'
import { elfLoaderTable, fleExecTable } from './options.ts'
import { plan } from './plan.ts'
import { showPlan } from './show-plan.ts'

const version = '0.1.0'

/** Exit statuses where the program did not run; otherwise they are the program's own. */
const status = { usage: 125, cannotExecute: 126, notFound: 127 } as const

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

async function main(argv: readonly string[], io: CommandIo, command: Command): Promise<number> {
  const { tool, table } = command
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(table, argv, diagnostics, { stopAtInput: true })
  const inputs = items.flatMap((item) => (item.kind === 'input' ? [item.value] : []))
  const options = new Map(items.flatMap((item) => (item.kind === 'option' ? [[item.id, item.value]] : [])))
  const format = options.get('diagnostics') ?? 'text'
  const finish = (exitStatus: number) => {
    report(diagnostics, io, { tool, json: format === 'json' })
    return exitStatus
  }
  if (format !== 'text' && format !== 'json')
    diagnostics.error('bad-value', `--diagnostics is text or json, not ${format}`)
  if (diagnostics.hasErrors) return finish(status.usage)
  if (options.has('help')) {
    const { renderHelp } = await import('@fle/options/help')
    io.stdout(await renderHelp(table))
    return 0
  }
  if (options.has('version')) {
    io.stdout(`${tool} (FLE toolchain) ${version}\n`)
    return 0
  }
  if (inputs.length === 0) {
    diagnostics.error('no-program', 'no program is given', { hint: table.help.usage })
    return finish(status.usage)
  }
  try {
    const planned = plan(inputs[0], programFiles(io), diagnostics, {
      fleOnly: command.fleOnly,
      searchPath: io.env.PATH,
    })
    if (planned.kind === 'failure') return die(planned, finish)
    if (options.has('plan')) {
      io.stdout(showPlan(planned))
      return finish(0)
    }
    // Warnings are shown now: from here on this process is the program.
    finish(0)
    diagnostics.list.length = 0
    return die(run(planned, inputs.length - 1).report(diagnostics), finish)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    diagnostics.error('defect', `internal error: ${message.split('\n', 1)[0]}; this is a defect of ${tool}`, {
      hint: 'please report it with the program',
    })
    return finish(status.usage)
  }
}

/** Ends as execve would have: with a status for an errno, or killed by SIGSEGV if it was too late for one. */
function die({ errno }: LoadFailure, finish: (exitStatus: number) => number): number {
  if (errno === 'SIGSEGV') {
    finish(status.cannotExecute)
    process.kill(process.pid, 'SIGSEGV')
  }
  return errno === 'SIGSEGV'
    ? status.cannotExecute
    : finish(errno === 'ENOENT' ? status.notFound : status.cannotExecute)
}

/** Becomes the program. */
function run(planned: LoadPlan, argumentCount: number): Refusal {
  const reason = unsupported(process.platform, process.arch)
  if (reason) return new Refusal('ENOSYS', planned.program, reason)
  return launch(planned, thisMachine(), fs.readFileSync('/proc/self/cmdline'), argumentCount)
}

function thisMachine(): Machine {
  const read = (path: string) => fs.readFileSync(path, 'latin1')
  const random = new Uint32Array(randomCount)
  const source = fs.openSync('/dev/urandom', 'r')
  fs.readSync(source, random)
  fs.closeSync(source)
  return readMachine(
    read('/proc/self/personality'),
    read('/proc/self/maps'),
    read('/proc/sys/kernel/randomize_va_space'),
    random,
  )
}

/** The command's files, and what execve asks about them. */
function programFiles(io: CommandIo): ProgramFiles {
  return { open: (path) => io.files.open(path), permission }
}

function permission(path: string): Permission {
  try {
    const stat = fs.statSync(path)
    if (!stat.isFile()) return { errno: 'EACCES', regular: false }
    const { setsUser, setsGroup } = setId
    if (!mayExecute(path)) return { errno: 'EACCES', regular: true }
    if (stat.mode & setsUser && stat.uid !== process.geteuid?.()) return { regular: true, changesIdentity: 'user' }
    // Without the group's x bit, set-group-id means mandatory locking.
    if ((stat.mode & setsGroup) === setsGroup && stat.gid !== process.getegid?.())
      return { regular: true, changesIdentity: 'group' }
    return { regular: true }
  } catch (error) {
    return { errno: error instanceof Error && 'code' in error ? String(error.code) : 'EIO', regular: false }
  }
}

const setId = { setsUser: 0o4000, setsGroup: 0o2010 } as const

function mayExecute(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK)
    return true
  } catch {
    return false
  }
}
