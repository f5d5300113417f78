/** A part of a table in the notation of notation.ts, one mnemonic a line, expanded only when it is needed. */
export type Rows = string | (() => string)

/**
 * A part of a table whose instructions come in several encodings: each line of `rows` is split at its spaces, and `expand`
 * turns the words into lines of the notation.
 */
export function rowsOf(rows: string, expand: (...words: string[]) => readonly string[]): Rows {
  return () =>
    rows
      .split('\n')
      .filter((row) => row !== '')
      .flatMap((row) => expand(...row.split(' ')))
      .join('\n')
}

/** The text of a table. */
export function expandRows(parts: readonly Rows[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : part())).join('\n')
}

/** The bytes of an opcode of SSE with its prefix (`np` for none) and map (`0f`, `0f38`, `0f3a`). */
export function legacyOpcode(prefix: string, map: string, opcode: string): string {
  return (prefix === 'np' ? '' : prefix) + map + opcode
}

/** The types of floating point that the last letters of a mnemonic name, and what each encoding says for them. */
export interface FloatType {
  readonly name: string
  /** The mandatory prefix of arithmetic in SSE and AVX. */
  readonly prefix: string
  /** EVEX.W */
  readonly w: string
  /** Bits of an element. */
  readonly bits: number
  readonly scalar: boolean
}

export const packedSingle: FloatType = { name: 'ps', prefix: 'np', w: 'w0', bits: 32, scalar: false }
export const packedDouble: FloatType = { name: 'pd', prefix: '66', w: 'w1', bits: 64, scalar: false }
export const scalarSingle: FloatType = { name: 'ss', prefix: 'f3', w: 'w0', bits: 32, scalar: true }
export const scalarDouble: FloatType = { name: 'sd', prefix: 'f2', w: 'w1', bits: 64, scalar: true }
const packedHalf: FloatType = { name: 'ph', prefix: 'np', w: 'w0', bits: 16, scalar: false }
const scalarHalf: FloatType = { name: 'sh', prefix: 'f3', w: 'w0', bits: 16, scalar: true }

/** Singles and doubles, packed and scalar. */
export const floatTypes: readonly FloatType[] = [packedSingle, packedDouble, scalarSingle, scalarDouble]
/** Those and AVX512-FP16's. */
export const allFloatTypes: readonly FloatType[] = [...floatTypes, packedHalf, scalarHalf]

/** The source of an EVEX instruction on floating point: register, memory, or a broadcast element of a packed type. */
export function evexSource({ scalar, bits }: FloatType): string {
  return scalar ? `x/m${bits}` : `v/mv/b${bits}`
}

/** The register operands of an EVEX instruction on floating point. */
export function evexRegister({ scalar }: FloatType): string {
  return scalar ? 'x' : 'v'
}

/** The lengths of the vectors of an EVEX instruction on floating point. */
export function evexLengths({ scalar }: FloatType): string {
  return scalar ? 'lig' : 'xyz'
}
