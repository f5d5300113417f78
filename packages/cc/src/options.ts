import type { OptionSpec, OptionTable } from '@fle/options'

const own = 'fle-cc'
const forLinking = 'For the link'

/** An option that gcc takes with an argument in a word of its own, so that the word is not taken for a file. */
function withArgument(id: string, name: string, style: 'separate' | 'both' = 'separate'): OptionSpec {
  return { id, names: [name], argument: 'ARGUMENT', style, help: '', group: '', hidden: true }
}

/** An option of gcc that matters to what is to be done; it is handed on as well. */
function flag(id: string, ...names: string[]): OptionSpec {
  return { id, names, help: '', group: '', hidden: true }
}

/**
 * The command line of fle-cc: its own options, and those of gcc that it must understand to tell files from arguments
 * and a compilation from a link. Every other option is gcc's affair.
 */
export const optionTable: OptionTable = {
  help: {
    name: 'fle-cc',
    usage: 'fle-cc [OPTION | GCC-OPTION | FILE]...',
    description:
      "Compiles with the system's gcc, leaves FLE objects, and links with fle-ld.\n" +
      'Options that are not listed go to gcc as they are.',
    examples: [
      { command: 'fle-cc -Wall -g -Os foo.c -o foo.o', description: 'foo.o, and beside it foo.fle' },
      { command: 'fle-cc -c foo.c', description: 'foo.fle' },
      { command: 'fle-cc foo.c main.c -o hello', description: 'an FLE program' },
      { command: 'fle-cc --hosted main.c -o hello', description: 'an ELF program with the C library' },
      { command: 'fle-cc -c libx.a -o libx.fa', description: 'an archive of ELF objects as FLE' },
    ],
  },
  options: [
    {
      id: 'output',
      names: ['-o'],
      argument: 'FILE',
      help: 'write to FILE; .o .a is ELF, .fle .fo .fa FLE',
      group: own,
    },
    { id: 'compile', names: ['-c'], help: 'make objects only; converts objects and archives, too', group: own },
    {
      id: 'format',
      names: ['--oformat'],
      argument: 'FORMAT',
      help: 'fle or elf64-x86-64, whatever the name',
      group: own,
    },
    {
      id: 'dialect',
      names: ['--dialect'],
      argument: 'NAME',
      help: 'dialect of FLE: fle, classic, linklab, linklab2024 (FLE_DIALECT)',
      group: own,
    },
    {
      id: 'keep-debug',
      names: ['--keep-debug'],
      help: 'keep debug information and other sections that are not loaded',
      group: own,
    },
    {
      id: 'hosted',
      names: ['--hosted', '-static'],
      help: 'a program with the C library, as gcc -static links it, but by fle-ld',
      group: own,
    },
    {
      id: 'assembler',
      names: ['--as'],
      argument: 'NAME',
      style: 'equals',
      help: 'who assembles: gnu (the system’s as), fle (fle-as)',
      group: own,
    },
    { id: 'show-commands', names: ['--show-commands'], help: 'show each command before it runs', group: own },
    {
      id: 'diagnostics',
      names: ['--diagnostics'],
      argument: 'FORM',
      help: 'text, or json: one object a line',
      group: own,
    },
    { id: 'help', names: ['--help'], help: 'show this help', group: own },
    { id: 'version', names: ['--version'], help: 'show the version', group: own },

    { id: 'link-word', names: ['-L'], argument: 'DIR', help: 'look for libraries in DIR', group: forLinking },
    { id: 'link-word', names: ['-l'], argument: 'NAME', help: 'link libNAME.fa or libNAME.a', group: forLinking },
    {
      id: 'link-word',
      names: ['-e'],
      argument: 'SYMBOL',
      style: 'separate',
      help: 'start at SYMBOL',
      group: forLinking,
    },
    { id: 'link-word', names: ['-T'], argument: 'SCRIPT', help: 'link by SCRIPT', group: forLinking },
    {
      id: 'link-word',
      names: ['-Map'],
      argument: 'FILE',
      style: 'separate',
      help: 'write a map to FILE',
      group: forLinking,
    },
    {
      id: 'relocatable',
      names: ['-r'],
      help: 'make one object of all inputs',
      group: forLinking,
    },
    {
      id: 'linker-words',
      names: ['-Wl,'],
      argument: 'WORDS',
      style: 'joined',
      help: 'options of fle-ld, separated by commas',
      group: forLinking,
    },
    {
      id: 'linker-word',
      names: ['-Xlinker'],
      argument: 'WORD',
      style: 'separate',
      help: 'one option of fle-ld',
      group: forLinking,
    },
    ...['-Ttext', '-Tdata', '-Tbss', '-u', '-z'].map((name) => withArgument('link-word', name)),
    ...['-s', '-shared'].map((name) => flag('link-flag', name)),
    // A program of ours is static and, as FLE, position-independent in any case.
    flag('hosted', '-static-pie'),
    flag('ignored-by-link', '-pie', '-no-pie', '-rdynamic', '-nostartfiles', '-nodefaultlibs'),

    // These make gcc print, write text, or only check.
    flag('text', '-S', '-E', '-M', '-MM', '-fsyntax-only', '-###'),
    flag('verbose', '-v'),
    withArgument('language', '-x', 'both'),
    flag('dependencies', '-MD', '-MMD'),
    withArgument('dependency-file', '-MF'),
    withArgument('dependency-target', '-MT'),
    withArgument('dependency-target', '-MQ'),
    ...['-I', '-D', '-U', '-A', '-B'].map((name) => withArgument('gcc', name, 'both')),
    ...[
      ...['-include', '-imacros', '-idirafter', '-iprefix', '-iwithprefix', '-iwithprefixbefore', '-isystem'],
      ...['-isysroot', '-iquote', '-imultilib', '-imultiarch', '--sysroot', '--param', '-wrapper', '-aux-info'],
      ...['-Xassembler', '-Xpreprocessor', '-dumpbase', '-dumpbase-ext', '-dumpdir', '-specs', '-G', '-V', '-b'],
    ].map((name) => withArgument('gcc', name)),
  ],
}
