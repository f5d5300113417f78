// One form of an instruction, parsed from a line of the tables. A line reads like the processor manual's opcode tables:
//
//   mnemonic[/alias…] form;form;…       form: operands places opcode flags…
//   add               rm,i8s MI 83/0 wlq;rm,r MR 00 bwlq
//   vpaddd            v,v,v/mv RVM vex.xy.66.0f.wig.fe
//
// The operands stand in the manual's order, the destination first, and one letter in `places` says where each goes:
// R ModRM.reg, M ModRM.rm, B both of them, V VEX.vvvv, O the opcode's low bits, I an immediate, J one behind it, S the upper half of an
// immediate byte, T the lower half of it, D the distance of a jump, A an absolute address, - nowhere (it is implied).
//   operands: r8 r16 r32 r64, m (memory of no size), m8 … m512, rm8 … rm64, r/m64 and so on with alternatives;
//     r rm acc i (register, register or memory, accumulator, immediate) of the operand size; i8 i8s i16 i32 i64 i4 1 3;
//     =rax and so on (that register only); [rdi] and so on (what that register points to, of the operand size); x y z (vector registers); v h q e and mv mh mq me (vectors and memory of the vector length, and of a half, quarter
//     and eighth of it); vm32v and so on (memory with a vector index); b32 (broadcast); {k} {kz} {er} {sae}
//   opcode: hexadecimal, with the mandatory prefix and escape bytes in front, W for REX.W, `/digit` for ModRM.reg, `+byte`
//     for a constant in the place of an immediate; or
//     vex|evex|xop . lengths . prefix . map . w . opcode, where w alone follows the operand size
//   flags: bwlq, the operand sizes (the opcode's lowest bit is set for all but b where b is one of them); see formFlags.
import type { Register } from '../operand.ts'
import { Accepts, acceptedAs } from './accepts.ts'
import { registersByName } from './registers.ts'

/** How the opcode is written down. */
export const Scheme = { legacy: 0, vex: 1, evex: 2, xop: 3 } as const

/** Kinds of immediates: what fits, and how wide the field is. */
export const Immediate = {
  none: 0,
  /** Eight bits, signed or not. */
  byte: 1,
  /** Eight bits that the processor extends by their sign to the operand size. */
  signedByte: 2,
  word: 3,
  long: 4,
  /** 32 bits that are extended by their sign to 64. */
  signedLong: 5,
  quad: 6,
  /** The constant 1, which is implied. */
  one: 7,
  /** The constant 3, which is implied. */
  three: 8,
  /** Four bits. */
  nibble: 9,
} as const

/** Flags that a form may carry, by the word that stands in the tables. */
const formFlags = {
  /** The operand size is 64 bits without REX.W. */
  d64: 1 << 0,
  /** Without a suffix and without a register that tells, the size is 64 bits for d64, otherwise 32. */
  guess: 1 << 1,
  /** Jumps that relaxation lengthens. */
  jmp: 1 << 2,
  jcc: 1 << 3,
  call: 1 << 4,
  /** `rep` and `repne` may stand before it. */
  rep: 1 << 5,
  /** AT&T syntax keeps the manual's order of operands. */
  same: 1 << 6,
  /** `lock` may stand before it if the destination is memory. */
  lock: 1 << 7,
  /** The operand size has no bit: REX.W and the prefix 66 are left out. */
  nosize: 1 << 8,
  /** A mask register is required, as gathers do. */
  masked: 1 << 9,
  /** Only in AT&T syntax, or only in Intel's. */
  att: 1 << 10,
  intel: 1 << 11,
  /** Only with a suffix. */
  explicit: 1 << 12,
  /** Memory only with `*` or with a register in the address. */
  indirect: 1 << 13,
  /** The address size prefix. */
  a32: 1 << 14,
  /** Only the source, the last operand, tells the size. */
  source: 1 << 15,
  /** The suffixes x, y and z tell the vector length where the source is memory. */
  lengths: 1 << 16,
  /** The operands of a register form may change places, with the storing form's opcode, to need a shorter VEX prefix. */
  swap: 1 << 17,
  /** The address has a SIB byte, even without an index. */
  sib: 1 << 18,
  /** The address is cut to the operand size: a displacement may be unsigned in sizes below 64 bits. */
  wrap: 1 << 19,
  /** Only with addresses of 32 bits. */
  narrow: 1 << 20,
  /** The mnemonic takes no suffix. */
  plain: 1 << 21,
  /** The destination is none of the sources; tiles all differ. */
  distinct: 1 << 22,
  /** The operand has a `*` in AT&T syntax. */
  star: 1 << 23,
  /** `bnd` may stand before it. */
  bnd: 1 << 24,
} as const

