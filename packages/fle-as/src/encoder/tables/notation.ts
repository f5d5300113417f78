// The notation of the tables. A line reads like the opcode tables of the processor manuals:
//
//   mnemonic[/alias…] form;form;…       form: operands places opcode [sizes] [flags…]
//   add               rm,i8s MI 83/0 wlq;rm,r MR 00 bwlq
//   vpaddd            v,v,v/mv RVM vex.xy.66.0f.wig.fe
//
// Lines of the same mnemonic add up. The order of the forms is that of preference: the first one that fits is taken.
//
// operands: in the manual's order, the destination first; `-` if there are none; alternatives have a slash between them.
//   r8 r16 r32 r64     general registers; r: of the operand size
//   rm8 … rm64, rm     general registers or memory; m: memory of any size, m8 … m512: of that many bits
//   al ax eax rax acc  the accumulator; cl dx st0 xmm0 fs gs: these registers
//   =rcx               that register, in full; [rdi]: what it points to, of the operand size
//   mm x y z k sreg cr dr st bnd tmm   registers of these classes
//   v h q e            vector registers of the form's length, of half, a quarter and an eighth of it, at least 128 bits;
//   mv mh mq me        memory of these lengths
//   m32v               memory of the form's length that is accessed in elements of 32 bits
//   vm32v              memory with a vector of the form's length as index (h: of half of it), in elements of 32 bits
//   b32                one element of 32 bits in memory, broadcast
//   {k} {kz}           may have a mask, also with zeroing; {er} {sae} behind the last operand: rounding, no exceptions
//   i                  an immediate of the operand size, at most 32 bits, that are extended by their sign
//   i8 i16 i32 i64 i4  immediates of so many bits; i8s: 8 bits that are extended by their sign; 1 3: these constants
//   target abs         what a jump goes to; an absolute address of 64 bits
// places: one letter for each operand.
//   R ModRM.reg, M ModRM.rm, B both, V VEX.vvvv, O the opcode's low bits, I an immediate, J another one, S the upper half of
//   an immediate byte, T its lower half, D the distance of a jump, A an absolute address, - none: it is implied
// opcode: hexadecimal, with the mandatory prefix and the escape bytes in front, W for REX.W, `/digit` for ModRM.reg, `+byte`
//   for a constant in the place of an immediate; or scheme.lengths.prefix.map.w.opcode, where
//   scheme is vex, evex or xop; lengths 128, 256, 512, several of them by their letters (xy, xyz, yz), or lig, lz and l1 for
//   scalars; w is w0, w1, wig (ignored), or w: as the operand size
// sizes: the operand sizes b w l q; the opcode's lowest bit is set for the others where b is one of them
// flags: see FormFlag in form.ts
import type { Register } from '../../operand.ts'
import { Accepts, acceptedAs } from '../accepts.ts'
import { type Form, FormFlag, Immediate, Scheme } from '../form.ts'
import { registersByName } from '../registers.ts'

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
/** What a form has that is for no vectors. */
const noLengths = [0]
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

/** Parses forms. What operands of the tables mean is remembered: there are few different ones. */
export class FormParser {
  readonly #operands = new Map<string, OperandMeaning>()

