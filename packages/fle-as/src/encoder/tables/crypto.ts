// Cryptography: AES, carry-less multiplication, SHA, Galois fields, key locker.
import { type Rows, rowsOf } from './row.ts'

// AES rounds, on longer vectors with VAES.
const rounds = rowsOf(
  `
aesenc dc
aesenclast dd
aesdec de
aesdeclast df
`,
  (name, opcode) => [
    `${name} x,x/m128 RM 660f38${opcode}`,
    `v${name} v,v,v/mv RVM vex.xy.66.0f38.wig.${opcode};v,v,v/mv RVM evex.xyz.66.0f38.wig.${opcode}`,
  ],
)

// Carry-less products: of which halves of the sources is an immediate or part of the name.
const products = rowsOf(
  `
lqlq 00
hqlq 01
lqhq 10
hqhq 11
`,
  (halves, immediate) => [
    `pclmul${halves}dq x,x/m128 RM 660f3a44+${immediate}`,
    `vpclmul${halves}dq v,v,v/mv RVM vex.xy.66.0f3a.wig.44+${immediate};v,v,v/mv RVM evex.xyz.66.0f3a.wig.44+${immediate}`,
  ],
)

const others = `
aesimc x,x/m128 RM 660f38db
aeskeygenassist x,x/m128,i8 RMI 660f3adf
vaesimc x,x/m128 RM vex.128.66.0f38.wig.db
vaeskeygenassist x,x/m128,i8 RMI vex.128.66.0f3a.wig.df
pclmulqdq x,x/m128,i8 RMI 660f3a44
vpclmulqdq v,v,v/mv,i8 RVMI vex.xy.66.0f3a.wig.44;v,v,v/mv,i8 RVMI evex.xyz.66.0f3a.wig.44
sha1nexte x,x/m128 RM 0f38c8
sha1msg1 x,x/m128 RM 0f38c9
sha1msg2 x,x/m128 RM 0f38ca
sha1rnds4 x,x/m128,i8 RMI 0f3acc
sha256rnds2 x,x/m128 RM 0f38cb;x,x/m128,xmm0 RM- 0f38cb
sha256msg1 x,x/m128 RM 0f38cc
sha256msg2 x,x/m128 RM 0f38cd
gf2p8mulb x,x/m128 RM 660f38cf
gf2p8affineqb x,x/m128,i8 RMI 660f3ace
gf2p8affineinvqb x,x/m128,i8 RMI 660f3acf
vgf2p8mulb v,v,v/mv RVM vex.xy.66.0f38.w0.cf;v{kz},v,v/mv RVM evex.xyz.66.0f38.w0.cf
vgf2p8affineqb v,v,v/mv,i8 RVMI vex.xy.66.0f3a.w1.ce;v{kz},v,v/mv/b64,i8 RVMI evex.xyz.66.0f3a.w1.ce
vgf2p8affineinvqb v,v,v/mv,i8 RVMI vex.xy.66.0f3a.w1.cf;v{kz},v,v/mv/b64,i8 RVMI evex.xyz.66.0f3a.w1.cf
loadiwkey x,x RM f30f38dc
encodekey128 r32,r32 RM f30f38fa
encodekey256 r32,r32 RM f30f38fb
aesenc128kl x,m RM f30f38dc
aesdec128kl x,m RM f30f38dd
aesenc256kl x,m RM f30f38de
aesdec256kl x,m RM f30f38df
aesencwide128kl m M f30f38d8/0
aesdecwide128kl m M f30f38d8/1
aesencwide256kl m M f30f38d8/2
aesdecwide256kl m M f30f38d8/3
`

/** Cryptography. */
export const cryptoTable: readonly Rows[] = [rounds, products, others]
