// The journal of a run: one line of JSON for each case that has ended, so that a run that was interrupted, or is repeated,
// takes over the results whose inputs are the same.
import type { CaseResult, Failure, StepResult } from './results.ts'

/** The line of a case's result. The key stands for everything that the result depends on. */
export function journalLine(key: string, result: CaseResult): string {
  return `${JSON.stringify({ key, result })}\n`
}

/** The results of a journal by their keys. Lines that are damaged, as the last one of a killed run may be, are passed by. */
export function readJournal(text: string): Map<string, CaseResult> {
  const results = new Map<string, CaseResult>()
  for (const line of text.split('\n')) {
    const entry = parse(line)
    if (isRecord(entry) && typeof entry.key === 'string' && isCaseResult(entry.result))
      results.set(entry.key, entry.result)
  }
  return results
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem)
}

const isString = (value: unknown): value is string => typeof value === 'string'
const isOptionalNumber = (value: unknown): boolean => value === undefined || typeof value === 'number'

function isFailure(value: unknown): value is Failure {
  return isRecord(value) && isString(value.message) && isListOf(value.details, isString)
}

function isStepResult(value: unknown): value is StepResult {
  return (
    isRecord(value) &&
    isString(value.name) &&
    isString(value.command) &&
    typeof value.passed === 'boolean' &&
    typeof value.milliseconds === 'number' &&
    isOptionalNumber(value.score) &&
    isOptionalNumber(value.maxScore) &&
    isListOf(value.failures, isFailure) &&
    isListOf(value.stderr, isString)
  )
}

function isCaseResult(value: unknown): value is CaseResult {
  return (
    isRecord(value) &&
    isString(value.id) &&
    (value.outcome === 'passed' || value.outcome === 'failed' || value.outcome === 'skipped') &&
    typeof value.score === 'number' &&
    (value.reason === undefined || isString(value.reason)) &&
    isListOf(value.steps, isStepResult)
  )
}
