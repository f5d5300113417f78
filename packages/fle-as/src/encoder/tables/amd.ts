// What only AMD's processors had: 3DNow!, SSE4a and XOP.
import { type Rows, rowsOf } from './row.ts'

// 3DNow!, whose opcode stands behind the operands.
const now3d = rowsOf(
  `
pi2fw 0c
pi2fd 0d
pf2iw 1c
pf2id 1d
pfnacc 8a
pfpnacc 8e
pfcmpge 90
pfmin 94
pfrcp 96
pfrsqrt 97
pfsub 9a
pfadd 9e
pfcmpgt a0
pfmax a4
pfrcpit1 a6
pfrsqit1 a7
pfsubr aa
pfacc ae
pfcmpeq b0
pfmul b4
pfrcpit2 b6
pmulhrw b7
pswapd bb
pavgusb bf
`,
  (name, opcode) => [`${name} mm,mm/m64 RM 0f0f+${opcode}`],
)

// Comparisons by a predicate, as an immediate or as part of the name.
const predicates = ['lt', 'le', 'gt', 'ge', 'eq', 'neq', 'false', 'true']
const comparisons = rowsOf(
  `
b cc
w cd
d ce
q cf
ub ec
uw ed
ud ee
uq ef
`,
  (suffix, opcode) => [
    `vpcom${suffix} x,x,x/m128,i8 RVMI xop.lz.np.m8.w0.${opcode}`,
    ...predicates.map(
      (predicate, number) => `vpcom${predicate}${suffix} x,x,x/m128 RVM xop.lz.np.m8.w0.${opcode}+0${number}`,
    ),
  ],
)

// Horizontal sums and differences of one source.
const horizontal = rowsOf(
  `
vphaddbw c1
vphaddbd c2
vphaddbq c3
vphaddwd c6
vphaddwq c7
vphadddq cb
vphaddubw d1
vphaddubd d2
vphaddubq d3
vphadduwd d6
vphadduwq d7
vphaddudq db
vphsubbw e1
vphsubwd e2
vphsubdq e3
`,
  (name, opcode) => [`${name} x,x/m128 RM xop.lz.np.m9.w0.${opcode}`],
)

// Products that are added to the fourth operand.
const products = rowsOf(
  `
vpmacssww 85
vpmacsswd 86
vpmacssdql 87
vpmacssdd 8e
vpmacssdqh 8f
vpmacsww 95
vpmacswd 96
vpmacsdql 97
vpmacsdd 9e
vpmacsdqh 9f
vpmadcsswd a6
vpmadcswd b6
`,
  (name, opcode) => [`${name} x,x,x/m128,x RVMS xop.lz.np.m8.w0.${opcode}`],
)

// Shifts and rotations: either the value or the count may be memory; `vprot` also has an immediate count.
const shifts = rowsOf(
  `
vprotb 90 c0
vprotw 91 c1
vprotd 92 c2
vprotq 93 c3
vpshlb 94 -
vpshlw 95 -
vpshld 96 -
vpshlq 97 -
vpshab 98 -
vpshaw 99 -
vpshad 9a -
vpshaq 9b -
`,
  (name, opcode, byImmediate) => [
    `${name} x,x/m128,x RMV xop.lz.np.m9.w0.${opcode};x,x,x/m128 RVM xop.lz.np.m9.w1.${opcode}`,
    ...(byImmediate === '-' ? [] : [`${name} x,x/m128,i8 RMI xop.lz.np.m8.w0.${byImmediate}`]),
  ],
)

const others = `
femms - - 0f0e
extrq x,x RM 660f79;x,i8,i8 MIJ 660f78/0
insertq x,x RM f20f79;x,x,i8,i8 RMIJ f20f78
movntss m32,x MR f30f2b
movntsd m64,x MR f20f2b
vfrczps v,v/mv RM xop.xy.np.m9.w0.80
vfrczpd v,v/mv RM xop.xy.np.m9.w0.81
vfrczss x,x/m32 RM xop.lz.np.m9.w0.82
vfrczsd x,x/m64 RM xop.lz.np.m9.w0.83
vpcmov v,v,v/mv,v RVMS xop.xy.np.m8.w0.a2;v,v,v,mv RVSM xop.xy.np.m8.w1.a2
vpperm x,x,x/m128,x RVMS xop.lz.np.m8.w0.a3;x,x,x,m128 RVSM xop.lz.np.m8.w1.a3
vpermil2ps v,v,v/mv,v,i4 RVMST vex.xy.66.0f3a.w0.48;v,v,v,mv,i4 RVSMT vex.xy.66.0f3a.w1.48
vpermil2pd v,v,v/mv,v,i4 RVMST vex.xy.66.0f3a.w0.49;v,v,v,mv,i4 RVSMT vex.xy.66.0f3a.w1.49
`

/** 3DNow!, SSE4a and XOP. */
export const amdTable: readonly Rows[] = [now3d, comparisons, horizontal, products, shifts, others]
