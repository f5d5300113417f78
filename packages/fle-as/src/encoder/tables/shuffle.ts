// Shuffles and permutations of the elements of vectors.
import type { Rows } from './row.ts'

/** Shuffles and permutations. */
export const shuffleTable: readonly Rows[] = [
  `
pshufw mm,mm/m64,i8 RMI 0f70
pshufd x,x/m128,i8 RMI 660f70
pshufhw x,x/m128,i8 RMI f30f70
pshuflw x,x/m128,i8 RMI f20f70
vpshufd v,v/mv,i8 RMI vex.xy.66.0f.wig.70;v{kz},v/mv/b32,i8 RMI evex.xyz.66.0f.w0.70
vpshufhw v,v/mv,i8 RMI vex.xy.f3.0f.wig.70;v{kz},v/mv,i8 RMI evex.xyz.f3.0f.wig.70
vpshuflw v,v/mv,i8 RMI vex.xy.f2.0f.wig.70;v{kz},v/mv,i8 RMI evex.xyz.f2.0f.wig.70
vshuff32x4 v{kz},v,v/mv/b32,i8 RVMI evex.yz.66.0f3a.w0.23
vshuff64x2 v{kz},v,v/mv/b64,i8 RVMI evex.yz.66.0f3a.w1.23
vshufi32x4 v{kz},v,v/mv/b32,i8 RVMI evex.yz.66.0f3a.w0.43
vshufi64x2 v{kz},v,v/mv/b64,i8 RVMI evex.yz.66.0f3a.w1.43
palignr mm,mm/m64,i8 RMI 0f3a0f;x,x/m128,i8 RMI 660f3a0f
vpalignr v,v,v/mv,i8 RVMI vex.xy.66.0f3a.wig.0f;v{kz},v,v/mv,i8 RVMI evex.xyz.66.0f3a.wig.0f
valignd v{kz},v,v/mv/b32,i8 RVMI evex.xyz.66.0f3a.w0.03
valignq v{kz},v,v/mv/b64,i8 RVMI evex.xyz.66.0f3a.w1.03
pblendw x,x/m128,i8 RMI 660f3a0e
pblendvb x,x/m128 RM 660f3810;x,x/m128,xmm0 RM- 660f3810
vpblendw v,v,v/mv,i8 RVMI vex.xy.66.0f3a.wig.0e
vpblendd v,v,v/mv,i8 RVMI vex.xy.66.0f3a.w0.02
vpblendvb v,v,v/mv,v RVMS vex.xy.66.0f3a.w0.4c
vpermilps v,v,v/mv RVM vex.xy.66.0f38.w0.0c;v,v/mv,i8 RMI vex.xy.66.0f3a.w0.04
vpermilps v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.0c;v{kz},v/mv/b32,i8 RMI evex.xyz.66.0f3a.w0.04
vpermilpd v,v,v/mv RVM vex.xy.66.0f38.w0.0d;v,v/mv,i8 RMI vex.xy.66.0f3a.w0.05
vpermilpd v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.0d;v{kz},v/mv/b64,i8 RMI evex.xyz.66.0f3a.w1.05
vperm2f128 y,y,y/m256,i8 RVMI vex.256.66.0f3a.w0.06
vperm2i128 y,y,y/m256,i8 RVMI vex.256.66.0f3a.w0.46
vpermd y,y,y/m256 RVM vex.256.66.0f38.w0.36;v{kz},v,v/mv/b32 RVM evex.yz.66.0f38.w0.36
vpermps y,y,y/m256 RVM vex.256.66.0f38.w0.16;v{kz},v,v/mv/b32 RVM evex.yz.66.0f38.w0.16
vpermq y,y/m256,i8 RMI vex.256.66.0f3a.w1.00;v{kz},v/mv/b64,i8 RMI evex.yz.66.0f3a.w1.00;v{kz},v,v/mv/b64 RVM evex.yz.66.0f38.w1.36
vpermpd y,y/m256,i8 RMI vex.256.66.0f3a.w1.01;v{kz},v/mv/b64,i8 RMI evex.yz.66.0f3a.w1.01;v{kz},v,v/mv/b64 RVM evex.yz.66.0f38.w1.16
vpermb v{kz},v,v/mv RVM evex.xyz.66.0f38.w0.8d
vpermw v{kz},v,v/mv RVM evex.xyz.66.0f38.w1.8d
vpermi2b v{kz},v,v/mv RVM evex.xyz.66.0f38.w0.75
vpermi2w v{kz},v,v/mv RVM evex.xyz.66.0f38.w1.75
vpermi2d v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.76
vpermi2q v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.76
vpermi2ps v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.77
vpermi2pd v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.77
vpermt2b v{kz},v,v/mv RVM evex.xyz.66.0f38.w0.7d
vpermt2w v{kz},v,v/mv RVM evex.xyz.66.0f38.w1.7d
vpermt2d v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.7e
vpermt2q v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.7e
vpermt2ps v{kz},v,v/mv/b32 RVM evex.xyz.66.0f38.w0.7f
vpermt2pd v{kz},v,v/mv/b64 RVM evex.xyz.66.0f38.w1.7f
`,
]
