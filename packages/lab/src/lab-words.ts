// Messages as the labs' own tools word them: `Error: TEXT`, which graders look for. What else we know follows.

import type { Diagnostic, Diagnostics } from '@fle/diagnostics'
import type { Course } from './course.ts'

/** What a diagnostic's message is in the labs' words, where they have words of their own for it. */
function labMessage({ code, message }: Diagnostic, { duplicate }: Course): string {
  const subject = message.slice(message.indexOf(':') + 1).trim()
  switch (code) {
    case 'undefined-symbol':
    case 'undefined-entry':
      return `Undefined symbol: ${subject}`
    case 'duplicate-symbol':
      return `${duplicate} ${subject}`
    default:
      return message
  }
}

/**
 * The diagnostics of a sink, as the labs' tools write them on stderr. They have no warnings: these are shown behind errors
 * only, of which they may be the cause.
 */
export function inLabWords(diagnostics: Diagnostics, course: Course): string {
  if (!diagnostics.hasErrors) return ''
  const errors = diagnostics.list.filter(({ severity }) => severity === 'error')
  const warnings = diagnostics.list.filter(({ severity }) => severity === 'warning')
  return [...errors, ...warnings]
    .map((diagnostic) => {
      const { at, notes = [], hint, severity } = diagnostic
      const place = at === undefined ? '' : `${[at.file, at.line, at.column].filter(Boolean).join(':')}: `
      const more = [...notes, ...(hint === undefined ? [] : [hint])].map((line) => `  ${line}\n`)
      return `${severity === 'error' ? 'Error' : 'Warning'}: ${place}${labMessage(diagnostic, course)}\n${more.join('')}`
    })
    .join('')
}
