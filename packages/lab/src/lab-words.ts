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

/** The errors of a sink, as the labs' tools write them on stderr. Warnings are not shown: the labs' tools have none. */
export function inLabWords(diagnostics: Diagnostics, course: Course): string {
  return diagnostics.list
    .filter(({ severity }) => severity === 'error')
    .map((diagnostic) => {
      const { at, notes = [], hint } = diagnostic
      const place = at === undefined ? '' : `${[at.file, at.line, at.column].filter(Boolean).join(':')}: `
      const more = [...notes, ...(hint === undefined ? [] : [hint])].map((line) => `  ${line}\n`)
      return `Error: ${place}${labMessage(diagnostic, course)}\n${more.join('')}`
    })
    .join('')
}