export const FormFlag = formFlags

export interface Form {
  /** What each operand accepts, its place (a letter of `RMBVOIJSTDA-`), and its kind of immediate; manual's order. */
  readonly accepts: readonly number[]
  readonly places: string
  readonly immediates: readonly number[]
  /** The registers that must stand in the operands or be their addresses, 0 where any that is accepted may; undefined if that is so for all. */
  readonly exact: readonly Register[] | undefined
  readonly scheme: number
  /** The mandatory prefix (0x66, 0xf3, 0xf2, 0x9b), 0 for none. */
  readonly prefix: number
  /** 0 none, 1 0F, 2 0F38, 3 0F3A, 5 and 6 EVEX's, 8 to 10 XOP's. */
  readonly map: number
  readonly opcode: number
  /** Bytes behind the opcode that are part of it. */
  readonly tail: readonly number[]
  /** ModRM.reg where it extends the opcode, otherwise -1. */
  readonly digit: number
  /** The constant byte behind ModRM, -1 for none. */
  readonly constant: number
  /** Operand size in bytes that a suffix or a register must agree with; 0 where the form has none. */
  readonly size: number
  readonly wide: boolean
  /** VEX.L or EVEX.L'L: 0, 1, 2. */
  readonly length: number
  /** Bytes of the operand in memory, 0 where they do not matter. */
  readonly memoryBytes: number
  /** What EVEX multiplies a displacement of one byte by. */
  readonly displacementScale: number
  /** Bytes of one element that may be broadcast from memory, 0 for none. */
  readonly broadcastBytes: number
  readonly masking: 'none' | 'merge' | 'merge-or-zero'
  readonly rounding: 'none' | 'sae' | 'er'
  readonly flags: number
}

const registerTokens: Readonly<Record<string, number>> = {
  r8: Accepts.r8,
  r16: Accepts.r16,
  r32: Accepts.r32,
  r64: Accepts.r64,
  mm: Accepts.mm,
  x: Accepts.xmm,
  y: Accepts.ymm,
  z: Accepts.zmm,
  k: Accepts.k,
  sreg: Accepts.sreg,
  cr: Accepts.cr,
  dr: Accepts.dr,
  st: Accepts.st,
  bnd: Accepts.bnd,
  tmm: Accepts.tmm,
  al: Accepts.al,
  ax: Accepts.ax,
  eax: Accepts.eax,
  rax: Accepts.rax,
  cl: Accepts.cl,
  dx: Accepts.dx,
  st0: Accepts.st0,
  xmm0: Accepts.xmm0,
  fs: Accepts.fs,
  gs: Accepts.gs,
  target: Accepts.target,
  abs: Accepts.absolute,
}

const immediateTokens: Readonly<Record<string, number>> = {
  i8: Immediate.byte,
  i8s: Immediate.signedByte,
  i16: Immediate.word,
  i32: Immediate.long,
  i32s: Immediate.signedLong,
  i64: Immediate.quad,
  i4: Immediate.nibble,
  '1': Immediate.one,
  '3': Immediate.three,
}

