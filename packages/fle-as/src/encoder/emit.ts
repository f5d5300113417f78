// Writes an instruction's bytes once its form is chosen: prefixes, opcode, ModRM, SIB, displacement, immediates.
import type { Encoding, EncodingError, Fixup, MemoryOperand, Value } from '../operand.ts'
import { Prefix, RegisterClass, registerClass, registerNumber } from '../operand.ts'
import { generalRegisters, needsRex } from './accepts.ts'
import { checkPrefixes } from './check-prefixes.ts'
import { CodeBuffer } from './code-buffer.ts'
import { type Form, FormFlag, Scheme } from './form.ts'
import { gotRelaxation } from './got-relaxation.ts'
import type { IgnoredFields } from './ignored-fields.ts'
import { displacement32, immediateWidth } from './immediates.ts'
import { hasVectorIndex } from './match.ts'
import type { OperandList } from './operand-list.ts'
import { isGeneral, segmentBits, segmentOverride, segmentPrefixes } from './segments.ts'

/** Jumps and calls whose target is written down. */
const branches = FormFlag.jmp | FormFlag.jcc | FormFlag.call

/** The bytes of prefixes that stand alone, in the order in which GNU as writes them. */
const prefixBytes: readonly [bit: number, byte: number][] = [
  [Prefix.wait, 0x9b],
  [Prefix.es, 0x26],
  [Prefix.cs, 0x2e],
  [Prefix.ss, 0x36],
  [Prefix.ds, 0x3e],
  [Prefix.fs, 0x64],
  [Prefix.gs, 0x65],
  [Prefix.notrack, 0x3e],
  [Prefix.addr32, 0x67],
  [Prefix.data16, 0x66],
  [Prefix.repne | Prefix.xacquire | Prefix.bnd, 0xf2],
  [Prefix.rep | Prefix.xrelease, 0xf3],
  [Prefix.lock, 0xf0],
]

/** Writes instructions into one buffer, over and over. */
export class Emitter {
  readonly #buffer = new CodeBuffer()
  /** Indices of the operands that go to ModRM.rm, ModRM.reg, VEX.vvvv, the opcode; -1 for none. */
  #rm = -1
  #reg = -1
  #vvvv = -1
  #inOpcode = -1
  readonly #ignored: IgnoredFields
  readonly #isNarrow: boolean

  /** @param isNarrow whether the code is of 32 bits */
  constructor(ignored: IgnoredFields, isNarrow: boolean) {
    this.#ignored = ignored
    this.#isNarrow = isNarrow
  }

