import { type Register, RegisterClass, register } from '../operand.ts'

const quadNames = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi']
const byteNames = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil']
const highByteNames = ['ah', 'ch', 'dh', 'bh']
const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs']

/** All registers by their names in lower case, without `%`. `st(1)` is a name, too. */
export const registersByName: ReadonlyMap<string, Register> = nameRegisters()

/** The name of a register without `%`, empty for none. */
export function nameOfRegister(register: Register): string {
  for (const [name, other] of registersByName) if (other === register) return name
  return ''
}

function nameRegisters(): Map<string, Register> {
  const names = new Map<string, Register>()
  for (let number = 0; number < 8; number++) {
    names.set(quadNames[number], register(RegisterClass.quad, number))
    names.set(`e${quadNames[number].slice(1)}`, register(RegisterClass.long, number))
    names.set(quadNames[number].slice(1), register(RegisterClass.word, number))
    names.set(byteNames[number], register(RegisterClass.byte, number))
    names.set(`mm${number}`, register(RegisterClass.mmx, number))
    names.set(`k${number}`, register(RegisterClass.mask, number))
    names.set(`st(${number})`, register(RegisterClass.x87, number))
    names.set(`tmm${number}`, register(RegisterClass.tile, number))
  }
  for (let number = 8; number < 16; number++) {
    names.set(`r${number}`, register(RegisterClass.quad, number))
    names.set(`r${number}d`, register(RegisterClass.long, number))
    names.set(`r${number}w`, register(RegisterClass.word, number))
    names.set(`r${number}b`, register(RegisterClass.byte, number))
  }
  for (let number = 0; number < 16; number++) {
    names.set(`cr${number}`, register(RegisterClass.control, number))
    names.set(`dr${number}`, register(RegisterClass.debug, number))
    names.set(`db${number}`, register(RegisterClass.debug, number))
  }
  for (let number = 0; number < 32; number++) {
    names.set(`xmm${number}`, register(RegisterClass.xmm, number))
    names.set(`ymm${number}`, register(RegisterClass.ymm, number))
    names.set(`zmm${number}`, register(RegisterClass.zmm, number))
  }
  for (const [index, name] of highByteNames.entries()) names.set(name, register(RegisterClass.highByte, index + 4))
  for (const [index, name] of segmentNames.entries()) names.set(name, register(RegisterClass.segment, index))
  for (let number = 0; number < 4; number++) names.set(`bnd${number}`, register(RegisterClass.bound, number))
  // Names of gas's for the lowest bytes with a REX prefix, which they do not need otherwise.
  for (const [index, name] of ['axl', 'cxl', 'dxl', 'bxl'].entries())
    names.set(name, register(RegisterClass.byte, index + 16))
  names.set('st', register(RegisterClass.x87, 0))
  names.set('rip', register(RegisterClass.instructionPointer, 0))
  names.set('eip', register(RegisterClass.instructionPointer, 1))
  names.set('riz', register(RegisterClass.zeroIndex, 0))
  names.set('eiz', register(RegisterClass.zeroIndex, 1))
  return names
}
