// Conversions between integers and floating point, and between floating-point types.
import { type Rows, rowsOf } from './row.ts'

// Between packed types of AVX-512, where the source has as many elements as the destination. name, destination, source (v: a
// whole vector, h: a half, q: a quarter), element that may be broadcast, prefix.map.W.opcode, rounding.
const packed = rowsOf(
  `
cvtpd2qq v v b64 66.0f.w1.7b {er}
cvtpd2uqq v v b64 66.0f.w1.79 {er}
cvttpd2qq v v b64 66.0f.w1.7a {sae}
cvttpd2uqq v v b64 66.0f.w1.78 {sae}
cvtps2qq v h b32 66.0f.w0.7b {er}
cvtps2uqq v h b32 66.0f.w0.79 {er}
cvttps2qq v h b32 66.0f.w0.7a {sae}
cvttps2uqq v h b32 66.0f.w0.78 {sae}
cvtps2udq v v b32 np.0f.w0.79 {er}
cvttps2udq v v b32 np.0f.w0.78 {sae}
cvtqq2pd v v b64 f3.0f.w1.e6 {er}
cvtuqq2pd v v b64 f3.0f.w1.7a {er}
cvtudq2pd v h b32 f3.0f.w0.7a -
cvtudq2ps v v b32 f2.0f.w0.7a {er}
cvtph2pd v q b16 np.m5.w0.5a {sae}
cvtph2psx v h b16 66.m6.w0.13 {sae}
cvtph2dq v h b16 66.m5.w0.5b {er}
cvttph2dq v h b16 f3.m5.w0.5b {sae}
cvtph2udq v h b16 np.m5.w0.79 {er}
cvttph2udq v h b16 np.m5.w0.78 {sae}
cvtph2qq v q b16 66.m5.w0.7b {er}
cvttph2qq v q b16 66.m5.w0.7a {sae}
cvtph2uqq v q b16 66.m5.w0.79 {er}
cvttph2uqq v q b16 66.m5.w0.78 {sae}
cvtph2w v v b16 66.m5.w0.7d {er}
cvttph2w v v b16 66.m5.w0.7c {sae}
cvtph2uw v v b16 np.m5.w0.7d {er}
cvttph2uw v v b16 np.m5.w0.7c {sae}
cvtw2ph v v b16 f3.m5.w0.7d {er}
cvtuw2ph v v b16 f2.m5.w0.7d {er}
cvtne2ps2bf16 v,v v b32 f2.0f38.w0.72 -
`,
  (name, destination, source, broadcast, opcode, rounding) => {
    const [first, ...others] = destination.split(',')
    const operands = [`${first}{kz}`, ...others, `${source}/m${source}/${broadcast}${rounding === '-' ? '' : rounding}`]
    return [`v${name} ${operands.join(',')} ${others.length === 0 ? 'RM' : 'RVM'} ${evex('xyz', opcode)}`]
  },
)

// Conversions to narrower elements: with a source in memory, only a suffix (x, y, z) tells how long it is. name, part of the
// vector that is written (h: half, q: quarter), broadcast, prefix.map.W.opcode, rounding. Where the result is half as long, the
// longest source is told by its destination.
const narrowing = rowsOf(
  `
cvtpd2udq h b64 np.0f.w1.79 {er}
cvttpd2udq h b64 np.0f.w1.78 {sae}
cvtqq2ps h b64 np.0f.w1.5b {er}
cvtuqq2ps h b64 f2.0f.w1.7a {er}
cvtps2phx h b32 66.m5.w0.1d {er}
cvtdq2ph h b32 np.m5.w0.5b {er}
cvtudq2ph h b32 f2.m5.w0.7a {er}
cvtpd2ph q b64 66.m5.w1.5a {er}
cvtqq2ph q b64 np.m5.w1.5b {er}
cvtuqq2ph q b64 f2.m5.w1.7a {er}
`,
  (name, part, broadcast, opcode, rounding) => {
    const operands = `${part}{kz},v/mv/${broadcast}${rounding}`
    return part === 'q'
      ? [`v${name} ${operands} RM ${evex('xyz', opcode)} lengths`]
      : [`v${name} ${operands} RM ${evex('xy', opcode)} lengths;${operands} RM ${evex('512', opcode)}`]
  },
)

// The same for those that AVX has, too.
const narrowingAvx = rowsOf(
  `
cvtpd2dq f2 e6 {er}
cvttpd2dq 66 e6 {sae}
cvtpd2ps 66 5a {er}
`,
  (name, prefix, opcode, rounding) => {
    const operands = `h{kz},v/mv/b64${rounding}`
    const code = `${prefix}.0f.w1.${opcode}`
    return [
      `${name} x,x/m128 RM ${prefix}0f${opcode}`,
      `v${name} x,v/mv RM vex.xy.${prefix}.0f.wig.${opcode} lengths`,
      `v${name} ${operands} RM ${evex('xy', code)} lengths;${operands} RM ${evex('512', code)}`,
    ]
  },
)

function evex(lengths: string, opcode: string): string {
  return `evex.${lengths}.${opcode}`
}

