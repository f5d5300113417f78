// The language of the stub: a list of steps over 64-bit words, as native/stub.c reads it.

import { ByteBuffer, type Word, writeWord } from '@fle/object'
import { bytesOf, textOf } from './byte-text.ts'

/** The system calls that plans use. Source: arch/x86/entry/syscalls/syscall_64.tbl. */
export const systemCall = {
  open: 2,
  close: 3,
  mmap: 9,
  mprotect: 10,
  munmap: 11,
  mremap: 25,
  prctl: 157,
} as const

/** Operations that are no system calls. Each is described in native/stub.c. */
export const operation = {
  set: 4096,
  zero: 4097,
  copy: 4098,
  mask: 4099,
  draw: 4100,
  buildStack: 4101,
  enter: 4102,
  nothing: 4103,
} as const

/** Variables of the stub. The first ones it sets itself, the others take results of steps. */
export const variable = {
  none: 0,
  /** Address of the plan. */
  plan: 1,
  /** Address of the vdso's code; a plan that moves it sets it. */
  vdso: 2,
  stackPointer: 3,
  stackTop: 4,
  argumentStart: 5,
  argumentEnd: 6,
  environmentStart: 7,
  environmentEnd: 8,
  auxv: 9,
  auxvSize: 10,
  programFile: 11,
  interpreterFile: 12,
  programBase: 13,
  interpreterBase: 14,
  scratch: 15,
  returnCode: 16,
  heap: 17,
  stackGap: 18,
} as const

/** An argument of a step: a constant, added to a variable. */
export interface Operand {
  readonly variable: number
  readonly constant: Word
}

/** The value of a variable plus a constant. */
export function add(variable: number, constant: Word): Operand {
  return { variable, constant }
}

export interface StepOptions {
  /** The variable that takes the result. */
  readonly result?: number
  /** What to print when the step fails. Without it the step may fail. */
  readonly failure?: string
  /** What {@link operation.set} sets, to be shown. */
  readonly name?: string
}

/** A step, as it is shown. */
export interface Step {
  readonly operation: number
  readonly operands: readonly Operand[]
  readonly result: number
  readonly failure: number
  /** What it is for. */
  readonly about: string
  /** What it sets. */
  readonly name: string
  /** Offset of the text that the stub prints before the step; 0 for none. */
  trace: number
}

/** What the errors of the plan's system calls mean; the last is for all others. */
const reasons: readonly (readonly [number, string])[] = [
  [1, 'the address is not allowed, see sysctl vm.mmap_min_addr (EPERM)'],
  [2, 'the file has gone (ENOENT)'],
  [12, 'there is not enough memory (ENOMEM)'],
  [13, 'the file may not be read or executed (EACCES)'],
  [17, 'something else is there already (EEXIST)'],
  [22, 'the kernel calls it invalid (EINVAL)'],
  [75, 'it lies beyond the longest file (EOVERFLOW)'],
  [0, 'the kernel refuses it'],
]

const wordSize = 8
/** Words of the plan's header and of a step. */
const headerWords = 9
const stepWords = 11
/** Room for what the native front adds to confine or to stop a program: steps, and bytes for their tables. */
const spareSteps = 16
const spareSize = 4096

/** Collects the steps, texts and tables of a plan. Texts and tables are known by their offsets from its start. */
export class PlanWriter {
  readonly #bytes = new ByteBuffer(8192)
  readonly #steps: Step[] = []
  /** What messages begin with. */
  readonly #prefix: string
  readonly #reasons: number
  #spare = 0
  #about = ''

  /** `prefix` begins the messages of steps that fail: command and program. */
  constructor(prefix: string) {
    this.#prefix = prefix
    this.#bytes.reserve(headerWords * wordSize)
    const table = reasons.flatMap(([errno, reason]) => [errno, this.#addText(`: ${reason}\n`)])
    this.#reasons = Number(this.words(table).constant)
  }

  /** Says what the steps that follow are for. */
  heading(about: string): void {
    this.#about = about
  }

  get steps(): readonly Step[] {
    return this.#steps
  }

  /** Lets the stub print a text before a step. */
  setTrace(step: Step, text: string): void {
    step.trace = this.#addText(text)
  }

  /** The text that {@link text} has added. */
  textAt({ constant }: Operand): string {
    const rest = this.#bytes.bytes.subarray(Number(constant))
    return textOf(rest.subarray(0, rest.indexOf(0)))
  }

  /** Adds a step; numbers are constants. */
  step(
    operation: number,
    operands: readonly (number | Operand)[],
    { result = 0, failure, name = '' }: StepOptions = {},
  ): void {
    this.#steps.push({
      operation,
      operands: operands.map((operand) => (typeof operand === 'number' ? add(variable.none, operand) : operand)),
      result,
      failure: failure === undefined ? 0 : this.#addText(this.#prefix + failure),
      about: this.#about,
      name,
      trace: 0,
    })
  }

  /** Leaves room for steps of the native front. */
  spareRoom(): void {
    this.#bytes.align(wordSize)
    this.#spare = this.#bytes.reserve(spareSize)
    this.heading('')
    for (let i = 0; i < spareSteps; i++) this.step(operation.nothing, [])
  }

  /** Adds bytes and returns where they will be. */
  bytes(content: Uint8Array): Operand {
    this.#bytes.align(wordSize)
    const offset = this.#bytes.length
    this.#bytes.append(content)
    return add(variable.plan, offset)
  }

  /** Adds a text with a NUL behind it. */
  text(text: string): Operand {
    return add(variable.plan, this.#addText(text))
  }

  /** Adds words and returns where the first will be. */
  words(values: readonly Word[]): Operand {
    this.#bytes.align(wordSize)
    const offset = this.#bytes.reserve(values.length * wordSize)
    values.forEach((value, i) => {
      writeWord(this.#bytes.view, offset + i * wordSize, value)
    })
    return add(variable.plan, offset)
  }

  /** Bytes of the finished plan. */
  get size(): number {
    return Math.ceil(this.#bytes.length / wordSize) * wordSize + this.#steps.length * stepWords * wordSize
  }

  /** The finished plan: {@link size} bytes. The header's words are described in native/stub.c. */
  finish(header: { copySize: number; copyDistance: number; workStack: number; scratch: number }): Uint8Array {
    this.#bytes.align(wordSize)
    const steps = this.#bytes.reserve(this.#steps.length * stepWords * wordSize)
    const { view } = this.#bytes
    const { copySize, copyDistance, workStack, scratch } = header
    const spare = [this.#spare, spareSize]
    const words = [copySize, copyDistance, workStack, scratch, steps, this.#steps.length, this.#reasons, ...spare]
    words.forEach((word, i) => {
      writeWord(view, i * wordSize, word)
    })
    this.#steps.forEach((step, i) => {
      writeStep(view, steps + i * stepWords * wordSize, step)
    })
    return this.#bytes.bytes
  }

  #addText(text: string): number {
    const offset = this.#bytes.length
    this.#bytes.append(bytesOf(text))
    this.#bytes.byte(0)
    return offset
  }
}

function writeStep(view: DataView, at: number, { operation, operands, result, failure, trace }: Step): void {
  writeWord(view, at, operation)
  operands.forEach((operand, i) => {
    view.setUint8(at + wordSize + i, operand.variable)
    writeWord(view, at + (5 + i) * wordSize, operand.constant)
  })
  writeWord(view, at + 2 * wordSize, result)
  writeWord(view, at + 3 * wordSize, failure)
  writeWord(view, at + 4 * wordSize, trace)
}
