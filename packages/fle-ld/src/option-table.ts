import type { OptionSpec, OptionTable } from '@fle/options'
import { acceptedOptions, namesWithoutEffect } from './accepted-options.ts'
import { keywordNames } from './keywords.ts'

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

const input = inGroup('Input', [
  ['library-path', '-L --library-path', 'DIR', 'look for libraries in DIR'],
  ['no-system-libraries', '-nostdlib', 'look for libraries in the folders of -L alone'],
  ['library', '-l --library', 'NAME', 'link libNAME.fa or libNAME.a (:FILE: that very file)'],
  ['start-group', '--start-group -(', 'search the archives up to --end-group repeatedly'],
  ['end-group', '--end-group -)', 'end of the group'],
  ['whole-archive', '--whole-archive', 'link every member of the archives that follow'],
  ['no-whole-archive', '--no-whole-archive', 'only what is needed again'],
  ['push-state', '--push-state', 'keep what --whole-archive and --format say'],
  ['pop-state', '--pop-state', 'go back to what was kept'],
  ['just-symbols', '-R --just-symbols', 'FILE', 'take the addresses of its symbols from a program', 'both'],
  ['input-format', '-b --format', 'FORMAT', 'what the files that follow are: elf64-x86-64, binary, default'],
  ['sysroot', '--sysroot', 'DIR', 'what = in a library path stands for'],
])

const symbols = inGroup('Symbols', [
  ['entry', '-e --entry', 'SYMBOL', 'start at SYMBOL, or at an address (_start)'],
  ['undefined', '-u --undefined', 'SYMBOL', 'link what defines SYMBOL'],
  ['require-defined', '--require-defined', 'SYMBOL', 'the same, and it is an error if nothing does'],
  ['define-symbol', '--defsym', 'SYMBOL=EXPRESSION', 'define SYMBOL: numbers, symbols, operators of C'],
  ['wrap', '--wrap', 'SYMBOL', 'SYMBOL means __wrap_SYMBOL, and __real_SYMBOL means SYMBOL'],
  ['allow-duplicates', '--allow-multiple-definition', 'the first of several definitions counts'],
  ['unresolved', '--unresolved-symbols', 'KIND', 'of undefined symbols: report-all, ignore-all'],
  ['warn-unresolved', '--warn-unresolved-symbols', 'undefined symbols give warnings'],
  ['error-unresolved', '--error-unresolved-symbols --no-undefined', 'undefined symbols give errors again'],
  ['ignore-unresolved', '--ignore-unresolved-symbol', 'SYMBOL', 'it is no error if nothing defines SYMBOL'],
])