  /** Writes one instruction; its operands fit the form. The answer is valid until the next call. */
  emit(form: Form, list: OperandList, prefixes: number): Encoding | EncodingError {
    this.#buffer.begin()
    this.#place(form.places)
    const rex = this.#rexBits(form, list)
    if (prefixes !== 0) {
      const rm = this.#rm < 0 ? undefined : list.operands[this.#rm]
      const problem = checkPrefixes(form, prefixes, rm?.kind === 'memory' ? rm : undefined, rex, this.#isNarrow)
      if (problem !== '') return { message: problem }
    }
    const problem = this.#emitPrefixes(form, list, prefixes)
    if (problem !== '') return { message: problem }
    if (form.scheme === Scheme.legacy) {
      const problem = this.#emitRex(form, list, prefixes, rex)
      if (problem !== '') return { message: problem }
      if (form.map !== 0) this.#byte(0x0f)
      if (form.map === 2) this.#byte(0x38)
      else if (form.map === 3) this.#byte(0x3a)
    } else if (form.scheme === Scheme.evex) {
      this.#emitEvex(form, list, rex)
    } else {
      this.#emitVex(form, list, rex, (prefixes & Prefix.vex3) !== 0)
    }
    const { opcode, tail } = form
    for (let i = 0; i <= tail.length; i++)
      this.#byte((i === 0 ? opcode : tail[i - 1]) + (i === tail.length ? this.#lowBits(list, this.#inOpcode, 0) : 0))
    if (this.#rm >= 0) this.#emitOperand(form, list, prefixes, rex !== 0 || (prefixes & Prefix.rex) !== 0)
    else if (this.#reg >= 0) this.#byte(0xc0 | this.#lowBits(list, this.#reg, 3))
    if (form.constant >= 0) this.#byte(form.constant)
    this.#emitFields(form, list, prefixes)
    this.#buffer.encoding.areRegistersFree = form.exact === undefined && (form.flags & FormFlag.distinct) === 0
    // With EVEX a displacement's value tells its width, not only its range.
    if (form.scheme === Scheme.evex) this.#buffer.encoding.numberCount = 0
    return this.#buffer.end()
  }

  /** Writes prefixes without an instruction. */
  emitPrefixesAlone(prefixes: number): Encoding {
    this.#buffer.begin()
    for (const [bit, byte] of prefixBytes) if ((prefixes & bit) !== 0) this.#byte(byte)
    if ((prefixes & Prefix.rex) !== 0) this.#byte(0x40 | ((prefixes & Prefix.rexBits) >> Prefix.rexShift))
    return this.#buffer.end()
  }

  /** Whether the form would need no third VEX byte if its first and last operand changed places. */
  isShorterSwapped(form: Form, list: OperandList, prefixes: number): boolean {
    if ((prefixes & Prefix.vex3) !== 0 || list.memory !== undefined) return false
    this.#place(form.places)
    return this.#rexBits(form, list) === 1 && form.map === 1 && !form.wide
  }

  #byte(value: number): void {
    this.#buffer.byte(value)
  }

  /** The last three bits of the register that is operand `i`, as the next byte has them; none for -1. */
  #lowBits(list: OperandList, i: number, shift: number): number {
    if (i < 0) return 0
    this.#buffer.register(list.written[i], 'register', shift)
    return (registerNumber(list.register(i)) & 7) << shift
  }

  #place(places: string): void {
    this.#rm = -1
    this.#reg = -1
    this.#vvvv = -1
    this.#inOpcode = -1
    for (let i = 0; i < places.length; i++) {
      switch (places.charCodeAt(i)) {
        case 77: // M
          this.#rm = i
          break
        case 82: // R
          this.#reg = i
          break
        case 66: // B
          this.#rm = i
          this.#reg = i
          break
        case 86: // V
          this.#vvvv = i
          break
        case 79: // O
          this.#inOpcode = i
          break
      }
    }
  }

  /** REX.WRXB as the registers and the form need it; for EVEX and VEX the same bits go elsewhere. */
  #rexBits(form: Form, list: OperandList): number {
    let bits = form.wide || this.#isWideAnyway(form) ? 8 : 0
    if (this.#reg >= 0 && (registerNumber(list.register(this.#reg)) & 8) !== 0) bits |= 4
    if (this.#inOpcode >= 0 && (registerNumber(list.register(this.#inOpcode)) & 8) !== 0) bits |= 1
    if (this.#rm >= 0) {
      const operand = list.operands[this.#rm]
      if (operand.kind === 'register') {
        if ((registerNumber(operand.register) & 8) !== 0) bits |= 1
      } else if (operand.kind === 'memory') {
        if (isGeneral(operand.base) && (registerNumber(operand.base) & 8) !== 0) bits |= 1
        if (registerClass(operand.index) !== RegisterClass.zeroIndex && (registerNumber(operand.index) & 8) !== 0) {
          bits |= 2
        }
      }
    }
    return bits
  }

  #isWideAnyway({ flags, scheme }: Form): boolean {
    if ((flags & FormFlag.anyWidth) === 0) return false
    return scheme === Scheme.evex ? this.#ignored.evexWidth : scheme === Scheme.vex && this.#ignored.vexWidth
  }

  /** The legacy prefixes, in the order in which GNU as writes them. Returns what is wrong, or nothing. */
  #emitPrefixes(form: Form, list: OperandList, prefixes: number): string {
    const memory = list.memory
    if (form.prefix === 0x9b || (prefixes & Prefix.wait) !== 0) this.#byte(0x9b)
    let segments = prefixes & (Prefix.es | Prefix.cs | Prefix.ss | Prefix.ds | Prefix.fs | Prefix.gs)
    if (memory !== undefined) {
      const own = segmentOverride(memory, form, list)
      if (own !== 0 && segments !== 0 && segments !== own)
        return 'the address has a segment, and another one is given as a prefix'
      segments |= own
    }
    for (let i = 0; i < 6; i++) if ((segments & segmentBits[i]) !== 0) this.#byte(segmentPrefixes[i])
    if ((prefixes & Prefix.notrack) !== 0) this.#byte(0x3e)
    const narrow = !this.#isNarrow && (list.addressBytes === 4 || (form.flags & FormFlag.a32) !== 0)
    if (narrow && (form.flags & branches) === 0) this.#byte(0x67)
    else if (narrow) this.#buffer.encoding.warning = 'addr32 has no effect on a jump or call; it is left out'
    const legacy = form.scheme === Scheme.legacy
    const operand16 = legacy && form.size === 2 && (form.flags & FormFlag.nosize) === 0
    if (operand16 || (prefixes & Prefix.data16) !== 0 || (legacy && form.prefix === 0x66)) this.#byte(0x66)
    if ((prefixes & (Prefix.repne | Prefix.xacquire | Prefix.bnd)) !== 0 || (legacy && form.prefix === 0xf2)) {
      this.#byte(0xf2)
    }
    if ((prefixes & (Prefix.rep | Prefix.xrelease)) !== 0 || (legacy && form.prefix === 0xf3)) this.#byte(0xf3)
    if ((prefixes & Prefix.lock) !== 0) this.#byte(0xf0)
    return ''
  }

