// Code of 32 bits (.code32): the forms that only it has, and those of 64-bit code as it has them.

/** Instructions and forms that 64-bit code has no more, in the notation of notation.ts; they come before the others of their mnemonic. */
const rows: Readonly<Record<string, string>> = {
  inc: 'r O 40 wl',
  dec: 'r O 48 wl',
  push: '=es - 06 wl guess;=cs - 0e wl guess;=ss - 16 wl guess;=ds - 1e wl guess',
  pop: '=es - 07 wl guess;=ss - 17 wl guess;=ds - 1f wl guess',
  pusha: '- - 60 wl guess',
  popa: '- - 61 wl guess',
  pushad: '- - 60',
  popad: '- - 61',
  mov: 'acc,abs -A a0 bwl;abs,acc A- a2 bwl;r32,cr MR 0f20;cr,r32 RM 0f22;r32,dr MR 0f21;dr,r32 RM 0f23',
  movl: 'r32,cr MR 0f20;cr,r32 RM 0f22;r32,dr MR 0f21;dr,r32 RM 0f23',
  call: 'target D e8 l call nosize',
  jmp: 'target D eb l jmp nosize',
  aaa: '- - 37',
  aas: '- - 3f',
  daa: '- - 27',
  das: '- - 2f',
  aam: '- - d40a;i8 I d4',
  aad: '- - d50a;i8 I d5',
  into: '- - ce',
  bound: 'r,m RM 62 wl same',
  arpl: 'rm16,r16 MR 63',
  les: 'r,m RM c4 wl',
  lds: 'r,m RM c5 wl',
  ljmp: 'i32,i16 IJ ea l guess;i16,i16 IJ ea w',
  lcall: 'i32,i16 IJ 9a l guess;i16,i16 IJ 9a w',
  xchg: '=eax,=eax -- 90',
  vmread: 'rm32,r32 MR 0f78',
  vmreadl: 'rm32,r32 MR 0f78',
  vmwrite: 'r32,rm32 RM 0f79',
  vmwritel: 'r32,rm32 RM 0f79',
  invept: 'r32,m RM 660f3880',
  invvpid: 'r32,m RM 660f3881',
  invpcid: 'r32,m RM 660f3882',
  rdpid: 'r32 M f30fc7/7',
  bndcl: 'bnd,r32/m RM f30f1a',
  bndcu: 'bnd,r32/m RM f20f1a',
  bndcn: 'bnd,r32/m RM f20f1b',
  jecxz: 'target D e3',
  jcxz: 'target D 67e3',
  loopw: 'target D 67e2',
  loopew: 'target D 67e1',
  loopzw: 'target D 67e1',
  loopnew: 'target D 67e0',
  loopnzw: 'target D 67e0',
  loopl: 'target D e2',
}

/** What 64-bit code alone has, beside the forms that name registers of 64 bits. */
const missing: ReadonlySet<string> = new Set(
  (
    'jrcxz jecxz loopl loopd loopel loopzl loopnel loopnzl loopq loopeq loopzq loopneq loopnzq movabs swapgs' +
    ' psmash rmpadjust rmpquery rmpupdate rdmsrlist wrmsrlist vpextrq vpinsrq'
  ).split(' '),
)

/** The forms of a mnemonic in 32-bit code, made of those in 64-bit code. */
export function narrowForms(mnemonic: string, forms: string): string {
  const kept = missing.has(mnemonic) || forms === '' ? [] : forms.split(';').flatMap(narrowForm)
  const own = Object.hasOwn(rows, mnemonic) ? [rows[mnemonic]] : []
  return [...own, ...kept].join(';')
}

/** A form without its registers and sizes of 64 bits; none if nothing is left. What has 64 bits without a prefix has 32. */
function narrowForm(form: string): string[] {
  const [operands, places, opcode, ...words] = form.split(' ')
  if (opcode.startsWith('W')) return []
  const isStack = words.includes('d64')
  const narrowed: string[] = []
  for (const word of words) {
    if (word === 'd64') continue
    const isSizes = /^[bwlq]+$/.test(word)
    const sizes = isSizes ? word.replace('q', isStack && !word.includes('l') ? 'l' : '') : word
    if (sizes === '') return []
    narrowed.push(sizes)
  }
  const kept: string[] = []
  for (const operand of operands.split(',')) {
    const [alternatives, ...decorations] = operand.split('{')
    const tokens = alternatives
      .split('/')
      .flatMap((token) => (token === 'rm64' ? ['m64'] : token === 'r64' ? [] : [token]))
    if (tokens.length === 0 || /^=r..$/.test(alternatives)) return []
    kept.push([tokens.join('/'), ...decorations].join('{'))
  }
  return [[kept.join(','), places, opcode, ...narrowed].join(' ')]
}
