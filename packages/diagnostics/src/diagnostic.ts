/** How much a diagnostic matters: an error makes the command fail, a warning does not. */
export type Severity = 'error' | 'warning'

/** A place in an input. Lines and columns count from 1; a column counts characters (code points). */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** The text of the line, for the excerpt with a caret. */
  readonly text?: string
}

/** One thing to tell the user, in parts, so that it can be shown as text or as JSON. */
export interface Diagnostic {
  readonly severity: Severity
  /** A stable kebab-case name of the kind of message, e.g. `undefined-symbol`. */
  readonly code: string
  readonly message: string
  readonly at?: Place
  /** Facts that belong to the message, one a line: who references the symbol, where it is defined … */
  readonly notes?: readonly string[]
  /** What to do about it. */
  readonly hint?: string
}

/** The optional parts of a diagnostic, as given to {@link Diagnostics.error} and {@link Diagnostics.warning}. */
export type Details = Pick<Diagnostic, 'at' | 'notes' | 'hint'>

/** The sink that every verb reports to. It only collects: the command decides what is shown and where. */
export class Diagnostics {
  readonly list: Diagnostic[] = []
  errorCount = 0
  warningCount = 0

  add(diagnostic: Diagnostic): void {
    this.list.push(diagnostic)
    if (diagnostic.severity === 'error') this.errorCount++
    else this.warningCount++
  }

  /** Reports an error. Returns undefined, so that a reader can `return diagnostics.error(…)`. */
  error(code: string, message: string, details: Details = {}): undefined {
    this.add({ severity: 'error', code, message, ...details })
  }

  warning(code: string, message: string, details: Details = {}): void {
    this.add({ severity: 'warning', code, message, ...details })
  }

  get hasErrors(): boolean {
    return this.errorCount > 0
  }
}
