// Floating-point arithmetic, comparison and rounding on vectors: SSE, AVX, AVX-512 with FP16.
import {
  allFloatTypes,
  evexLengths,
  evexRegister,
  evexSource,
  type FloatType,
  floatTypes,
  legacyOpcode,
  packedDouble,
  packedSingle,
  type Rows,
  rowsOf,
  scalarDouble,
  scalarSingle,
} from './row.ts'

// name opcode rounding: operations of two sources on all types, in SSE, AVX and AVX-512.
const arithmetic = rowsOf(
  `
add 58 {er}
mul 59 {er}
sub 5c {er}
min 5d {sae}
div 5e {er}
max 5f {sae}
`,
  (name, opcode, rounding) =>
    allFloatTypes.flatMap((type) => {
      const { prefix, w, bits, scalar } = type
      const register = evexRegister(type)
      const map = bits === 16 ? 'm5' : '0f'
      const evex =
        `v${name}${type.name} ${register}{kz},${register},${evexSource(type)}${rounding} RVM ` +
        `evex.${evexLengths(type)}.${prefix}.${map}.${w}.${opcode}`
      if (bits === 16) return [evex]
      const memory = scalar ? `m${bits}` : 'm128'
      return [
        `${name}${type.name} x,x/${memory} RM ${legacyOpcode(prefix, '0f', opcode)}`,
        scalar
          ? `v${name}${type.name} x,x,x/${memory} RVM vex.lig.${prefix}.0f.wig.${opcode}`
          : `v${name}${type.name} v,v,v/mv RVM vex.xy.${prefix}.0f.wig.${opcode}`,
        evex,
      ]
    }),
)

// The square root has one source if it is packed.
const roots = () =>
  allFloatTypes
    .flatMap(({ name, prefix, w, bits, scalar }) => {
      const legacy = `sqrt${name} x,x/${scalar ? `m${bits}` : 'm128'} RM ${legacyOpcode(prefix, '0f', '51')}`
      const map = bits === 16 ? 'm5' : '0f'
      const vector = scalar
        ? [
            `vsqrt${name} x,x,x/m${bits} RVM vex.lig.${prefix}.0f.wig.51`,
            `vsqrt${name} x{kz},x,x/m${bits}{er} RVM evex.lig.${prefix}.${map}.${w}.51`,
          ]
        : [
            `vsqrt${name} v,v/mv RM vex.xy.${prefix}.0f.wig.51`,
            `vsqrt${name} v{kz},v/mv/b${bits}{er} RM evex.xyz.${prefix}.${map}.${w}.51`,
          ]
      return bits === 16 ? vector.slice(1) : [legacy, ...vector]
    })
    .join('\n')

// name opcode immediate: bitwise and shuffling operations on packed singles and doubles.
const bitwise = rowsOf(
  `
unpckl 14 -
unpckh 15 -
and 54 -
andn 55 -
or 56 -
xor 57 -
shuf c6 i8
`,
  (name, opcode, immediate) =>
    [packedSingle, packedDouble].flatMap((type) => {
      const [operand, place] = immediate === '-' ? ['', ''] : [`,${immediate}`, 'I']
      return [
        `${name}${type.name} x,x/m128${operand} RM${place} ${legacyOpcode(type.prefix, '0f', opcode)}`,
        `v${name}${type.name} v,v,v/mv${operand} RVM${place} vex.xy.${type.prefix}.0f.wig.${opcode}`,
        `v${name}${type.name} v{kz},v,${evexSource(type)}${operand} RVM${place} evex.xyz.${type.prefix}.0f.${type.w}.${opcode}`,
      ]
    }),
)

// The predicates of comparisons by number; SSE has the first eight only. Names behind a slash are aliases.
const predicates = (
  'eq lt le unord neq nlt nle ord eq_uq nge ngt false neq_oq ge gt true eq_os lt_oq le_oq unord_s neq_us nlt_uq ' +
  'nle_uq ord_s eq_us nge_uq ngt_uq false_os neq_os ge_oq gt_oq true_us'
).split(' ')
const longPredicates: Readonly<Record<number, string>> = {
  0: 'eq_oq',
  1: 'lt_os',
  2: 'le_os',
  3: 'unord_q',
  4: 'neq_uq',
  5: 'nlt_us',
  6: 'nle_us',
  7: 'ord_q',
  9: 'nge_us',
  10: 'ngt_us',
  11: 'false_oq',
  13: 'ge_os',
  14: 'gt_os',
  15: 'true_uq',
}

