import type { OptionTable } from '@fle/options'

/** What the native supervisor does; native/options.c reads the values. */
const supervisedOptions: OptionTable['options'] = [
  {
    id: 'timeout',
    names: ['--timeout'],
    argument: 'TIME',
    group: 'Holding',
    help: 'End the program and all that it started after so long: 5s, 200ms, 1m',
  },
  {
    id: 'limit',
    names: ['--limit'],
    argument: 'LIST',
    group: 'Holding',
    help: 'Limits, with commas between: cpu=2s memory=256M file=1M output=1M processes=1 open=16',
  },
  {
    id: 'sandbox',
    names: ['--sandbox'],
    group: 'Holding',
    help: 'Allow computing, and reading and writing of open files, only; start with an empty environment',
  },
  { id: 'keep-env', names: ['--keep-env'], group: 'Holding', help: 'With --sandbox: keep the environment' },
  { id: 'no-network', names: ['--no-network'], group: 'Holding', help: 'Refuse sockets that lead out of the machine' },
  {
    id: 'read',
    names: ['--read'],
    argument: 'PATH',
    group: 'Holding',
    help: 'Let the program read nothing but this file or folder; may be repeated',
  },
  {
    id: 'write',
    names: ['--write'],
    argument: 'PATH',
    group: 'Holding',
    help: 'Let the program write nothing but this file or folder; may be repeated',
  },
  {
    id: 'best-effort',
    names: ['--best-effort'],
    group: 'Holding',
    help: 'Do without what this machine cannot enforce',
  },
  {
    id: 'meta',
    names: ['--meta'],
    argument: 'FILE',
    group: 'Holding',
    help: 'Write how the program ended to FILE, as JSON: status, signal, reason, times, memory',
  },
  {
    id: 'time',
    names: ['--time'],
    group: 'Seeing',
    help: 'Print the time and the memory that the program took, to stderr',
  },
  {
    id: 'maps',
    names: ['--maps'],
    group: 'Seeing',
    help: 'Print the memory of the process at its entry point, to stderr, and run the program',
  },
  {
    id: 'stack',
    names: ['--stack'],
    group: 'Seeing',
    help: 'Print the stack at the entry point word by word: arguments, environment, auxv',
  },
  {
    id: 'fault',
    names: ['--fault'],
    group: 'Seeing',
    help: 'When the program crashes, say which instruction of which function touched what',
  },
  {
    id: 'stop',
    names: ['--stop'],
    group: 'Seeing',
    help: 'Stop the program at its entry point, for a debugger to be attached',
  },
]

/** The ids of the options that need the native supervisor. */
export const supervisedIds: ReadonlySet<string> = new Set(supervisedOptions.map(({ id }) => id))

/** An option for the native front. */
export function supervisedWord({ id, value }: { readonly id: string; readonly value: string }): string {
  const takesValue = supervisedOptions.some((option) => option.id === id && option.argument !== undefined)
  return takesValue ? `--${id}=${value}` : `--${id}`
}

const options: OptionTable['options'] = [
  {
    id: 'dry-run',
    names: ['--dry-run'],
    group: 'Seeing',
    help: 'Print what would be loaded where, and by which calls; do not run the program',
  },
  { id: 'dry-run', names: ['--plan'], group: 'Seeing', help: 'The same as --dry-run', hidden: true },
  { id: 'json', names: ['--json'], group: 'Seeing', help: 'With --dry-run: print one JSON object' },
  {
    id: 'trace',
    names: ['--trace'],
    group: 'Seeing',
    help: 'Print each step as it happens, as the C call that it equals, to stderr',
  },
  ...supervisedOptions,
  {
    id: 'diagnostics',
    names: ['--diagnostics'],
    argument: 'text|json',
    group: 'Options',
    help: 'How errors are written: as text (the default), or as one JSON object a line',
  },
  { id: 'gdb', names: ['--gdb'], group: 'Seeing', help: 'Stop the program at its entry point and start gdb on it' },
  {
    id: 'describe',
    names: ['--describe'],
    argument: 'DESCRIPTOR',
    group: 'Options',
    help: 'Tell what the native supervisor has seen',
    hidden: true,
  },
  {
    id: 'emit-plan',
    names: ['--emit-plan'],
    argument: 'DESCRIPTOR',
    group: 'Options',
    help: 'Write the plan of PROGRAM for the native front',
    hidden: true,
  },
  { id: 'help', names: ['--help'], group: 'Options', help: 'Print this help and exit' },
  { id: 'version', names: ['--version'], group: 'Options', help: 'Print the version and exit' },
]

const epilogue =
  'The program replaces the loader, as with execve: same process, terminal, signals, exit status.\n' +
  'Exit status: the program’s own; 127 PROGRAM is not found; 126 it cannot be executed; 125 this command line is wrong; 124 --timeout.\n' +
  'The options of “Holding”, and --time, run it as the child of a supervisor, which ends as it ends.'

/** The command line of `elf-loader`. Options end at PROGRAM. */
export const elfLoaderTable: OptionTable = {
  help: {
    name: 'elf-loader',
    usage: 'elf-loader [OPTION]... PROGRAM [ARG]...',
    description:
      'Loads and runs an ELF or FLE program the way the kernel’s execve does, but in the open. PROGRAM is a path: it is ' +
      'not searched in PATH.',
    examples: [
      { command: 'elf-loader ./a.out one two', description: 'Run a program with two arguments' },
      { command: 'elf-loader --dry-run /bin/ls', description: 'Show what would be mapped' },
      {
        command: 'elf-loader --sandbox --timeout 5s --limit memory=256M --meta result.json ./a.out',
        description: 'Hold a program that is not trusted',
      },
    ],
    epilogue,
  },
  options,
}

/** The command line of `fle-exec`, which stands in the #! line of FLE programs. */
export const fleExecTable: OptionTable = {
  help: {
    name: 'fle-exec',
    usage: 'fle-exec [OPTION]... PROGRAM [ARG]...',
    description: 'Loads and runs an FLE program. PROGRAM is a path: it is not searched in PATH.',
    examples: [{ command: 'fle-exec ./hello one two', description: 'Run a program with two arguments' }],
    epilogue,
  },
  options,
}