const generalOfSize: Readonly<Record<number, number>> = {
  1: Accepts.r8,
  2: Accepts.r16,
  4: Accepts.r32,
  8: Accepts.r64,
}
const accumulatorOfSize: Readonly<Record<number, number>> = {
  1: Accepts.al,
  2: Accepts.ax,
  4: Accepts.eax,
  8: Accepts.rax,
}
const immediateOfSize: Readonly<Record<number, number>> = {
  1: Immediate.byte,
  2: Immediate.word,
  4: Immediate.long,
  8: Immediate.signedLong,
}
const vectorOfLength = [Accepts.xmm, Accepts.ymm, Accepts.zmm]
const indexedByLength = [Accepts.memoryXmm, Accepts.memoryYmm, Accepts.memoryZmm]
/** Letters for vectors of the form's own length and of parts of it, as shifts of the length. */
const partShift: Readonly<Record<string, number>> = { v: 0, h: 1, q: 2, e: 3 }
const sizeOfLetter: Readonly<Record<string, number>> = { b: 1, w: 2, l: 4, q: 8 }
const lengthNames: Readonly<Record<string, readonly number[]>> = {
  '128': [0],
  '256': [1],
  '512': [2],
  lz: [0],
  lig: [0],
  l1: [1],
  xy: [0, 1],
  xyz: [0, 1, 2],
  yz: [1, 2],
  xz: [0, 2],
}
const prefixNames: Readonly<Record<string, number>> = { np: 0, '66': 0x66, f3: 0xf3, f2: 0xf2 }
const mapNames: Readonly<Record<string, number>> = {
  '0f': 1,
  '0f38': 2,
  '0f3a': 3,
  m5: 5,
  m6: 6,
  m8: 8,
  m9: 9,
  ma: 10,
}
/** 9b is `fwait`, which some x87 mnemonics put before the instruction proper. */
const mandatoryPrefixes = [0x66, 0xf3, 0xf2, 0x9b]
const schemeNames: Readonly<Record<string, number>> = { vex: Scheme.vex, evex: Scheme.evex, xop: Scheme.xop }

/** Parses the forms of one line of the tables, one for each operand size and vector length. */
export function parseForms(text: string): Form[] {
  const forms: Form[] = []
  for (const form of text.split(';')) {
    const [operands, places, opcode, ...words] = form.split(' ')
    let flags = 0
    let sizes = ''
    for (const word of words) {
      if (isFlag(word)) flags |= formFlags[word]
      else sizes = word
    }
    const description = { operands: operands === '-' ? [] : operands.split(','), places, flags }
    const parts = opcode.split('.')
    if (parts.length > 1) {
      for (const letter of sizes || ' ') {
        for (const length of lengthNames[parts[1]]) {
          forms.push(vectorForm(description, parts, sizeOfLetter[letter] ?? 0, length))
        }
      }
    } else if (sizes === '') {
      forms.push(legacyForm(description, opcode, 0, false))
    } else {
      const hasByte = sizes.includes('b')
      for (const letter of sizes) {
        const size = sizeOfLetter[letter]
        forms.push(legacyForm(description, opcode, size, hasByte && size > 1))
      }
    }
  }
  return forms
}

function isFlag(word: string): word is keyof typeof formFlags {
  return Object.hasOwn(formFlags, word)
}

interface Description {
  readonly operands: readonly string[]
  readonly places: string
  readonly flags: number
}

function legacyForm(description: Description, opcode: string, size: number, larger: boolean): Form {
  const wide = opcode.startsWith('W')
  const { bytes, digit, constant } = parseOpcode(opcode.slice(wide ? 1 : 0))
  let at = 0
  const prefix = bytes.length > 1 && mandatoryPrefixes.includes(bytes[0]) ? bytes[at++] : 0
  let map = 0
  if (bytes[at] === 0x0f && at + 1 < bytes.length) {
    const second = bytes[++at]
    const third = at + 1 < bytes.length
    map = third && second === 0x38 ? 2 : third && second === 0x3a ? 3 : 1
    if (map > 1) at++
  }
  const sized = size > 0 && (description.flags & formFlags.nosize) === 0
  return {
    ...describe(description, size, 0),
    scheme: Scheme.legacy,
    prefix,
    map,
    opcode: bytes[at] + (larger ? 1 : 0),
    tail: bytes.slice(at + 1),
    digit,
    constant,
    size,
    wide: wide || (sized && size === 8 && (description.flags & formFlags.d64) === 0),
    length: 0,
  }
}

function vectorForm(description: Description, parts: readonly string[], size: number, length: number): Form {
  const [scheme, lengths, prefix, map, w, code] = parts
  const { bytes, digit, constant } = parseOpcode(code)
  const described = describe(description, size, length)
  return {
    ...described,
    // EVEX has one field for the vector length and the rounding mode: only scalars and the longest vectors can have one.
    rounding: lengths === 'lig' || length === 2 ? described.rounding : 'none',
    scheme: schemeNames[scheme],
    prefix: prefixNames[prefix],
    map: mapNames[map],
    opcode: bytes[0],
    tail: bytes.slice(1),
    digit,
    constant,
    size,
    wide: w === 'w1' || (w === 'w' && size === 8),
    length,
  }
}

