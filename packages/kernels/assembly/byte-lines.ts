// Bytes as lines of a text (FLE's 🔢 lines).
const bytesPerLine: usize = 16

const blank: u8 = 0x20
const quote: u8 = 0x22

function digitOf(nibble: u32): u32 {
  return nibble < 10 ? 0x30 + nibble : 0x61 - 10 + nibble
}

/**
 * Writes `count` bytes from `from` on as lines to `to`, at most 16 on each: what stands at `start`, pairs of hexadecimal
 * digits with blanks between them, and a quote. Returns where the last one ends.
 */
export function writeByteLines(from: usize, count: u32, start: usize, startLength: u32, to: usize): usize {
  const end = from + count
  while (from < end) {
    memory.copy(to, start, startLength)
    to += startLength
    const lineEnd = min(from + bytesPerLine, end)
    for (; from < lineEnd; from++, to += 3) {
      const byte: u32 = load<u8>(from)
      store<u8>(to, digitOf(byte >>> 4))
      store<u8>(to, digitOf(byte & 15), 1)
      store<u8>(to, blank, 2)
    }
    store<u8>(to - 1, quote)
  }
  return to
}
