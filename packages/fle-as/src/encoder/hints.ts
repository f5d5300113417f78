import { Accepts, generalRegisters } from './accepts.ts'
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

const implied: ReadonlySet<number> = new Set([Immediate.one, Immediate.three])
const anyGeneral = generalRegisters | Accepts.al | Accepts.ax | Accepts.eax | Accepts.rax

/** Forms that a hint lists at most. */
const mostForms = 8

/**
 * What an instruction accepts, in words: `'add' accepts: reg, reg/mem; …`, in the order of the syntax. Forms with as many
 * operands as were written, `count`, come first.
 */
export function describeForms(mnemonic: string, forms: readonly Form[], count: number, intel: boolean): string {
  const texts = new Set<string>()
  const sorted = [...forms].sort((a, b) => Number(b.accepts.length === count) - Number(a.accepts.length === count))
  const sizes = new Set(forms.map((form) => form.size).filter((size) => size > 0))
  const general = sizes.size > 2 ? 'reg' : [...sizes].map((size) => `r${8 * size}`).join('/')
  for (const form of sorted) {
    if ((form.flags & (FormFlag.narrow | (intel ? FormFlag.att : FormFlag.intel))) !== 0) continue
    texts.add(describeForm(form, sizes.size > 1 ? general : '', intel))
  }
  // What takes registers only is told by what also takes memory.
  const registersOnly = new Set(
    [...texts].filter((text) => text.includes('/mem')).map((text) => text.replace('/mem', '')),
  )
  const all = [...texts].filter((text) => !registersOnly.has(text))
  return `'${mnemonic}' accepts: ${all.slice(0, mostForms).join('; ')}${all.length > mostForms ? '; and more' : ''}`
}

/** @param general what to call general registers where the mnemonic has several operand sizes, empty where it has one */
function describeForm(form: Form, general: string, intel: boolean): string {
  const operands = form.accepts.map((bits, i) => {
    const immediate = form.immediates[i]
    if (immediate === Immediate.none) return describeBits(bits, form.size > 0 ? general : '')
    return general === '' || implied.has(immediate) ? immediateNames[immediate] : '$imm'
  })
  if (operands.length === 0) return 'no operands'
  if (!intel && (form.flags & FormFlag.same) === 0) operands.reverse()
  const text = operands.join(', ')
  return intel ? text.replaceAll(/[$%]/g, '') : text
}

function describeBits(bits: number, general: string): string {
  const found = names.filter(([bit]) => (bits & bit) !== 0)
  return [...new Set(found.map(([bit, name]) => (general !== '' && (bit & anyGeneral) !== 0 ? general : name)))].join(
    '/',
  )
}
