// Writes instructions that use every form of every mnemonic of the tables, for comparison with GNU as.
import { Accepts, generalRegisters } from '../src/encoder/accepts.ts'
import { type Form, FormFlag, Immediate, Scheme } from '../src/encoder/form.ts'
import { InstructionSet } from '../src/encoder/instruction-set.ts'
import { nameOfRegister } from '../src/encoder/registers.ts'

const suffixOfSize: Readonly<Record<number, string>> = { 1: 'b', 2: 'w', 4: 'l', 8: 'q' }
const accumulators = Accepts.al | Accepts.ax | Accepts.eax | Accepts.rax

const registerNames: readonly [bits: number, names: readonly string[]][] = [
  [Accepts.r8, ['cl', 'dil', 'r9b', 'bl']],
  [Accepts.r16, ['cx', 'di', 'r9w', 'bx']],
  [Accepts.r32, ['ecx', 'edi', 'r9d', 'ebx']],
  [Accepts.r64, ['rcx', 'rdi', 'r9', 'rbx']],
  [Accepts.mm, ['mm1', 'mm6', 'mm3']],
  [Accepts.k, ['k1', 'k7', 'k2']],
  [Accepts.sreg, ['es', 'ds', 'ss']],
  [Accepts.cr, ['cr0', 'cr8']],
  [Accepts.dr, ['dr7', 'dr1']],
  [Accepts.st, ['st(3)', 'st(7)']],
  [Accepts.bnd, ['bnd1', 'bnd3']],
  [Accepts.tmm, ['tmm1', 'tmm6', 'tmm3']],
  [Accepts.al, ['al']],
  [Accepts.ax, ['ax']],
  [Accepts.eax, ['eax']],
  [Accepts.rax, ['rax']],
  [Accepts.cl, ['cl']],
  [Accepts.dx, ['dx']],
  [Accepts.st0, ['st']],
  [Accepts.xmm0, ['xmm0']],
  [Accepts.fs, ['fs']],
  [Accepts.gs, ['gs']],
]

const vectorNames: readonly [bits: number, name: string][] = [
  [Accepts.xmm, 'xmm'],
  [Accepts.ymm, 'ymm'],
  [Accepts.zmm, 'zmm'],
]

const vectorIndexes: readonly [bits: number, address: string][] = [
  [Accepts.memoryXmm, '64(%r10,%xmm11,4)'],
  [Accepts.memoryYmm, '-128(%rbp,%ymm3)'],
  [Accepts.memoryZmm, '(%rsp,%zmm12,8)'],
]

/** Addresses of all shapes; displacements that EVEX can scale to one byte, and some that it cannot. */
const addresses = [
  '(%rax)',
  '64(%r13)',
  '-512(%rbp)',
  '0x1234(%rsp)',
  'symbol(%rip)',
  '8(%r12,%r9,8)',
  '1024(%rbx)',
  'symbol+4(,%rcx,2)',
  '(%rbp)',
  '%fs:40',
  '127(%rdi,%rax)',
  '-8128(%rcx)',
]

const immediates: Readonly<Record<number, readonly string[]>> = {
  [Immediate.byte]: ['5', '-128', '255'],
  [Immediate.signedByte]: ['127', '-1', '-128'],
  [Immediate.word]: ['0x1234', '-1', '65535'],
  [Immediate.long]: ['0x12345678', '-2', '0xffffffff'],
  [Immediate.signedLong]: ['0x12345678', '-129', 'symbol'],
  [Immediate.quad]: ['0x123456789abcdef0', '-0x80000001', 'symbol'],
  [Immediate.one]: ['1'],
  [Immediate.three]: ['3'],
  [Immediate.nibble]: ['3', '15'],
}

/** Lines in AT&T syntax, `variants` for each form: register operands first, then memory, masks, broadcasts, rounding. */
export function formLines(variants: number): string[] {
  const set = new InstructionSet(false)
  const lines = new Set<string>()
  for (const mnemonic of set.mnemonics()) {
    const forms = set.lookup(mnemonic)?.plain ?? []
    for (const form of forms) {
      if ((form.flags & FormFlag.intel) !== 0) continue
      for (let variant = 0; variant < variants; variant++) lines.add(line(mnemonic, form, variant, lines.size))
    }
  }
  return [...lines]
}

