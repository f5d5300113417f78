import { type Memory, Region } from './memory.ts'

/** A multiple of the size of a block. A call's loop is compiled but once, so that the optimized code waits for the next. */
const chunkSize = 2 ** 20
const blockSize = 16
const hashSize = 16

/** The MurmurHash3 of bytes, 128 bits of it: for telling contents apart, not for secrets. Throws a RangeError if the memory has no room. */
export function hashContent(memory: Memory, content: Uint8Array): Uint8Array {
  const { kernels } = memory
  const region = new Region(memory)
  const state = memory.take(hashSize)
  for (let at = 0; at < content.length; at += chunkSize) {
    const chunk = content.subarray(at, at + chunkSize)
    const start = placeChunk(memory, region, chunk)
    const whole = chunk.length - (chunk.length % blockSize)
    kernels.hashBlocks(state, start, start + whole)
  }
  const rest = region.reserve(blockSize)
  memory.bytes.fill(0, rest, rest + blockSize)
  memory.bytes.set(content.subarray(content.length - (content.length % blockSize)), rest)
  kernels.endHash(state, rest, content.length)
  return memory.bytes.slice(state, state + hashSize)
}

function placeChunk(memory: Memory, region: Region, chunk: Uint8Array): number {
  const known = memory.addressOf(chunk)
  if (known >= 0) return known
  const start = region.reserve(chunk.length)
  memory.bytes.set(chunk, start)
  return start
}
