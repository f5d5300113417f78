// Capstone's Intel text as `objdump -M intel` writes it. Source: opcodes/i386-dis.c.
import { addWords, toWord, type Word } from '@fle/object'
import type { DecodedText } from './capstone.ts'
import { decodeEncoding, type Encoding, hasMemory } from './encoding.ts'
import { carrylessName, gnuNames, immediateBits } from './gnu-names.ts'
import { type InstructionText, inColumns } from './instruction-text.ts'
import { branchHint, isStringInstruction, prefixWords } from './prefixes.ts'
import { x87Operands } from './x87.ts'

/** The instruction at `address` as GNU objdump writes it in Intel syntax, without the symbol that it refers to. */
export function intelText(decoded: DecodedText, bytes: Uint8Array, address: Word): InstructionText {
  const encoding = decodeEncoding(bytes)
  const words = decoded.mnemonic.split(' ')
  const mnemonic = words.pop() ?? ''
  const operands = decoded.operands === '' ? [] : decoded.operands.split(', ')
  const prefix = prefixWords(encoding, words, operands)
  const target = branchTarget(mnemonic, operands)
  if (target !== undefined)
    return { text: `${(prefix + mnemonic + branchHint(encoding)).padEnd(6)} `, target, isBranch: true }
  const [name, parts] = formatInstruction(mnemonic, operands, encoding)
  const isRelative = decoded.operands.includes('[rip')
  const place = isRelative ? addWords(addWords(address, bytes.length), encoding.displacement) : undefined
  return { text: inColumns(prefix + name, parts.join(',')), target: place, isBranch: false }
}

function branchTarget(mnemonic: string, operands: readonly string[]): Word | undefined {
  if (operands.length !== 1 || !/^(j|call|loop|xbegin)/.test(mnemonic) || !/^(0x[0-9a-f]+|\d+)$/.test(operands[0]))
    return undefined
  return toWord(BigInt(operands[0]))
}

function formatInstruction(mnemonic: string, operands: readonly string[], encoding: Encoding): [string, string[]] {
  const { map, opcode, modrm = 0, prefixes } = encoding
  if (map === 1 && opcode === 0x90 && prefixes.includes(0x66)) return ['xchg', ['ax', 'ax']]
  const name = gnuNames[mnemonic] ?? mnemonic
  if (map === 1 && opcode >> 3 === 0x1b && modrm >= 0xc0) {
    const registers = x87Operands(opcode, modrm)
    // GNU writes %st without a number for the top, in reverse order.
    if (registers) return [name, registers.reverse().map((register) => register.replace('%', ''))]
  }
  if (name === 'xlat') return [name, ['BYTE PTR ds:[rbx]']]
  if (isStringInstruction(encoding))
    return [name.replace(/^(movs|cmps|stos|lods|scas|ins|outs)[bwdq]$/, '$1'), operands.map(stringOperand)]
  if (map === 1 && (opcode === 0xd0 || opcode === 0xd1) && operands.length === 2)
    return [name, [formatOperand(operands[0], encoding, 64), '1']]
  if (map === 1 && (opcode | 2) === 0x6a && prefixes.includes(0x66))
    return ['pushw', [formatOperand(operands[0], encoding, 16)]]
  const carryless = carrylessName(name, operands[operands.length - 1])
  if (carryless) return [carryless, operands.slice(0, -1).map((operand) => formatOperand(operand, encoding, 64))]
  if (immediateBits(name, 0) !== undefined)
    return [name, operands.map((operand, i) => formatOperand(operand, encoding, immediateBits(name, i) ?? 64))]
  // These compare one number, and Capstone says the size of the register.
  const scalar = /^v?comis([sd])$/.exec(name)?.[1]
  if (scalar !== undefined) {
    const size = scalar === 's' ? 'dword' : 'qword'
    return [name, operands.map((operand) => formatOperand(operand.replace('xmmword', size), encoding, 64))]
  }
  const bits = operandBits(operands[0] ?? '')
  return [name, operands.map((operand) => formatOperand(operand, encoding, bits))]
}

