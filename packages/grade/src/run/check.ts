import { FileError } from '@fle/diagnostics'
import type { Check, LabText } from '../lab/lab.ts'
import { signalNumbers } from '../lab/signals.ts'
import type { Failure } from '../results.ts'
import { compareOutput } from './first-difference.ts'
import { compareFiles } from './object-difference.ts'
import type { Ending, Outcome, Workshop } from './outcome.ts'
import { showLine } from './show-text.ts'
import { expand, type Folders } from './variables.ts'

/** What the checks of a step need to know besides its outcome. */
export interface CheckContext {
  readonly workshop: Workshop
  /** The case's folder within the lab. */
  readonly caseFolder: string
  /** Paths within the submission's folder. */
  readonly typed: Folders
  /** Whether a pattern matches a text; undefined when it takes too long to tell. */
  readonly matches: (pattern: string, flags: string, text: string) => boolean | undefined
}

/** Makes one check of a step that came to its own end. Returns what is wrong, if anything. A judge is no check of this kind. */
export async function makeCheck(check: Check, outcome: Outcome, context: CheckContext): Promise<Failure | undefined> {
  switch (check.kind) {
    case 'status':
      return checkStatus(check.status, outcome.ending)
    case 'signal':
      return checkSignal(check.signal, outcome.ending)
    case 'file':
      return checkFile(expand(check.path, context.typed), context)
    case 'output':
      return checkOutput(check.expected, check.ignoreWhiteSpace, outcome, context)
    case 'pattern':
      return checkPattern(check, outcome, context)
    case 'object':
      return checkObject(expand(check.path, context.typed), check.expected, context)
    case 'judge':
      return undefined
  }
}

/** How a command ended, in words. */
export function showEnding(ending: Ending): string {
  switch (ending.kind) {
    case 'exited':
      return `exit status is ${ending.status}`
    case 'killed':
      return `killed by ${ending.signal}`
    case 'stopped':
      return `stopped: it ${ending.reason}`
    case 'not-started':
      return `cannot be run: ${ending.reason}`
  }
}

/** A process's return code as Python has it: a signal's number is negative. */
export function returnCode(ending: Ending): number {
  if (ending.kind === 'exited') return ending.status
  return ending.kind === 'killed' ? -(signalNumbers.get(ending.signal) ?? 0) : -9
}

function checkStatus(expected: number, ending: Ending): Failure | undefined {
  if (returnCode(ending) === expected) return undefined
  const signal = [...signalNumbers].find(([, number]) => number === -expected)?.[0]
  const wanted = expected < 0 ? `end by ${signal ?? `signal ${-expected}`}` : `exit status ${expected}`
  return { message: `${showEnding(ending)}, expected ${wanted}`, details: [] }
}

function checkSignal(expected: string, ending: Ending): Failure | undefined {
  if (ending.kind === 'killed' && ending.signal === expected) return undefined
  return { message: `${showEnding(ending)}, expected end by ${expected}`, details: [] }
}

function checkFile(path: string, { workshop }: CheckContext): Failure | undefined {
  return workshop.exists(path) ? undefined : { message: `${path} was not made`, details: [] }
}

function checkOutput(
  expected: LabText,
  ignoreWhiteSpace: boolean,
  outcome: Outcome,
  { workshop, caseFolder }: CheckContext,
): Failure | undefined {
  const bytes =
    'text' in expected ? new TextEncoder().encode(expected.text) : workshop.readLab(`${caseFolder}/${expected.file}`)
  return compareOutput(outcome.stdout, bytes, ignoreWhiteSpace)
}

function checkPattern(
  { stream, pattern, flags }: Extract<Check, { kind: 'pattern' }>,
  outcome: Outcome,
  { matches }: CheckContext,
): Failure | undefined {
  const text = new TextDecoder().decode(outcome[stream])
  const found = matches(pattern, flags, text)
  if (found) return undefined
  const expected = `expected: /${pattern}/`
  if (found === undefined) return { message: `${stream} takes too long to match`, details: [expected] }
  const first = text.trim().split('\n', 1)[0]
  return {
    message: text.trim() === '' ? `${stream} is empty` : `${stream} does not match`,
    details: [expected, ...(first === '' ? [] : [`got:      ${showLine(first)}`])],
  }
}

async function checkObject(
  path: string,
  expected: string,
  { workshop, caseFolder }: CheckContext,
): Promise<Failure | undefined> {
  let actual: Uint8Array
  try {
    actual = workshop.readResult(path)
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return { message: `${path} cannot be read: ${error.message}`, details: [] }
  }
  const differences = await compareFiles(actual, workshop.readLab(`${caseFolder}/${expected}`), path, expected)
  return differences.length === 0 ? undefined : { message: `${path} is not as expected`, details: differences }
}
