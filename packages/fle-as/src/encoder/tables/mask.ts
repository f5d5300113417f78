// Mask registers: arithmetic on %k0 … %k7, moves to and from them, tests that set them; the tile registers of AMX.
import { type Rows, rowsOf } from './row.ts'

/** Each operation on masks exists for 8, 16, 32 and 64 bits, which prefix and W tell apart. */
const widths = [
  { suffix: 'b', code: '66', w: 'w0' },
  { suffix: 'w', code: 'np', w: 'w0' },
  { suffix: 'd', code: '66', w: 'w1' },
  { suffix: 'q', code: 'np', w: 'w1' },
]

// name, operands, places, length, opcode
const operations = rowsOf(
  `
kand k,k,k RVM l1 41
kandn k,k,k RVM l1 42
knot k,k RM lz 44
kor k,k,k RVM l1 45
kxnor k,k,k RVM l1 46
kxor k,k,k RVM l1 47
kadd k,k,k RVM l1 4a
kortest k,k RM lz 98
ktest k,k RM lz 99
`,
  (name, operands, places, length, opcode) =>
    widths.map(
      ({ suffix, code, w }) => `${name}${suffix} ${operands} ${places} vex.${length}.${code}.0f.${w}.${opcode}`,
    ),
)

const others = `
kmovb k,k/m8 RM vex.lz.66.0f.w0.90;m8,k MR vex.lz.66.0f.w0.91;k,r32 RM vex.lz.66.0f.w0.92;r32,k RM vex.lz.66.0f.w0.93
kmovw k,k/m16 RM vex.lz.np.0f.w0.90;m16,k MR vex.lz.np.0f.w0.91;k,r32 RM vex.lz.np.0f.w0.92;r32,k RM vex.lz.np.0f.w0.93
kmovd k,k/m32 RM vex.lz.66.0f.w1.90;m32,k MR vex.lz.66.0f.w1.91;k,r32 RM vex.lz.f2.0f.w0.92;r32,k RM vex.lz.f2.0f.w0.93
kmovq k,k/m64 RM vex.lz.np.0f.w1.90;m64,k MR vex.lz.np.0f.w1.91;k,r64 RM vex.lz.f2.0f.w1.92;r64,k RM vex.lz.f2.0f.w1.93
kunpckbw k,k,k RVM vex.l1.66.0f.w0.4b
kunpckwd k,k,k RVM vex.l1.np.0f.w0.4b
kunpckdq k,k,k RVM vex.l1.np.0f.w1.4b
kshiftrb k,k,i8 RMI vex.lz.66.0f3a.w0.30
kshiftrw k,k,i8 RMI vex.lz.66.0f3a.w1.30
kshiftrd k,k,i8 RMI vex.lz.66.0f3a.w0.31
kshiftrq k,k,i8 RMI vex.lz.66.0f3a.w1.31
kshiftlb k,k,i8 RMI vex.lz.66.0f3a.w0.32
kshiftlw k,k,i8 RMI vex.lz.66.0f3a.w1.32
kshiftld k,k,i8 RMI vex.lz.66.0f3a.w0.33
kshiftlq k,k,i8 RMI vex.lz.66.0f3a.w1.33
vpmovm2b v,k RM evex.xyz.f3.0f38.w0.28
vpmovm2w v,k RM evex.xyz.f3.0f38.w1.28
vpmovm2d v,k RM evex.xyz.f3.0f38.w0.38
vpmovm2q v,k RM evex.xyz.f3.0f38.w1.38
vpmovb2m k,v RM evex.xyz.f3.0f38.w0.29
vpmovw2m k,v RM evex.xyz.f3.0f38.w1.29
vpmovd2m k,v RM evex.xyz.f3.0f38.w0.39
vpmovq2m k,v RM evex.xyz.f3.0f38.w1.39
vpbroadcastmb2q v,k RM evex.xyz.f3.0f38.w1.2a
vpbroadcastmw2d v,k RM evex.xyz.f3.0f38.w0.3a
vptestmb k{k},v,v/mv RVM evex.xyz.66.0f38.w0.26
vptestmw k{k},v,v/mv RVM evex.xyz.66.0f38.w1.26
vptestmd k{k},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.27
vptestmq k{k},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.27
vptestnmb k{k},v,v/mv RVM evex.xyz.f3.0f38.w0.26
vptestnmw k{k},v,v/mv RVM evex.xyz.f3.0f38.w1.26
vptestnmd k{k},v,v/mv/b32 RVM evex.xyz.f3.0f38.w0.27
vptestnmq k{k},v,v/mv/b64 RVM evex.xyz.f3.0f38.w1.27
vpshufbitqmb k{k},v,v/mv RVM evex.xyz.66.0f38.w0.8f
vp2intersectd k,v,v/mv/b32 RVM evex.xyz.f2.0f38.w0.68
vp2intersectq k,v,v/mv/b64 RVM evex.xyz.f2.0f38.w1.68
ldtilecfg m M vex.128.np.0f38.w0.49/0
sttilecfg m M vex.128.66.0f38.w0.49/0
tilerelease - - vex.128.np.0f38.w0.49c0
tilezero tmm R vex.128.f2.0f38.w0.49
tileloadd tmm,m RM vex.128.f2.0f38.w0.4b sib
tileloaddt1 tmm,m RM vex.128.66.0f38.w0.4b sib
tilestored m,tmm MR vex.128.f3.0f38.w0.4b sib
tdpbssd tmm,tmm,tmm RMV vex.128.f2.0f38.w0.5e distinct
tdpbsud tmm,tmm,tmm RMV vex.128.f3.0f38.w0.5e distinct
tdpbusd tmm,tmm,tmm RMV vex.128.66.0f38.w0.5e distinct
tdpbuud tmm,tmm,tmm RMV vex.128.np.0f38.w0.5e distinct
tdpbf16ps tmm,tmm,tmm RMV vex.128.f3.0f38.w0.5c distinct
tdpfp16ps tmm,tmm,tmm RMV vex.128.f2.0f38.w0.5c distinct
`

/** Mask registers and tiles. */
export const maskTable: readonly Rows[] = [operations, others]
