// Runs one command under limits: its own session, own process group, bounded output, memory, processes and time.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { supervisorWords } from '@fle/elf-loader'
import type { Limits } from '../lab/lab.ts'
import { showSize, showTime } from '../lab/quantity.ts'
import type { Ending, Job, Outcome } from './outcome.ts'
import { isAlive, killProcesses, markVariable, type Owner, processesOf, sendSignal, usageOf } from './processes/node.ts'

/** Where and as whom commands run. */
export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly owner: Owner
  /** Where programs that steps have made may write. */
  readonly writable: readonly string[]
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** How long a command may run before its memory and processes are looked at, and between two looks. */
const watchInterval = 50

/** How long the pipes may stay open behind the end of the command: who still holds them is no longer part of it. */
const pipeGrace = 200

/** Runs a command to its end, or to the limit that it exceeds first. Never rejects. */
export function runJob(job: Job, surroundings: Surroundings): Promise<Outcome> {
  const { words, limits } = job
  const problem = problemOf(words[0], surroundings)
  if (problem !== undefined) return Promise.resolve(notStarted(problem))
  return new Promise((resolve) => {
    const start = process.hrtime.bigint()
    const { owner } = surroundings
    const child = startChild(job, surroundings)
    const stdout = new Collector(limits.output)
    const stderr = new Collector(limits.output)
    let stopReason: string | undefined
    const stop = (reason: string): void => {
      if (stopReason !== undefined) return
      stopReason = reason
      if (child.pid !== undefined) sendSignal(-child.pid, 'SIGKILL')
      killProcesses(owner)
    }
    const timer = setTimeout(() => stop(`took longer than ${showTime(limits.time)}`), limits.time)
    const watcher = setInterval(() => {
      const excess = excessOf(limits, owner)
      if (excess !== undefined) stop(excess)
    }, watchInterval)
    collect(child.stdout, stdout, () => stop(`wrote more than ${showSize(limits.output)} to stdout`))
    collect(child.stderr, stderr, () => stop(`wrote more than ${showSize(limits.output)} to stderr`))
    // A command need not read what it is given.
    child.stdin.on('error', () => {})
    child.stdin.end(job.stdin)

    let ended = false
    const finish = (ending: Ending): void => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      clearInterval(watcher)
      const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
      resolve({ ending, stdout: stdout.bytes(), stderr: stderr.bytes(), milliseconds })
    }
    let ending: Ending = { kind: 'not-started', reason: 'it could not be started' }
    child.on('error', (error) => finish({ kind: 'not-started', reason: error.message }))
    child.on('exit', (status, signal) => {
      clearTimeout(timer)
      // What it leaves in its group ends with it; processes without end may have been too quick for the watcher.
      if (child.pid !== undefined && isAlive(-child.pid)) {
        const excess = excessOf(limits, owner)
        if (excess !== undefined) stop(excess)
        sendSignal(-child.pid, 'SIGKILL')
      }
      ending = signal ? { kind: 'killed', signal } : { kind: 'exited', status: status ?? 0 }
      setTimeout(() => finish(stopped(stopReason) ?? ending), pipeGrace).unref()
    })
    child.on('close', () => finish(stopped(stopReason) ?? ending))
  })
}

function notStarted(reason: string): Outcome {
  return {
    ending: { kind: 'not-started', reason },
    stdout: new Uint8Array(),
    stderr: new Uint8Array(),
    milliseconds: 0,
  }
}

function stopped(reason: string | undefined): Ending | undefined {
  return reason === undefined ? undefined : { kind: 'stopped', reason }
}

/**
 * Starts the command by prlimit(1), which sets the limits that the kernel itself enforces and becomes the command. Of processes
 * twice the limit of the watcher, which names what was exceeded: a program that gets no more ends in ways of its own. Address
 * space has no limit: Node and programs with sanitizers reserve much of it without using it.
 */
function startChild(job: Job, surroundings: Surroundings): Child {
  const { cwd, env, owner } = surroundings
  const { limits } = job
  const others = 'uid' in owner ? 0 : tasksOfUser()
  const words = [
    '--core=0',
    `--fsize=${limits.file}`,
    `--nproc=${others + 2 * limits.processes}`,
    `--cpu=${Math.ceil(limits.time / 1000) + 1}`,
    '--',
    ...(job.isMade ? supervisionOf(job, surroundings) : []),
    ...job.words,
  ]
  return spawn('prlimit', words, {
    cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: 'uid' in owner ? env : { ...env, [markVariable]: owner.mark },
    ...('uid' in owner ? { uid: owner.uid, gid: owner.uid } : {}),
  })
}

/**
 * The words that put a native program under the loader's supervisor, which keeps it from writing elsewhere and from the
 * network, names the limit that it exceeds, and says in words why a damaged one cannot be executed. None where the loader
 * has no native form, or the file is of another kind.
 */
function supervisionOf({ words, limits }: Job, { cwd, writable }: Surroundings): string[] {
  const require = createRequire(join(import.meta.dirname, 'launch.js'))
  // The loader's own function speaks of the bundle that it is in, and here that is this command's.
  const supervisor = join(dirname(require.resolve('@fle/elf-loader')), 'native', 'elf-loader')
  if (!existsSync(supervisor) || !isElf(resolve(cwd, words[0]))) return []
  const { file, processes } = limits
  return [
    supervisor,
    ...supervisorWords({ bestEffort: true, noNetwork: true, limits: { file, processes }, writable }),
    '--',
  ]
}

function isElf(path: string): boolean {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const magic = new Uint8Array(4)
    return readSync(descriptor, magic) === 4 && String.fromCharCode(...magic) === '\x7fELF'
  } finally {
    closeSync(descriptor)
  }
}

/** The kernel counts the tasks of a user, not of a step. */
function tasksOfUser(): number {
  return usageOf(processesOf({ uid: process.getuid?.() ?? 0 })).tasks
}

function excessOf(limits: Limits, owner: Owner): string | undefined {
  const { memory, tasks } = usageOf(processesOf(owner))
  if (tasks > limits.processes) return `started more than ${limits.processes} processes and threads`
  if (memory > limits.memory) return `used more than ${showSize(limits.memory)} of memory`
  return undefined
}

/** Why a program cannot be started, if so. */
function problemOf(program: string, { cwd, env }: Surroundings): string | undefined {
  if (program.includes('/')) return problemOfFile(isAbsolute(program) ? program : join(cwd, program))
  const folders = (env.PATH ?? '').split(delimiter)
  return folders.some((folder) => problemOfFile(join(folder, program)) === undefined) ? undefined : 'it is not in PATH'
}

function problemOfFile(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return 'there is no such file'
  if (stat.isDirectory()) return 'it is a folder'
  try {
    accessSync(path, constants.X_OK)
    return undefined
  } catch {
    return 'it is not executable (chmod +x)'
  }
}

/** The first bytes of a stream, up to a limit. */
class Collector {
  readonly #chunks: Uint8Array[] = []
  readonly #limit: number
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Returns whether the stream is still within the limit. */
  add(chunk: Uint8Array): boolean {
    const part = chunk.subarray(0, this.#limit - this.#length)
    if (part.length > 0) this.#chunks.push(part)
    this.#length += part.length
    return part.length === chunk.length
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }
}

function collect(stream: Readable, collector: Collector, onExcess: () => void): void {
  stream.on('error', () => {})
  stream.on('data', (chunk: Uint8Array) => {
    if (collector.add(chunk)) return
    stream.pause()
    onExcess()
  })
}