function line(mnemonic: string, form: Form, variant: number, seed: number): string {
  const usesMemory = variant % 2 === 1
  const isEvex = form.scheme === Scheme.evex
  let broadcasts = false
  let isMemory = false
  let tellsSize = form.size === 0
  const operands = form.accepts.map((bits, i) => {
    const only = form.exact?.[i] ?? 0
    if (only !== 0) return (bits & Accepts.memory) !== 0 ? `(%${nameOfRegister(only)})` : `%${nameOfRegister(only)}`
    if (form.immediates[i] !== Immediate.none) return `$${pick(immediates[form.immediates[i]], seed)}`
    if ((bits & (Accepts.target | Accepts.absolute)) !== 0) return 'symbol'
    const hasRegister = (bits & ~Accepts.memory) !== 0
    const indexed = vectorIndexes.find(([bit]) => (bits & bit) !== 0)
    if (indexed) return indexed[1]
    if ((bits & Accepts.memory) !== 0 && (usesMemory || !hasRegister)) {
      isMemory = true
      const star = (form.flags & FormFlag.star) !== 0 ? '*' : ''
      broadcasts = form.broadcastBytes !== 0 && variant % 4 === 3
      const count = broadcasts ? `{1to${form.memoryBytes / form.broadcastBytes}}` : ''
      return `${star}${address(form, seed)}${count}`
    }
    if ((bits & (generalRegisters | accumulators)) !== 0) tellsSize = true
    const star = (form.flags & FormFlag.star) !== 0 ? '*' : ''
    return `${star}%${registerName(bits, isEvex, seed, i)}`
  })
  const canMask = isEvex && form.masking !== 'none'
  if (canMask && (variant >= 2 || (form.flags & FormFlag.masked) !== 0)) {
    const zeroing = form.masking === 'merge-or-zero' && operands[0].startsWith('%') && seed % 2 === 0
    operands[0] += `{%k${1 + (seed % 7)}}${zeroing ? '{z}' : ''}`
  }
  if ((form.flags & FormFlag.same) === 0) operands.reverse()
  if (isEvex && form.rounding !== 'none' && !isMemory && variant >= 2 && form.size !== 4) {
    const at = operands.findIndex((operand) => !operand.startsWith('$') && !/^%[re]/.test(operand))
    operands.splice(at, 0, form.rounding === 'er' ? `{r${pick(['n', 'd', 'u', 'z'], seed)}-sae}` : '{sae}')
  }
  const needsSuffix = !tellsSize || (form.flags & FormFlag.explicit) !== 0
  let suffix = needsSuffix ? (suffixOfSize[form.size] ?? '') : ''
  if ((form.flags & FormFlag.lengths) !== 0 && isMemory && !broadcasts) suffix = 'xyz'[form.length]
  const isForced = isEvex && !operands.some((operand) => /mm(1[6-9]|2\d|3[01])|[{]/.test(operand))
  return `${isForced ? '{evex} ' : ''}${mnemonic}${suffix} ${operands.join(', ')}`.trim()
}

function address(form: Form, seed: number): string {
  if ((form.flags & FormFlag.a32) !== 0) return '-8(%edi)'
  // Neither tiles nor bounds are taken from %rip-relative addresses.
  const isRestricted = form.accepts.some((bits) => (bits & (Accepts.tmm | Accepts.bnd)) !== 0)
  return isRestricted ? '8(%rax,%rbx)' : pick(addresses, seed)
}

function registerName(bits: number, isEvex: boolean, seed: number, operand: number): string {
  const vector = vectorNames.find(([bit]) => (bits & bit) !== 0)
  // Consecutive operands get different registers, high and low ones.
  if (vector && bits !== Accepts.xmm0) return `${vector[1]}${(1 + 5 * operand + 7 * seed) % (isEvex ? 32 : 16)}`
  const names = registerNames.find(([bit]) => (bits & bit) !== 0)?.[1] ?? ['rax']
  return names[(operand + seed) % names.length]
}

function pick(list: readonly string[], seed: number): string {
  return list[seed % list.length]
}