// From a scalar to a general register. name, memory, prefix, map, opcode, rounding, encodings (s: SSE, a: AVX, e: EVEX).
const toInteger = rowsOf(
  `
cvtss2si m32 f3 0f 2d {er} sae
cvttss2si m32 f3 0f 2c {sae} sae
cvtsd2si m64 f2 0f 2d {er} sae
cvttsd2si m64 f2 0f 2c {sae} sae
cvtss2usi m32 f3 0f 79 {er} e
cvttss2usi m32 f3 0f 78 {sae} e
cvtsd2usi m64 f2 0f 79 {er} e
cvttsd2usi m64 f2 0f 78 {sae} e
cvtsh2si m16 f3 m5 2d {er} e
cvttsh2si m16 f3 m5 2c {sae} e
cvtsh2usi m16 f3 m5 79 {er} e
cvttsh2usi m16 f3 m5 78 {sae} e
`,
  (name, memory, prefix, map, opcode, rounding, encodings) => [
    ...(encodings === 'sae'
      ? [
          `${name} r,x/${memory} RM ${prefix}0f${opcode} lq`,
          `v${name} r,x/${memory} RM vex.lig.${prefix}.0f.w.${opcode} lq`,
        ]
      : []),
    `v${name} r,x/${memory}${rounding} RM evex.lig.${prefix}.${map}.w.${opcode} lq${encodings === 'sae' ? '' : ' plain'}`,
  ],
)

// From a general register or memory to a scalar. A double holds every 32-bit integer: there is nothing to round.
const fromInteger = rowsOf(
  `
cvtsi2ss f3 0f 2a both
cvtsi2sd f2 0f 2a 64
cvtusi2ss f3 0f 7b both
cvtusi2sd f2 0f 7b 64
cvtsi2sh f3 m5 2a both
cvtusi2sh f3 m5 7b both
`,
  (name, prefix, map, opcode, rounded) => [
    ...(opcode === '2a' && map === '0f'
      ? [`${name} x,rm RM ${prefix}0f2a lq guess`, `v${name} x,x,rm RVM vex.lig.${prefix}.0f.w.2a lq guess`]
      : []),
    `v${name} x,x,rm${rounded === 'both' ? '{er}' : ''} RVM evex.lig.${prefix}.${map}.w.${opcode} l guess`,
    `v${name} x,x,rm{er} RVM evex.lig.${prefix}.${map}.w.${opcode} q`,
  ],
)

const others = `
cvtps2pi mm,x/m64 RM 0f2d
cvttps2pi mm,x/m64 RM 0f2c
cvtpd2pi mm,x/m128 RM 660f2d
cvttpd2pi mm,x/m128 RM 660f2c
cvtpi2ps x,mm/m64 RM 0f2a
cvtpi2pd x,mm/m64 RM 660f2a
cvtdq2ps x,x/m128 RM 0f5b
cvtps2dq x,x/m128 RM 660f5b
cvttps2dq x,x/m128 RM f30f5b
cvtdq2pd x,x/m64 RM f30fe6
cvtps2pd x,x/m64 RM 0f5a
cvtss2sd x,x/m32 RM f30f5a
cvtsd2ss x,x/m64 RM f20f5a
vcvtdq2ps v,v/mv RM vex.xy.np.0f.wig.5b;v{kz},v/mv/b32{er} RM evex.xyz.np.0f.w0.5b
vcvtps2dq v,v/mv RM vex.xy.66.0f.wig.5b;v{kz},v/mv/b32{er} RM evex.xyz.66.0f.w0.5b
vcvttps2dq v,v/mv RM vex.xy.f3.0f.wig.5b;v{kz},v/mv/b32{sae} RM evex.xyz.f3.0f.w0.5b
vcvtdq2pd v,h/mh RM vex.xy.f3.0f.wig.e6;v{kz},h/mh/b32 RM evex.xyz.f3.0f.w0.e6
vcvtps2pd v,h/mh RM vex.xy.np.0f.wig.5a;v{kz},h/mh/b32{sae} RM evex.xyz.np.0f.w0.5a
vcvtss2sd x,x,x/m32 RVM vex.lig.f3.0f.wig.5a;x{kz},x,x/m32{sae} RVM evex.lig.f3.0f.w0.5a
vcvtsd2ss x,x,x/m64 RVM vex.lig.f2.0f.wig.5a;x{kz},x,x/m64{er} RVM evex.lig.f2.0f.w1.5a
vcvtsd2sh x{kz},x,x/m64{er} RVM evex.lig.f2.m5.w1.5a
vcvtss2sh x{kz},x,x/m32{er} RVM evex.lig.np.m5.w0.1d
vcvtsh2sd x{kz},x,x/m16{sae} RVM evex.lig.f3.m5.w0.5a
vcvtsh2ss x{kz},x,x/m16{sae} RVM evex.lig.np.m6.w0.13
vcvtph2ps v,h/mh RM vex.xy.66.0f38.w0.13;v{kz},h/mh{sae} RM evex.xyz.66.0f38.w0.13
vcvtps2ph h/mh,v,i8 MRI vex.xy.66.0f3a.w0.1d;h/mh{kz},v,i8{sae} MRI evex.xyz.66.0f3a.w0.1d
vcvtneps2bf16 h{kz},v/mv/b32 RM evex.xy.f3.0f38.w0.72 lengths;h{kz},v/mv/b32 RM evex.512.f3.0f38.w0.72;h,v/mv RM vex.xy.f3.0f38.w0.72 lengths
vdpbf16ps v{kz},v,v/mv/b32 RVM evex.xyz.f3.0f38.w0.52
vcvtneebf162ps v,mv RM vex.xy.f3.0f38.w0.b0
vcvtneeph2ps v,mv RM vex.xy.66.0f38.w0.b0
vcvtneobf162ps v,mv RM vex.xy.f2.0f38.w0.b0
vcvtneoph2ps v,mv RM vex.xy.np.0f38.w0.b0
vbcstnebf162ps v,m16 RM vex.xy.f3.0f38.w0.b1
vbcstnesh2ps v,m16 RM vex.xy.66.0f38.w0.b1
`

/** Conversions between integers and floating point, and between floating-point types. */
export const convertTable: readonly Rows[] = [packed, narrowing, narrowingAvx, toInteger, fromInteger, others]