const output = inGroup('Output', [
  ['output', '-o --output', 'FILE', 'write to FILE (a.out)'],
  ['format', '--oformat', 'FORMAT', 'fle, elf64-x86-64, or binary (the image alone)'],
  ['dialect', '--dialect', 'NAME', 'dialect of FLE output: fle, classic, linklab, linklab2024 (FLE_DIALECT)'],
  ['interpreter', '--interp', 'COMMAND', 'the interpreter behind #! in FLE programs'],
  ['relocatable', '-r -i -Ur --relocatable', 'make one object of all inputs'],
  ['pie', '-pie --pic-executable', 'make a program that runs at any address; with --no-dynamic-linker'],
  ['no-pie', '-no-pie -nopie', 'make a program that runs where it was linked to'],
  ['no-interpreter', '--no-dynamic-linker', 'no program interpreter: what -pie is without shared libraries'],
  ['eh-frame-header', '--eh-frame-hdr', 'make a table to find .eh_frame records with'],
  ['no-eh-frame-header', '--no-eh-frame-hdr', 'make none'],
  ['section-address', '-Ttext', 'ADDRESS', 'put .text at ADDRESS (hexadecimal)', 'separate'],
  ['section-address', '-Tdata', 'ADDRESS', 'put .data at ADDRESS', 'separate'],
  ['section-address', '-Tbss', 'ADDRESS', 'put .bss at ADDRESS', 'separate'],
  ['segment-address', '-Trodata-segment', 'ADDRESS', 'put the read-only data at ADDRESS', 'separate'],
  ['segment-address', '-Tldata-segment', 'ADDRESS', 'put the data of the large code model at ADDRESS', 'separate'],
  ['section-start', '--section-start', 'NAME=ADDRESS', 'put the section NAME at ADDRESS', 'separate'],
  ['one-segment', '-N --omagic', 'put everything into one segment that can be written and executed'],
  ['unpaged', '-n --nmagic', 'do not load the headers, and do not align segments in the file'],
  ['paged', '--no-omagic --no-nmagic', 'do as usual again'],
  ['image-base', '--image-base', 'ADDRESS', 'begin the image at ADDRESS', 'separate'],
  ['image-base', '-Ttext-segment', 'ADDRESS', 'the same (hexadecimal)', 'separate'],
  [
    'icf',
    '--icf',
    'KIND',
    'make one of functions of the same code: all, safe (if no address is asked for), none',
    'equals',
  ],
  ['optimize', '-O', 'LEVEL', 'from 2 on: let strings that are the end of others stand inside those', 'both'],
  ['unique', '--unique', 'PATTERN', 'make output sections of sections that are called so, or of all orphans', 'equals'],
  ['sort-section', '--sort-section', 'KEY', 'sort the sections that may stand in any order: name, alignment'],
  ['sort-common', '--sort-common', 'ORDER', 'sort common symbols by alignment: descending, ascending', 'equals'],
  ['orphans', '--orphan-handling', 'WHAT', 'of sections of names of their own: place, discard, warn, error'],
  ['check-sections', '--check-sections', 'sections may not overlap'],
  ['no-check-sections', '--no-check-sections', 'they may'],
  ['relax', '--relax', 'rewrite accesses through the GOT that need none'],
  ['no-relax', '--no-relax', 'leave them'],
  ['allocate-commons', '-d -dc -dp', 'with -r, give common symbols their place'],
  ['gc-sections', '--gc-sections', 'leave out the sections that nothing needs'],
  ['gc-keep-exported', '--gc-keep-exported', 'keep what defines global symbols that are not hidden'],
  ['no-gc-sections', '--no-gc-sections', 'keep them'],
  ['build-id', '--build-id', 'KIND', 'put an id into ELF output: fast, sha1, md5, uuid, 0xHEX, none', 'equals'],
  ['package-metadata', '--package-metadata', 'JSON', 'put a note on its package into ELF output', 'equals'],
  ['strip-all', '-s --strip-all', 'leave out symbols and debug information'],
  ['strip-debug', '-S --strip-debug', 'leave out debug information'],
  ['emit-relocations', '-q --emit-relocs', 'keep relocations in ELF programs, for tools that change them'],
  ['compress-debug', '--compress-debug-sections', 'KIND', 'compress debug information: zlib, zlib-gnu, none'],
  ['discard-all', '-x --discard-all', 'leave out local symbols'],
  ['discard-temporary', '-X --discard-locals', 'leave out local symbols whose names begin with .L'],
  ['discard-none', '--discard-none', 'keep all local symbols'],
  ['retain-symbols', '--retain-symbols-file', 'FILE', 'keep only the symbols that FILE names, one a line', 'separate'],
  ['keyword', '-z', 'KEYWORD', 'execstack, noexecstack, muldefs, defs, undefs and more of GNU ld'],
  ['no-inhibit-exec', '--noinhibit-exec', 'write the program in spite of errors in it'],
])

const show = inGroup('Show', [
  ['map', '-Map', 'FILE', 'write a map to FILE (- is stdout)', 'separate'],
  ['print-map', '-M --print-map', 'write a map to stdout'],
  ['cross-reference', '--cref', 'list which files define and use each symbol'],
  ['trace', '-t --trace', 'list the files and members that are linked'],
  ['trace-symbol', '-y --trace-symbol', 'SYMBOL', 'list the files that define and use SYMBOL'],
  ['print-gc-sections', '--print-gc-sections', 'tell which sections --gc-sections leaves out'],
  ['no-print-gc-sections', '--no-print-gc-sections', 'do not'],
  ['print-icf', '--print-icf-sections', 'tell which sections --icf makes one'],
  ['no-print-icf', '--no-print-icf-sections', 'do not'],
  ['why-live', '--why-live', 'PATTERN', 'tell what keeps the symbols and sections of such names, from where it begins'],
  ['verbose', '--verbose', 'NUMBER', 'tell which files and members are linked, and why', 'equals'],
  ['statistics', '--stats', 'tell how much was linked'],
  ['time', '--time', 'tell how long each pass took'],
  ['help', '--help --target-help -h', 'show this help'],
  ['print', '--print-output-format', 'show the format of the output'],
  ['print', '--print-sysroot', 'show what --sysroot says'],
  ['dependency-file', '--dependency-file', 'FILE', 'write a rule for make: what the output is made of', 'separate'],
  ['version', '--version', 'show the version'],
  ['version-too', '-v', 'show the version, and link'],
  ['version-all', '-V', 'show the version and what is supported, and link'],
])