  /** The forms of one line of the tables, one for each operand size and vector length; with `only`, those of that operand size. */
  parse(line: string, only?: number): Form[] {
    const forms: Form[] = []
    if (line === '') return forms
    for (const form of line.split(';')) {
      const [operands, places, opcode, ...words] = form.split(' ')
      let flags = 0
      let sizes = ''
      for (const word of words) {
        if (isFlag(word)) flags |= FormFlag[word]
        else sizes = word
      }
      const code = opcode.includes('.') ? parseVectorCode(opcode) : parseLegacyCode(opcode)
      const texts = operands === '-' ? [] : operands.split(',')
      for (const letter of sizes || ' ') {
        const size = sizeOfLetter[letter] ?? 0
        if (only !== undefined && size !== only) continue
        for (const length of code.lengths) forms.push(this.#form(texts, places, code, size, length, flags, sizes))
      }
    }
    return forms
  }

  #form(
    texts: readonly string[],
    places: string,
    code: Code,
    size: number,
    length: number,
    flags: number,
    sizes: string,
  ): Form {
    const operands = texts.map((text) => this.#meaning(text, size, length))
    const memory = operands.find(({ memoryBytes }) => memoryBytes > 0)
    const rounding = operands.find(({ rounding }) => rounding !== 'none')?.rounding ?? 'none'
    const isLegacy = code.scheme === Scheme.legacy
    const isLarger = isLegacy && size > 1 && sizes.includes('b')
    const isWide = isLegacy ? (flags & (FormFlag.nosize | FormFlag.d64)) === 0 : code.isSizeWide
    return {
      accepts: operands.map(({ accepts }) => accepts),
      places,
      immediates: operands.map(({ immediate }) => immediate),
      exact: operands.some(({ exact }) => exact !== 0) ? operands.map(({ exact }) => exact) : undefined,
      scheme: code.scheme,
      prefix: code.prefix,
      map: code.map,
      opcode: code.opcode + (isLarger ? 1 : 0),
      tail: code.tail,
      digit: code.digit,
      constant: code.constant,
      size,
      wide: code.isWide || (isWide && size === 8),
      length,
      memoryBytes: memory?.memoryBytes ?? 0,
      displacementScale: memory?.displacementScale ?? 0,
      broadcastBytes: operands.find(({ broadcastBytes }) => broadcastBytes > 0)?.broadcastBytes ?? 0,
      masking: operands.find(({ masking }) => masking !== 'none')?.masking ?? 'none',
      // EVEX has one field for the vector length and the rounding mode: only scalars and the longest vectors can have one.
      rounding: code.isScalar || length === 2 ? rounding : 'none',
      flags: flags | code.flags,
    }
  }

  #meaning(text: string, size: number, length: number): OperandMeaning {
    const key = `${text} ${size}${length}`
    let meaning = this.#operands.get(key)
    if (meaning === undefined) {
      meaning = parseOperand(text, size, length)
      this.#operands.set(key, meaning)
    }
    return meaning
  }
}

function isFlag(word: string): word is keyof typeof FormFlag {
  return Object.hasOwn(FormFlag, word)
}

/** What an opcode of the tables says. */
interface Code {
  readonly scheme: number
  readonly prefix: number
  readonly map: number
  readonly opcode: number
  readonly tail: readonly number[]
  readonly digit: number
  readonly constant: number
  /** The lengths of vectors, one for a form that has none. */
  readonly lengths: readonly number[]
  readonly isScalar: boolean
  /** W: always, or for operands of 64 bits. */
  readonly isWide: boolean
  readonly isSizeWide: boolean
  /** Flags of {@link FormFlag} that it implies. */
  readonly flags: number
}

function parseLegacyCode(text: string): Code {
  const isWide = text.startsWith('W')
  const { bytes, digit, constant } = parseOpcode(isWide ? text.slice(1) : text)
  let at = 0
  const prefix = bytes.length > 1 && mandatoryPrefixes.includes(bytes[0]) ? bytes[at++] : 0
  let map = 0
  if (bytes[at] === 0x0f && at + 1 < bytes.length) {
    const second = bytes[++at]
    const third = at + 1 < bytes.length
    map = third && second === 0x38 ? 2 : third && second === 0x3a ? 3 : 1
    if (map > 1) at++
  }
  return {
    scheme: Scheme.legacy,
    prefix,
    map,
    opcode: bytes[at],
    tail: bytes.slice(at + 1),
    digit,
    constant,
    lengths: noLengths,
    isScalar: false,
    isWide,
    isSizeWide: false,
    flags: 0,
  }
}

function parseVectorCode(text: string): Code {
  const [scheme, lengths, prefix, map, w, opcode] = text.split('.')
  const { bytes, digit, constant } = parseOpcode(opcode)
  return {
    scheme: schemeNames[scheme],
    prefix: prefixNames[prefix],
    map: mapNames[map],
    opcode: bytes[0],
    tail: bytes.slice(1),
    digit,
    constant,
    lengths: lengthNames[lengths],
    isScalar: lengths === 'lig',
    isWide: w === 'w1',
    isSizeWide: w === 'w',
    flags: (w === 'wig' ? FormFlag.anyWidth : 0) | (lengths === 'lig' ? FormFlag.anyLength : 0),
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

/** What an operand of the tables says, for an operand size and a vector length. */
interface OperandMeaning {
  readonly accepts: number
  readonly immediate: number
  /** The only register that it may be, or be addressed by, 0 for any. */
  readonly exact: Register
  readonly memoryBytes: number
  readonly displacementScale: number
  readonly broadcastBytes: number
  readonly masking: Form['masking']
  readonly rounding: Form['rounding']
}

function parseOperand(operand: string, size: number, length: number): OperandMeaning {
  let memoryBytes = 0
  let displacementScale = 0
  let broadcastBytes = 0
  let masking: Form['masking'] = 'none'
  let rounding: Form['rounding'] = 'none'
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
  return {
    accepts: immediate ? Accepts.immediate : bits,
    immediate,
    exact: only ?? 0,
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