/** `qword ptr [rdi]` as `QWORD PTR es:[rdi]`. */
function stringOperand(operand: string): string {
  const memory = /^(\w+) ptr (?:(\w\w):)?\[(\w+)\]$/.exec(operand)
  if (!memory) return operand
  const [, size, segment, register] = memory
  return `${size.toUpperCase()} PTR ${segment ?? (register.endsWith('di') ? 'es' : 'ds')}:[${register}]`
}

/** GNU's names of sizes, where they are not Capstone's in capitals. */
const sizeNames: Readonly<Record<string, string>> = { xword: 'TBYTE' }

const memoryShape = /^(?:(?:(\w+) )?ptr )?(?:(\w\w):)?\[([^\]]*)\](.*)$/

function formatOperand(operand: string, encoding: Encoding, bits: number): string {
  const memory = memoryShape.exec(operand)
  if (!memory) return number(operand, bits) ?? operand.replaceAll(' {', '{')
  const [, size, segment, inside, rest] = memory
  // One element for all of a vector.
  const isBroadcast = rest.startsWith('{1to')
  const sizeWords =
    size === undefined ? '' : `${sizeNames[size] ?? size.toUpperCase()} ${isBroadcast ? 'BCST' : 'PTR'} `
  const place = hasMemory(encoding)
    ? segment === 'fs' || segment === 'gs'
      ? `${segment}:`
      : ''
    : segment
      ? `${segment}:`
      : ''
  return (
    sizeWords +
    place +
    address(inside, encoding, place) +
    (isBroadcast ? rest.replace(/^\{1to\d+\}/, '') : rest).replaceAll(' {', '{')
  )
}

/** What stands in brackets: base, index and displacement as the encoding has them. */
function address(
  inside: string,
  { displacementSize, displacement, sib, modrm = 0 }: Encoding,
  segment: string,
): string {
  const terms = inside.replaceAll(' ', '').split(/(?=[+-])/)
  const registers = terms.filter((term) => /[a-z]/.test(term.replace(/0x[0-9a-f]+/, '')))
  const constant = terms.find((term) => !registers.includes(term))?.replace('+', '')
  if (registers.length === 0) {
    const value = displacementSize === 4 ? displacement : signedNumber(constant ?? '0')
    return `${segment === '' ? 'ds:' : ''}0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`
  }
  let text = registers.map((term) => (term.startsWith('+') && !term.includes('*') ? `${term}*1` : term)).join('')
  const isWithoutBase = modrm >> 6 === 0 && sib !== undefined && (sib & 7) === 5
  if (isWithoutBase && !text.includes('*')) text += '*1'
  else if (sib !== undefined && registers.length === 1 && !text.includes('*') && (sib & 7) !== 4)
    text += `+riz*${1 << (sib >> 6)}`
  if (displacementSize === 0 && constant === undefined) return `[${text}]`
  const value = displacementSize === 4 ? displacement : signedNumber(constant ?? '0')
  // Relative to rip GNU shows all 64 bits.
  if (text === 'rip') return `[rip+0x${BigInt.asUintN(64, BigInt(value)).toString(16)}]`
  return `[${text}${value < 0 ? '-' : '+'}0x${Math.abs(value).toString(16)}]`
}

function signedNumber(text: string): number {
  return text.startsWith('-') ? -Number(text.slice(1)) : Number(text)
}

const sizes: Readonly<Record<string, number>> = { byte: 8, word: 16, dword: 32 }

/** The bits of the operand that an immediate is compared with or written to. */
function operandBits(operand: string): number {
  const size = sizes[/^(\w+) ptr/.exec(operand)?.[1] ?? '']
  if (size !== undefined) return size
  if (/^(e[a-ds][xip]|r\d+d)$/.test(operand)) return 32
  if (/^([a-ds][xip]|r\d+w)$/.test(operand)) return 16
  return /^([a-d][lh]|[sd]il|[sb]pl|r\d+b)$/.test(operand) ? 8 : 64
}

/** A number in hexadecimal, a negative one as the unsigned number of its size; undefined for what is no number. */
function number(operand: string, bits: number): string | undefined {
  if (!/^-?(0x[0-9a-f]+|\d+)$/.test(operand)) return undefined
  const value = BigInt(operand.replace(/^-/, ''))
  return `0x${(operand.startsWith('-') ? BigInt.asUintN(bits, -value) : value).toString(16)}`
}
