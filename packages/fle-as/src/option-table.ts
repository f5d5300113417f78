import type { OptionSpec, OptionTable } from '@fle/options'

type Row =
  | readonly [id: string, names: string, help: string]
  | readonly [id: string, names: string, argument: string, help: string, style?: OptionSpec['style']]

/** Rows as options: names are separated by blanks. */
function inGroup(group: string, rows: readonly Row[]): OptionSpec[] {
  return rows.map((row): OptionSpec => {
    const names = row[1].split(' ')
    if (row.length === 3) return { id: row[0], names, help: row[2], group }
    const [id, , argument, help, style] = row
    return { id, names, argument, help, group, ...(style ? { style } : {}) }
  })
}

const options = [
  ...inGroup('Input', [
    ['include', '-I --include', 'DIR', 'look in DIR for what .include and .incbin name'],
    ['define', '--defsym', 'SYMBOL=VALUE', 'define SYMBOL before the program is read'],
    ['alternate', '--alternate', 'begin as if .altmacro stood there'],
    ['syntax', '-msyntax', 'NAME', 'att, or intel: the syntax that the program begins with', 'equals'],
    ['naked-registers', '-mnaked-reg', 'registers may stand without %'],
    ['index-registers', '-mindex-reg', 'the names %riz and %eiz may say that an address has no index'],
  ]),
  ...inGroup('Output', [
    ['output', '-o', 'FILE', 'write to FILE (a.out)'],
    ['format', '--oformat', 'FORMAT', 'fle or elf64-x86-64'],
    ['dialect', '--dialect', 'NAME', 'dialect of FLE output: fle, classic'],
    ['annotate', '--annotate', 'write FLE in which comments (💬) say what the bytes are: statements, source lines'],
    ['keep-debug', '--keep-debug', 'FLE: write sections that are not loaded too'],
    ['debug', '-g --gen-debug', 'keep lines for debuggers'],
    ['dwarf-2', '-gdwarf-2 --gdwarf-2', 'the same, of this version of DWARF'],
    ['dwarf-3', '-gdwarf-3 --gdwarf-3', 'the same, of this version of DWARF'],
    ['dwarf-4', '-gdwarf-4 --gdwarf-4', 'the same, of this version of DWARF'],
    ['dwarf-5', '-gdwarf-5 --gdwarf-5', 'the same, of this version of DWARF'],
    ['prefix-map', '--debug-prefix-map', 'OLD=NEW', 'name folders that begin with OLD by NEW in what debuggers read'],
    ['dependencies', '-MD --MD', 'FILE', 'write a rule for make to FILE: the output depends on what was read'],
    ['data-in-text', '-R', 'put what stands behind .data behind the code of .text'],
    ['no-executable-stack', '--noexecstack', 'tell the linker that no stack must be executable'],
    ['executable-stack', '--execstack', 'tell it that the stack must be'],
    ['plain-alignment', '-n', 'let .p2align 4, 0x90 write nops of one byte only'],
    ['relaxable-got', '-mrelax-relocations', 'yes|no', 'let the linker rewrite accesses to the GOT (yes)', 'equals'],
    ['omit-lock', '-momit-lock-prefix', 'yes|no', 'leave out lock prefixes (no)', 'equals'],
    ['keep-locals', '-L --keep-locals', 'keep symbols whose names begin with .L'],
  ]),
  ...inGroup('Show', [
    ['listing', '-a', 'LETTERS=FILE', 'list the lines with addresses and bytes, as -al of GNU as', 'joined'],
    ['help', '--help', 'show this help'],
    ['version', '--version', 'show the version'],
    ['version-too', '-v -V', 'show the version, and assemble'],
  ]),
  ...inGroup('Messages', [
    ['diagnostics', '--diagnostics', 'FORM', 'text, or json: one object a line'],
    ['error-limit', '--error-limit', 'N', 'show at most N errors (20); 0 shows all'],
    ['fatal-warnings', '--fatal-warnings', 'a warning makes the assembly fail'],
    ['no-warnings', '-W --no-warn', 'show no warnings'],
    ['warnings', '--warn', 'show warnings again'],
  ]),
]

/** What GNU as knows too, for tests or because it changes nothing here. */
const accepted: readonly OptionSpec[] = inGroup('', [
  [
    'ignored',
    '-w -x -mamd64 --no-pad-sections --64 -Qy -Qn -s -k -q -f -J -K -X -D -Z --divide --statistics --traditional-format --reduce-memory-overheads',
    '',
  ],
  ['ignored', '-march -mtune --hash-size -moperand-check -msse-check --multibyte-handling', 'VALUE', '', 'equals'],
  [
    'ignored',
    '--listing-lhs-width --listing-lhs-width2 --listing-rhs-width --listing-cont-lines',
    'NUMBER',
    '',
    'equals',
  ],
  ['warned', '-malign-branch -malign-branch-boundary -malign-branch-prefix-size', 'VALUE', '', 'equals'],
  ['vexWidth', '-mvexwig', '0|1', '', 'equals'],
  ['evexWidth', '-mevexwig', '0|1', '', 'equals'],
  ['vexLength', '-mavxscalar', '128|256', '', 'equals'],
  ['evexLength', '-mevexlig', '128|256|512', '', 'equals'],
  ['evexRounding', '-mevexrcig', 'rne|rd|ru|rz', '', 'equals'],
  ['warned', '-mbranches-within-32B-boundaries', ''],
  ['warned', '-O', 'LEVEL', '', 'joined'],
  [
    'ignored',
    '--compress-debug-sections --nocompress-debug-sections --generate-missing-build-notes --size-check',
    'VALUE',
    '',
    'equals',
  ],
]).map((option) => ({ ...option, hidden: true }))

const refused: readonly OptionSpec[] = inGroup('', [
  ['mode', '--32 --x32', ''],
  ['refused', '-M --mri --gstabs --gstabs+ -gstabs -gstabs+ --gsframe --gdwarf-sections --sectname-subst', ''],
  ['refused', '--strip-local-absolute -msse2avx -mshared -mintel64 -madd-bnd-prefix --dump-config', ''],
  ['refused-unless-no', '-mfence-as-lock-add -mx86-used-note --elf-stt-common', 'yes|no', '', 'equals'],
  ['refused-unless-no', '-mlfence-after-load', 'yes|no', '', 'equals'],
  ['refused-unless-none', '-mlfence-before-indirect-branch -mlfence-before-ret', 'WHICH', '', 'equals'],
  ['refused-unless-att', '-mmnemonic', 'att|intel', '', 'equals'],
  ['refused-unless-1', '--gdwarf-cie-version', 'VERSION', '', 'equals'],
]).map((option) => ({
  ...option,
  hidden: true,
}))

/** The command line of fle-as: GNU as's names where GNU as has the option. */
export const optionTable: OptionTable = {
  help: {
    name: 'fle-as',
    usage: 'fle-as [OPTION]... [FILE]...',
    description:
      'Assembles a program for the x86-64, as GNU as does. Without FILE, or where it is -, standard input is read.\n' +
      'The output is ELF unless its name ends in .fle or --oformat says so.',
    examples: [
      { command: 'fle-as main.s -o main.o', description: 'an ELF object' },
      { command: 'gcc -O1 -S main.c -o - | fle-as -o main.fle', description: 'an FLE object of a C program' },
      { command: 'gcc -c -B DIR main.c', description: 'gcc with the link DIR/as to fle-as' },
    ],
    epilogue: '@FILE stands for the words in FILE. Other options of GNU as that mean nothing here are accepted.',
  },
  options: [...options, ...accepted, ...refused],
}
