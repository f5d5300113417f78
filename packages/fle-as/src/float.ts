/** The formats of floating-point data. */
export type FloatFormat = 'half' | 'brain' | 'single' | 'double' | 'extended'

/** Bits of the exponent, and of the fraction below the leading one; `extended` writes the leading one too. */
const formats: Record<FloatFormat, { exponent: number; fraction: number; bytes: number }> = {
  half: { exponent: 5, fraction: 10, bytes: 2 },
  brain: { exponent: 8, fraction: 7, bytes: 2 },
  single: { exponent: 8, fraction: 23, bytes: 4 },
  double: { exponent: 11, fraction: 52, bytes: 8 },
  extended: { exponent: 15, fraction: 63, bytes: 10 },
}

const pattern = /^(?:0[a-zA-Z])?([+-]?)(?:(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?|(inf(?:inity)?|nan))$/i

/** The most characters of a number. */
const longestNumeral = 10_000

/** The bytes of a decimal number, rounded to nearest, ties to even. Undefined if the text is not a number. */
export function encodeFloat(text: string, format: FloatFormat): Uint8Array | undefined {
  const match = pattern.exec(text)
  if (!match || text.length > longestNumeral) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0', special] = match
  const isNegative = sign === '-'
  if (special) return pack(format, isNegative, special.toLowerCase() === 'nan' ? 'nan' : 'infinite', 0n)
  if (whole === '' && fraction === '') return undefined
  const scale = Number(exponent) - fraction.length
  const digits = BigInt(whole + fraction)
  if (digits === 0n) return pack(format, isNegative, 0, 0n)
  const magnitude = whole.length + Number(exponent)
  if (magnitude > 5500) return pack(format, isNegative, 'infinite', 0n)
  if (magnitude + fraction.length < -5500) return pack(format, isNegative, 0, 0n)
  return scale >= 0
    ? round(format, isNegative, digits * 10n ** BigInt(scale), 1n)
    : round(format, isNegative, digits, 10n ** BigInt(-scale))
}

function round(format: FloatFormat, isNegative: boolean, numerator: bigint, denominator: bigint): Uint8Array {
  const { exponent: exponentBits, fraction } = formats[format]
  const bias = 2 ** (exponentBits - 1) - 1
  // The power of two of the value, from the lengths of the two numbers, and then exactly.
  let power = bitLength(numerator) - bitLength(denominator)
  if (compareScaled(numerator, denominator, power) < 0) power--
  const least = 1 - bias
  const exponent = Math.max(power, least)
  // significand = value / 2^(exponent - fraction), rounded.
  const up = fraction - exponent
  const scaled = up >= 0 ? numerator << BigInt(up) : numerator
  const divisor = up >= 0 ? denominator : denominator << BigInt(-up)
  let significand = scaled / divisor
  const rest = (scaled % divisor) * 2n
  if (rest > divisor || (rest === divisor && significand & 1n)) significand++
  const one = 1n << BigInt(fraction)
  let biased = exponent + bias
  if (significand >= one * 2n) {
    significand >>= 1n
    biased++
  }
  if (significand < one) biased = 0
  if (biased >= 2 ** exponentBits - 1) return pack(format, isNegative, 'infinite', 0n)
  return pack(format, isNegative, biased, significand)
}

function compareScaled(numerator: bigint, denominator: bigint, power: number): number {
  const left = power >= 0 ? numerator : numerator << BigInt(-power)
  const right = power >= 0 ? denominator << BigInt(power) : denominator
  return left < right ? -1 : 1
}

function bitLength(value: bigint): number {
  return value.toString(2).length
}

function pack(
  format: FloatFormat,
  isNegative: boolean,
  exponent: number | 'infinite' | 'nan',
  significand: bigint,
): Uint8Array {
  const { exponent: exponentBits, fraction, bytes } = formats[format]
  const isExtended = format === 'extended'
  const biased = typeof exponent === 'number' ? exponent : 2 ** exponentBits - 1
  const one = 1n << BigInt(fraction)
  let low = isExtended ? significand : significand & (one - 1n)
  // gas writes all ones for a number that is not one.
  if (exponent === 'infinite') low = isExtended ? one : 0n
  if (exponent === 'nan') low = isExtended ? one * 2n - 1n : one - 1n
  const width = isExtended ? 64 : fraction
  const value = (((isNegative ? 1n << BigInt(exponentBits) : 0n) | BigInt(biased)) << BigInt(width)) | low
  return Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}
