/** A stream of pseudo-random numbers: a test that fails with a seed fails with it again. */
export interface Random {
  /** An integer from 0 up to, but without, `limit` (at most 2^32). */
  below(limit: number): number
}

/** Mulberry32: 32 bits of state, each step one multiply-and-shift mix of a counter. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
    },
  }
}

/** The values at which sizes, offsets and indices go wrong: around 0, signs, and the largest of each width. */
const boundaryValues: readonly bigint[] = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xff00n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1f_ffff_ffff_ffffn,
  0x20_0000_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
]

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

const mutations: readonly Mutation[] = [flipBits, truncate, splice, randomBytes, boundaryNumber]

/**
 * A damaged copy of a file: one to four mutations, each a few flipped bits, a truncation, a piece copied, moved or
 * left out, random bytes, or a number replaced by a boundary value.
 */
export function mutate(original: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = original.slice()
  for (let count = 1 + random.below(4); count > 0 && bytes.length > 0; count--) {
    bytes = mutations[random.below(mutations.length)](bytes, random)
  }
  return bytes
}

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  for (let count = 1 + random.below(8); count > 0; count--) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
  return bytes
}

function truncate(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.slice(0, random.below(bytes.length))
}

/** Puts a piece of the file in the place of another piece; either may be empty. */
function splice(bytes: Uint8Array, random: Random): Uint8Array {
  const piece = () => {
    const start = random.below(bytes.length + 1)
    return [start, Math.min(bytes.length, start + random.below(64))] as const
  }
  const [from, fromEnd] = piece()
  const [to, toEnd] = piece()
  const result = new Uint8Array(to + (fromEnd - from) + (bytes.length - toEnd))
  result.set(bytes.subarray(0, to))
  result.set(bytes.subarray(from, fromEnd), to)
  result.set(bytes.subarray(toEnd), to + (fromEnd - from))
  return result
}

function randomBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const start = random.below(bytes.length)
  const end = Math.min(bytes.length, start + 1 + random.below(16))
  for (let i = start; i < end; i++) bytes[i] = random.below(256)
  return bytes
}

/** Little-endian, of 1, 2, 4 or 8 bytes, at a place that is a multiple of its width as most numbers in files are. */
function boundaryNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const width = 1 << random.below(4)
  if (bytes.length < width) return bytes
  const place = random.below(Math.floor(bytes.length / width)) * width
  let value = boundaryValues[random.below(boundaryValues.length)]
  for (let i = 0; i < width; i++) {
    bytes[place + i] = Number(value & 0xffn)
    value >>= 8n
  }
  return bytes
}
