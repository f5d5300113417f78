import type { OptionTable } from '@fle/options'

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
  {
    id: 'diagnostics',
    names: ['--diagnostics'],
    argument: 'text|json',
    group: 'Options',
    help: 'How errors are written: as text (the default), or as one JSON object a line',
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
  'Exit status: the program’s own; 127 PROGRAM is not found; 126 it cannot be executed; 125 this command line is wrong.'

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
