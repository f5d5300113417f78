// The native supervisor for programs that start it: its options as words, and what it says of how a program ended.

/** How a program is to be held. What is absent is not limited. */
export interface Supervision {
  /** Milliseconds after which the program, and all that it started, is ended. */
  readonly timeout?: number
  readonly limits?: {
    /** Seconds of processor time of each process. */
    readonly cpu?: number
    /** Bytes of address space of each process. */
    readonly memory?: number
    /** Bytes of a file that it writes. */
    readonly file?: number
    /** Bytes of stdout and stderr together, which become pipes. */
    readonly output?: number
    /** Processes and threads together. */
    readonly processes?: number
    /** Open files of each process. */
    readonly open?: number
  }
  /** Allows computing, and reading and writing of what is open, only; the environment is empty. */
  readonly sandbox?: boolean
  /** With {@link sandbox}: keeps the environment. */
  readonly keepEnvironment?: boolean
  readonly noNetwork?: boolean
  /** Files and folders: nothing else can be read. */
  readonly readable?: readonly string[]
  /** Files and folders: nothing else can be written. */
  readonly writable?: readonly string[]
  /** Goes on without what the machine cannot enforce. */
  readonly bestEffort?: boolean
  /** The path of the file for {@link readSupervisorReport}. */
  readonly report?: string
}

/** The options of the supervisor; `--`, the program's path and its arguments follow them. */
export function supervisorWords(supervision: Supervision): string[] {
  const { timeout, limits = {}, readable = [], writable = [], report } = supervision
  const list = Object.entries(limits).map(([name, limit]) => `${name}=${limit}`)
  const flags = [
    ['--sandbox', supervision.sandbox],
    ['--keep-env', supervision.keepEnvironment],
    ['--no-network', supervision.noNetwork],
    ['--best-effort', supervision.bestEffort],
  ] as const
  return [
    ...(timeout === undefined ? [] : [`--timeout=${timeout}ms`]),
    ...(list.length === 0 ? [] : [`--limit=${list.join(',')}`]),
    ...flags.flatMap(([name, isSet]) => (isSet ? [name] : [])),
    ...readable.map((path) => `--read=${path}`),
    ...writable.map((path) => `--write=${path}`),
    ...(report === undefined ? [] : [`--meta=${report}`]),
  ]
}

const reasons = [
  'exit',
  'signal',
  'timeout',
  'cpu',
  'memory',
  'file',
  'output',
  'processes',
  'sandbox',
  'defect',
] as const

/** How a program ended: what --meta writes. */
export interface SupervisorReport {
  /** The exit status, or undefined if a signal ended it. */
  readonly status: number | undefined
  /** The signal's name, e.g. `SIGSEGV`. */
  readonly signal: string | undefined
  readonly reason: (typeof reasons)[number]
  /** The reason for people; empty if the program ended by itself. */
  readonly message: string
  /** The system call that the sandbox stopped. */
  readonly call: string | undefined
  /** Seconds: from start to end, and on the processor, of it in the program and in the kernel. */
  readonly wall: number
  readonly cpu: number
  readonly user: number
  readonly system: number
  /** The most that was resident, in bytes. */
  readonly memory: number
}

/** Reads what --meta has written. Undefined for anything else: a supervisor that was killed leaves an empty file. */
export function readSupervisorReport(text: string): SupervisorReport | undefined {
  let json: Record<string, unknown>
  try {
    json = Object(JSON.parse(text))
  } catch {
    return undefined
  }
  const reason = reasons.find((name) => name === json.reason)
  if (reason === undefined) return undefined
  const number = (name: string) => Number(json[name] ?? 0)
  const words = (name: string) => (typeof json[name] === 'string' ? json[name] : undefined)
  return {
    status: typeof json.status === 'number' ? json.status : undefined,
    signal: words('signal'),
    reason,
    message: words('message') ?? '',
    call: words('call'),
    wall: number('wall'),
    cpu: number('cpu'),
    user: number('user'),
    system: number('system'),
    memory: number('memory'),
  }
}