const comparisons = () =>
  allFloatTypes
    .flatMap((type) => {
      const { name, prefix, w, bits, scalar } = type
      const map = bits === 16 ? '0f3a' : '0f'
      const memory = scalar ? `m${bits}` : 'm128'
      const legacy = legacyOpcode(prefix, '0f', 'c2')
      const vex = scalar ? `vex.lig.${prefix}.0f.wig.c2` : `vex.xy.${prefix}.0f.wig.c2`
      const vexOperands = scalar ? `x,x,x/m${bits}` : 'v,v,v/mv'
      const evex = `evex.${evexLengths(type)}.${prefix}.${map}.${w}.c2`
      const evexOperands = `k{k},${evexRegister(type)},${evexSource(type)}{sae}`
      const forms = (immediate: string, place: string, constant: string) =>
        (bits === 16 ? '' : `${vexOperands}${immediate} RVM${place} ${vex}${constant};`) +
        `${evexOperands}${immediate} RVM${place} ${evex}${constant}`
      const lines = [`vcmp${name} ${forms(',i8', 'I', '')}`]
      if (bits !== 16) lines.push(`cmp${name} x,x/${memory},i8 RMI ${legacy}`)
      for (const [number, predicate] of predicates.entries()) {
        const constant = `+${number.toString(16).padStart(2, '0')}`
        const names = [predicate, longPredicates[number]].filter((word) => word !== undefined)
        lines.push(`${names.map((word) => `vcmp${word}${name}`).join('/')} ${forms('', '', constant)}`)
        if (bits !== 16 && number < 8) lines.push(`cmp${predicate}${name} x,x/${memory} RM ${legacy}${constant}`)
      }
      return lines
    })
    .join('\n')

// Comparisons that set the flags.
const flagComparisons = rowsOf(
  `
comi 2f
ucomi 2e
`,
  (name, opcode) =>
    [
      { type: scalarSingle, prefix: 'np' },
      { type: scalarDouble, prefix: '66' },
    ]
      .flatMap(({ type, prefix }) => [
        `${name}${type.name} x,x/m${type.bits} RM ${legacyOpcode(prefix, '0f', opcode)}`,
        `v${name}${type.name} x,x/m${type.bits} RM vex.lig.${prefix}.0f.wig.${opcode}`,
        `v${name}${type.name} x,x/m${type.bits}{sae} RM evex.lig.${prefix}.0f.${type.w}.${opcode}`,
      ])
      .concat(`v${name}sh x,x/m16{sae} RM evex.lig.np.m5.w0.${opcode}`),
)

// AVX-512's own operations. name, sources (1: a packed type has one, 2: two), map, opcode of packed and of scalar types,
// immediate, rounding; the prefix is 66. Singles differ from doubles by W.
const avx512 = rowsOf(
  `
scalef 2 0f38 2c 2d - {er}
getexp 1 0f38 42 43 - {sae}
rcp14 1 0f38 4c 4d - -
rsqrt14 1 0f38 4e 4f - -
getmant 1 0f3a 26 27 i8 {sae}
range 2 0f3a 50 51 i8 {sae}
fixupimm 2 0f3a 54 55 i8 {sae}
reduce 1 0f3a 56 57 i8 {sae}
`,
  (name, sources, map, packed, scalar, immediate, rounding) =>
    floatTypes.map((type) => avx512Line(name, sources, map, type, type.scalar ? scalar : packed, immediate, rounding)),
)

function avx512Line(
  name: string,
  sources: string,
  map: string,
  type: FloatType,
  opcode: string,
  immediate: string,
  rounding: string,
  prefix = '66',
): string {
  const register = evexRegister(type)
  const two = type.scalar || sources === '2'
  const operands =
    `${register}{kz},${two ? `${register},` : ''}${evexSource(type)}` +
    `${immediate === '-' ? '' : `,${immediate}`}${rounding === '-' ? '' : rounding}`
  const places = (two ? 'RVM' : 'RM') + (immediate === '-' ? '' : 'I')
  return `v${name}${type.name} ${operands} ${places} evex.${evexLengths(type)}.${prefix}.${map}.${type.w}.${opcode}`
}

// The same for FP16: name, sources, prefix, map, opcodes, immediate, rounding.
const half = rowsOf(
  `
scalef 2 66 m6 2c 2d - {er}
getexp 1 66 m6 42 43 - {sae}
rcp 1 66 m6 4c 4d - -
rsqrt 1 66 m6 4e 4f - -
getmant 1 np 0f3a 26 27 i8 {sae}
reduce 1 np 0f3a 56 57 i8 {sae}
rndscale 1 np 0f3a 08 0a i8 {sae}
`,
  (name, sources, prefix, map, packed, scalar, immediate, rounding) =>
    allFloatTypes
      .filter((type) => type.bits === 16)
      .map((type) => avx512Line(name, sources, map, type, type.scalar ? scalar : packed, immediate, rounding, prefix)),
)

// Rounding to integers: SSE4.1's and AVX's round, AVX-512's rndscale, with opcodes of their own for each type.
const rounding = () =>
  [
    { type: packedSingle, opcode: '08' },
    { type: packedDouble, opcode: '09' },
    { type: scalarSingle, opcode: '0a' },
    { type: scalarDouble, opcode: '0b' },
  ]
    .flatMap(({ type, opcode }) => [
      `round${type.name} x,x/${type.scalar ? `m${type.bits}` : 'm128'},i8 RMI 660f3a${opcode}`,
      type.scalar
        ? `vround${type.name} x,x,x/m${type.bits},i8 RVMI vex.lig.66.0f3a.wig.${opcode}`
        : `vround${type.name} v,v/mv,i8 RMI vex.xy.66.0f3a.wig.${opcode}`,
      avx512Line('rndscale', '1', '0f3a', type, opcode, 'i8', '{sae}'),
    ])
    .join('\n')

