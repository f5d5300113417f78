// The general-purpose instructions, written by hand after the processor manuals. notation.ts describes the lines. The
// order of an instruction's forms is that of preference: the first one that fits is taken, so shorter ones stand first.

const conditions: readonly string[] = [
  'o',
  'no',
  'b c nae',
  'ae nb nc',
  'e z',
  'ne nz',
  'be na',
  'a nbe',
  's',
  'ns',
  'p pe',
  'np po',
  'l nge',
  'ge nl',
  'le ng',
  'g nle',
]

/** The mnemonics of a condition: `setb/setc/setnae`. */
function named(prefix: string, names: string): string {
  return names
    .split(' ')
    .map((name) => prefix + name)
    .join('/')
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0')
}

const arithmetic = () =>
  ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'].map((name, i) => {
    const lock = name === 'cmp' ? '' : ' lock'
    return (
      `${name} rm,i8s MI 83/${i} wlq${lock};acc,i -I ${hex(8 * i + 4)} bwlq;rm,i MI 80/${i} bwlq${lock};` +
      `rm,r MR ${hex(8 * i)} bwlq${lock};r,rm RM ${hex(8 * i + 2)} bwlq`
    )
  })

const shifts = () =>
  ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sal', 'sar'].map((name, i) => {
    const digit = name === 'sal' ? 4 : i
    return `${name} rm,1 M- d0/${digit} bwlq;rm,i8 MI c0/${digit} bwlq;rm,cl M- d2/${digit} bwlq;rm M d0/${digit} bwlq`
  })

const bitTests = () =>
  ['bt', 'bts', 'btr', 'btc'].map((name, i) => {
    const lock = i ? ' lock' : ''
    return `${name} rm,r MR 0f${hex(0xa3 + 8 * i)} wlq${lock};rm,i8 MI 0fba/${i + 4} wlq${lock}`
  })

const conditional = () =>
  conditions.map((names, i) =>
    [
      `${named('set', names)}/${named('set', names).replaceAll('/', 'b/')}b rm8 M 0f9${i.toString(16)}/0`,
      `${named('cmov', names)} r,rm RM 0f4${i.toString(16)} wlq`,
      `${named('j', names)} target D 7${i.toString(16)} jcc bnd`,
      `${named('cmp', names).replaceAll('/', 'xadd/')}xadd m,r,r MRV vex.128.66.0f38.w.e${i.toString(16)} lq plain`,
    ].join('\n'),
  )

