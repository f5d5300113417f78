// The tap reporter: every failure once, then one closing line "N passed, N failed[, N skipped]".
import { Transform } from 'node:stream'
import { Parser } from 'tap-parser'

export default class Summary extends Transform {
  #pass = 0
  #fail = 0
  #skip = 0
  #parser = new Parser()

  constructor() {
    super()
    this.#watch(this.#parser, [])
  }

  // A subtest's own line follows its child stream and repeats its verdict, so it is not counted again.
  #watch(parser, path) {
    let failuresBefore = 0
    let child = null
    parser.on('child', (nested) => {
      child = nested
      failuresBefore = this.#fail
      this.#watch(nested, [...path, nested.name])
    })
    parser.on('assert', (assertion) => {
      const closesChild = child?.name === assertion.name
      if (closesChild) child = null
      if (assertion.skip || assertion.todo) this.#skip++
      else if (closesChild) {
        if (!assertion.ok && this.#fail === failuresBefore) this.#report(assertion, path)
      } else if (assertion.ok) this.#pass++
      else this.#report(assertion, path)
    })
  }

  #report(assertion, path) {
    this.#fail++
    const { at, diff, error, stack } = assertion.diag ?? {}
    const place = at ? ` (${at.fileName}:${at.lineNumber})` : ''
    this.push(`FAIL ${[...path, assertion.name].join(' > ')}${place}\n${diff ?? error ?? stack ?? ''}\n`)
  }

  _transform(chunk, _encoding, done) {
    this.#parser.write(chunk)
    done()
  }

  _flush(done) {
    this.#parser.end()
    const skipped = this.#skip ? `, ${this.#skip} skipped` : ''
    this.push(`${this.#pass} passed, ${this.#fail} failed${skipped}\n`)
    done()
  }
}
