// The x87 instructions, with AT&T's suffixes: s, l and t for 4, 8 and 10 bytes of floating point; s, l and ll (or q) for 2, 4
// and 8 bytes of integer. AT&T syntax exchanges fsub with fsubr and fdiv with fdivr where the destination is not %st(0),
// an error of its first assembler that all others have kept.

const operations = () =>
  ['fadd', 'fmul', 'fcom', 'fcomp', 'fsub', 'fsubr', 'fdiv', 'fdivr'].map((name, i) => {
    const low = 0xc0 + 8 * i
    const compares = name.startsWith('fcom')
    const reversed = i < 4 ? low : low ^ 8
    const toFirst = `d8${low.toString(16)}`
    const lines = [
      `${name}s m32 M d8/${i}`,
      `${name}l m64 M dc/${i}`,
      `${name.replace('f', 'fi')} m16 M de/${i};m32 M da/${i} intel`,
      `${name.replace('f', 'fi')}s m16 M de/${i}`,
      `${name.replace('f', 'fi')}l m32 M da/${i}`,
    ]
    if (compares) {
      lines.push(`${name} st O ${toFirst};m32 M d8/${i};m64 M dc/${i} intel;- - d8${(low + 1).toString(16)}`)
    } else {
      const att = `dc${low.toString(16)}`
      const intel = `dc${reversed.toString(16)}`
      lines.push(
        `${name} st0,st -O ${toFirst};st,st0 O- ${att} att;st,st0 O- ${intel} intel;st O ${toFirst};m32 M d8/${i};m64 M dc/${i} intel;` +
          `- - de${(low + 1).toString(16)} att;- - de${(reversed + 1).toString(16)} intel`,
      )
      const popAtt = `de${low.toString(16)}`
      const popIntel = `de${reversed.toString(16)}`
      lines.push(
        `${name}p st,st0 O- ${popAtt} att;${i < 2 ? `st0,st -O ${popAtt} att;` : ''}st,st0 O- ${popIntel} intel;st O ${popAtt} att;st O ${popIntel} intel;` +
          `- - de${(low + 1).toString(16)} att;- - de${(reversed + 1).toString(16)} intel`,
      )
    }
    return lines.join('\n')
  })

const plain = `
fld st O d9c0;m32 M d9/0;m64 M dd/0 intel;m80 M db/5 intel
flds m32 M d9/0
fldl m64 M dd/0
fldt m80 M db/5
fst st O ddd0;m32 M d9/2;m64 M dd/2 intel
fsts m32 M d9/2
fstl m64 M dd/2
fstp st O ddd8;m32 M d9/3;m64 M dd/3 intel;m80 M db/7 intel
fstps m32 M d9/3
fstpl m64 M dd/3
fstpt m80 M db/7
fild m16 M df/0;m32 M db/0 intel;m64 M df/5 intel
filds m16 M df/0
fildl m32 M db/0
fildll/fildq m64 M df/5
fist m16 M df/2;m32 M db/2 intel
fists m16 M df/2
fistl m32 M db/2
fistp m16 M df/3;m32 M db/3 intel;m64 M df/7 intel
fistps m16 M df/3
fistpl m32 M db/3
fistpll/fistpq m64 M df/7
fisttp m16 M df/1;m32 M db/1 intel;m64 M dd/1 intel
fisttps m16 M df/1
fisttpl m32 M db/1
fisttpll/fisttpq m64 M dd/1
fbld m80 M df/4
fbstp m80 M df/6
fxch st O d9c8;- - d9c9
fcmovb st0,st -O dac0
fcmove st0,st -O dac8
fcmovbe st0,st -O dad0
fcmovu st0,st -O dad8
fcmovnb/fcmovae st0,st -O dbc0
fcmovne st0,st -O dbc8
fcmovnbe/fcmova st0,st -O dbd0
fcmovnu st0,st -O dbd8
fcmovna st0,st -O dad0
fcmovnae st0,st -O dac0
fucom st O dde0;- - dde1
fucomp st O dde8;- - dde9
fcompp - - ded9
fucompp - - dae9
fcomi st O dbf0;- - dbf1;st0,st -O dbf0
fucomi st O dbe8;- - dbe9;st0,st -O dbe8
fcomip/fcompi st O dff0;- - dff1;st0,st -O dff0
fucomip/fucompi st O dfe8;- - dfe9;st0,st -O dfe8
ftst - - d9e4
fxam - - d9e5
fld1 - - d9e8
fldl2t - - d9e9
fldl2e - - d9ea
fldpi - - d9eb
fldlg2 - - d9ec
fldln2 - - d9ed
fldz - - d9ee
f2xm1 - - d9f0
fyl2x - - d9f1
fptan - - d9f2
fpatan - - d9f3
fxtract - - d9f4
fprem1 - - d9f5
fdecstp - - d9f6
fincstp - - d9f7
fprem - - d9f8
fyl2xp1 - - d9f9
fsqrt - - d9fa
fsincos - - d9fb
frndint - - d9fc
fscale - - d9fd
fsin - - d9fe
fcos - - d9ff
fchs - - d9e0
fabs - - d9e1
fnop - - d9d0
fninit - - dbe3
finit - - 9bdbe3
fnclex - - dbe2
fclex - - 9bdbe2
fnstcw/fnstcww m16 M d9/7
fstcw/fstcww m16 M 9bd9/7
fldcw/fldcww m16 M d9/5
fnstsw ax - dfe0;- - dfe0;m16 M dd/7
fnstsww m16 M dd/7
fstsw ax - 9bdfe0;- - 9bdfe0;m16 M 9bdd/7
fstsww m16 M 9bdd/7
fnstenv/fnstenvl m M d9/6
fstenv/fstenvl m M 9bd9/6
fldenv/fldenvl m M d9/4
fnsave/fnsavel m M dd/6
fsave/fsavel m M 9bdd/6
frstor/frstorl m M dd/4
ffree st O ddc0
ffreep st O dfc0
fwait/wait - - 9b
fnsetpm - - dbe4
fsetpm - - 9bdbe4
fneni - - dbe0
feni - - 9bdbe0
fndisi - - dbe1
fdisi - - 9bdbe1
`

/** x87 instructions. */
export function x87Table(): string {
  return [...operations(), plain].join('\n')
}
