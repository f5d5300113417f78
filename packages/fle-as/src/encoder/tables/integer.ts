// Arithmetic, comparison, packing and shifts of packed integers: MMX, SSE, AVX2, AVX-512.
import { type Rows, rowsOf } from './row.ts'

// Operations of two sources. name, map, opcode, encodings (m: MMX, s: SSE with the prefix 66, a: AVX with `v` before the
// name), then of AVX-512's form W and the element that may be broadcast, `-` for none.
const binary = rowsOf(
  `
punpcklbw 0f 60 sa wig -
punpcklwd 0f 61 sa wig -
punpckldq 0f 62 sa w0 b32
packsswb 0f 63 msa wig -
packuswb 0f 67 msa wig -
punpckhbw 0f 68 msa wig -
punpckhwd 0f 69 msa wig -
punpckhdq 0f 6a msa w0 b32
packssdw 0f 6b msa w0 b32
punpcklqdq 0f 6c sa w1 b64
punpckhqdq 0f 6d sa w1 b64
paddq 0f d4 msa w1 b64
pmullw 0f d5 msa wig -
psubusb 0f d8 msa wig -
psubusw 0f d9 msa wig -
pminub 0f da msa wig -
pand 0f db msa - -
paddusb 0f dc msa wig -
paddusw 0f dd msa wig -
pmaxub 0f de msa wig -
pandn 0f df msa - -
pavgb 0f e0 msa wig -
pavgw 0f e3 msa wig -
pmulhuw 0f e4 msa wig -
pmulhw 0f e5 msa wig -
psubsb 0f e8 msa wig -
psubsw 0f e9 msa wig -
pminsw 0f ea msa wig -
por 0f eb msa - -
paddsb 0f ec msa wig -
paddsw 0f ed msa wig -
pmaxsw 0f ee msa wig -
pxor 0f ef msa - -
pmuludq 0f f4 msa w1 b64
pmaddwd 0f f5 msa wig -
psubb 0f f8 msa wig -
psubw 0f f9 msa wig -
psubd 0f fa msa w0 b32
psubq 0f fb msa w1 b64
paddb 0f fc msa wig -
paddw 0f fd msa wig -
paddd 0f fe msa w0 b32
pshufb 0f38 00 msa wig -
phaddw 0f38 01 msa - -
phaddd 0f38 02 msa - -
phaddsw 0f38 03 msa - -
pmaddubsw 0f38 04 msa wig -
phsubw 0f38 05 msa - -
phsubd 0f38 06 msa - -
phsubsw 0f38 07 msa - -
psignb 0f38 08 msa - -
psignw 0f38 09 msa - -
psignd 0f38 0a msa - -
pmulhrsw 0f38 0b msa wig -
pmuldq 0f38 28 sa w1 b64
packusdw 0f38 2b sa w0 b32
pminsb 0f38 38 sa wig -
pminsd 0f38 39 sa w0 b32
pminuw 0f38 3a sa wig -
pminud 0f38 3b sa w0 b32
pmaxsb 0f38 3c sa wig -
pmaxsd 0f38 3d sa w0 b32
pmaxuw 0f38 3e sa wig -
pmaxud 0f38 3f sa w0 b32
pmulld 0f38 40 sa w0 b32
pandd 0f db - w0 b32
pandq 0f db - w1 b64
pandnd 0f df - w0 b32
pandnq 0f df - w1 b64
pord 0f eb - w0 b32
porq 0f eb - w1 b64
pxord 0f ef - w0 b32
pxorq 0f ef - w1 b64
pminsq 0f38 39 - w1 b64
pminuq 0f38 3b - w1 b64
pmaxsq 0f38 3d - w1 b64
pmaxuq 0f38 3f - w1 b64
pmullq 0f38 40 - w1 b64
pblendmb 0f38 66 - w0 -
pblendmw 0f38 66 - w1 -
pblendmd 0f38 64 - w0 b32
pblendmq 0f38 64 - w1 b64
pmultishiftqb 0f38 83 - w1 b64
pshldvw 0f38 70 - w1 -
pshldvd 0f38 71 - w0 b32
pshldvq 0f38 71 - w1 b64
pshrdvw 0f38 72 - w1 -
pshrdvd 0f38 73 - w0 b32
pshrdvq 0f38 73 - w1 b64
psrlvw 0f38 10 - w1 -
psravw 0f38 11 - w1 -
psllvw 0f38 12 - w1 -
psravq 0f38 46 - w1 b64
prorvd 0f38 14 - w0 b32
prorvq 0f38 14 - w1 b64
prolvd 0f38 15 - w0 b32
prolvq 0f38 15 - w1 b64
`,
  (name, map, opcode, encodings, w, broadcast) => {
    const lines: string[] = []
    if (encodings.includes('m')) lines.push(`${name} mm,mm/m64 RM ${map}${opcode}`)
    if (encodings.includes('s')) lines.push(`${name} x,x/m128 RM 66${map}${opcode}`)
    if (encodings.includes('a')) lines.push(`v${name} v,v,v/mv RVM vex.xy.66.${map}.wig.${opcode}`)
    if (w !== '-') {
      const memory = broadcast === '-' ? 'mv' : `mv/${broadcast}`
      lines.push(`v${name} v{kz},v,v/${memory} RVM evex.xyz.66.${map}.${w}.${opcode}`)
    }
    return lines
  },
)

