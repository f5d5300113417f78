// Moves of vectors and their parts: loads, stores, broadcasts, insertions, extractions, gathers.
import { type Rows, rowsOf } from './row.ts'

// Whole vectors, either way. name, prefix, opcode of the load, of the store, EVEX's W.
const whole = rowsOf(
  `
movups np 10 11 w0
movupd 66 10 11 w1
movaps np 28 29 w0
movapd 66 28 29 w1
movdqa 66 6f 7f -
movdqu f3 6f 7f -
`,
  (name, prefix, load, store, w) => {
    const code = prefix === 'np' ? '0f' : `${prefix}0f`
    const lines = [
      `${name} x,x/m128 RM ${code}${load};x/m128,x MR ${code}${store}`,
      `v${name} v,v/mv RM vex.xy.${prefix}.0f.wig.${load} swap;v/mv,v MR vex.xy.${prefix}.0f.wig.${store}`,
    ]
    if (w !== '-') lines.push(evexMove(`v${name}`, prefix, load, store, w))
    return lines
  },
)

const evexIntegers = rowsOf(
  `
vmovdqa32 66 w0
vmovdqa64 66 w1
vmovdqu8 f2 w0
vmovdqu16 f2 w1
vmovdqu32 f3 w0
vmovdqu64 f3 w1
`,
  (name, prefix, w) => [evexMove(name, prefix, '6f', '7f', w)],
)

function evexMove(name: string, prefix: string, load: string, store: string, w: string): string {
  return `${name} v{kz},v/mv RM evex.xyz.${prefix}.0f.${w}.${load};v/mv{kz},v MR evex.xyz.${prefix}.0f.${w}.${store}`
}

// Scalars: from memory the rest becomes zero, between registers it comes from a third one. name, memory, EVEX's map and W.
const scalars = rowsOf(
  `
movss m32 f3 0f w0
movsd m64 f2 0f w1
movsh m16 f3 m5 w0
`,
  (name, memory, prefix, map, w) => {
    const evex = `evex.lig.${prefix}.${map}.${w}`
    const lines = [
      `v${name} x{kz},${memory} RM ${evex}.10;${memory}{k},x MR ${evex}.11;x{kz},x,x RVM ${evex}.10;x{kz},x,x MVR ${evex}.11`,
    ]
    if (map !== '0f') return lines
    const vex = `vex.lig.${prefix}.0f.wig`
    return [
      `${name} x,x/${memory} RM ${prefix}0f10;x/${memory},x MR ${prefix}0f11`,
      `v${name} x,${memory} RM ${vex}.10;${memory},x MR ${vex}.11;x,x,x RVM ${vex}.10 swap;x,x,x MVR ${vex}.11`,
      ...lines,
    ]
  },
)

// Halves of 128 bits. name, prefix, opcode of the load (the store is the next), EVEX's W.
const halves = rowsOf(
  `
movlps np 12 w0
movlpd 66 12 w1
movhps np 16 w0
movhpd 66 16 w1
`,
  (name, prefix, load, w) => {
    const code = prefix === 'np' ? '0f' : `${prefix}0f`
    const store = (Number.parseInt(load, 16) + 1).toString(16)
    return [
      `${name} x,m64 RM ${code}${load};m64,x MR ${code}${store}`,
      ...['vex.128 wig', `evex.128 ${w}`].map((scheme) => {
        const [start, bit] = scheme.split(' ')
        const middle = `${start}.${prefix}.0f.${bit}`
        return `v${name} x,x,m64 RVM ${middle}.${load};m64,x MR ${middle}.${store}`
      }),
    ]
  },
)

// Loads and stores that bypass the cache.
const streaming = rowsOf(
  `
movntps np w0 2b
movntpd 66 w1 2b
movntdq 66 w0 e7
`,
  (name, prefix, w, opcode) => [
    `${name} m128,x MR ${prefix === 'np' ? '' : prefix}0f${opcode}`,
    `v${name} mv,v MR vex.xy.${prefix}.0f.wig.${opcode};mv,v MR evex.xyz.${prefix}.0f.${w}.${opcode}`,
  ],
)

