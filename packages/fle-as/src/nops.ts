/** The nops of 1 to 11 bytes that gas pads code with (tc-i386.c: alt_patt, with the long prefixes of alt_10 and alt_11). */
const nops: readonly (readonly number[])[] = [
  [],
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0x00],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
  [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
]

/** Bytes of the longest nop. */
export const longestNop = nops.length - 1

/** Paddings of more nops than this are jumped over. */
const mostNops = 7

/** Fills part of a view with instructions that do nothing, as many bytes as asked for, none longer than `limit` (0: any). */
export function fillWithNops(bytes: Uint8Array, offset: number, count: number, limit = 0): void {
  const longest = limit || longestNop
  let at = offset
  const end = offset + count
  if (count > mostNops * longestNop + longestNop - 1) {
    // 88 bytes and more: jmp over the rest.
    if (count - 2 <= 127) {
      bytes[at++] = 0xeb
      bytes[at++] = count - 2
    } else {
      const distance = count - 5
      bytes[at++] = 0xe9
      for (let i = 0; i < 4; i++) bytes[at++] = (distance >>> (8 * i)) & 0xff
    }
  }
  for (; end - at >= longest; at += longest) bytes.set(nops[longest], at)
  bytes.set(nops[end - at], at)
}
