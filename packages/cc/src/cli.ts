import { type CommandIo, Diagnostics, exitStatus, FileError, fail, report } from '@fle/diagnostics'
import { parseCommandLine } from '@fle/options'
import { convert } from './convert.ts'
import { type Conversion, planSteps, type Step } from './driver.ts'
import { type Invocation, interpret } from './invocation.ts'
import { type Ending, Workshop } from './launch.ts'
import { optionTable } from './options.ts'
import { quoteCommand } from './quote.ts'
import { version } from './version.ts'

const tool = 'fle-cc'

/** The command fle-cc. Returns its exit status: 0, 1 (gcc, fle-ld or an input failed), 2 (the command line is wrong). */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(optionTable, argv, diagnostics, { files: io.files, unknown: 'pass' })
  const invocation = interpret(items, diagnostics, io.env.FLE_DIALECT)
  const reportOptions = { tool, json: invocation.json }
  if (invocation.help) {
    const { renderHelp } = await import('@fle/options/help')
    io.stdout(await renderHelp(optionTable))
    return exitStatus.success
  }
  if (invocation.version) {
    io.stdout(`${tool} ${version}\n`)
    return exitStatus.success
  }
  if (!diagnostics.hasErrors && invocation.gccWords.length === 0) {
    return fail(io, tool, exitStatus.usageError, 'no input files', `${tool} --help shows how it is used`)
  }
  const workshop = new Workshop()
  try {
    const steps = planSteps(invocation, (name) => workshop.temporaryPath(name), diagnostics)
    if (diagnostics.hasErrors) {
      report(diagnostics, io, reportOptions)
      return exitStatus.usageError
    }
    const status = await new Job(invocation, workshop, io, diagnostics).run(steps)
    report(diagnostics, io, reportOptions)
    return status
  } finally {
    workshop.close()
  }
}

/** One run of the planned steps. */
class Job {
  readonly #invocation: Invocation
  readonly #workshop: Workshop
  readonly #io: CommandIo
  readonly #diagnostics: Diagnostics

  constructor(invocation: Invocation, workshop: Workshop, io: CommandIo, diagnostics: Diagnostics) {
    this.#invocation = invocation
    this.#workshop = workshop
    this.#io = io
    this.#diagnostics = diagnostics
  }

  /** Does one step after the other: every source is compiled, so that all errors are seen, but a link needs all of them. */
  async run(steps: readonly Step[]): Promise<number> {
    let status: number = exitStatus.success
    for (const step of steps) {
      if (this.#workshop.isStopped) return exitStatus.inputError
      if (step.kind === 'link' && status !== exitStatus.success) break
      const outcome = await this.#perform(step)
      if (outcome !== exitStatus.success) status = outcome
    }
    return status
  }

  async #perform(step: Step): Promise<number> {
    switch (step.kind) {
      case 'compile': {
        const status = await this.#launch('gcc', step.words)
        return status === exitStatus.success && step.conversion ? this.#convert(step.conversion) : status
      }
      case 'convert':
        return this.#convert(step.conversion)
      case 'tools-folder':
        this.#workshop.makeToolsFolder(step.folder, step.tools)
        return exitStatus.success
      case 'link':
        return this.#launch(step.program, step.words)
    }
  }

  async #launch(program: string, words: readonly string[]): Promise<number> {
    this.#show([program, ...words])
    const ending = await this.#workshop.run(program, words)
    if (ending.kind === 'exited' && ending.status === 0) return exitStatus.success
    // fle-ld has said what is wrong, in the same words as we would.
    if (program === 'fle-ld' && ending.kind === 'exited') return ending.status
    if (!this.#workshop.isStopped) this.#reportEnding(program, words, ending)
    return exitStatus.inputError
  }

  #reportEnding(program: string, words: readonly string[], ending: Ending): void {
    const notes = [quoteCommand([program, ...words])]
    switch (ending.kind) {
      case 'exited':
        this.#diagnostics.error('command-failed', `${program} failed with status ${ending.status}`, { notes })
        break
      case 'killed':
        this.#diagnostics.error('command-killed', `${program} was killed by ${ending.signal}`, { notes })
        break
      case 'not-started':
        this.#diagnostics.error('command-not-started', `cannot run ${program}: ${ending.reason}`, {
          notes,
          ...(program === 'gcc' ? { hint: 'fle-cc compiles with the gcc of the system: install it' } : {}),
        })
    }
  }

  #convert(conversion: Conversion): number {
    const { from, to, format, dialect, keepDebug } = conversion
    const options = [`--oformat=${format === 'fle' ? 'fle' : 'elf64-x86-64'}`]
    if (dialect !== 'fle') options.push(`--dialect=${dialect}`)
    if (keepDebug) options.push('--keep-debug')
    this.#show([tool, '-c', from, '-o', to, ...options])

    const diagnostics = new Diagnostics()
    const content = convert(conversion, this.#io.files, diagnostics)
    if (content && !diagnostics.hasErrors) this.#write(to, content, diagnostics)
    for (const diagnostic of diagnostics.list) this.#diagnostics.add(diagnostic)
    return diagnostics.hasErrors ? exitStatus.inputError : exitStatus.success
  }

  #write(path: string, content: Uint8Array, diagnostics: Diagnostics): void {
    try {
      this.#io.writeOutput(path, content, { executable: false })
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      diagnostics.error('cannot-write', `cannot write ${path}: ${error.message}`)
    }
  }

  #show(words: readonly string[]): void {
    if (this.#invocation.showCommands) this.#io.stderr(`${quoteCommand(words)}\n`)
  }
}