// One element of a vector to or from a general register: name, element, map and opcodes, W.
const elements = rowsOf(
  `
b m8 0f3a 20 0f3a 14 wig
d m32 0f3a 22 0f3a 16 w0
q m64 0f3a 22 0f3a 16 w1
`,
  (name, memory, insertMap, insert, extractMap, extract, w) => {
    const register = name === 'q' ? 'r64' : name === 'd' ? 'r32' : 'r32/r64'
    const wide = name === 'q' ? 'W' : ''
    const bit = name === 'b' ? 'wig' : w
    return [
      `pinsr${name} x,${register}/${memory},i8 RMI ${wide}66${insertMap}${insert}`,
      `pextr${name} ${register}/${memory},x,i8 MRI ${wide}66${extractMap}${extract}`,
      ...['vex', 'evex'].flatMap((scheme) => [
        `vpinsr${name} x,x,${register}/${memory},i8 RVMI ${scheme}.128.66.${insertMap}.${bit}.${insert}`,
        `vpextr${name} ${register}/${memory},x,i8 MRI ${scheme}.128.66.${extractMap}.${bit}.${extract}`,
      ]),
    ]
  },
)

// Lanes of 128 and 256 bits in and out of vectors: name, lane, lengths, W, opcode of the insertion (extraction: the next).
const lanes = rowsOf(
  `
f32x4 x/m128 yz w0 18
f64x2 x/m128 yz w1 18
f32x8 y/m256 512 w0 1a
f64x4 y/m256 512 w1 1a
i32x4 x/m128 yz w0 38
i64x2 x/m128 yz w1 38
i32x8 y/m256 512 w0 3a
i64x4 y/m256 512 w1 3a
`,
  (name, lane, lengths, w, insert) => {
    const extract = (Number.parseInt(insert, 16) + 1).toString(16)
    return [
      `vinsert${name} v{kz},v,${lane},i8 RVMI evex.${lengths}.66.0f3a.${w}.${insert}`,
      `vextract${name} ${lane}{kz},v,i8 MRI evex.${lengths}.66.0f3a.${w}.${extract}`,
    ]
  },
)

// Gathers and scatters. name, opcodes of gather and scatter for 32-bit and 64-bit indexes: elements of 32 and 64 bits each.
const gathers = () =>
  ['pgather', 'gather']
    .flatMap((gather, isFloat) =>
      // index and element, the part of the vector that the indexes and the elements take, W
      ['d w0 32 v v', 'd w1 64 h v', 'q w0 32 v h', 'q w1 64 v v'].map((row) => {
        const [indexLetter, w, bits, index, data] = row.split(' ')
        const element = isFloat ? (w === 'w0' ? 'ps' : 'pd') : w === 'w0' ? 'd' : 'q'
        const step = (isFloat ? 2 : 0) + (indexLetter === 'q' ? 1 : 0)
        const memory = `vm${bits}${index}`
        const name = `${gather}${indexLetter}${element}`
        return (
          `v${name} ${data},${memory},${data} RMV vex.xy.66.0f38.${w}.9${step};` +
          `${data}{k},${memory} RM evex.xyz.66.0f38.${w}.9${step} masked\n` +
          `v${name.replace('gather', 'scatter')} ${memory}{k},${data} MR evex.xyz.66.0f38.${w}.a${step} masked`
        )
      }),
    )
    .join('\n')

// Prefetches of gathers and scatters: ModRM.reg, by the cache level.
const gatherPrefetches = () =>
  ['gatherpf0 1', 'gatherpf1 2', 'scatterpf0 5', 'scatterpf1 6']
    .flatMap((row) => {
      const [name, digit] = row.split(' ')
      return [
        `v${name}dps vm32z{k} M evex.512.66.0f38.w0.c6/${digit} masked`,
        `v${name}dpd vm64y{k} M evex.512.66.0f38.w1.c6/${digit} masked`,
        `v${name}qps vm32z{k} M evex.512.66.0f38.w0.c7/${digit} masked`,
        `v${name}qpd vm64z{k} M evex.512.66.0f38.w1.c7/${digit} masked`,
      ]
    })
    .join('\n')

