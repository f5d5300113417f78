import type { OptionTable } from '@fle/options'
import { commonOptions } from '../command.ts'

const flag = (id: string, names: readonly string[], help: string, group: string) => ({ id, names, help, group })

/** The command line of fle-nm: GNU nm's names. */
export const nmOptions: OptionTable = {
  help: {
    name: 'fle-nm',
    usage: 'fle-nm [OPTION]... [FILE]...',
    description: 'Lists the symbols of FLE and ELF objects, programs and archives (a.out by default).',
    examples: [
      { command: 'fle-nm main.fle', description: 'address, kind and name of each symbol' },
      { command: 'fle-nm -u main.fle', description: 'what the object needs from others' },
      { command: 'fle-nm -S --size-sort hello', description: 'the largest symbols last' },
    ],
    epilogue:
      'Kinds: T code, D data, R read-only data, B zeros, C common, A absolute, U undefined, W weak, V weak object;\n' +
      'in lower case where the symbol is local (and for an undefined weak one).',
  },
  options: [
    flag('debug-syms', ['-a', '--debug-syms'], 'show section and file symbols too', 'Which'),
    flag('dynamic', ['-D', '--dynamic'], 'show the dynamic symbols', 'Which'),
    flag('extern-only', ['-g', '--extern-only'], 'show only what other files can see', 'Which'),
    flag('undefined-only', ['-u', '--undefined-only'], 'show only undefined symbols', 'Which'),
    flag('defined-only', ['--defined-only'], 'show only defined symbols', 'Which'),
    flag('no-weak', ['-W', '--no-weak'], 'do not show weak symbols', 'Which'),
    flag('armap', ['-s', '--print-armap'], 'show the index of archives', 'Which'),
    flag('numeric-sort', ['-n', '-v', '--numeric-sort'], 'sort by address', 'Order'),
    flag('no-sort', ['-p', '--no-sort'], 'keep the order of the symbol table', 'Order'),
    flag('reverse-sort', ['-r', '--reverse-sort'], 'turn the order round', 'Order'),
    flag('size-sort', ['--size-sort'], 'sort by size', 'Order'),
    flag('print-file-name', ['-A', '-o', '--print-file-name'], 'put the file before each symbol', 'Form'),
    flag('print-size', ['-S', '--print-size'], 'show sizes too', 'Form'),
    flag('demangle', ['-C', '--demangle'], 'show C++ names as their source has them', 'Form'),
    flag('no-demangle', ['--no-demangle'], 'show them as they are (the default)', 'Form'),
    flag('portability', ['-P', '--portability'], 'the same as -f posix', 'Form'),
    flag('just-symbols', ['-j', '--just-symbols'], 'the same as -f just-symbols', 'Form'),
    {
      id: 'format',
      names: ['-f', '--format'],
      argument: 'FORM',
      help: 'bsd (the default), posix, sysv or just-symbols',
      group: 'Form',
    },
    {
      id: 'radix',
      names: ['-t', '--radix'],
      argument: 'BASE',
      help: 'write numbers with base x, d or o',
      group: 'Form',
    },
    ...commonOptions,
  ],
}