// Comparisons: AVX-512's put their result into a mask register. name, map, opcode, encodings, W, broadcast.
const comparisons = rowsOf(
  `
pcmpgtb 0f 64 m wig -
pcmpgtw 0f 65 m wig -
pcmpgtd 0f 66 m w0 b32
pcmpeqb 0f 74 m wig -
pcmpeqw 0f 75 m wig -
pcmpeqd 0f 76 m w0 b32
pcmpeqq 0f38 29 - w1 b64
pcmpgtq 0f38 37 - w1 b64
`,
  (name, map, opcode, mmx, w, broadcast) => [
    ...(mmx === 'm' ? [`${name} mm,mm/m64 RM ${map}${opcode}`] : []),
    `${name} x,x/m128 RM 66${map}${opcode}`,
    `v${name} v,v,v/mv RVM vex.xy.66.${map}.wig.${opcode}`,
    `v${name} k{k},v,v/mv${broadcast === '-' ? '' : `/${broadcast}`} RVM evex.xyz.66.${map}.${w}.${opcode}`,
  ],
)

// AVX-512's comparisons by a predicate, as an immediate or as part of the name: suffix, opcode, W, broadcast.
const integerPredicates = ['eq', 'lt', 'le', '', 'neq', 'nlt', 'nle']
const predicateComparisons = rowsOf(
  `
b 3f w0 -
ub 3e w0 -
w 3f w1 -
uw 3e w1 -
d 1f w0 b32
ud 1e w0 b32
q 1f w1 b64
uq 1e w1 b64
`,
  (suffix, opcode, w, broadcast) => {
    const operands = `k{k},v,v/mv${broadcast === '-' ? '' : `/${broadcast}`}`
    const code = `evex.xyz.66.0f3a.${w}.${opcode}`
    return [
      `vpcmp${suffix} ${operands},i8 RVMI ${code}`,
      // Without a sign, equality is what the shorter instruction of the same name compares.
      ...integerPredicates.flatMap((predicate, number) =>
        predicate === '' || (number === 0 && !suffix.startsWith('u'))
          ? []
          : [`vpcmp${predicate}${suffix} ${operands} RVM ${code}+0${number}`],
      ),
    ]
  },
)

// Shifts by an immediate or by the low half of a vector. name, opcode by vector, opcode by immediate, encodings, W, broadcast.
const shifts = rowsOf(
  `
psrlw d1 71/2 msa wig -
psrld d2 72/2 msa w0 b32
psrlq d3 73/2 msa w1 b64
psraw e1 71/4 msa wig -
psrad e2 72/4 msa w0 b32
psraq e2 72/4 - w1 b64
psllw f1 71/6 msa wig -
pslld f2 72/6 msa w0 b32
psllq f3 73/6 msa w1 b64
`,
  (name, byVector, byImmediate, encodings, w, broadcast) => [
    ...(encodings === 'msa'
      ? [
          `${name} mm,i8 MI 0f${byImmediate};mm,mm/m64 RM 0f${byVector};x,i8 MI 660f${byImmediate};x,x/m128 RM 660f${byVector}`,
          `v${name} v,v,i8 VMI vex.xy.66.0f.wig.${byImmediate};v,v,x/m128 RVM vex.xy.66.0f.wig.${byVector}`,
        ]
      : []),
    `v${name} v{kz},v,x/m128 RVM evex.xyz.66.0f.${w}.${byVector}`,
    `v${name} v{kz},v/mv${broadcast === '-' ? '' : `/${broadcast}`},i8 VMI evex.xyz.66.0f.${w}.${byImmediate}`,
  ],
)

