// The steps of a plan as the C calls they equal: for --dry-run with names of variables, for --trace with their values.

import { hexadecimal, type Word } from '@fle/object'
import { type Operand, operation, type PlanWriter, type Step, systemCall, variable } from './plan-writer.ts'

/** How an argument is written. */
type Style = 'number' | 'file' | 'text' | 'protection' | 'mapping' | Readonly<Record<number, string>>

interface Call {
  readonly name: string
  readonly styles: readonly Style[]
}

const anyNumber = (count: number): Style[] => Array.from({ length: count }, () => 'number')

const calls: Readonly<Record<number, Call>> = {
  [systemCall.open]: { name: 'open', styles: ['text', { 524288: 'O_RDONLY|O_CLOEXEC' }] },
  [systemCall.close]: { name: 'close', styles: ['file'] },
  [systemCall.mmap]: { name: 'mmap', styles: ['number', 'number', 'protection', 'mapping', 'file', 'number'] },
  [systemCall.mprotect]: { name: 'mprotect', styles: ['number', 'number', 'protection'] },
  [systemCall.munmap]: { name: 'munmap', styles: anyNumber(2) },
  [systemCall.mremap]: {
    name: 'mremap',
    styles: ['number', 'number', 'number', { 3: 'MREMAP_MAYMOVE|MREMAP_FIXED' }, 'number'],
  },
  [operation.zero]: { name: 'bzero', styles: anyNumber(2) },
  [operation.copy]: { name: 'memcpy', styles: anyNumber(3) },
}

const protectionNames: readonly (readonly [number, string])[] = [
  [1, 'PROT_READ'],
  [2, 'PROT_WRITE'],
  [4, 'PROT_EXEC'],
  [0x01000000, 'PROT_GROWSDOWN'],
]
const mappingNames: readonly (readonly [number, string])[] = [
  [2, 'MAP_PRIVATE'],
  [0x10, 'MAP_FIXED'],
  [0x20, 'MAP_ANONYMOUS'],
  [0x100000, 'MAP_FIXED_NOREPLACE'],
]

const variableNames: Readonly<Record<number, string>> = {
  [variable.plan]: 'plan',
  [variable.vdso]: 'vdso',
  [variable.stackPointer]: 'sp',
  [variable.stackTop]: 'stackTop',
  [variable.argumentStart]: 'argStart',
  [variable.argumentEnd]: 'argEnd',
  [variable.environmentStart]: 'envStart',
  [variable.environmentEnd]: 'envEnd',
  [variable.auxv]: 'auxv',
  [variable.auxvSize]: 'auxvSize',
  [variable.programFile]: 'program',
  [variable.interpreterFile]: 'interpreter',
  [variable.programBase]: 'base',
  [variable.interpreterBase]: 'interpreterBase',
  [variable.scratch]: 'place',
  [variable.returnCode]: 'caller',
  [variable.heap]: 'heap',
  [variable.stackGap]: 'gap',
}

/** Writes an operand that is no constant. `index` is its number among the step's. */
type WriteVariable = (operand: Operand, index: number) => string

/** The calls of a plan, each below what it is for; addresses that are not known before the run count from a name. */
export function listCalls(writer: PlanWriter): { about: string; call: string }[] {
  return shownSteps(writer).map((step) => {
    const { about, result } = step
    const call = callText(step, writer, ({ variable, constant }) => offsetText(variableNames[variable], constant))
    return { about, call: result === 0 ? call : `${variableNames[result]} = ${call}` }
  })
}

/**
 * Gives each step the text that the stub prints before it carries it out. A byte from 1 to 6 in it stands for the
 * argument of that number.
 */
export function addTrace(writer: PlanWriter): void {
  let about = ''
  for (const step of shownSteps(writer)) {
    const heading = step.about === about ? '' : `# ${printable(step.about)}\n`
    about = step.about
    const end = step.operation === operation.enter ? '\n' : ''
    const call = callText(step, writer, (_, index) => String.fromCharCode(index + 1))
    writer.setTrace(step, `${heading}${call}${end}`)
  }
}

const shownSteps = ({ steps }: PlanWriter) => steps.filter((step) => step.operation !== operation.nothing)

function callText(step: Step, writer: PlanWriter, write: WriteVariable): string {
  const { operands } = step
  const number = (index: number) => argumentText(operands[index], 'number', index, writer, write)
  const call = calls[step.operation]
  if (call) {
    const words = operands.map((operand, i) => argumentText(operand, call.styles[i] ?? 'number', i, writer, write))
    return `${call.name}(${words.join(', ')})`
  }
  switch (step.operation) {
    case systemCall.prctl:
      return operands.length === 2
        ? `prctl(PR_SET_NAME, ${quoted(writer.textAt(operands[1]))})`
        : `prctl(PR_SET_MM, PR_SET_MM_MAP, &map, ${number(3)}, 0)`
    case operation.set:
      return `${step.name} = ${number(1)}`
    case operation.mask:
      return `${number(0)} & ${number(1)}`
    case operation.draw:
      return `${number(0)} + random() % ${number(1)} * ${number(2)}`
    case operation.buildStack:
      return `build_stack(${quoted(writer.textAt(operands[0]))}, auxv, ${number(2)})`
    case operation.enter:
      return `jump to ${number(0)}`
    default:
      return `syscall(${[step.operation, ...operands.map((_, i) => number(i))].join(', ')})`
  }
}

function argumentText(operand: Operand, style: Style, index: number, writer: PlanWriter, write: WriteVariable): string {
  if (style === 'text') return quoted(writer.textAt(operand))
  if (operand.variable !== variable.none) return write(operand, index)
  const { constant } = operand
  if (style === 'number') return numberText(constant)
  const bits = Number(constant)
  if (style === 'file') return `${bits}`
  if (style === 'protection') return flagsText(bits, protectionNames, 'PROT_NONE')
  if (style === 'mapping') return flagsText(bits, mappingNames, '0')
  return style[bits] ?? numberText(constant)
}

function flagsText(bits: number, names: readonly (readonly [number, string])[], none: string): string {
  const set = names.filter(([bit]) => bits & bit).map(([, name]) => name)
  return set.length === 0 ? none : set.join('|')
}

const isNegative = (value: Word) => typeof value === 'number' && value < 0

/** As the stub writes it: one digit as it is, others in hexadecimal. */
function numberText(value: Word): string {
  if (typeof value === 'number' && value < 0) return `-${numberText(-value)}`
  return typeof value === 'number' && value < 10 ? `${value}` : hexadecimal(value)
}

function offsetText(name: string, constant: Word): string {
  if (constant === 0) return name
  return isNegative(constant) ? `${name} - ${numberText(-Number(constant))}` : `${name} + ${numberText(constant)}`
}

function quoted(text: string): string {
  return `"${printable(text).replace(/["\\]/g, '\\$&')}"`
}

/** Paths are anything: control characters must not reach the terminal, nor be taken for arguments by the stub. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
