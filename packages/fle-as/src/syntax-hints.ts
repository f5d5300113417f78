// What a beginner may have meant by a statement that cannot be read.
import type { Assembly } from './assembly.ts'
import { registersByName } from './encoder/registers.ts'
import type { Expression } from './expression.ts'
import type { Operand } from './operand.ts'

/** Words of other assemblers, and what they are here. */
const foreignWords: Readonly<Record<string, string>> = {
  global: '.globl',
  public: '.globl',
  extern: '.extern',
  section: '.section',
  segment: '.section',
  align: '.balign',
  equ: '.set NAME, VALUE',
  times: '.rept',
  db: '.byte or .ascii',
  dw: '.word',
  dd: '.long',
  dq: '.quad',
  resb: '.skip',
  resw: '.skip',
  resd: '.skip',
  resq: '.skip',
  org: '.org',
  end: '.end',
}

/** A hint on a word that stands where an instruction should and is none; undefined if nothing comes to mind. */
export function hintOfWord({ cursor }: Assembly, word: string, start: number): string | undefined {
  if (word.startsWith('\xef\xbb\xbf'))
    return 'the file begins with a byte order mark of UTF-8: save it without one (as "UTF-8", not "UTF-8 with BOM")'
  if (/[\x80-\uffff]/.test(word))
    return 'there are characters here that are not ASCII: a special space or quote may have come from a web page'
  if (Object.hasOwn(foreignWords, word)) return `that is of another assembler: here it is ${foreignWords[word]}`
  const { text } = cursor
  const line = text.substring(text.lastIndexOf('\n', start) + 1, start)
  if (/;\s*$/.test(line)) return "';' begins another statement here; a comment begins with '#'"
  return /^\S+[ \t]*(?:#|\n)/.test(text.substring(start, start + 200)) && line.trim() === ''
    ? `a label ends with a colon: ${word}:`
    : undefined
}

/** A hint on operands in AT&T syntax that do not fit; undefined if nothing comes to mind. */
export function hintOfOperands(operands: readonly Operand<Expression>[]): string | undefined {
  for (const operand of operands) {
    const expression =
      operand.kind === 'memory'
        ? operand.displacement?.expression
        : operand.kind === 'immediate' && operand.value.expression
    if (!expression) continue
    const joined = registerBehindPercent(expression)
    if (joined) return `a comma is missing before %${joined}`
    if (operand.kind !== 'memory' || operand.base || operand.index || operand.segment || operand.indirect) continue
    const { add } = expression
    if (add && !add.isDefined && registersByName.has(add.name.toLowerCase()))
      return `${add.name} is a place in memory here: the register is %${add.name} (or begin with .intel_syntax noprefix)`
    if (!expression.symbolic) return `a number alone is an address; the number itself is written $${expression.number}`
  }
  return undefined
}

/** The register in `1 %eax`, which is read as a remainder. */
export function registerBehindPercent({ operation }: Expression): string | undefined {
  const name = operation?.operator === '%' ? operation.right.add?.name : undefined
  return name !== undefined && registersByName.has(name.toLowerCase()) ? name : undefined
}