const others = `
movd mm,rm32 RM 0f6e;rm32,mm MR 0f7e;x,rm32 RM 660f6e guess;rm32,x MR 660f7e guess;mm,r64 RM W0f6e;r64,mm MR W0f7e;x,r64/m64 RM W660f6e;r64/m64,x MR W660f7e
vmovd x,rm32 RM vex.128.66.0f.w0.6e;rm32,x MR vex.128.66.0f.w0.7e;x,r64 RM vex.128.66.0f.w1.6e;r64,x MR vex.128.66.0f.w1.7e
vmovd x,rm32 RM evex.128.66.0f.w0.6e;rm32,x MR evex.128.66.0f.w0.7e
vmovq x,x/m64 RM vex.128.f3.0f.wig.7e swap;x/m64,x MR vex.128.66.0f.wig.d6;x,r64 RM vex.128.66.0f.w1.6e;r64,x MR vex.128.66.0f.w1.7e
vmovq x,r64/m64 RM evex.128.66.0f.w1.6e;r64/m64,x MR evex.128.66.0f.w1.7e;x,x RM evex.128.f3.0f.w1.7e;x,x MR evex.128.66.0f.w1.d6
vmovw x,r32/m16 RM evex.128.66.m5.wig.6e;r32/m16,x MR evex.128.66.m5.wig.7e
movsd - - a5 rep
movq2dq x,mm RM f30fd6
movdq2q mm,x RM f20fd6
movhlps x,x RM 0f12
movlhps x,x RM 0f16
vmovhlps x,x,x RVM vex.128.np.0f.wig.12;x,x,x RVM evex.128.np.0f.w0.12
vmovlhps x,x,x RVM vex.128.np.0f.wig.16;x,x,x RVM evex.128.np.0f.w0.16
movddup x,x/m64 RM f20f12
vmovddup x,x/m64 RM vex.128.f2.0f.wig.12;y,y/m256 RM vex.256.f2.0f.wig.12
vmovddup x{kz},x/m64 RM evex.128.f2.0f.w1.12;v{kz},v/mv RM evex.yz.f2.0f.w1.12
movsldup x,x/m128 RM f30f12
movshdup x,x/m128 RM f30f16
vmovsldup v,v/mv RM vex.xy.f3.0f.wig.12;v{kz},v/mv RM evex.xyz.f3.0f.w0.12
vmovshdup v,v/mv RM vex.xy.f3.0f.wig.16;v{kz},v/mv RM evex.xyz.f3.0f.w0.16
lddqu x,m128 RM f20ff0
vlddqu v,mv RM vex.xy.f2.0f.wig.f0
movntdqa x,m128 RM 660f382a
vmovntdqa v,mv RM vex.xy.66.0f38.wig.2a;v,mv RM evex.xyz.66.0f38.w0.2a
movntq m64,mm MR 0fe7
maskmovq mm,mm RM 0ff7
maskmovdqu x,x RM 660ff7
vmaskmovdqu x,x RM vex.128.66.0f.wig.f7
vmaskmovps v,v,mv RVM vex.xy.66.0f38.w0.2c;mv,v,v MVR vex.xy.66.0f38.w0.2e
vmaskmovpd v,v,mv RVM vex.xy.66.0f38.w0.2d;mv,v,v MVR vex.xy.66.0f38.w0.2f
vpmaskmovd v,v,mv RVM vex.xy.66.0f38.w0.8c;mv,v,v MVR vex.xy.66.0f38.w0.8e
vpmaskmovq v,v,mv RVM vex.xy.66.0f38.w1.8c;mv,v,v MVR vex.xy.66.0f38.w1.8e
pinsrw mm,r,i8 RMI 0fc4 lq nosize;mm,m16,i8 RMI 0fc4;x,r,i8 RMI 660fc4 lq nosize;x,m16,i8 RMI 660fc4
vpinsrw x,x,r,i8 RVMI vex.128.66.0f.wig.c4 lq;x,x,m16,i8 RVMI vex.128.66.0f.wig.c4
vpinsrw x,x,r,i8 RVMI evex.128.66.0f.wig.c4 lq;x,x,m16,i8 RVMI evex.128.66.0f.wig.c4
pextrw r,mm,i8 RMI 0fc5 lq nosize;r,x,i8 RMI 660fc5 lq nosize;r,x,i8 MRI 660f3a15 lq nosize;m16,x,i8 MRI 660f3a15
vpextrw r,x,i8 RMI vex.128.66.0f.wig.c5 lq;r,x,i8 MRI vex.128.66.0f3a.wig.15 lq;m16,x,i8 MRI vex.128.66.0f3a.wig.15
vpextrw r,x,i8 RMI evex.128.66.0f.wig.c5 lq;r,x,i8 MRI evex.128.66.0f3a.wig.15 lq;m16,x,i8 MRI evex.128.66.0f3a.wig.15
extractps r32/r64/m32,x,i8 MRI 660f3a17
vextractps r32/r64/m32,x,i8 MRI vex.128.66.0f3a.wig.17;r32/r64/m32,x,i8 MRI evex.128.66.0f3a.wig.17
insertps x,x/m32,i8 RMI 660f3a21
vinsertps x,x,x/m32,i8 RVMI vex.128.66.0f3a.wig.21;x,x,x/m32,i8 RVMI evex.128.66.0f3a.w0.21
vinsertf128 y,y,x/m128,i8 RVMI vex.256.66.0f3a.w0.18
vinserti128 y,y,x/m128,i8 RVMI vex.256.66.0f3a.w0.38
vextractf128 x/m128,y,i8 MRI vex.256.66.0f3a.w0.19
vextracti128 x/m128,y,i8 MRI vex.256.66.0f3a.w0.39
vbroadcastss v,x/m32 RM vex.xy.66.0f38.w0.18;v{kz},x/m32 RM evex.xyz.66.0f38.w0.18
vbroadcastsd y,x/m64 RM vex.256.66.0f38.w0.19;v{kz},x/m64 RM evex.yz.66.0f38.w1.19
vbroadcastf128 y,m128 RM vex.256.66.0f38.w0.1a
vbroadcasti128 y,m128 RM vex.256.66.0f38.w0.5a
vbroadcastf32x2 v{kz},x/m64 RM evex.yz.66.0f38.w0.19
vbroadcastf32x4 v{kz},m128 RM evex.yz.66.0f38.w0.1a
vbroadcastf64x2 v{kz},m128 RM evex.yz.66.0f38.w1.1a
vbroadcastf32x8 v{kz},m256 RM evex.512.66.0f38.w0.1b
vbroadcastf64x4 v{kz},m256 RM evex.512.66.0f38.w1.1b
vbroadcasti32x2 v{kz},x/m64 RM evex.xyz.66.0f38.w0.59
vbroadcasti32x4 v{kz},m128 RM evex.yz.66.0f38.w0.5a
vbroadcasti64x2 v{kz},m128 RM evex.yz.66.0f38.w1.5a
vbroadcasti32x8 v{kz},m256 RM evex.512.66.0f38.w0.5b
vbroadcasti64x4 v{kz},m256 RM evex.512.66.0f38.w1.5b
vpbroadcastb v,x/m8 RM vex.xy.66.0f38.w0.78;v{kz},x/m8 RM evex.xyz.66.0f38.w0.78;v{kz},r32 RM evex.xyz.66.0f38.w0.7a
vpbroadcastw v,x/m16 RM vex.xy.66.0f38.w0.79;v{kz},x/m16 RM evex.xyz.66.0f38.w0.79;v{kz},r32 RM evex.xyz.66.0f38.w0.7b
vpbroadcastd v,x/m32 RM vex.xy.66.0f38.w0.58;v{kz},x/m32 RM evex.xyz.66.0f38.w0.58;v{kz},r32 RM evex.xyz.66.0f38.w0.7c
vpbroadcastq v,x/m64 RM vex.xy.66.0f38.w0.59;v{kz},x/m64 RM evex.xyz.66.0f38.w1.59;v{kz},r64 RM evex.xyz.66.0f38.w1.7c
vcompressps v/m32v{kz},v MR evex.xyz.66.0f38.w0.8a
vcompresspd v/m64v{kz},v MR evex.xyz.66.0f38.w1.8a
vpcompressb v/m8v{kz},v MR evex.xyz.66.0f38.w0.63
vpcompressw v/m16v{kz},v MR evex.xyz.66.0f38.w1.63
vpcompressd v/m32v{kz},v MR evex.xyz.66.0f38.w0.8b
vpcompressq v/m64v{kz},v MR evex.xyz.66.0f38.w1.8b
vexpandps v{kz},v/m32v RM evex.xyz.66.0f38.w0.88
vexpandpd v{kz},v/m64v RM evex.xyz.66.0f38.w1.88
vpexpandb v{kz},v/m8v RM evex.xyz.66.0f38.w0.62
vpexpandw v{kz},v/m16v RM evex.xyz.66.0f38.w1.62
vpexpandd v{kz},v/m32v RM evex.xyz.66.0f38.w0.89
vpexpandq v{kz},v/m64v RM evex.xyz.66.0f38.w1.89
vldmxcsr m32 M vex.lz.np.0f.wig.ae/2
vstmxcsr m32 M vex.lz.np.0f.wig.ae/3
vzeroupper - - vex.128.np.0f.wig.77
vzeroall - - vex.256.np.0f.wig.77
emms - - 0f77
`

/** Moves of vectors and their parts. */
export const moveTable: readonly Rows[] = [
  whole,
  evexIntegers,
  scalars,
  halves,
  streaming,
  elements,
  lanes,
  gathers,
  gatherPrefetches,
  others,
]
