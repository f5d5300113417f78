// The plain case: an ELF program, or a script, without options of ours. It is apart from cli.ts, which does all else, so
// that it takes little to load.

import { Diagnostics } from '@fle/diagnostics'
import { prepareLaunch } from './launch.ts'
import { Refusal } from './load-plan.ts'
import { canRun, programFiles, programPath, thisMachine } from './node.ts'
import { Planner } from './planner.ts'

/** Becomes the program that a command line begins with, if that is the plain case; nothing has happened otherwise. */
export function runPlain(tool: string, [program, ...rest]: readonly string[]): void {
  if (program === undefined || program.startsWith('-') || !canRun()) return
  const plan = new Planner(programPath(program, rest.length), programFiles, new Diagnostics(), {}, leaveFle).plan()
  if (plan instanceof Refusal) return
  const launch = prepareLaunch(plan, { tool, machine: thisMachine(), argumentCount: rest.length })
  if (!(launch instanceof Refusal)) launch()
}

function leaveFle(path: string): Refusal {
  return new Refusal('ENOEXEC', path, 'FLE is not the plain case')
}