/** `0fba/4`, `0fc2+07`: bytes, ModRM.reg and the constant behind ModRM, -1 for those that are missing. */
function parseOpcode(text: string): { bytes: number[]; digit: number; constant: number } {
  const [rest, constant] = text.split('+')
  const [hex, digit] = rest.split('/')
  const bytes: number[] = []
  for (let i = 0; i < hex.length; i += 2) bytes.push(Number.parseInt(hex.slice(i, i + 2), 16))
  return {
    bytes,
    digit: digit === undefined ? -1 : Number(digit),
    constant: constant === undefined ? -1 : Number.parseInt(constant, 16),
  }
}

/** The parts of a form that its operands tell. */
function describe({ operands, places, flags }: Description, size: number, length: number) {
  const accepts: number[] = []
  const immediates: number[] = []
  const exact: Register[] = []
  let memoryBytes = 0
  let displacementScale = 0
  let broadcastBytes = 0
  let masking: Form['masking'] = 'none'
  let rounding: Form['rounding'] = 'none'
  for (const operand of operands) {
    const [alternatives, ...decorations] = operand.split('{')
    for (const decoration of decorations) {
      if (decoration === 'k}') masking = 'merge'
      else if (decoration === 'kz}') masking = 'merge-or-zero'
      else rounding = decoration === 'er}' ? 'er' : 'sae'
    }
    const only = registersByName.get(/^(?:=|\[)(\w+)/.exec(alternatives)?.[1] ?? '')
    let bits = only === undefined ? 0 : alternatives[0] === '=' ? acceptedAs(only) : Accepts.memory
    if (alternatives[0] === '[') memoryBytes = size
    let immediate: number = Immediate.none
    for (const token of alternatives.split('/')) {
      immediate = token === 'i' ? immediateOfSize[size] : (immediateTokens[token] ?? immediate)
      if (token[0] === 'b' && token !== 'bnd') broadcastBytes = Number(token.slice(1)) / 8
      const part = partShift[token]
      if (token === 'r' || token === 'rm') bits |= generalOfSize[size]
      else if (token === 'acc') bits |= accumulatorOfSize[size]
      else if (part !== undefined) bits |= vectorOfLength[Math.max(0, length - part)]
      else if (token.startsWith('rm')) bits |= generalOfSize[Number(token.slice(2)) / 8]
      else if (token.startsWith('vm')) bits |= indexedByLength[indexLength(token[4], length)]
      else bits |= registerTokens[token] ?? 0
      const bytes = memorySize(token, size, length)
      if (bytes >= 0) {
        memoryBytes = bytes
        displacementScale = elementSize(token) || bytes
        if (!token.startsWith('vm')) bits |= Accepts.memory
      }
    }
    accepts.push(immediate ? Accepts.immediate : bits)
    immediates.push(immediate)
    exact.push(only ?? 0)
  }
  return {
    accepts,
    immediates,
    exact: exact.some((only) => only !== 0) ? exact : undefined,
    places,
    flags,
    memoryBytes,
    displacementScale,
    broadcastBytes,
    masking,
    rounding,
  }
}

/** The vector length of an index register: its own (x, y, z) or relative to the form's (v, h). */
function indexLength(letter: string, length: number): number {
  const fixed = 'xyz'.indexOf(letter)
  return fixed < 0 ? Math.max(0, length - partShift[letter]) : fixed
}

/** Bytes of memory that a token stands for, 0 for memory of any size, -1 if it is no memory. */
function memorySize(token: string, size: number, length: number): number {
  if (token === 'rm' || token === 'ms') return size
  if (token.startsWith('rm')) return Number(token.slice(2)) / 8
  if (token.startsWith('vm')) return elementSize(token)
  if (token[0] !== 'm' || token === 'mm') return -1
  const part = partShift[token.slice(-1)]
  return part === undefined ? Number(token.slice(1) || 0) / 8 : (16 << length) >> part
}

/** Bytes of an element of memory that is accessed in elements, 0 for other tokens. */
function elementSize(token: string): number {
  return Number(/^v?m(\d+)[a-z]$/.exec(token)?.[1] ?? 0) / 8
}
