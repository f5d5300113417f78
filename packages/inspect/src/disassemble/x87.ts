// The forms of x87 instructions that have registers only. Source: float_reg[] of opcodes/i386-dis.c.

/** The opcodes whose operands are %st(i) and %st, in this order, by what the ModRM byte begins with. */
const toTop: Readonly<Record<number, readonly number[]>> = {
  216: [0xc0, 0xc8, 0xe0, 0xe8, 0xf0, 0xf8],
  218: [0xc0, 0xc8, 0xd0, 0xd8],
  219: [0xc0, 0xc8, 0xd0, 0xd8, 0xe8, 0xf0],
  223: [0xe8, 0xf0],
}
/** Those whose operands are %st and %st(i). */
const fromTop: Readonly<Record<number, readonly number[]>> = {
  220: [0xc0, 0xc8, 0xe0, 0xe8, 0xf0, 0xf8],
  222: [0xc0, 0xc8, 0xe0, 0xe8, 0xf0, 0xf8],
}

/** The operands of an x87 instruction on two registers; undefined if it is none. */
export function x87Operands(opcode: number, modrm: number): string[] | undefined {
  const group = modrm & 0xf8
  const register = `%st(${modrm & 7})`
  if (toTop[opcode]?.includes(group)) return [register, '%st']
  if (fromTop[opcode]?.includes(group)) return ['%st', register]
  return undefined
}
