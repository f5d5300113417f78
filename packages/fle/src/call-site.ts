/**
 * Whether a 32-bit field at `offset` is the target of a call, a jmp or a conditional jump: the byte before it is e8 or e9,
 * or the two before it are 0f 80 … 0f 8f. There compilers mean PLT32 by a PC-relative field, elsewhere PC32.
 */
export function isCallSite(bytes: Uint8Array, offset: number): boolean {
  const last = bytes[offset - 1]
  return last === 0xe8 || last === 0xe9 || (bytes[offset - 2] === 0x0f && last >= 0x80 && last <= 0x8f)
}