const others = `
cmpsd - - a7 rep
rcpps x,x/m128 RM 0f53
rcpss x,x/m32 RM f30f53
rsqrtps x,x/m128 RM 0f52
rsqrtss x,x/m32 RM f30f52
vrcpps v,v/mv RM vex.xy.np.0f.wig.53
vrcpss x,x,x/m32 RVM vex.lig.f3.0f.wig.53
vrsqrtps v,v/mv RM vex.xy.np.0f.wig.52
vrsqrtss x,x,x/m32 RVM vex.lig.f3.0f.wig.52
haddpd x,x/m128 RM 660f7c
haddps x,x/m128 RM f20f7c
hsubpd x,x/m128 RM 660f7d
hsubps x,x/m128 RM f20f7d
addsubpd x,x/m128 RM 660fd0
addsubps x,x/m128 RM f20fd0
vhaddpd v,v,v/mv RVM vex.xy.66.0f.wig.7c
vhaddps v,v,v/mv RVM vex.xy.f2.0f.wig.7c
vhsubpd v,v,v/mv RVM vex.xy.66.0f.wig.7d
vhsubps v,v,v/mv RVM vex.xy.f2.0f.wig.7d
vaddsubpd v,v,v/mv RVM vex.xy.66.0f.wig.d0
vaddsubps v,v,v/mv RVM vex.xy.f2.0f.wig.d0
dppd x,x/m128,i8 RMI 660f3a41
dpps x,x/m128,i8 RMI 660f3a40
vdppd x,x,x/m128,i8 RVMI vex.128.66.0f3a.wig.41
vdpps v,v,v/mv,i8 RVMI vex.xy.66.0f3a.wig.40
blendpd x,x/m128,i8 RMI 660f3a0d
blendps x,x/m128,i8 RMI 660f3a0c
blendvpd x,x/m128 RM 660f3815;x,x/m128,xmm0 RM- 660f3815
blendvps x,x/m128 RM 660f3814;x,x/m128,xmm0 RM- 660f3814
vblendpd v,v,v/mv,i8 RVMI vex.xy.66.0f3a.wig.0d
vblendps v,v,v/mv,i8 RVMI vex.xy.66.0f3a.wig.0c
vblendvpd v,v,v/mv,v RVMS vex.xy.66.0f3a.w0.4b
vblendvps v,v,v/mv,v RVMS vex.xy.66.0f3a.w0.4a
vtestpd v,v/mv RM vex.xy.66.0f38.w0.0f
vtestps v,v/mv RM vex.xy.66.0f38.w0.0e
movmskpd r,x RM 660f50 lq nosize
movmskps r,x RM 0f50 lq nosize
vmovmskpd r,v RM vex.xy.66.0f.wig.50 lq nosize
vmovmskps r,v RM vex.xy.np.0f.wig.50 lq nosize
vblendmpd v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.65
vblendmps v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.65
vfpclassph k{k},v/mv/b16,i8 RMI evex.xyz.np.0f3a.w0.66 lengths
vfpclassps k{k},v/mv/b32,i8 RMI evex.xyz.66.0f3a.w0.66 lengths
vfpclasspd k{k},v/mv/b64,i8 RMI evex.xyz.66.0f3a.w1.66 lengths
vfpclasssh k{k},x/m16,i8 RMI evex.lig.np.0f3a.w0.67
vfpclassss k{k},x/m32,i8 RMI evex.lig.66.0f3a.w0.67
vfpclasssd k{k},x/m64,i8 RMI evex.lig.66.0f3a.w1.67
vexp2ps v{kz},v/mv/b32{sae} RM evex.512.66.0f38.w0.c8
vexp2pd v{kz},v/mv/b64{sae} RM evex.512.66.0f38.w1.c8
vrcp28ps v{kz},v/mv/b32{sae} RM evex.512.66.0f38.w0.ca
vrcp28pd v{kz},v/mv/b64{sae} RM evex.512.66.0f38.w1.ca
vrcp28ss x{kz},x,x/m32{sae} RVM evex.lig.66.0f38.w0.cb
vrcp28sd x{kz},x,x/m64{sae} RVM evex.lig.66.0f38.w1.cb
vrsqrt28ps v{kz},v/mv/b32{sae} RM evex.512.66.0f38.w0.cc
vrsqrt28pd v{kz},v/mv/b64{sae} RM evex.512.66.0f38.w1.cc
vrsqrt28ss x{kz},x,x/m32{sae} RVM evex.lig.66.0f38.w0.cd
vrsqrt28sd x{kz},x,x/m64{sae} RVM evex.lig.66.0f38.w1.cd
`

/** Floating-point arithmetic, comparison and rounding. */
export const floatTable: readonly Rows[] = [
  arithmetic,
  roots,
  bitwise,
  comparisons,
  flagComparisons,
  avx512,
  half,
  rounding,
  others,
]