// Absolute values and conversions to wider elements, with one source. name, opcode, part of the vector that is read
// (v: all, h: a half, q: a quarter, e: an eighth), EVEX's W, broadcast.
const unary = rowsOf(
  `
pmovsxbw 20 h wig -
pmovsxbd 21 q wig -
pmovsxbq 22 e wig -
pmovsxwd 23 h wig -
pmovsxwq 24 q wig -
pmovsxdq 25 h w0 -
pmovzxbw 30 h wig -
pmovzxbd 31 q wig -
pmovzxbq 32 e wig -
pmovzxwd 33 h wig -
pmovzxwq 34 q wig -
pmovzxdq 35 h w0 -
pabsb 1c v wig -
pabsw 1d v wig -
pabsd 1e v w0 b32
`,
  (name, opcode, part, w, broadcast) => {
    const memory = { v: 'm128', h: 'm64', q: 'm32', e: 'm16' }[part]
    const mmx = part === 'v' ? [`${name} mm,mm/m64 RM 0f38${opcode}`] : []
    return [
      ...mmx,
      `${name} x,x/${memory} RM 660f38${opcode}`,
      `v${name} v,${part}/m${part} RM vex.xy.66.0f38.wig.${opcode}`,
      `v${name} v{kz},${part}/m${part}${broadcast === '-' ? '' : `/${broadcast}`} RM evex.xyz.66.0f38.${w}.${opcode}`,
    ]
  },
)

// Conversions to narrower elements, without and with signed or unsigned saturation: name, low half of the opcode, part.
const narrowing = rowsOf(
  `
wb 0 h
db 1 q
qb 2 e
dw 3 h
qw 4 q
qd 5 h
`,
  (name, low, part) =>
    ['3', '2', '1'].map(
      (high, i) => `vpmov${['', 's', 'us'][i]}${name} ${part}/m${part}{kz},v MR evex.xyz.f3.0f38.w0.${high}${low}`,
    ),
)