const messages = inGroup('Messages', [
  ['colour', '--color-diagnostics', 'WHEN', 'auto, always, never', 'equals'],
  ['no-colour', '--no-color-diagnostics', 'the same as --color-diagnostics=never'],
  ['diagnostics', '--diagnostics', 'FORM', 'text, or json: one object a line'],
  ['error-limit', '--error-limit', 'N', 'show at most N errors (20); 0 shows all'],
  ['fatal-warnings', '--fatal-warnings', 'a warning makes the link fail'],
  ['no-fatal-warnings', '--no-fatal-warnings', 'it does not'],
  ['no-warnings', '-w --no-warnings', 'show no warnings'],
  ['warn-common', '--warn-common', 'warn where a tentative definition meets another or a definition'],
  ['warn-stack', '--warn-execstack', 'warn of an executable stack also where -z execstack asks for it'],
  ['no-warn-stack', '--no-warn-execstack', 'do not warn of it at all'],
  ['warn-rwx', '--warn-rwx-segments', 'warn of segments that can be written and executed'],
  ['no-warn-rwx', '--no-warn-rwx-segments', 'do not'],
  ['demangle', '--demangle', 'STYLE', 'show C++ names as they are written', 'equals'],
  ['no-demangle', '--no-demangle', 'show C++ names as they stand in the files'],
])

/** What is known in order to say that it cannot be. */
const refused: readonly OptionSpec[] = inGroup('', [
  ['shared', '-shared -Bshareable', ''],
  ['pie', '-pie --pic-executable', ''],
  ['script', '-T --script -dT --default-script', 'FILE', ''],
  ['script', '-c --mri-script', 'FILE', ''],
  ['big-endian', '-EB', ''],
  ['emulation', '-m', 'EMULATION', ''],
]).map((option) => ({ ...option, hidden: true }))

const targets = ['elf64-x86-64', 'fle', 'binary']

/** Lines of at most 100 columns. */
function wrapped(words: readonly string[]): string {
  const lines = ['']
  for (const word of words) {
    const line = lines[lines.length - 1]
    if (line.length + word.length > 96) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line}, ${word}`
  }
  return lines.map((line) => `  ${line}`).join('\n')
}

/** The command line of fle-ld: GNU ld's names where GNU ld has the option. */
export const optionTable: OptionTable = {
  help: {
    name: 'fle-ld',
    usage: 'fle-ld [OPTION]... FILE...',
    description:
      'Links FLE and ELF objects and archives, mixed and in order, into a static program.\n' +
      'The output is FLE if every input is, ELF otherwise, unless its name or --oformat says so.',
    examples: [
      { command: 'fle-ld foo.fle libc.fle main.fle -o hello', description: 'an FLE program' },
      { command: 'fle-ld main.o -L. -lfoo --oformat=elf64-x86-64 -o hello', description: 'an ELF program' },
      { command: 'fle-ld -r a.fle b.fle -o ab.fle', description: 'one object of two' },
      { command: 'fle-ld main.fle -o hello -Map=hello.map', description: 'see what stands where, and why' },
      { command: 'gcc -static -B DIR main.c', description: 'gcc with the link DIR/ld to fle-ld' },
    ],
    // Computed when it is shown: a link does without it.
    get epilogue() {
      const keywords = keywordNames().map((name) => `-z ${name}`)
      return [
        '@FILE stands for the words in FILE. Other options of GNU ld that mean nothing in a static link are accepted:',
        wrapped(namesWithoutEffect()),
        `\nKeywords of -z:\n${wrapped(keywords)}\n`,
        // Configure scripts look for these words to know what may be linked.
        `fle-ld: supported targets: ${targets.join(' ')}`,
        'fle-ld: supported emulations: elf_x86_64',
      ].join('\n')
    },
  },
  options: [...input, ...symbols, ...output, ...show, ...messages, ...refused, ...acceptedOptions],
}
