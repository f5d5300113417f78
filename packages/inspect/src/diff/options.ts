import type { OptionTable } from '@fle/options'
import { commonOptions } from '../command.ts'

/** The command line of fle-diff. */
export const diffOptions: OptionTable = {
  help: {
    name: 'fle-diff',
    usage: 'fle-diff [OPTION]... FILE FILE',
    description: 'Tells what differs between two objects, programs or archives, ELF or FLE, by section and symbol.',
    examples: [
      { command: 'fle-diff mine.fle expected.fle', description: 'all differences, code as instructions' },
      { command: 'fle-diff --loaded main.o main.fle', description: 'whether both load the same' },
    ],
    epilogue: 'The exit status is 0 if nothing differs, 1 if something does, 2 if that cannot be told.',
  },
  options: [
    { id: 'brief', names: ['-q', '--brief'], help: 'say only whether they differ', group: 'Form' },
    { id: 'json', names: ['--json'], help: 'one object a line for each difference', group: 'Form' },
    { id: 'limit', names: ['--limit'], argument: 'N', help: 'show N differences (20; 0 for all)', group: 'Form' },
    {
      id: 'loaded',
      names: ['--loaded'],
      help: 'compare only sections that are loaded into memory',
      group: 'What',
    },
    ...commonOptions,
  ],
}
