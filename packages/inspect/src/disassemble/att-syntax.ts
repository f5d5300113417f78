// Capstone's AT&T text as GNU objdump writes it: no suffix where a register says the size, numbers in hexadecimal, the
// displacement and the scale that the encoding has. Source: opcodes/i386-dis.c.
import { addWords, toWord, type Word } from '@fle/object'
import type { DecodedText } from './capstone.ts'
import { decodeEncoding, type Encoding, hasMemory } from './encoding.ts'
import { carrylessName, gnuNames, immediateBits } from './gnu-names.ts'
import { type InstructionText, inColumns } from './instruction-text.ts'
import { branchHint, isStringInstruction, prefixWords } from './prefixes.ts'
import { x87Operands } from './x87.ts'

/** Instructions that Capstone gives a suffix for their size always, GNU only where no register says it. */
const suffixed = new Set(
  (
    'adc add and bsf bsr bt btc btr bts bswap cmp cmpxchg dec div idiv imul in inc lea lods lar lsl lss lfs lgs mov ' +
    'movabs movbe mul neg not or out popcnt lzcnt tzcnt andn bextr blsi blsmsk blsr bzhi mulx pdep pext rorx sarx ' +
    'shlx shrx adcx adox rcl rcr rol ror sal sar sbb shl shld shr shrd str sldt sub test xadd xchg xor scas stos ' +
    'cvtsi2ss cvtsi2sd cvttss2si cvttsd2si cvtss2si cvtsd2si vcvtsi2ss vcvtsi2sd rdrand rdseed crc32 ' +
    'rdfsbase rdgsbase wrfsbase wrgsbase smsw lmsw ptwrite xbegin'
  ).split(' '),
)

/** Instructions that work on the stack or jump: their size is no news. */
const onStack = new Set(['push', 'pop', 'call', 'jmp', 'ret', 'leave', 'pushf', 'popf', 'lret', 'enter', 'iret'])

const shifts = new Set(['rcl', 'rcr', 'rol', 'ror', 'shl', 'sar', 'shr', 'shld', 'shrd'])

const operandBits: Readonly<Record<string, number>> = { b: 8, w: 16, l: 32, q: 64 }

/** The instruction at `address` as GNU objdump writes it in AT&T syntax, without the symbol that it refers to. */
export function attText(decoded: DecodedText, bytes: Uint8Array, address: Word): InstructionText {
  const encoding = decodeEncoding(bytes)
  const words = decoded.mnemonic.split(' ')
  const mnemonic = words.pop() ?? ''
  const operands = splitOperands(decoded.operands)
  const prefix = prefixWords(encoding, words, operands)
  const target = branchTarget(mnemonic, operands)
  if (target !== undefined) {
    const stem = mnemonic.replace(/q$/, '')
    const name = prefix + (onStack.has(stem) ? stem : mnemonic) + branchHint(encoding)
    return { text: `${name.padEnd(6)} `, target, isBranch: true }
  }
  const [name, parts] = formatInstruction(mnemonic, operands, encoding)
  return {
    text: inColumns(prefix + name, parts.join(',')),
    target: ripTarget(decoded.operands, encoding, addWords(address, bytes.length)),
    isBranch: false,
  }
}

/** Splits at the commas that are not within parentheses. */
function splitOperands(text: string): string[] {
  if (text === '') return []
  if (!text.includes('(')) return text.split(', ')
  const operands: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')') depth--
    else if (i === text.length || (text[i] === ',' && depth === 0)) {
      const operand = text.slice(start, i).trim()
      if (operand) operands.push(operand)
      start = i + 1
    }
  }
  return operands
}

/** Where a direct jump or call goes. */
function branchTarget(mnemonic: string, operands: readonly string[]): Word | undefined {
  if (operands.length !== 1 || !/^(j|call|loop|xbegin)/.test(mnemonic)) return undefined
  const match = /^(-?)(0x[0-9a-f]+|\d+)$/.exec(operands[0])
  if (!match) return undefined
  return toWord(match[1] ? -BigInt(match[2]) : BigInt(match[2]))
}

function formatInstruction(mnemonic: string, operands: readonly string[], encoding: Encoding): [string, string[]] {
  const { map, opcode, modrm = 0 } = encoding
  // The same byte as nop, which has no operands to be small.
  if (map === 1 && opcode === 0x90 && encoding.prefixes.includes(0x66)) return ['xchg', ['%ax', '%ax']]
  if (map === 1 && opcode >> 3 === 0x1b && modrm >= 0xc0) {
    const registers = x87Operands(opcode, modrm)
    if (registers) return [gnuNames[mnemonic] ?? mnemonic, registers]
  }
  const { base, bits } = baseOf(mnemonic)
  if (isStringInstruction(encoding)) return stringInstruction(mnemonic, base, operands)
  const carryless = carrylessName(mnemonic, operands[0])
  if (carryless) return [carryless, operands.slice(1).map((operand) => formatOperand(operand, encoding, bits))]
  const shown = shifts.has(base) && operands.length === 2 && isShiftByOne(encoding) ? operands.slice(1) : operands
  const parts = shown.map((operand, i) => formatOperand(operand, encoding, immediateBits(mnemonic, i) ?? bits))
  if (base === 'in' || base === 'out') return [base, parts.map((part) => (part === '%dx' ? '(%dx)' : part))]
  return [shownMnemonic(mnemonic, base, shown), parts]
}

