import type { OptionTable } from '@fle/options'
import { commonOptions } from '../command.ts'

/** The command line of fle-ar behind its letters: GNU ar's names. */
export const arOptions: OptionTable = {
  help: {
    name: 'fle-ar',
    usage: 'fle-ar [-]{dmpqrstx}[abcDiNPsSvV] [--output DIR] [MEMBER|COUNT] ARCHIVE [FILE]...',
    description: 'Makes, changes and opens archives of ELF or FLE objects.',
    examples: [
      {
        command: 'fle-ar rcs libfoo.fa foo.fle bar.fle',
        description: 'make a library of FLE objects, or put them into it',
      },
      { command: 'fle-ar tv libfoo.a', description: 'list what is in it' },
      { command: 'fle-ar x libfoo.a foo.o', description: 'write a member as a file' },
    ],
    epilogue:
      'What to do: r put files in (in place of members of the same name), q put files behind all\n' +
      'others, d delete members, m move members, t list, p print, x extract, s make the symbol index.\n' +
      'How: a, b or i put them after or before MEMBER, c create without a word, N the COUNTth member\n' +
      'of a name, P compare whole paths, s, S with or without a symbol index, v say what is done.\n' +
      'Times and owners are zero (D), unless a member had others before.\n' +
      'A new archive is FLE if its name ends in .fa or .fle, or if all files are FLE and it does not\n' +
      'end in .a. Objects of the other format are converted. An FLE archive holds objects only, and is\n' +
      'written anew as a whole: comments (💬) in them are not kept.',
  },
  options: [
    { id: 'output', names: ['--output'], argument: 'DIR', help: 'extract into this folder', group: 'Extracting' },
    ...commonOptions,
  ],
}
