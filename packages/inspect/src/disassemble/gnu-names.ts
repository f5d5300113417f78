// What GNU calls otherwise than Capstone, whatever the syntax.

/** Names that GNU has for the same instruction. */
export const gnuNames: Readonly<Record<string, string>> = {
  fcompi: 'fcomip',
  fucompi: 'fucomip',
  wait: 'fwait',
  xlatb: 'xlat',
  sal: 'shl',
}

/** The bits of immediate operands that Capstone takes for signed; undefined for others. */
export function immediateBits(mnemonic: string, operand: number): number | undefined {
  if (mnemonic === 'enter') return operand === 0 ? 16 : 8
  return mnemonic === 'xabort' ? 8 : undefined
}

const carrylessHalves: Readonly<Record<string, string>> = { '0': 'lql', '1': 'hql', '0x10': 'lqh', '0x11': 'hqh' }

/** GNU's name for pclmulqdq with one of its four usual immediates, which then is no operand. */
export function carrylessName(mnemonic: string, immediate: string | undefined): string | undefined {
  if (mnemonic !== 'pclmulqdq' && mnemonic !== 'vpclmulqdq') return undefined
  const halves = carrylessHalves[immediate?.replace('$', '') ?? '']
  return halves && mnemonic.replace('mulqdq', `mul${halves}qdq`)
}
