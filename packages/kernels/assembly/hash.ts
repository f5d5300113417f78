// MurmurHash3 in its form of 128 bits for machines of 32 (Austin Appleby, smhasher): not for secrets, but for telling
// files apart at several gigabytes a second. A state is four words.

/** How many bytes are taken at once. */
const blockSize: usize = 16

const c1: u32 = 0x239b961b
const c2: u32 = 0xab0e9789
const c3: u32 = 0x38b34ae5
const c4: u32 = 0xa1e38b93

/** Takes the bytes from `start` to `end`, whole blocks, into the state. */
export function hashBlocks(state: usize, start: usize, end: usize): void {
  let h1 = load<u32>(state, 0)
  let h2 = load<u32>(state, 4)
  let h3 = load<u32>(state, 8)
  let h4 = load<u32>(state, 12)
  for (; start < end; start += blockSize) {
    h1 = (rotl<u32>(h1 ^ (rotl<u32>(load<u32>(start, 0, 1) * c1, 15) * c2), 19) + h2) * 5 + 0x561ccd1b
    h2 = (rotl<u32>(h2 ^ (rotl<u32>(load<u32>(start, 4, 1) * c2, 16) * c3), 17) + h3) * 5 + 0x0bcaa747
    h3 = (rotl<u32>(h3 ^ (rotl<u32>(load<u32>(start, 8, 1) * c3, 17) * c4), 15) + h4) * 5 + 0x96cd1c35
    h4 = (rotl<u32>(h4 ^ (rotl<u32>(load<u32>(start, 12, 1) * c4, 18) * c1), 13) + h1) * 5 + 0x32ac3b17
  }
  store<u32>(state, h1, 0)
  store<u32>(state, h2, 4)
  store<u32>(state, h3, 8)
  store<u32>(state, h4, 12)
}

/**
 * Takes what is left, less than a block, behind which there are zeros up to its end, and makes the state the hash of all
 * `size` bytes.
 */
export function endHash(state: usize, rest: usize, size: u32): void {
  let h1 = load<u32>(state, 0) ^ (rotl<u32>(load<u32>(rest, 0, 1) * c1, 15) * c2) ^ size
  let h2 = load<u32>(state, 4) ^ (rotl<u32>(load<u32>(rest, 4, 1) * c2, 16) * c3) ^ size
  let h3 = load<u32>(state, 8) ^ (rotl<u32>(load<u32>(rest, 8, 1) * c3, 17) * c4) ^ size
  let h4 = load<u32>(state, 12) ^ (rotl<u32>(load<u32>(rest, 12, 1) * c4, 18) * c1) ^ size
  const sum = h1 + h2 + h3 + h4
  h1 = finish(sum)
  h2 = finish(h2 + sum)
  h3 = finish(h3 + sum)
  h4 = finish(h4 + sum)
  const finished = h1 + h2 + h3 + h4
  store<u32>(state, finished, 0)
  store<u32>(state, h2 + finished, 4)
  store<u32>(state, h3 + finished, 8)
  store<u32>(state, h4 + finished, 12)
}

/** Lets each bit of a word have a part in all its bits. */
function finish(word: u32): u32 {
  word = (word ^ (word >>> 16)) * 0x85ebca6b
  word = (word ^ (word >>> 13)) * 0xc2b2ae35
  return word ^ (word >>> 16)
}
