// What of an instruction's bytes its text must show: prefixes, and how its memory operand is encoded. Source: Intel SDM
// volume 2, chapter 2 "Instruction Format".

/** The parts of an instruction. */
export interface Encoding {
  /** Legacy prefixes in their order. */
  readonly prefixes: readonly number[]
  /** The REX prefix, 0 for none. */
  readonly rex: number
  /** 1: one byte; 2: 0f; 3: 0f 38 or 0f 3a; 4: VEX, EVEX or XOP. */
  readonly map: 1 | 2 | 3 | 4
  readonly opcode: number
  /** Whether an EVEX prefix is there, whose displacements of one byte are scaled. */
  readonly isEvex: boolean
  /** The ModRM byte, undefined if the instruction has none. */
  readonly modrm: number | undefined
  /** The SIB byte, undefined if there is none. */
  readonly sib: number | undefined
  /** Bytes of displacement: 0, 1 or 4. */
  readonly displacementSize: number
  /** The displacement of four bytes, signed; 0 for a shorter one, which EVEX may scale. */
  readonly displacement: number
}

/** Whether there is a memory operand. */
export function hasMemory({ modrm }: Encoding): boolean {
  return modrm !== undefined && modrm >> 6 !== 3
}

/** What may stand before an opcode: segments, sizes, lock, repetition. */
export const legacyPrefixes: ReadonlySet<number> = new Set([
  0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
])

/** Takes an instruction apart, which has been found to be one. */
export function decodeEncoding(bytes: Uint8Array): Encoding {
  let at = 0
  const prefixes: number[] = []
  while (at < bytes.length && legacyPrefixes.has(bytes[at])) prefixes.push(bytes[at++])
  const rex = bytes[at] >> 4 === 4 ? bytes[at++] : 0
  let map: Encoding['map'] = 1
  const isEvex = bytes[at] === 0x62
  if (isEvex || bytes[at] === 0xc4 || bytes[at] === 0xc5) {
    map = 4
    at += isEvex ? 4 : bytes[at] === 0xc4 ? 3 : 2
  } else if (bytes[at] === 0x0f) {
    map = bytes[at + 1] === 0x38 || bytes[at + 1] === 0x3a ? 3 : 2
    at += map - 1
  }
  const opcode = bytes[at++] ?? 0
  const plain = { prefixes, rex, map, opcode, isEvex }
  if (!hasModrm(map, opcode) || at >= bytes.length) {
    return { ...plain, modrm: undefined, sib: undefined, displacementSize: 0, displacement: 0 }
  }
  const modrm = bytes[at++]
  const mode = modrm >> 6
  const sib = mode !== 3 && (modrm & 7) === 4 ? bytes[at] : undefined
  const base = (sib ?? modrm) & 7
  const displacementSize = mode === 1 ? 1 : mode === 2 || (mode === 0 && base === 5) ? 4 : 0
  if (sib !== undefined) at++
  const isWide = displacementSize === 4 && at + 4 <= bytes.length
  const displacement = isWide ? new DataView(bytes.buffer, bytes.byteOffset + at).getInt32(0, true) : 0
  return { ...plain, modrm, sib, displacementSize, displacement }
}

/** The opcodes of one byte that a ModRM byte follows: the first four of each eight below 40, and these. */
function hasModrm(map: number, opcode: number): boolean {
  if (map === 4) return opcode !== 0x77
  if (map === 3) return true
  if (map === 2) return !isPlainTwoByte(opcode)
  if (opcode < 0x40) return (opcode & 7) < 4
  if (opcode < 0x80) return opcode === 0x63 || opcode === 0x69 || opcode === 0x6b
  if (opcode < 0x90) return true
  if (opcode < 0xd8) return [0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3].includes(opcode)
  return opcode < 0xe0 || [0xf6, 0xf7, 0xfe, 0xff].includes(opcode)
}

/** The opcodes behind 0f that no ModRM byte follows. */
function isPlainTwoByte(opcode: number): boolean {
  if (opcode >= 0x80 && opcode < 0x90) return true
  if (opcode >= 0xc8 && opcode < 0xd0) return true
  if (opcode >= 0x30 && opcode < 0x38) return true
  return [0x05, 0x06, 0x07, 0x08, 0x09, 0x0b, 0x0e, 0x77, 0xa0, 0xa1, 0xa2, 0xa8, 0xa9, 0xaa].includes(opcode)
}
