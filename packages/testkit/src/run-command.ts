import { spawnSync } from 'node:child_process'

export interface RunOptions {
  readonly cwd?: string
  /** What the command reads from stdin; nothing by default. */
  readonly input?: string | Uint8Array
  /** Set on top of a user's environment; undefined removes a variable. */
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
  const words = cleanCommand(command, args, env)
  const result = spawnSync(words[0], words.slice(1), {
    cwd,
    input: input ?? '',
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  })
  // Only `env` itself, or the folder, can be missing here.
  if (result.error && result.pid === 0) throw result.error
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

/** What the test runner and its machine put into the environment. */
const notTheUsers = /^(NODE_OPTIONS|NODE_EXTRA_CA_CERTS|TS_NODE_.*|TAP|TAP_.*|_TAPJS_.*)$/

/**
 * The words with which to start a command as a user would start it. tap hooks into every spawn and puts its own
 * NODE_OPTIONS back, which cost a child that is a node program 100 ms and change what signals do to it; so `env` sets the
 * environment, and becomes the command.
 */
export function cleanCommand(
  command: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = {},
): [string, ...string[]] {
  const usual = Object.entries(process.env).filter(([name]) => !notTheUsers.test(name))
  const variables = Object.entries({ ...Object.fromEntries(usual), ...env })
  const settings = variables.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  return ['env', '-i', ...settings, command, ...args]
}
