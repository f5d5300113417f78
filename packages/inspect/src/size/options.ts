import type { OptionTable } from '@fle/options'
import { commonOptions } from '../command.ts'

/** The command line of fle-size: GNU size's names. */
export const sizeOptions: OptionTable = {
  help: {
    name: 'fle-size',
    usage: 'fle-size [OPTION]... [FILE]...',
    description: 'Shows how much memory FLE and ELF objects, programs and archives take (a.out by default).',
    examples: [
      { command: 'fle-size hello', description: 'code, data and zeros in one line' },
      { command: 'fle-size -A -x hello', description: 'each section, in hexadecimal' },
    ],
  },
  options: [
    { id: 'sysv', names: ['-A'], help: 'each section on a line (--format=sysv)', group: 'Form' },
    { id: 'berkeley', names: ['-B'], help: 'one line for a file (--format=berkeley)', group: 'Form' },
    { id: 'gnu', names: ['-G'], help: 'one line, read-only data counted as data (--format=gnu)', group: 'Form' },
    { id: 'format', names: ['--format'], argument: 'FORM', help: 'berkeley, sysv or gnu', group: 'Form' },
    { id: 'octal', names: ['-o'], help: 'octal numbers', group: 'Form' },
    { id: 'decimal', names: ['-d'], help: 'decimal numbers', group: 'Form' },
    { id: 'hexadecimal', names: ['-x'], help: 'hexadecimal numbers', group: 'Form' },
    { id: 'radix', names: ['--radix'], argument: 'BASE', help: 'numbers with base 8, 10 or 16', group: 'Form' },
    { id: 'totals', names: ['-t', '--totals'], help: 'the sum of all files too (berkeley, gnu)', group: 'Form' },
    ...commonOptions,
  ],
}
