import type { OptionTable } from '@fle/options'

const what = 'What is graded'
const how = 'How it runs'
const reports = 'Reports'
const other = 'Other'

/** The command line of fle-grade. */
export const optionTable: OptionTable = {
  help: {
    name: 'fle-grade',
    usage: 'fle-grade [OPTION]... LAB [SUBMISSION]...',
    description:
      "Runs a lab's cases on submissions. LAB is a folder with lab.toml, or with tests/cases/NAME/config.toml as courses\n" +
      'keep them; SUBMISSION is a folder with the work of a student. Without one the lab itself is graded.',
    examples: [
      { command: 'fle-grade .', description: 'grade the lab that one works in' },
      { command: 'fle-grade lab alice bob --format=html:report.html', description: 'two students, and a page' },
      {
        command: 'fle-grade lab --all=submissions --journal=run.jsonl',
        description: 'a class; goes on where it stopped',
      },
    ],
    epilogue: 'Exit status: 0 all passed, 1 not all, 2 the lab or the command line is wrong.',
  },
  options: [
    { id: 'all', names: ['--all'], argument: 'FOLDER', help: 'every folder in FOLDER is a submission', group: what },
    { id: 'case', names: ['-c', '--case'], argument: 'ID', help: 'only this case, and what it needs', group: what },
    { id: 'group', names: ['-g', '--group'], argument: 'NAME', help: 'only the cases of this group', group: what },
    { id: 'list', names: ['--list'], help: 'show the cases and run nothing', group: what },

    { id: 'jobs', names: ['-j', '--jobs'], argument: 'NUMBER', help: 'submissions at a time', group: how },
    {
      id: 'journal',
      names: ['--journal'],
      argument: 'FILE',
      help: 'keep results in FILE, and take over those of the same lab and submission',
      group: how,
    },
    { id: 'same-user', names: ['--same-user'], help: 'run submissions as root, if that is who grades', group: how },
    { id: 'keep', names: ['--keep'], help: 'leave the workspaces behind, and say where', group: how },

    {
      id: 'format',
      names: ['-f', '--format'],
      argument: 'NAME[:FILE]',
      help: 'table, json, gradescope, github, summary, classroom, junit, tap or html; {name} in FILE is the submission',
      group: reports,
    },
    { id: 'show-hidden', names: ['--show-hidden'], help: 'show hidden cases as others', group: reports },
    { id: 'times', names: ['--times'], help: 'show how long cases took', group: reports },

    {
      id: 'diagnostics',
      names: ['--diagnostics'],
      argument: 'FORM',
      help: 'text, or json: one object a line',
      group: other,
    },
    { id: 'help', names: ['--help'], help: 'show this help', group: other },
    { id: 'version', names: ['--version'], help: 'show the version', group: other },
  ],
}
