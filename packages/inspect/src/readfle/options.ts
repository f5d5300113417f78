import type { OptionTable } from '@fle/options'
import { commonOptions } from '../command.ts'

const flag = (id: string, names: readonly string[], help: string, group = 'Show') => ({ id, names, help, group })

/** The command line of fle-readfle: GNU readelf's names. */
export const readfleOptions: OptionTable = {
  help: {
    name: 'fle-readfle',
    usage: 'fle-readfle [OPTION]... FILE...',
    description:
      'Shows the tables of FLE and ELF objects, programs and archives, a record a line, as readelf -W does.\n' +
      'Without an option that says what: a summary.',
    examples: [
      { command: 'fle-readfle main.fle', description: 'what is in it, in short' },
      { command: 'fle-readfle -S -s main.fle', description: 'its sections and its symbols' },
      { command: 'fle-readfle -l hello', description: 'what is loaded where' },
    ],
  },
  options: [
    flag('all', ['-a', '--all'], 'the same as -h -l -S -s -r -d -n -g'),
    flag('file-header', ['-h', '--file-header'], 'the file header'),
    flag('segments', ['-l', '--segments', '--program-headers'], 'the segments, and which sections are in which'),
    flag('sections', ['-S', '--sections', '--section-headers'], 'the sections'),
    flag('groups', ['-g', '--section-groups'], 'the section groups'),
    flag('headers', ['-e', '--headers'], 'the same as -h -l -S'),
    flag('symbols', ['-s', '--symbols', '--syms'], 'the symbols'),
    flag('dynamic-symbols', ['--dyn-syms'], 'the dynamic symbols'),
    flag('notes', ['-n', '--notes'], 'the notes'),
    flag('relocations', ['-r', '--relocs'], 'the relocations'),
    flag('dynamic', ['-d', '--dynamic'], 'the dynamic section'),
    flag('wide', ['-W', '--wide'], 'always so here', 'Other'),
    ...commonOptions,
  ],
}