  /** The REX prefix, if one is needed. Returns what is wrong, or nothing. */
  #emitRex(form: Form, list: OperandList, prefixes: number, bits: number): string {
    let needed = bits !== 0
    let highByte = false
    for (let i = 0; i < list.count; i++) {
      if ((list.bits[i] & generalRegisters) === 0 || form.places[i] === '-') continue
      const register = list.register(i)
      if (needsRex(register)) needed = true
      else if (registerClass(register) === RegisterClass.highByte) highByte = true
    }
    if (highByte && needed)
      return '%ah, %bh, %ch and %dh cannot be used with a register or size that needs a REX prefix'
    if ((prefixes & Prefix.emptyRex) !== 0 && !highByte) needed = true
    const written = (prefixes & Prefix.rexBits) >> Prefix.rexShift
    if (needed || (prefixes & Prefix.rex) !== 0) this.#byte(0x40 | bits | written)
    return ''
  }

  #vectorRegister(list: OperandList): number {
    return this.#vvvv < 0 ? 0 : registerNumber(list.register(this.#vvvv))
  }

  /** Writes the byte that has VEX.vvvv. */
  #emitVectorByte(list: OperandList, value: number): void {
    if (this.#vvvv >= 0) this.#buffer.register(list.written[this.#vvvv], 'register', 3)
    this.#byte(value)
  }

  #emitVex(form: Form, list: OperandList, rex: number, long: boolean): void {
    const pp = form.prefix === 0x66 ? 1 : form.prefix === 0xf3 ? 2 : form.prefix === 0xf2 ? 3 : 0
    const length = (form.flags & FormFlag.anyLength) !== 0 ? this.#ignored.vexLength : form.length
    const low = ((~this.#vectorRegister(list) & 15) << 3) | (length << 2) | pp
    if (form.scheme === Scheme.vex && form.map === 1 && (rex & 11) === 0 && !long) {
      this.#byte(0xc5)
      this.#emitVectorByte(list, ((rex & 4) !== 0 ? 0 : 0x80) | low)
      return
    }
    this.#byte(form.scheme === Scheme.vex ? 0xc4 : 0x8f)
    this.#byte(((~rex & 7) << 5) | form.map)
    this.#emitVectorByte(list, ((rex & 8) << 4) | low)
  }

  #emitEvex(form: Form, list: OperandList, rex: number): void {
    const pp = form.prefix === 0x66 ? 1 : form.prefix === 0xf3 ? 2 : form.prefix === 0xf2 ? 3 : 0
    const reg = this.#reg < 0 ? 0 : registerNumber(list.register(this.#reg))
    let vvvv = this.#vectorRegister(list)
    let extended = rex & 7
    const rm = this.#rm < 0 ? undefined : list.operands[this.#rm]
    if (rm?.kind === 'register' && (registerNumber(rm.register) & 16) !== 0) extended |= 2
    // The fifth bit of a vector index shares its place with that of vvvv.
    if (rm?.kind === 'memory' && hasVectorIndex(list.bits[this.#rm])) vvvv |= registerNumber(rm.index) & 16
    this.#byte(0x62)
    this.#byte(((~extended & 7) << 5) | ((reg & 16) !== 0 ? 0 : 0x10) | form.map)
    this.#emitVectorByte(list, ((rex & 8) << 4) | ((~vvvv & 15) << 3) | 4 | pp)
    let last = list.mask | ((vvvv & 16) !== 0 ? 0 : 8)
    if (list.zeroing) last |= 0x80
    if (list.rounding >= 0) last |= 0x10 | ((list.rounding === 4 ? this.#ignored.evexRounding : list.rounding) << 5)
    else last |= ((form.flags & FormFlag.anyLength) !== 0 ? this.#ignored.evexLength : form.length) << 5
    if (rm?.kind === 'memory' && rm.broadcast !== 0) last |= 0x10
    this.#byte(last)
  }

  /** ModRM with what follows it. */
  #emitOperand(form: Form, list: OperandList, prefixes: number, hasRex: boolean): void {
    const reg = form.digit >= 0 ? form.digit << 3 : this.#lowBits(list, this.#reg, 3)
    const operand = list.operands[this.#rm]
    if (operand.kind === 'register') this.#byte(0xc0 | reg | this.#lowBits(list, this.#rm, 0))
    else if (operand.kind === 'memory') this.#emitAddress(form, list, operand, reg, prefixes, hasRex)
  }

  #emitAddress(
    form: Form,
    list: OperandList,
    operand: MemoryOperand,
    reg: number,
    prefixes: number,
    hasRex: boolean,
  ): void {
    const { base, index, displacement } = operand
    const value = displacement ?? noDisplacement
    if (registerClass(base) === RegisterClass.instructionPointer) {
      this.#byte(reg | 5)
      this.#emitDisplacement(list, value, 'pc-relative', gotRelaxation(form, reg >> 3, hasRex))
      return
    }
    // A scale without an index has no meaning.
    const scale = operand.scale > 1 && index !== 0 ? 31 - Math.clz32(operand.scale) : 0
    const low = registerClass(index) === RegisterClass.zeroIndex || index === 0 ? 4 : registerNumber(index) & 7
    const wraps = list.addressBytes === 4 || (form.flags & FormFlag.a32) !== 0 || wrapsAddress(form)
    if (base === 0 && index === 0 && this.#isNarrow) {
      this.#byte(reg | 5)
      this.#emitDisplacement(list, value, 'absolute', 'none')
      return
    }
    if (base === 0) {
      // No base: a SIB byte with base 5 and mod 0. ModRM alone would mean relative to %rip.
      this.#byte(reg | 4)
      this.#buffer.register(list.written[this.#rm], 'index', 3)
      this.#byte((scale << 6) | (low << 3) | 5)
      this.#emitDisplacement(list, value, wraps ? 'absolute' : 'signed', 'none')
      return
    }
    const rm = registerNumber(base) & 7
    const bytes = this.#displacementBytes(form, list, operand, value, prefixes)
    const mod = bytes === 0 ? 0 : bytes === 1 ? 0x40 : 0x80
    if (index !== 0 || rm === 4 || (form.flags & FormFlag.sib) !== 0) {
      this.#byte(mod | reg | 4)
      this.#buffer.register(list.written[this.#rm], 'index', 3)
      this.#buffer.register(list.written[this.#rm], 'base', 0)
      this.#byte((scale << 6) | (low << 3) | rm)
    } else {
      this.#buffer.register(list.written[this.#rm], 'base', 0)
      this.#byte(mod | reg | rm)
    }
    if (bytes === 1) {
      const number = displacement32(value.constant, list.addressBytes) ?? 0
      this.#buffer.field(list.written[this.#rm], number / this.#disp8Scale(form, operand), 1)
    } else if (bytes === 4) {
      this.#emitDisplacement(list, value, wraps ? 'absolute' : 'signed', 'none')
    }
  }

  /** Bytes of a displacement behind a base register: 0, 1 or 4. */
  #displacementBytes(form: Form, list: OperandList, operand: MemoryOperand, value: Value, prefixes: number): number {
    if (value.symbolic) return 4
    const constant = displacement32(value.constant, wrapsAddress(form) ? 4 : list.addressBytes) ?? 0
    if ((prefixes & Prefix.disp32) !== 0) return 4
    if (constant === 0 && (registerNumber(operand.base) & 7) !== 5) return (prefixes & Prefix.disp8) !== 0 ? 1 : 0
    const scaled = constant / this.#disp8Scale(form, operand)
    return Number.isInteger(scaled) && scaled >= -0x80 && scaled <= 0x7f ? 1 : 4
  }

  /** What EVEX multiplies a displacement of one byte by: the bytes of memory that the instruction accesses. */
  #disp8Scale(form: Form, operand: MemoryOperand): number {
    if (form.scheme !== Scheme.evex) return 1
    return (operand.broadcast !== 0 ? form.broadcastBytes : form.displacementScale) || 1
  }

  #emitDisplacement(list: OperandList, value: Value, kind: Fixup['kind'], gotRelaxation: Fixup['gotRelaxation']): void {
    if (value.symbolic) this.#buffer.fixup(list.written[this.#rm], 4, kind, gotRelaxation)
    else this.#buffer.field(list.written[this.#rm], displacement32(value.constant, 4) ?? 0, 4)
  }

  /** Immediates, the target of a jump, an absolute address: all that stands behind ModRM. */
  #emitFields(form: Form, list: OperandList, prefixes: number): void {
    let nibble = -1
    for (let i = 0; i < form.places.length; i++) {
      const written = list.written[i]
      switch (form.places[i]) {
        case 'I':
        case 'J':
          this.#emitImmediate(form, list, i)
          break
        case 'S':
          this.#buffer.register(written, 'register', 4)
          nibble = (nibble < 0 ? 0 : nibble) | (registerNumber(list.register(i)) << 4)
          break
        case 'T':
          nibble = (nibble < 0 ? 0 : nibble) | Number(list.immediate(i)?.value.constant ?? 0)
          break
        case 'A': {
          const value = list.memory?.displacement ?? noDisplacement
          if (value.symbolic) this.#buffer.fixup(written, list.addressBytes, 'absolute', 'none')
          else this.#buffer.number(value.constant, list.addressBytes)
          break
        }
        case 'D':
          this.#emitTarget(form, written, prefixes)
          break
      }
    }
    if (nibble >= 0) this.#byte(nibble)
  }

  #emitImmediate(form: Form, list: OperandList, i: number): void {
    const value = list.immediate(i)?.value ?? noDisplacement
    const width = immediateWidth[form.immediates[i]]
    if (!value.symbolic) {
      this.#buffer.field(list.written[i], value.constant, width)
      return
    }
    // What is pushed is extended by its sign to 64 bits, as are immediates of 64-bit operations.
    const signed = width === 4 && (form.wide || (form.flags & FormFlag.d64) !== 0)
    this.#buffer.fixup(list.written[i], width, signed ? 'signed' : 'absolute', 'none')
  }

  #emitTarget(form: Form, written: number, prefixes: number): void {
    const encoding = this.#buffer.encoding
    const { flags } = form
    if ((flags & (FormFlag.jmp | FormFlag.jcc)) !== 0) {
      encoding.jump = (flags & FormFlag.jmp) !== 0 ? 'unconditional' : 'conditional'
      encoding.jumpLength = (prefixes & Prefix.disp32) !== 0 ? 'long' : 'either'
    } else if ((flags & FormFlag.call) !== 0) {
      this.#buffer.fixup(written, 4, this.#isNarrow ? 'pc-relative' : 'branch', 'none')
    } else {
      this.#buffer.fixup(written, 1, 'pc-relative', 'none')
    }
  }
}

const noDisplacement: Value = { constant: 0, symbolic: false, modifier: '' }

/** Whether only the lower half of an address counts, though its registers have 64 bits. */
function wrapsAddress(form: Form): boolean {
  return (form.flags & FormFlag.wrap) !== 0 && form.size < 8
}