const others = `
punpcklbw mm,mm/m32 RM 0f60
punpcklwd mm,mm/m32 RM 0f61
punpckldq mm,mm/m32 RM 0f62
psadbw mm,mm/m64 RM 0ff6;x,x/m128 RM 660ff6
vpsadbw v,v,v/mv RVM vex.xy.66.0f.wig.f6;v,v,v/mv RVM evex.xyz.66.0f.wig.f6
pslldq x,i8 MI 660f73/7
psrldq x,i8 MI 660f73/3
vpslldq v,v,i8 VMI vex.xy.66.0f.wig.73/7;v,v/mv,i8 VMI evex.xyz.66.0f.wig.73/7
vpsrldq v,v,i8 VMI vex.xy.66.0f.wig.73/3;v,v/mv,i8 VMI evex.xyz.66.0f.wig.73/3
vpsrlvd v,v,v/mv RVM vex.xy.66.0f38.w0.45;v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.45
vpsrlvq v,v,v/mv RVM vex.xy.66.0f38.w1.45;v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.45
vpsravd v,v,v/mv RVM vex.xy.66.0f38.w0.46;v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.46
vpsllvd v,v,v/mv RVM vex.xy.66.0f38.w0.47;v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.47
vpsllvq v,v,v/mv RVM vex.xy.66.0f38.w1.47;v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.47
vprold v{kz},v/mv/b32,i8 VMI evex.xyz.66.0f.w0.72/1
vprolq v{kz},v/mv/b64,i8 VMI evex.xyz.66.0f.w1.72/1
vprord v{kz},v/mv/b32,i8 VMI evex.xyz.66.0f.w0.72/0
vprorq v{kz},v/mv/b64,i8 VMI evex.xyz.66.0f.w1.72/0
vpshldw v{kz},v,v/mv,i8 RVMI evex.xyz.66.0f3a.w1.70
vpshldd v{kz},v,v/mv/b32,i8 RVMI evex.xyz.66.0f3a.w0.71
vpshldq v{kz},v,v/mv/b64,i8 RVMI evex.xyz.66.0f3a.w1.71
vpshrdw v{kz},v,v/mv,i8 RVMI evex.xyz.66.0f3a.w1.72
vpshrdd v{kz},v,v/mv/b32,i8 RVMI evex.xyz.66.0f3a.w0.73
vpshrdq v{kz},v,v/mv/b64,i8 RVMI evex.xyz.66.0f3a.w1.73
vpternlogd v{kz},v,v/mv/b32,i8 RVMI evex.xyz.66.0f3a.w0.25
vpternlogq v{kz},v,v/mv/b64,i8 RVMI evex.xyz.66.0f3a.w1.25
vpabsq v{kz},v/mv/b64 RM evex.xyz.66.0f38.w1.1f
vplzcntd v{kz},v/mv/b32 RM evex.xyz.66.0f38.w0.44
vplzcntq v{kz},v/mv/b64 RM evex.xyz.66.0f38.w1.44
vpconflictd v{kz},v/mv/b32 RM evex.xyz.66.0f38.w0.c4
vpconflictq v{kz},v/mv/b64 RM evex.xyz.66.0f38.w1.c4
vpopcntb v{kz},v/mv RM evex.xyz.66.0f38.w0.54
vpopcntw v{kz},v/mv RM evex.xyz.66.0f38.w1.54
vpopcntd v{kz},v/mv/b32 RM evex.xyz.66.0f38.w0.55
vpopcntq v{kz},v/mv/b64 RM evex.xyz.66.0f38.w1.55
phminposuw x,x/m128 RM 660f3841
vphminposuw x,x/m128 RM vex.128.66.0f38.wig.41
mpsadbw x,x/m128,i8 RMI 660f3a42
vmpsadbw v,v,v/mv,i8 RVMI vex.xy.66.0f3a.wig.42
vdbpsadbw v{kz},v,v/mv,i8 RVMI evex.xyz.66.0f3a.w0.42
ptest x,x/m128 RM 660f3817
vptest v,v/mv RM vex.xy.66.0f38.wig.17
pmovmskb r,mm RM 0fd7 lq nosize;r,x RM 660fd7 lq nosize
vpmovmskb r,v RM vex.xy.66.0f.wig.d7 lq nosize
pcmpestrm x,x/m128,i8 RMI 660f3a60;x,x/m128,i8 RMI 660f3a60 lq explicit
pcmpestri x,x/m128,i8 RMI 660f3a61;x,x/m128,i8 RMI 660f3a61 lq explicit
pcmpistrm x,x/m128,i8 RMI 660f3a62
pcmpistri x,x/m128,i8 RMI 660f3a63
vpcmpestrm x,x/m128,i8 RMI vex.128.66.0f3a.w0.60;x,x/m128,i8 RMI vex.128.66.0f3a.w.60 lq explicit
vpcmpestri x,x/m128,i8 RMI vex.128.66.0f3a.w0.61;x,x/m128,i8 RMI vex.128.66.0f3a.w.61 lq explicit
vpcmpistrm x,x/m128,i8 RMI vex.128.66.0f3a.wig.62
vpcmpistri x,x/m128,i8 RMI vex.128.66.0f3a.wig.63
vpmadd52luq v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.b4;v,v,v/mv RVM vex.xy.66.0f38.w1.b4
vpmadd52huq v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.b5;v,v,v/mv RVM vex.xy.66.0f38.w1.b5
vpdpbusd v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.50;v,v,v/mv RVM vex.xy.66.0f38.w0.50
vpdpbusds v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.51;v,v,v/mv RVM vex.xy.66.0f38.w0.51
vpdpwssd v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.52;v,v,v/mv RVM vex.xy.66.0f38.w0.52
vpdpwssds v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.53;v,v,v/mv RVM vex.xy.66.0f38.w0.53
vpdpbssd v,v,v/mv RVM vex.xy.f2.0f38.w0.50
vpdpbssds v,v,v/mv RVM vex.xy.f2.0f38.w0.51
vpdpbsud v,v,v/mv RVM vex.xy.f3.0f38.w0.50
vpdpbsuds v,v,v/mv RVM vex.xy.f3.0f38.w0.51
vpdpbuud v,v,v/mv RVM vex.xy.np.0f38.w0.50
vpdpbuuds v,v,v/mv RVM vex.xy.np.0f38.w0.51
vp4dpwssd z{kz},z,m128 RVM evex.512.f2.0f38.w0.52
vp4dpwssds z{kz},z,m128 RVM evex.512.f2.0f38.w0.53
`

/** Arithmetic, comparison, packing and shifts of packed integers. */
export const integerTable: readonly Rows[] = [
  binary,
  comparisons,
  predicateComparisons,
  shifts,
  unary,
  narrowing,
  others,
]
