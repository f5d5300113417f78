// The prefixes that an instruction's operands do not show, as words before it. Source: ckprefix() and the use of
// used_prefixes of opcodes/i386-dis.c.
import { type Encoding, hasMemory } from './encoding.ts'

const segmentNames: Readonly<Record<number, string>> = {
  38: 'es',
  46: 'cs',
  54: 'ss',
  62: 'ds',
  100: 'fs',
  101: 'gs',
}

/** Whether an instruction is a jump or a call of any kind, or a return. */
function isBranch({ map, opcode, modrm = 0 }: Encoding): boolean {
  if (map === 2) return opcode >> 4 === 8
  if (map !== 1) return false
  const part = (modrm >> 3) & 7
  if (opcode === 0xff) return part >= 2 && part <= 5
  return opcode >> 4 === 7 || [0xe8, 0xe9, 0xeb, 0xc2, 0xc3].includes(opcode)
}

/** Whether 64 bits are the size of the instruction's operand anyway. */
function isAlwaysQuad(encoding: Encoding): boolean {
  const { map, opcode, modrm = 0 } = encoding
  if (map !== 1) return isBranch(encoding)
  const part = (modrm >> 3) & 7
  if (opcode === 0xff) return part === 2 || part === 4 || part === 6
  return isBranch(encoding) || opcode >> 4 === 5 || opcode === 0xc9
}

function isConditional({ map, opcode }: Encoding): boolean {
  return (map === 1 && opcode >> 4 === 7) || (map === 2 && opcode >> 4 === 8)
}

/** movs, cmps, stos, lods, scas, ins and outs, which have memory operands without a ModRM byte, and xlat. */
export function isStringInstruction({ map, opcode }: Encoding): boolean {
  if (map !== 1) return false
  return (
    (opcode >= 0xa4 && opcode <= 0xaf && opcode !== 0xa8 && opcode !== 0xa9) || opcode >> 2 === 0x1b || opcode === 0xd7
  )
}

/** mov between al … rax and an address that stands in the instruction; loops that count in ecx. */
function hasAddress(encoding: Encoding): boolean {
  const { map, opcode } = encoding
  if (hasMemory(encoding) || isStringInstruction(encoding)) return true
  return map === 1 && ((opcode >= 0xa0 && opcode <= 0xa3) || (opcode >= 0xe0 && opcode <= 0xe3))
}

/** What a conditional jump's segment prefix once hinted at: `,pt` taken, `,pn` not taken. */
export function branchHint(encoding: Encoding): string {
  if (!isConditional(encoding)) return ''
  const hint = encoding.prefixes.findLast((prefix) => prefix === 0x2e || prefix === 0x3e)
  return hint === undefined ? '' : hint === 0x2e ? ',pn' : ',pt'
}

/** The words for the prefixes, each with a space behind it. `words` are those that the decoder has found. */
export function prefixWords(encoding: Encoding, words: readonly string[], operands: readonly string[]): string {
  const { prefixes, rex, map } = encoding
  if (prefixes.length === 0 && rex === 0) return words.length === 0 ? '' : `${words.join(' ')} `
  const known = new Set(words)
  const shown: string[] = []
  // The last prefix of a kind is the one that counts.
  const seen = new Set<number>()
  for (let i = prefixes.length - 1; i >= 0; i--) {
    const prefix = prefixes[i]
    const isLast = !seen.has(prefix)
    seen.add(prefix)
    const word = prefixWord(prefix, isLast, encoding, known)
    if (word) shown.unshift(word)
  }
  if (rex !== 0 && isIdleRex(encoding, operands)) shown.push(rexWord(rex))
  if (map === 4) return ''
  return shown.map((word) => `${word} `).join('')
}

function prefixWord(prefix: number, isLast: boolean, encoding: Encoding, known: ReadonlySet<string>): string {
  const { rex, map, opcode, modrm = 0 } = encoding
  const isIndirect = map === 1 && opcode === 0xff && (((modrm >> 3) & 7) === 2 || ((modrm >> 3) & 7) === 4)
  switch (prefix) {
    case 0xf0:
      return isLast || known.has('lock') ? 'lock' : ''
    case 0x66:
      return isLast && map !== 1 && !isBranch(encoding)
        ? ''
        : isLast && (rex & 8) === 0 && !isBranch(encoding)
          ? ''
          : 'data16'
    case 0x67:
      return isLast && hasAddress(encoding) ? '' : 'addr32'
    case 0xf2:
    case 0xf3:
      return repeatWord(prefix, isLast, encoding, known)
    default: {
      const isUsed =
        isLast && (prefix === 0x64 || prefix === 0x65) && (hasMemory(encoding) || isStringInstruction(encoding))
      if (isUsed || (isLast && isConditional(encoding) && (prefix === 0x2e || prefix === 0x3e))) return ''
      return isLast && prefix === 0x3e && isIndirect ? 'notrack' : (segmentNames[prefix] ?? '')
    }
  }
}

function repeatWord(prefix: number, isLast: boolean, encoding: Encoding, known: ReadonlySet<string>): string {
  const { map, opcode } = encoding
  for (const word of ['xacquire', 'xrelease']) if (isLast && known.has(word)) return word
  if (isLast && isStringInstruction(encoding)) {
    const compares = (opcode & 0xf6) === 0xa6
    return prefix === 0xf2 ? 'repnz' : compares ? 'repz' : 'rep'
  }
  if (isLast && prefix === 0xf2 && isBranch(encoding)) return 'bnd'
  // Elsewhere behind 0f it is a part of the opcode, and f3 90 is pause.
  if (isLast && (map !== 1 || opcode === 0x90 || known.has('xbegin'))) return isBranch(encoding) ? 'repz' : ''
  return prefix === 0xf2 ? 'repnz' : 'repz'
}

/** Opcodes of one byte whose ModRM byte names one register only: the other field belongs to the opcode. */
const groups: ReadonlySet<number> = new Set([
  0x80, 0x81, 0x82, 0x83, 0x8f, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7, 0xfe, 0xff,
])

/** Whether a REX prefix says something that changes nothing: GNU shows it then. */
function isIdleRex(encoding: Encoding, operands: readonly string[]): boolean {
  const { rex, map, opcode, modrm, sib } = encoding
  if (rex & 8 && isAlwaysQuad(encoding)) return true
  if (rex & 4 && (modrm === undefined || (map === 1 && groups.has(opcode)))) return true
  if (rex & 2 && sib === undefined) return true
  if (rex & 1 && modrm === undefined && !hasRegisterInOpcode(encoding)) return true
  return rex === 0x40 && !operands.some((operand) => /^%?(spl|bpl|sil|dil)$/.test(operand))
}

/** push, pop, xchg, mov and bswap have their register in the opcode. */
function hasRegisterInOpcode({ map, opcode }: Encoding): boolean {
  if (map === 2) return opcode >> 3 === 0x19
  return map === 1 && (opcode >> 4 === 5 || opcode >> 3 === 0x12 || opcode >> 4 === 0xb)
}

const loneWords: Readonly<Record<number, string>> = {
  ...segmentNames,
  102: 'data16',
  103: 'addr32',
  240: 'lock',
  242: 'repnz',
  243: 'repz',
}

/** The word for a prefix byte that belongs to no instruction; undefined if the byte is no prefix. */
export function loneWord(byte: number): string | undefined {
  return byte >> 4 === 4 ? rexWord(byte) : loneWords[byte]
}

function rexWord(rex: number): string {
  const bits = ['W', 'R', 'X', 'B'].filter((_, i) => rex & (8 >> i)).join('')
  return bits === '' ? 'rex' : `rex.${bits}`
}
