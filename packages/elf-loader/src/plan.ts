// The planner: what execve decides about a file, up to the point of no return, without loading anything.

import type { Diagnostics } from '@fle/diagnostics'
import { readFleImage } from './fle-image.ts'
import { type LoadFailure, type LoadPlan, type ProgramFiles, Refusal } from './load-plan.ts'
import { Planner, type PlanOptions } from './planner.ts'

/**
 * Plans how to load the program at a path: the checks of execve in execve's order. A failure is reported, with the
 * reason, and its errno returned. Opens files for reading, and keeps none open.
 */
export function plan(
  program: string,
  files: ProgramFiles,
  diagnostics: Diagnostics,
  options: PlanOptions = {},
): LoadPlan | LoadFailure {
  const result = new Planner(program, files, diagnostics, options, readFleImage).plan()
  return result instanceof Refusal ? result.report(diagnostics) : result
}
