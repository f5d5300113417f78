// Fused multiply-add: FMA3 and its AVX-512 and FP16 forms, AMD's FMA4, FP16's complex numbers, and the four-step
// AVX512-4FMAPS.
import { allFloatTypes, evexLengths, evexRegister, evexSource, floatTypes, type Rows, rowsOf } from './row.ts'

// name, opcode of the 132 form (213 is 10 higher, 231 another 10; the scalar one is the next), types: `packed` or `all`.
const threeOperands = rowsOf(
  `
fmaddsub 96 packed
fmsubadd 97 packed
fmadd 98 all
fmsub 9a all
fnmadd 9c all
fnmsub 9e all
`,
  (name, opcode, types) =>
    ['132', '213', '231'].flatMap((order, step) =>
      allFloatTypes
        .filter((type) => types === 'all' || !type.scalar)
        .flatMap((type) => {
          const { w, bits, scalar } = type
          const register = evexRegister(type)
          const code = (Number.parseInt(opcode, 16) + 16 * step + Number(scalar)).toString(16)
          const mnemonic = `v${name}${order}${type.name}`
          const map = bits === 16 ? 'm6' : '0f38'
          const evex = `${mnemonic} ${register}{kz},${register},${evexSource(type)}{er} RVM evex.${evexLengths(type)}.66.${map}.${w}.${code}`
          if (bits === 16) return [evex]
          return [
            scalar
              ? `${mnemonic} x,x,x/m${bits} RVM vex.lig.66.0f38.${w}.${code}`
              : `${mnemonic} v,v,v/mv RVM vex.xy.66.0f38.${w}.${code}`,
            evex,
          ]
        }),
    ),
)

// name, opcode for packed singles (doubles: the next; scalars: 2 higher). Either the third or the fourth operand is memory.
const fourOperands = rowsOf(
  `
fmaddsub 5c packed
fmsubadd 5e packed
fmadd 68 all
fmsub 6c all
fnmadd 78 all
fnmsub 7c all
`,
  (name, opcode, types) =>
    floatTypes
      .filter((type) => types === 'all' || !type.scalar)
      .map(({ name: suffix, bits, scalar }) => {
        const code = (Number.parseInt(opcode, 16) + (scalar ? 2 : 0) + (bits === 64 ? 1 : 0)).toString(16)
        const [vector, memory, lengths] = scalar ? ['x', `m${bits}`, 'lig'] : ['v', 'mv', 'xy']
        return (
          `v${name}${suffix} ${vector},${vector},${vector},${vector}/${memory} RVSM vex.${lengths}.66.0f3a.w1.${code};` +
          `${vector},${vector},${memory},${vector} RVMS vex.${lengths}.66.0f3a.w0.${code}`
        )
      }),
)

const others = `
vfmaddcph v{kz},v,v/mv/b32{er} RVM evex.xyz.f3.m6.w0.56 distinct
vfcmaddcph v{kz},v,v/mv/b32{er} RVM evex.xyz.f2.m6.w0.56 distinct
vfmulcph v{kz},v,v/mv/b32{er} RVM evex.xyz.f3.m6.w0.d6 distinct
vfcmulcph v{kz},v,v/mv/b32{er} RVM evex.xyz.f2.m6.w0.d6 distinct
vfmaddcsh x{kz},x,x/m32{er} RVM evex.lig.f3.m6.w0.57 distinct
vfcmaddcsh x{kz},x,x/m32{er} RVM evex.lig.f2.m6.w0.57 distinct
vfmulcsh x{kz},x,x/m32{er} RVM evex.lig.f3.m6.w0.d7 distinct
vfcmulcsh x{kz},x,x/m32{er} RVM evex.lig.f2.m6.w0.d7 distinct
v4fmaddps z{kz},z,m128 RVM evex.512.f2.0f38.w0.9a
v4fmaddss x{kz},x,m128 RVM evex.lig.f2.0f38.w0.9b
v4fnmaddps z{kz},z,m128 RVM evex.512.f2.0f38.w0.aa
v4fnmaddss x{kz},x,m128 RVM evex.lig.f2.0f38.w0.ab
`

/** Fused multiply-add. */
export const fusedTable: readonly Rows[] = [threeOperands, fourOperands, others]
