import type { OptionTable } from '@fle/options'
import { commonOptions } from '../command.ts'

const flag = (id: string, names: readonly string[], help: string, group: string) => ({ id, names, help, group })
const valued = (id: string, names: readonly string[], argument: string, help: string, group: string) => ({
  id,
  names,
  argument,
  help,
  group,
})

/** The command line of fle-objdump: GNU objdump's names. */
export const objdumpOptions: OptionTable = {
  help: {
    name: 'fle-objdump',
    usage: 'fle-objdump OPTION... [FILE]...',
    description: 'Shows the code and the tables of FLE and ELF objects, programs and archives (a.out by default).',
    examples: [
      { command: 'fle-objdump -d main.fle', description: 'the code as instructions' },
      { command: 'fle-objdump -dr main.fle', description: 'with what the linker will fill in' },
      { command: 'fle-objdump -S hello', description: 'between the lines of source (made with gcc -g)' },
      { command: 'fle-objdump -d -M intel hello', description: 'in Intel syntax' },
      { command: 'fle-objdump -h -t hello', description: 'sections and symbols' },
      { command: 'fle-objdump -s -j .rodata hello', description: 'the bytes of a section' },
    ],
  },
  options: [
    flag('archive-headers', ['-a', '--archive-headers'], 'what an archive says of its members', 'What'),
    flag('file-headers', ['-f', '--file-headers'], 'what kind of file it is, and where it starts', 'What'),
    flag('private-headers', ['-p', '--private-headers'], 'segments, dynamic section, versions', 'What'),
    flag('section-headers', ['-h', '--section-headers', '--headers'], 'the sections', 'What'),
    flag('all-headers', ['-x', '--all-headers'], 'the same as -a -f -p -h -t -r', 'What'),
    flag('syms', ['-t', '--syms'], 'the symbols', 'What'),
    flag('dynamic-syms', ['-T', '--dynamic-syms'], 'the dynamic symbols', 'What'),
    flag('reloc', ['-r', '--reloc'], 'the relocations; with -d, beside the code', 'What'),
    flag('dynamic-reloc', ['-R', '--dynamic-reloc'], "the dynamic linker's relocations", 'What'),
    flag('full-contents', ['-s', '--full-contents'], 'the bytes of the sections', 'What'),
    flag('disassemble', ['-d'], 'the code as instructions', 'Code'),
    flag('disassemble-all', ['-D', '--disassemble-all'], 'all sections as instructions', 'Code'),
    {
      id: 'disassemble-symbol',
      names: ['--disassemble'],
      argument: 'SYMBOL',
      style: 'equals',
      help: 'the code of a symbol; without one, the same as -d',
      group: 'Code',
    },
    flag('source', ['-S', '--source'], 'the code, with its source before it', 'Code'),
    flag('line-numbers', ['-l', '--line-numbers'], 'name function, file and line before code', 'Code'),
    valued(
      'disassembler-options',
      ['-M', '--disassembler-options'],
      'WORD',
      'intel, att, or x86-64 (no effect)',
      'Code',
    ),
    flag('disassemble-zeroes', ['-z', '--disassemble-zeroes'], 'show runs of zeros as code too', 'Code'),
    flag('no-show-raw-insn', ['--no-show-raw-insn'], 'leave the bytes of instructions out', 'Code'),
    flag('show-raw-insn', ['--show-raw-insn'], 'show them (the default)', 'Code'),
    flag('no-addresses', ['--no-addresses'], 'leave addresses out', 'Code'),
    flag('demangle', ['-C', '--demangle'], 'show C++ names as their source has them', 'Form'),
    flag('no-demangle', ['--no-demangle'], 'show them as they are (the default)', 'Form'),
    flag('wide', ['-w', '--wide'], 'one line for what else takes two', 'Form'),
    valued('section', ['-j', '--section'], 'NAME', 'this section only; may be given more than once', 'Which'),
    valued('start-address', ['--start-address'], 'ADDRESS', 'only what lies at or above', 'Which'),
    valued('stop-address', ['--stop-address'], 'ADDRESS', 'only what lies below', 'Which'),
    ...commonOptions,
  ],
}
