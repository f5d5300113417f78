// Special judges: programs of the lab that look at what a step did, and say whether it is right, in JSON.
import type { Limits, Step } from '../lab/lab.ts'
import type { Failure } from '../results.ts'
import { returnCode, showEnding } from './check.ts'
import type { Outcome, Workshop } from './outcome.ts'
import { lastLines, showLine } from './show-text.ts'

/** What a judge says. */
export interface Verdict {
  readonly failure?: Failure
  /** The points that it gives, where it gives any. */
  readonly score?: number
}

/** A judge is part of the lab: what it needs may be more than what the steps may use. */
const judgeTime = 30_000

/**
 * Runs a judge, a Python script or a program, as course graders do: on stdin it gets what the step wrote, its return code
 * and the case's folder; on stdout it answers `{"success": …, "message": …, "score": …}`.
 */
export async function askJudge(
  script: string,
  step: Step,
  outcome: Outcome,
  caseFolder: string,
  workshop: Workshop,
): Promise<Verdict> {
  const decoder = new TextDecoder()
  const question = {
    stdout: decoder.decode(outcome.stdout),
    stderr: decoder.decode(outcome.stderr),
    return_code: returnCode(outcome.ending),
    test_dir: `${workshop.root}/${caseFolder}`,
    max_score: step.score ?? 0,
  }
  // The submission's processes run as the same user, and the judge must find what the step left as it left it.
  await workshop.endProcesses()
  const path = workshop.labPath(`${caseFolder}/${script}`)
  const limits: Limits = { ...step.limits, time: Math.max(judgeTime, step.limits.time) }
  const answer = await workshop.run({
    words: script.endsWith('.py') ? ['python3', path] : [path],
    stdin: new TextEncoder().encode(JSON.stringify(question)),
    limits,
    isMade: false,
  })
  const problem = (text: string, details: readonly string[]): Verdict => ({
    failure: { message: `the judge ${script} did not decide: ${text}`, details },
  })
  if (answer.ending.kind !== 'exited' || answer.ending.status !== 0)
    return problem(showEnding(answer.ending), lastLines(decoder.decode(answer.stderr), 5))
  return readVerdict(decoder.decode(answer.stdout)) ?? problem('it did not answer in JSON', [])
}

function readVerdict(text: string): Verdict | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof answer !== 'object' || answer === null || !('success' in answer)) return undefined
  const message = 'message' in answer && typeof answer.message === 'string' ? answer.message : ''
  const score = 'score' in answer && typeof answer.score === 'number' ? { score: Math.max(0, answer.score) } : {}
  if (answer.success === true) return score
  const [first = '', ...details] = message.trim().split('\n').map(showLine)
  return { ...score, failure: { message: first === '' ? 'the judge says no' : first, details } }
}