/** The mnemonic in GNU's name without the suffix of its size, where it has one, and that size in bits. */
function baseOf(mnemonic: string): { readonly base: string; readonly bits: number } {
  const stem = mnemonic.slice(0, -1)
  const bits = operandBits[mnemonic[mnemonic.length - 1]] ?? 0
  if (bits && (suffixed.has(stem) || onStack.has(stem) || stem.startsWith('cmov')))
    return { base: gnuNames[stem] ?? stem, bits }
  return { base: gnuNames[mnemonic] ?? mnemonic, bits: 0 }
}

function isRegister(operand: string): boolean {
  return operand[0] === '%' && !operand.includes(':') && (operand.startsWith('%st') || !operand.includes('('))
}

function shownMnemonic(mnemonic: string, base: string, operands: readonly string[]): string {
  if (gnuNames[mnemonic] === base || base === mnemonic) return base
  // Of pushw and the like the size is news; lret and iret have 32 bits unless said otherwise.
  if (onStack.has(base)) return /q$|(lre|ire)tl$/.test(mnemonic) && !/^(lret|iret)q$/.test(mnemonic) ? base : mnemonic
  if (base.startsWith('cmov') && base.length > 4) return base
  if (base === 'mov' && operands.some((operand) => /^%(xmm|mm)/.test(operand))) return mnemonic
  const suffix = mnemonic[mnemonic.length - 1]
  const deciding = shifts.has(base)
    ? operands.slice(-1)
    : /cvtsi2s|^crc32$/.test(base)
      ? operands.slice(0, 1)
      : operands
  return deciding.some(isRegister) ? base : base + suffix
}

/** d0 and d1 shift by one, and GNU writes no count. */
function isShiftByOne({ map, opcode }: Encoding): boolean {
  return map === 1 && (opcode === 0xd0 || opcode === 0xd1)
}

/** Instructions on (%rsi) and (%rdi), whose segments GNU writes. */
function stringInstruction(mnemonic: string, base: string, operands: readonly string[]): [string, string[]] {
  const parts = operands.map((operand) => {
    if (operand === '%dx') return '(%dx)'
    if (/^\(%[re]?di\)$/.test(operand)) return `%es:${operand}`
    return /^\(%[re]?si\)$/.test(operand) ? `%ds:${operand}` : operand
  })
  if (base === 'xlat') return [base, ['%ds:(%rbx)']]
  return [operands.some(isRegister) && suffixed.has(base) ? base : mnemonic, parts]
}

function formatOperand(operand: string, encoding: Encoding, bits: number): string {
  if (operand[0] === '$') return `$${hexadecimal(operand.slice(1), bits)}`
  if (isRegister(operand)) return operand.includes(' {') ? operand.replaceAll(' {', '{') : operand
  if (operand[0] === '*') return isRegister(operand.slice(1)) ? operand : `*${formatMemory(operand.slice(1), encoding)}`
  const mask = operand.indexOf(' {')
  if (mask < 0) return formatMemory(operand, encoding)
  return formatMemory(operand.slice(0, mask), encoding) + operand.slice(mask).replaceAll(' {', '{')
}

/** A number in hexadecimal; a negative one as the unsigned number of its size. */
function hexadecimal(number: string, bits: number): string {
  if (number.startsWith('0x')) return number
  if (number[0] !== '-') return `0x${(number.length < 16 ? Number(number) : BigInt(number)).toString(16)}`
  return `0x${BigInt.asUintN(bits || 64, -BigInt(number.slice(1))).toString(16)}`
}

const memoryShape = /^(?:%([a-z]s):)?(-?(?:0x)?[0-9a-f]+)?(?:\((%\w+)?(?:, ?(%\w+))?(?:, ?(\d))?\))?$/

function formatMemory(operand: string, encoding: Encoding): string {
  const match = memoryShape.exec(operand)
  if (!match || !hasMemory(encoding)) return operand.replaceAll(', ', ',')
  const [, segment, text, base, index, scale] = match
  // The other segments have no effect, and are shown as prefixes.
  const place = segment === 'fs' || segment === 'gs' ? `%${segment}:` : ''
  const isAbsolute = base === undefined && index === undefined
  const { sib, displacementSize, displacement } = encoding
  let offset = ''
  if (displacementSize === 4) offset = signedHexadecimal(displacement, isAbsolute)
  else if (text !== undefined || displacementSize > 0)
    offset = signedHexadecimal(Number(text?.replace(/^-/, '') ?? 0) * (text?.[0] === '-' ? -1 : 1), false)
  if (isAbsolute) return place + offset
  // A SIB byte without an index is needed for rsp and r12 only; elsewhere GNU shows it by the register that is none.
  const isNeedless = sib !== undefined && index === undefined && (sib & 7) !== 4
  const indexed = index !== undefined ? `,${index},${scale ?? 1}` : isNeedless ? `,%riz,${1 << (sib >> 6)}` : ''
  return `${place}${offset}(${base ?? ''}${indexed})`
}

/** A displacement, which has a sign next to a register and is an address without one. */
function signedHexadecimal(value: number, isAddress: boolean): string {
  if (value >= 0) return `0x${value.toString(16)}`
  return isAddress ? `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}` : `-0x${(-value).toString(16)}`
}

/** What a memory operand relative to rip addresses; `next` is the address of the next instruction. */
function ripTarget(operands: string, { displacement }: Encoding, next: Word): Word | undefined {
  return operands.includes('(%rip)') ? addWords(next, displacement) : undefined
}
