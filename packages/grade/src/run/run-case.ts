import type { Lab, LabCase, Step } from '../lab/lab.ts'
import type { CaseResult, Failure, StepResult } from '../results.ts'
import { type CheckContext, makeCheck, showEnding } from './check.ts'
import { askJudge } from './judge.ts'
import type { Outcome, Workshop } from './outcome.ts'
import { quoteCommand } from './quote.ts'
import { lastLines } from './show-text.ts'
import { absoluteFolders, expand, typedFolders } from './variables.ts'

/** Whether a pattern matches a text; undefined when it takes too long to tell. */
export type Matcher = CheckContext['matches']

const stderrLines = 12

/** Runs the steps of a case, one after the other, and makes their checks. */
export async function runCase(lab: Lab, labCase: LabCase, workshop: Workshop, matches: Matcher): Promise<CaseResult> {
  workshop.placeCase(labCase.folder)
  const steps = await runSteps(labCase.steps, lab, labCase.folder, workshop, matches)
  await workshop.endProcesses()
  const stray = workshop.removeStrayFiles()
  const allPassed = steps.length === labCase.steps.length && steps.every(({ passed }) => passed)
  const outcome = allPassed && stray.length === 0 ? 'passed' : 'failed'
  const scored = labCase.steps.some(({ score }) => score !== undefined)
  const earned = scored ? steps.reduce((sum, { score }) => sum + (score ?? 0), 0) : allPassed ? labCase.maxScore : 0
  return {
    id: labCase.id,
    outcome,
    score: stray.length === 0 ? earned : 0,
    ...(stray.length === 0 ? {} : { reason: `wrote outside its folder: ${stray.join(', ')}` }),
    steps,
  }
}

/** Runs steps until one fails that must pass. */
export async function runSteps(
  steps: readonly Step[],
  lab: Lab,
  caseFolder: string,
  workshop: Workshop,
  matches: Matcher,
): Promise<StepResult[]> {
  const results: StepResult[] = []
  for (const step of steps) {
    const result = await runStep(step, lab, caseFolder, workshop, matches)
    results.push(result)
    if (!result.passed && step.mustPass) break
  }
  return results
}

async function runStep(
  step: Step,
  lab: Lab,
  caseFolder: string,
  workshop: Workshop,
  matches: Matcher,
): Promise<StepResult> {
  const typed = typedFolders(caseFolder, lab.commonFolder)
  const folders = absoluteFolders(workshop.root, caseFolder, lab.commonFolder)
  const stdin = step.stdin
  const outcome =
    step.command.length === 0
      ? nothingToRun
      : await workshop.run({
          words: step.command.map((word) => expand(word, folders)),
          stdin: stdin === undefined ? new Uint8Array() : inputOf(stdin, caseFolder, workshop),
          limits: step.limits,
          isMade: /^\$\{build_dir\}\//.test(step.command[0]),
        })
  const words = quoteCommand(step.command.map((word) => expand(word, typed)))
  const command = stdin && 'file' in stdin ? `${words} < ${quoteCommand([`${caseFolder}/${stdin.file}`])}` : words
  const { failures, score } = await judgeStep(step, outcome, caseFolder, { workshop, caseFolder, typed, matches })
  const passed = failures.length === 0
  const hide = (text: string): string => text.replaceAll(`${workshop.root}/`, '').replaceAll(workshop.root, '.')
  return {
    name: step.name,
    command,
    passed,
    ...(step.score === undefined ? {} : { score: score ?? (passed ? step.score : 0), maxScore: step.score }),
    failures: failures.map(({ message, details }) => ({ message: hide(message), details: details.map(hide) })),
    // What a program had written when it was stopped is not the same each time.
    stderr:
      passed || outcome.ending.kind === 'stopped'
        ? []
        : lastLines(hide(new TextDecoder().decode(outcome.stderr)), stderrLines),
    milliseconds: outcome.milliseconds,
  }
}

/** A step of a setup that only looks for files. */
const nothingToRun: Outcome = {
  ending: { kind: 'exited', status: 0 },
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  milliseconds: 0,
}

function inputOf(stdin: NonNullable<Step['stdin']>, caseFolder: string, workshop: Workshop): Uint8Array {
  return 'text' in stdin ? new TextEncoder().encode(stdin.text) : workshop.readLab(`${caseFolder}/${stdin.file}`)
}

/** The first check that does not hold is what is said; a judge has the last word, and may give points. */
async function judgeStep(
  step: Step,
  outcome: Outcome,
  caseFolder: string,
  context: CheckContext,
): Promise<{ failures: Failure[]; score?: number }> {
  const { ending } = outcome
  if (ending.kind === 'stopped' || ending.kind === 'not-started')
    return { failures: [{ message: showEnding(ending), details: [] }] }
  const failures: Failure[] = []
  for (const check of step.checks) {
    const failure = await makeCheck(check, outcome, context)
    if (failure) failures.push(failure)
  }
  const judge = step.checks.find((check) => check.kind === 'judge')
  if (failures.length > 0 || judge?.kind !== 'judge') return { failures }
  const { failure, score } = await askJudge(judge.script, step, outcome, caseFolder, context.workshop)
  const capped = score === undefined || step.score === undefined ? {} : { score: Math.min(score, step.score) }
  return { failures: failure ? [failure] : [], ...capped }
}