const plain = `
mov acc,abs -A a0 bwlq narrow;abs,acc A- a2 bwlq narrow;rm,r MR 88 bwlq;r,rm RM 8a bwlq;r,i OI b0 b;r,i OI b8 wl;rm,i MI c6 bwlq;r64,i64 OI b8 q;acc,abs -A a0 bwlq;abs,acc A- a2 bwlq;r16,sreg MR 668c;r32/r64/m,sreg MR 8c;sreg,r16/r32/r64/m RM 8e;r64,cr MR 0f20;cr,r64 RM 0f22;r64,dr MR 0f21;dr,r64 RM 0f23
movw m,sreg MR 8c;r16,sreg MR 668c;sreg,r16/m RM 8e
movl r32,sreg MR 8c;sreg,r32 RM 8e
movq mm,mm/m64 RM 0f6f;mm/m64,mm MR 0f7f;x,x/m64 RM f30f7e;x/m64,x MR 660fd6;mm,r64 RM W0f6e;r64,mm MR W0f7e;x,r64 RM W660f6e;r64,x MR W660f7e;r64,sreg MR 8c;sreg,r64 RM 8e;r64,cr MR 0f20;cr,r64 RM 0f22;r64,dr MR 0f21;dr,r64 RM 0f23
movabs acc,abs -A a0 bwlq;abs,acc A- a2 bwlq;r64,i64 OI b8 q
movzx r,rm8 RM 0fb6 wlq plain;r,rm16 RM 0fb7 wlq plain
movzxb r,rm8 RM 0fb6 wlq plain
movzxw r,rm16 RM 0fb7 wlq plain
movsx r,rm8 RM 0fbe wlq plain;r,rm16 RM 0fbf wlq plain;r,rm32 RM 63 lq plain
movsxb r,rm8 RM 0fbe wlq plain
movsxw r,rm16 RM 0fbf wlq plain
movsxl r,rm32 RM 63 lq plain
movsxd r,rm32 RM 63 lq plain;r16,r32/m RM 6663
movslq r64,rm32 RM W63
movzb r,rm8 RM 0fb6 wlq
movzw r,rm16 RM 0fb7 lq
movsb r,rm8 RM 0fbe wlq
movsw r,rm16 RM 0fbf lq
movsl r64,rm32 RM W63
movs - - a4 bwlq explicit rep;[rdi],[rsi] -- a4 bwlq rep
cmps - - a6 bwlq explicit rep;[rsi],[rdi] -- a6 bwlq rep
stos - - aa bwlq explicit rep;[rdi],acc -- aa bwlq rep;[rdi] - aa bwlq rep
lods - - ac bwlq explicit rep;acc,[rsi] -- ac bwlq rep;[rsi] - ac bwlq rep
slod - - ac bwlq explicit rep
ssto - - aa bwlq explicit rep
scas - - ae bwlq explicit rep;acc,[rdi] -- ae bwlq rep;[rdi] - ae bwlq rep
ssca - - ae bwlq explicit rep
scmp - - a6 bwlq explicit rep
smov - - a4 bwlq explicit rep
ins - - 6c bwl explicit rep;[rdi],dx -- 6c bwl rep
outs - - 6e bwl explicit rep;dx,[rsi] -- 6e bwl rep
xlat/xlatb - - d7;[rbx] - d7
in acc,i8 -I e4 bwl;acc,dx -- ec bwl;i8 I e4 bwl explicit;dx - ec bwl explicit
out i8,acc I- e6 bwl;dx,acc -- ee bwl;i8 I e6 bwl explicit;dx - ee bwl explicit
push r O 50 wq d64;i8s I 6a wq d64 guess;i I 68 wq d64 guess;rm M ff/6 wq d64 guess;fs - 0fa0 wq d64 guess;gs - 0fa8 wq d64 guess
pop r O 58 wq d64;rm M 8f/0 wq d64 guess;fs - 0fa1 wq d64 guess;gs - 0fa9 wq d64 guess
pushf - - 9c wq d64 guess
popf - - 9d wq d64 guess
lea r,m RM 8d wlq wrap
xchg rax,rax -- 90 q nosize;eax,eax MR 87 l;acc,r -O 90 wlq;r,acc O- 90 wlq;rm,r MR 86 bwlq lock;r,m RM 86 bwlq lock
xadd rm,r MR 0fc0 bwlq lock
cmpxchg rm,r MR 0fb0 bwlq lock
cmpxchg8b/cmpxchg8bq m M 0fc7/1 lock
cmpxchg16b m M W0fc7/1 lock
test rm,r MR 84 bwlq;r,m RM 84 bwlq;acc,i -I a8 bwlq;rm,i MI f6/0 bwlq
clr r B 30 bwlq
inc rm M fe/0 bwlq lock
dec rm M fe/1 bwlq lock
not rm M f6/2 bwlq lock
neg rm M f6/3 bwlq lock
mul rm M f6/4 bwlq
imul r,rm RM 0faf wlq;rm M f6/5 bwlq;r,rm,i8s RMI 6b wlq;r,rm,i RMI 69 wlq;r,i8s BI 6b wlq;r,i BI 69 wlq
div rm M f6/6 bwlq;acc,rm -M f6/6 bwlq
idiv rm M f6/7 bwlq;acc,rm -M f6/7 bwlq
shld rm,r,i8 MRI 0fa4 wlq;rm,r,cl MR- 0fa5 wlq;rm,r MR 0fa5 wlq
shrd rm,r,i8 MRI 0fac wlq;rm,r,cl MR- 0fad wlq;rm,r MR 0fad wlq
bsf r,rm RM 0fbc wlq rep
bsr r,rm RM 0fbd wlq rep
popcnt r,rm RM f30fb8 wlq
tzcnt r,rm RM f30fbc wlq
lzcnt r,rm RM f30fbd wlq
bswap r O 0fc8 lq
movbe r,m RM 0f38f0 wlq;m,r MR 0f38f1 wlq
crc32 r32,rm RM f20f38f0 b source;r32,rm RM f20f38f1 wl source guess;r64,rm RM f20f38f1 q source;r64,rm RM Wf20f38f0 b source;r64,m RM Wf20f38f1 l source guess plain
adcx r,rm RM 660f38f6 lq
adox r,rm RM f30f38f6 lq
jmp target D eb jmp bnd;r M ff/4 wq d64 star bnd;m M ff/4 wq d64 guess indirect star bnd;m32 M 66ff/5 intel;m48 M ff/5 intel;m80 M Wff/5 intel
call target D e8 call bnd;r M ff/2 wq d64 star bnd;m M ff/2 wq d64 guess indirect star bnd;m32 M 66ff/3 intel;m48 M ff/3 intel;m80 M Wff/3 intel
callq target D e8 call bnd
lcall m M ff/3 wl guess star
ljmp m M ff/5 wl guess star
jrcxz target D e3
jecxz target D e3 a32
loop/loopq target D e2
loope/loopz/loopeq/loopzq target D e1
loopne/loopnz/loopneq/loopnzq target D e0
loopl target D e2 a32
loopd target D e2 a32 intel
loopel/loopzl target D e1 a32
loopnel/loopnzl target D e0 a32
xbegin target D c7f8 call
ret - - c3 wq d64 guess rep bnd;i16 I c2 wq d64 guess rep bnd
lret - - cb wlq guess;i16 I ca wlq guess
retf - - cb wlq guess;i16 I ca wlq guess
iret - - cf wlq guess
leave - - c9 wq d64 guess
enter i16,i8 IJ c8 wq d64 guess same
int 3 - cc;i8 I cd
int1 - - f1
int3 - - cc
syscall - - 0f05
nop - - 90 rep;rm M 0f1f/0 wlq guess
pause - - f390
clc - - f8
cld - - fc
cmc - - f5
stc - - f9
std - - fd
lahf - - 9f
sahf - - 9e
cbtw/cbw - - 6698
cwtl/cwde - - 98
cltq/cdqe - - W98
cwtd/cwd - - 6699
cltd/cdq - - 99
cqto/cqo - - W99
cpuid - - 0fa2
rdtsc - - 0f31
rdtscp - - 0f01f9
ud2/ud2a - - 0f0b
ud2b r,rm RM 0fb9 wlq
ud1 r,rm RM 0fb9 wlq
ud0 r,rm RM 0fff wlq
xend - - 0f01d5
xtest - - 0f01d6
xabort i8 I c6f8
serialize - - 0f01e8
prefetchnta m M 0f18/0
prefetcht0 m M 0f18/1
prefetcht1 m M 0f18/2
prefetcht2 m M 0f18/3
prefetch m M 0f0d/0
prefetchw m M 0f0d/1
prefetchwt1 m M 0f0d/2
prefetchit0 m M 0f18/7
prefetchit1 m M 0f18/6
clflush m M 0fae/7
clflushopt m M 660fae/7
clwb m M 660fae/6
cldemote m M 0f1c/0
lfence - - 0faee8
mfence - - 0faef0
sfence - - 0faef8
movnti m,r MR 0fc3 lq
movdiri m,r MR 0f38f9 lq
movdir64b r64,m RM 660f38f8;r32,m RM 660f38f8 a32
aadd m,r MR 0f38fc lq plain
aand m,r MR 660f38fc lq plain
aor m,r MR f20f38fc lq plain
axor m,r MR f30f38fc lq plain
ptwrite rm M f30fae/4 lq guess
rdrand r M 0fc7/6 wlq plain
rdseed r M 0fc7/7 wlq plain
endbr64 - - f30f1efa
endbr32 - - f30f1efb
andn r,r,rm RVM vex.lz.np.0f38.w.f2 lq
bextr r,rm,r RMV vex.lz.np.0f38.w.f7 lq;r,rm,i RMI xop.lz.np.ma.w.10 lq
bzhi r,rm,r RMV vex.lz.np.0f38.w.f5 lq
sarx r,rm,r RMV vex.lz.f3.0f38.w.f7 lq
shlx r,rm,r RMV vex.lz.66.0f38.w.f7 lq
shrx r,rm,r RMV vex.lz.f2.0f38.w.f7 lq
pdep r,r,rm RVM vex.lz.f2.0f38.w.f5 lq
pext r,r,rm RVM vex.lz.f3.0f38.w.f5 lq
mulx r,r,rm RVM vex.lz.f2.0f38.w.f6 lq
rorx r,rm,i8 RMI vex.lz.f2.0f3a.w.f0 lq
blsr r,rm VM vex.lz.np.0f38.w.f3/1 lq
blsmsk r,rm VM vex.lz.np.0f38.w.f3/2 lq
blsi r,rm VM vex.lz.np.0f38.w.f3/3 lq
blcfill r,rm VM xop.lz.np.m9.w.01/1 lq
blsfill r,rm VM xop.lz.np.m9.w.01/2 lq
blcs r,rm VM xop.lz.np.m9.w.01/3 lq
tzmsk r,rm VM xop.lz.np.m9.w.01/4 lq
blcic r,rm VM xop.lz.np.m9.w.01/5 lq
blsic r,rm VM xop.lz.np.m9.w.01/6 lq
t1mskc r,rm VM xop.lz.np.m9.w.01/7 lq
blcmsk r,rm VM xop.lz.np.m9.w.02/1 lq
blci r,rm VM xop.lz.np.m9.w.02/6 lq
`

/** General-purpose instructions. */
export function generalTable(): string {
  return [...arithmetic(), ...shifts(), ...bitTests(), ...conditional(), plain].join('\n')
}
