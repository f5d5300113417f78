import { Accepts } from './accepts.ts'
import { type Form, FormFlag, Immediate } from './form.ts'

const names: readonly [bits: number, name: string][] = [
  [Accepts.r8, 'r8'],
  [Accepts.r16, 'r16'],
  [Accepts.r32, 'r32'],
  [Accepts.r64, 'r64'],
  [Accepts.mm, 'mm'],
  [Accepts.xmm, 'xmm'],
  [Accepts.ymm, 'ymm'],
  [Accepts.zmm, 'zmm'],
  [Accepts.k, 'k'],
  [Accepts.sreg, 'segment register'],
  [Accepts.cr, 'cr'],
  [Accepts.dr, 'dr'],
  [Accepts.st, 'st(i)'],
  [Accepts.bnd, 'bnd'],
  [Accepts.tmm, 'tmm'],
  [Accepts.al, '%al'],
  [Accepts.ax, '%ax'],
  [Accepts.eax, '%eax'],
  [Accepts.rax, '%rax'],
  [Accepts.cl, '%cl'],
  [Accepts.dx, '%dx'],
  [Accepts.st0, '%st'],
  [Accepts.xmm0, '%xmm0'],
  [Accepts.memory, 'mem'],
  [Accepts.memoryXmm, 'mem with xmm index'],
  [Accepts.memoryYmm, 'mem with ymm index'],
  [Accepts.memoryZmm, 'mem with zmm index'],
  [Accepts.target, 'label'],
  [Accepts.absolute, 'address'],
  [Accepts.fs, '%fs'],
  [Accepts.gs, '%gs'],
]

const immediateNames: Readonly<Record<number, string>> = {
  [Immediate.byte]: '$imm8',
  [Immediate.signedByte]: '$imm8',
  [Immediate.word]: '$imm16',
  [Immediate.long]: '$imm32',
  [Immediate.signedLong]: '$imm32',
  [Immediate.quad]: '$imm64',
  [Immediate.one]: '$1',
  [Immediate.three]: '$3',
  [Immediate.nibble]: '$imm4',
}

/** Forms that a hint lists at most. */
const mostForms = 8

/** What an instruction accepts, in words: `add accepts: r8, r8/mem; …`, in the order of the syntax. */
export function describeForms(mnemonic: string, forms: readonly Form[], intel: boolean): string {
  const texts = new Set<string>()
  for (const form of forms) {
    if ((form.flags & (intel ? FormFlag.att : FormFlag.intel)) === 0) texts.add(describeForm(form, intel))
  }
  const shown = [...texts].slice(0, mostForms).join('; ')
  return `'${mnemonic}' accepts: ${shown}${texts.size > mostForms ? '; and more' : ''}`
}

function describeForm(form: Form, intel: boolean): string {
  const operands = form.accepts.map((bits, i) => immediateNames[form.immediates[i]] ?? describeBits(bits))
  if (operands.length === 0) return 'no operands'
  if (!intel && (form.flags & FormFlag.same) === 0) operands.reverse()
  return operands.join(', ')
}

function describeBits(bits: number): string {
  return names
    .filter(([bit]) => (bits & bit) !== 0)
    .map(([, name]) => name)
    .join('/')
}
