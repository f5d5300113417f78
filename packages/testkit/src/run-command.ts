import { spawnSync } from 'node:child_process'

export interface RunOptions {
  readonly cwd?: string
  /** What the command reads from stdin; nothing by default. */
  readonly input?: string | Uint8Array
  /** Set on top of this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Milliseconds after which the command is killed; 30 s by default. */
  readonly timeout?: number
}

/** How a command ended. A command that could not be started has the status 127, as in a shell. */
export interface RunResult {
  /** The exit status, or undefined when a signal ended the command. */
  readonly status: number | undefined
  /** The signal's name, e.g. `SIGSEGV`. */
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end and collects what it writes. */
export function runCommand(command: string, args: readonly string[] = [], options: RunOptions = {}): RunResult {
  const { cwd, input, env, timeout = 30_000 } = options
  const result = spawnSync(command, args, {
    cwd,
    input: input ?? '',
    env: { ...cleanEnvironment(), ...env },
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  })
  if (result.error && result.pid === 0) {
    return { status: 127, signal: undefined, stdout: '', stderr: `${command}: ${result.error.message}\n` }
  }
  return {
    status: result.status ?? undefined,
    signal: result.signal ?? undefined,
    stdout: result.stdout,
    stderr: result.stderr,
  }
}

/** Runs a command that must succeed and returns its stdout. Throws, with what it wrote, if it does not. */
export function runToSuccess(command: string, args: readonly string[] = [], options: RunOptions = {}): string {
  const { status, signal, stdout, stderr } = runCommand(command, args, options)
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${signal ?? `status ${status}`}\n${stderr}`)
  return stdout
}

/** This process's environment without what the test runner puts there: a child must start as a user would start it. */
export function cleanEnvironment(): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...process.env }
  for (const name of Object.keys(env)) {
    if (name === 'NODE_OPTIONS' || name === 'NODE_EXTRA_CA_CERTS' || name.startsWith('_TAPJS_')) delete env[name]
  }
  return env
}
