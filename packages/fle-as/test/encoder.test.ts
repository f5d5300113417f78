// The instructions as GNU as encodes them: every form of the tables, the choices among equal encodings, both syntaxes.
import t from 'tap'
import { InstructionEncoder } from '../src/encoder/encode.ts'
import { InstructionSet } from '../src/encoder/instruction-set.ts'
import { type Operand, RegisterClass, register } from '../src/operand.ts'
import { compareLines } from './compare-lines.ts'
import { formLines } from './form-lines.ts'
import { assembleText, bothWays } from './same-as-gnu.ts'

/** The instructions of a text, between which line feeds or semicolons stand. */
function lines(text: string): string[] {
  return text
    .split(/[;\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

t.test('every form of every mnemonic', async (t) => {
  const all = formLines(4)
  t.ok(all.length > 12_000, `${all.length} lines`)
  compareLines(t, all)
})

t.test('the shortest of equal encodings', async (t) => {
  compareLines(
    t,
    lines(`
add $1, %eax; add $127, %rax; add $128, %rax; add $-128, %ecx; add $-129, %ecx; add $0xffffffff, %eax
add $0xffff, %ax; add $0xff80, %cx; add $200, %al; add $-1, %bl; adcq $0x7fffffff, %r15; cmpl $0, symbol(%rip)
cmpb $0, 5(%rax,%rcx,4); cmpw $1000, (%rdi); test $1, %al; test $1, %eax; testb $1, (%rax); test %eax, (%rbx)
test (%rbx), %eax; mov $1, %eax; mov $1, %rax; mov $-1, %rax; movq $0x7fffffff, %rbx; movq $0x80000000, %rbx
movq $0xffffffff, %rbx; movq $-0x80000000, %rbx; movq $0x123456789, %rbx; movq $symbol, %rax; mov $symbol, %eax
mov $symbol+4, %rax; movl $symbol, 8(%rsp); movq $symbol, 8(%rsp); movabs $symbol, %rax; movabs $1, %rax
mov symbol, %eax; mov symbol, %al; mov %al, symbol; mov 0x1122334455667788, %rax; mov %eax, 0x1122334455667788
movabs 0x11, %al; movabs %rax, symbol; addr32 mov symbol, %eax; addr32 mov 0x89abcdef, %rbx; mov %ds, %eax
mov %ds, %ax; mov %ds, (%rax); mov %eax, %ds; mov (%rax), %fs; xchg %rax, %rax; xchg %eax, %eax; xchg %ax, %ax
xchg %rcx, %rax; xchg %eax, %r9d; xchg %ecx, %edx; xchg (%rcx), %dl; inc %eax; decl (%rax); push $1; push $127
push $128; push $-129; push $symbol; pushw $1; pushw $1000; push %ax; push %r12; pushq (%rax); push %fs; pop %gs
popw %cx; pop 8(%rsp); imul $5, %eax; imul $500, %eax, %ebx; imul $-1, (%rax), %rbx; imul %rax, %rbx; shl $1, %eax
shl %eax; shl %cl, %rax; shl %ecx, %rax; sarq $63, %rdx; rolb $3, (%rax); shld $3, %eax, %ebx
shrd %cl, %rax, (%rbx); shld %eax, %ebx; int $3; int $0x80; int3; ret; ret $8; lret; enter $16, $1; in $5, %al
in %dx, %eax; in (%dx), %ax; out %al, (%dx); out %eax, $7; lea 8(%rax), %eax; lea symbol(%rip), %rax
lea 0x88888888(%rax), %eax; lea symbol(%rax), %ecx; lea (%eax,%ecx,4), %edx; nop; nopw (%rax); nopl 8(%rax,%rax)
nop %eax; pause; bt $5, %eax; bts %rax, (%rbx); movzbl %al, %eax; movzb (%rax), %eax; movzx %ax, %ecx
movsbq (%rax), %rcx; movslq %eax, %rcx; movsxd %eax, %rcx; movsx %cl, %ax; crc32b (%rax), %ecx; crc32 %rax, %rcx
crc32q (%rax), %rcx; sete %al; setneb (%rax); cmovg (%rax), %rcx; bswap %r9; cmpxchg8b (%rax); cmpxchg16b (%rax)
call *%rax; call *(%rax,%rcx,8); call *symbol(%rip); jmp *%r11; jmp *symbol(,%rax,8); ljmp *(%rax); call symbol
call symbol@PLT; jmp symbol; jne symbol; jrcxz .; loop .; movaps %xmm8, %xmm0; vmovaps %xmm8, %xmm0
vmovaps %xmm0, %xmm8; vmovaps %xmm8, %xmm9; vmovups %ymm8, (%rax); vmovq %xmm8, %xmm0; vmovq %rax, %xmm0
vmovss %xmm8, %xmm1, %xmm2; vmovsd %xmm0, %xmm1, %xmm9; movq %xmm1, (%rax); movq (%rax), %mm1; movq %rax, %xmm1
movd %eax, %xmm1; movd %rax, %mm1; vaddps %xmm8, %xmm1, %xmm2; vaddps %xmm1, %xmm8, %xmm2
vpshufb (%r8), %xmm1, %xmm2; cvtsi2sd %eax, %xmm0; cvtsi2sdq (%rax), %xmm0; cvttsd2si %xmm0, %rax
vcvtsi2ssl (%rax), %xmm0, %xmm1; pextrw $1, %xmm0, %eax; pextrw $1, %xmm0, (%rax); pmovmskb %xmm0, %rax
`),
  )
})

/** Numbers on both sides of every limit that instructions have for theirs. */
const limits = [7, 8, 15, 16, 31, 32].flatMap((bits) => [2 ** bits - 1, 2 ** bits, -(2 ** bits), -(2 ** bits) - 1])
const numbers = [...limits, 0, 1, 2, 3, 4, 64, -1, -64, 65, 65407, 65408, 2 ** 32 - 129, 2 ** 32 - 128]

/** Instructions with every number from the least to the greatest that fits. */
function withNumbers(instruction: string, least: number, most: number): string[] {
  const fitting = numbers.filter((number) => number >= least && number <= most)
  // In both orders, for what came first must not matter to what comes later.
  return [...fitting, ...fitting.reverse()].map((number) => instruction.replace('N', `${number}`))
}

t.test('instructions that differ in their numbers only', async (t) => {
  compareLines(t, [
    ...['addb $N, %al', 'movb $N, (%rbx)', 'cmpb $N, 8(%rsp)'].flatMap((line) => withNumbers(line, -128, 255)),
    ...[
      'int $N',
      'shll $N, %eax',
      'sarq $N, (%rax)',
      'rolw $N, %cx',
      'shufps $N, %xmm1, %xmm2',
      'btl $N, %eax',
    ].flatMap((line) => withNumbers(line, 0, 127)),
    ...['addw $N, %cx', 'movw $N, %dx', 'pushw $N', 'imulw $N, %ax, %bx'].flatMap((line) =>
      withNumbers(line, -32768, 65535),
    ),
    ...['retq $N', 'enter $N, $4'].flatMap((line) => withNumbers(line, 0, 65535)),
    ...['addl $N, %eax', 'movl $N, %ecx', 'imull $N, 8(%rax), %edx', 'testl $N, %esi'].flatMap((line) =>
      withNumbers(line, -(2 ** 31), 2 ** 32 - 1),
    ),
    ...['addq $N, %rcx', 'pushq $N', 'cmpq $N, symbol+4(%rip)', 'movl N(%rax), %eax', 'movl N(,%rax,4), %ecx']
      .concat(['leaq N(%rsp,%rbp,2), %rdi', 'movq %fs:N, %rax', 'call *N(%rax)', 'vaddps N(%rbx), %ymm1, %ymm2'])
      .concat(['vaddps N(%rbx), %zmm1, %zmm2', 'vmovdqu8 N(%rbx), %xmm17{%k1}', '{disp32} movl N(%rax), %eax'])
      .concat(['movl $7, N(%rdx)', 'imulq $1000, N(%r12), %r13', 'movl -N(%rbp), %eax'])
      .flatMap((line) => withNumbers(line, line.includes('-N') ? 0 : -(2 ** 31), 2 ** 31 - 1)),
    ...['movq $N, %rax', 'movabsq $N, %r9', 'movabs N, %al'].flatMap((line) => withNumbers(line, -(2 ** 40), 2 ** 40)),
    ...['leal N(%eax), %ecx', 'leaw N(%rax), %cx'].flatMap((line) => withNumbers(line, -(2 ** 31), 2 ** 31 - 1)),
    ...lines('mov $010, %eax; mov $10, %eax; mov $0x10, %eax; mov $1+2, %eax; mov $10 +2, %eax; mov $10-4, %eax'),
    ...lines(
      'mov 8+8(%rax), %eax; mov 8 + 4(%rax), %eax; mov - 8(%rax), %eax; mov (%rax,%rcx,2), %eax; mov $-(4), %eax',
    ),
  ])
})

t.test('instructions that differ in their registers only', async (t) => {
  const quads = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ')
  const names: Record<string, readonly string[]> = {
    Q: quads,
    I: quads.map((name) => name.replace('rsp', 'rbp')),
    L: 'eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d'.split(' '),
    B: 'al cl dl bl spl bpl sil dil r8b r9b r10b r11b r12b r13b r14b r15b'.split(' '),
    X: quads.map((_, i) => `xmm${i}`),
  }
  const all = []
  for (const shape of lines(`
movq Q, (Q); movq Q, Q; movl 8(Q), L; leaq -5(Q,I,4), Q; movb B, symbol+4(Q); addl $200, L; addq 1(Q,I), Q; imulq $5, Q, Q
imull $500, L; pushq Q; popq Q; bswap L; xchgq Q, Q; shll %cl, L; testb B, B; movzbl B, L; cmpxchgq Q, (Q); jmp *8(,I,8)
movabsq $0x123456789, Q; addps X, X; pextrd $2, X, L; vaddpd X, X, X; vaddps (Q,I,4), X, X; vblendvps X, X, X, X; sarxq Q, (Q), Q
vfmaddss X, X, X, X; andnl L, L, L; vpgatherqq X, (Q,X,8), X; movsb (%rsi), (%rdi); call *Q; movq symbol(%rip), Q; addq $-1, 3(Q)
`)) {
    for (let first = 0; first < 16; first++) {
      let next = first
      all.push(
        shape.replace(/[QILBX](?=[,()]|$)/g, (set) => {
          // Another register each time: a gather wants that.
          next += 3
          return `%${names[set][next % 16]}`
        }),
      )
    }
  }
  compareLines(t, all)
})

t.test('instructions that differ in their symbols only', async (t) => {
  compareLines(
    t,
    lines(`
jmp one; jmp two@PLT; jmp other+4; jmp .; jmp .+2; jne one; jne three; call one; call two@PLT; call *two(%rip); call two+8
call *equated(%rip); mov $one, %eax; mov $equated, %eax; mov $other, %eax; movq $two, %rax; movq $equated, %rax
movq one(%rip), %rax; movq other+8(%rip), %rax; movq equated(%rip), %rax; movq two-8(,%rcx,8), %rax; movq other, %rax
movq equated, %rax; movq %fs:four@tpoff, %rax; movq %fs:five@TPOFF, %rax; movq one@GOTPCREL(%rip), %rax
movq two@GOTPCREL(%rip), %rbx; mov $one-other, %eax; lea one+1+1(%rip), %rdx; mov $$one, %eax
rep movsb; rep stosq; lock incl one(%rip); lock incl two(%rip); rep; nop; jmp 1f; 1: jmp 1b; 1: jmp 1b`),
    'equated = 100\nother: .globl two\none: nop\n',
  )
})

t.test('what can be left to the linker', async (t) => {
  compareLines(
    t,
    lines(`
call symbol; call symbol+4; jmp symbol+4; je symbol-4; call 0x1234; jmp 0x1234; jne 0x1234; xbegin symbol+4
mov symbol@GOTPCREL(%rip), %rax; mov symbol@GOTPCREL(%rip), %eax; add symbol@GOTPCREL(%rip), %r9
cmp symbol@GOTPCREL(%rip), %rax; cmp %rax, symbol@GOTPCREL(%rip); test %rax, symbol@GOTPCREL(%rip)
call *symbol@GOTPCREL(%rip); jmp *symbol@GOTPCREL(%rip); push symbol@GOTPCREL(%rip); lea symbol@GOTPCREL(%rip), %rax
movss symbol@GOTPCREL(%rip), %xmm0; imul symbol@GOTPCREL(%rip), %rax; mov %fs:symbol@TPOFF, %rax
mov symbol@GOTTPOFF(%rip), %rax; add symbol@GOTTPOFF(%rip), %rax; lea symbol@TLSGD(%rip), %rdi
movabs $symbol@GOTOFF, %rax; movq $symbol@GOTOFF, %rax; movq $symbol@SIZE, %rax; movl $symbol@SIZE, %eax
cmpl $5, symbol(%rip); movw $5, symbol(%rip); movb $5, symbol(%rip); movl $symbol, symbol(%rip)
vpermq $27, symbol(%rip), %ymm1; mov symbol(%eax), %ecx; mov symbol(%rax), %ecx; mov symbol, %ecx; addw $symbol, %ax
addb $symbol, %al
`),
  )
})

t.test('addresses', async (t) => {
  compareLines(
    t,
    lines(`
mov (%rax), %ecx; mov (%rsp), %ecx; mov (%rbp), %ecx; mov (%r12), %ecx; mov (%r13), %ecx; mov 0(%rbp), %ecx
mov 127(%rax), %ecx; mov 128(%rax), %ecx; mov -128(%rsp), %ecx; mov -129(%rsp), %ecx; mov (%rax,%rcx), %edx
mov (%rax,%rcx,1), %edx; mov (%rbp,%rcx,8), %edx; mov (%r13,%r14,4), %edx; mov (,%rcx,4), %edx; mov 5(,%r12,2), %edx
mov 0x7fffffff, %edx; mov -5, %edx; mov (%eax), %edx; mov 4(%esp,%ebp,2), %edx; mov -0x80000000(%eax), %edx
mov 0xffffffff(%eax), %edx; mov (%rip), %edx; mov 5(%rip), %edx; mov symbol(%eip), %edx; mov %fs:(%rax), %edx
mov %gs:symbol, %edx; mov %es:(%rsp), %edx; mov %ds:(%rbp), %edx; mov %ss:(%rbp), %edx; mov %cs:symbol(%rip), %edx
movsb; movsl %fs:(%rsi), %es:(%rdi); movsb (%esi), (%edi); stosq; stos %al, (%rdi); lodsw; lods (%rsi), %eax; scasb
cmpsl (%rdi), (%rsi); insb; outsl; xlat; xlat %fs:(%rbx); vmovups 256(%rax), %zmm1; vmovups 64(%rax), %zmm1
vmovups 65(%rax), %zmm1; vmovups -8192(%rax), %zmm1; vmovups -8256(%rax), %zmm1
vaddps 508(%rax){1to16}, %zmm1, %zmm2; vaddps 512(%rax){1to16}, %zmm1, %zmm2; vpmovzxbq 56(%rax), %zmm1
vpmovqb %zmm1, 56(%rax); vcompresspd %zmm1, 1016(%rax); vpgatherdd 4(%rax,%zmm31,2), %zmm1{%k1}
vpgatherdd %xmm1, (%rax,%xmm2,4), %xmm3; vpscatterqq %ymm17, 8(%r9,%ymm18){%k3}; tileloadd (%rax), %tmm1
tilestored %tmm1, 64(%rax,%rbx,2); movdir64b (%eax), %ecx
`),
  )
})

t.test('prefixes and pseudo-prefixes', async (t) => {
  compareLines(
    t,
    lines(`
rep movsb; repz cmpsb; repne scasb; rep stosq; rep ret; rep nop; lock incl (%rax); lock cmpxchg %ecx, (%rax)
lock xadd %rax, (%rcx); xacquire lock add %eax, (%rcx); xrelease movl $1, (%rax); xacquire xchg %eax, (%rcx)
bnd jmp *%rax; bnd call symbol; bnd ret; notrack jmp *%rax; notrack call *(%rax); data16 nop
data16 rex.w call symbol; addr32 nop; cs nop; ds jmp *%rax; fs movsb; cs je symbol; rex addb %cl, %dl
rex.w addb %cl, %dl; rex.wrxb nop; rex64 nop; rexz nop; lock; rep; rex.w; {rex} addb %cl, %dl; {rex} movl %eax, %ecx
{load} movl %eax, %ecx; {store} movl %eax, %ecx; {load} addb %cl, %dl; {store} movaps %xmm1, %xmm2
{load} vmovaps %xmm8, %xmm1; {store} vmovss %xmm1, %xmm2, %xmm3; {disp8} movl (%rax), %ecx
{disp32} movl (%rax), %ecx; {disp32} movl 4(%rax), %ecx; {disp8} vmovaps (%rax), %xmm1
{evex} {disp8} vmovaps (%rax), %xmm1; {disp32} jmp line0; {vex} vaddps %xmm1, %xmm2, %xmm3
{vex3} vaddps %xmm1, %xmm2, %xmm3; {evex} vaddps %xmm1, %xmm2, %xmm3; {evex} vmovss %xmm1, %xmm2, %xmm3
{vex} vpdpbusd %xmm1, %xmm2, %xmm3; vpdpbusd %xmm1, %xmm2, %xmm3; movl.s %eax, %ecx; movaps.s %xmm1, %xmm2
mov.d32 (%rax), %ecx
`),
  )
})

t.test('AVX-512: masks, broadcasts, rounding', async (t) => {
  compareLines(
    t,
    lines(`
vaddpd %zmm1, %zmm2, %zmm3; vaddpd %zmm1, %zmm2, %zmm3{%k1}; vaddpd %zmm1, %zmm2, %zmm3{%k7}{z}
vaddpd (%rax){1to8}, %zmm2, %zmm3; vaddpd (%rax){1to2}, %xmm2, %xmm3; vaddpd {rn-sae}, %zmm1, %zmm2, %zmm3
vaddsd {rz-sae}, %xmm1, %xmm2, %xmm3{%k2}; vmaxps {sae}, %zmm1, %zmm2, %zmm3
vcmpps $5, {sae}, %zmm1, %zmm2, %k3{%k4}; vcmplt_oqps %zmm1, %zmm2, %k3; vpcmpltud (%rax){1to16}, %zmm1, %k1
vcvtpd2ps (%rax){1to4}, %xmm1; vcvtpd2psx (%rax), %xmm1; vcvtpd2psy (%rax), %xmm17; vcvtpd2ps (%rax), %ymm1
vfpclasspsz $3, (%rax), %k1; vfpclassps $3, (%rax){1to8}, %k1; vmovdqu8 %zmm31, (%rax){%k1}
vmovdqa64 %zmm16, %zmm17{%k1}{z}; vpbroadcastb %eax, %zmm1; vpbroadcastq %rax, %ymm20
vbroadcastf64x4 32(%rax), %zmm3; vextracti32x4 $1, %zmm1, 16(%rax){%k1}; vpternlogd $0xff, %zmm0, %zmm0, %zmm0
vpermt2w %zmm1, %zmm2, %zmm3; vcvtusi2sd %rax, {rn-sae}, %xmm1, %xmm2; vcvtusi2sd %eax, %xmm1, %xmm2
vaddph 32(%rax){1to32}, %zmm1, %zmm2; vfmadd231sh %xmm17, %xmm18, %xmm19{%k1}; vcvtph2qq 2(%rax){1to8}, %zmm1
vmovsh 2(%rax), %xmm30; vmovw %eax, %xmm17; vpdpwssd %zmm1, %zmm2, %zmm3; vdpbf16ps (%rax){1to16}, %zmm1, %zmm2
kmovq %rax, %k1; kandw %k1, %k2, %k3; kshiftrq $5, %k1, %k2; vp2intersectd %zmm1, %zmm2, %k2
`),
  )
})

t.test('x87, whose AT&T names exchange fsub and fsubr', async (t) => {
  compareLines(
    t,
    lines(`
fadd %st(1), %st; fadd %st, %st(1); fsub %st(1), %st; fsub %st, %st(1); fsubr %st, %st(1); fsubp; fsubrp %st, %st(2)
fdivp %st, %st(1); fdivrs (%rax); fdivl (%rax); fiadds (%rax); fisubrl (%rax); fld %st(2); flds (%rax); fldl (%rax)
fldt (%rax); fildll (%rax); fistpq (%rax); fisttpl (%rax); fstpt (%rax); fxch; fxch %st(3); fcmovne %st(1), %st
fucomip %st(1), %st; fnstsw %ax; fstsw; fnstcw (%rax); finit; {store} fadd %st, %st
`),
  )
})

t.test('what GNU as assumes if nothing tells the operand size', async (t) => {
  compareLines(t, lines('add $1, (%rax)\nincb (%rax)\nshl (%rax)\nmov $symbol, (%rax)\nlods\nnot symbol'))
  const { messages } = assembleText('add $1, (%rax)\n')
  t.match(messages, "nothing tells the operand size of 'add': 32 bits are assumed, as of 'addl'")
})

t.test('Intel syntax', async (t) => {
  compareLines(
    t,
    lines(`
movsd; cmpsd; stosd; lodsd; scasd; insd; outsd; stosb; stosq; movs dword ptr es:[rdi], dword ptr [rsi]
movs dword ptr [rdi], dword ptr [rsi]; movs byte ptr es:[rdi], byte ptr fs:[rsi]; movsb es:[rdi], [rsi]
stos byte ptr [rdi]; stos dword ptr es:[rdi]; lods eax, dword ptr [rsi]; lods dword ptr [rsi]
scas al, byte ptr es:[rdi]; pushf; pushfq; popfq; iretq; iretd; iret; retf; retfq; ret 4; retq; cwde
movsx eax, byte ptr [rax]; movzx eax, byte ptr [rax]; movsx rax, dword ptr [rax]; movsxd rax, dword ptr [rax]
movsxd rax, eax; mov eax, dword ptr [rax]; push 1; push qword ptr [rax]; push word ptr [rax]; push [rax]; pop [rax]
pop word ptr [rax]; jmp qword ptr [rax]; jmp [rax]; call [rax]; call rax; call symbol; jmp symbol; je symbol
jmp rax; nop dword ptr [rax]; nop word ptr [rax]; xlat byte ptr [rbx]; fadd dword ptr [rax]; fadd qword ptr [rax]
fild qword ptr [rax]; fild dword ptr [rax]; fild word ptr [rax]; fist word ptr [rax]; fistp qword ptr [rax]
fisttp qword ptr [rax]; fiadd word ptr [rax]; fiadd dword ptr [rax]; fisubr dword ptr [rax]; fld dword ptr [rax]
fld qword ptr [rax]; fst qword ptr [rax]; fstp qword ptr [rax]; fld tbyte ptr [rax]; fstp tbyte ptr [rax]
fbld tbyte ptr [rax]; fcom qword ptr [rax]; fcomp qword ptr [rax]; fsub qword ptr [rax]; fsubr dword ptr [rax]
fadd st(1), st; fadd st, st(1); fadd; faddp; fmul; fsub; fdiv; fsubr; fsub st(1), st; fsub st, st(1)
fsubp st(1), st; fsubrp st(1), st; fsubp; fdivr st(1), st; fdivrp st(1), st; fdivp st(1), st; fxch st(1); fxch
fcomi st, st(1); fucomip st, st(1); fcmove st, st(1); fld st(1); fstp st(1); fldcw word ptr [rax]
fnstcw word ptr [rax]; fnstenv [rax]; cvtsi2sd xmm0, dword ptr [rax]; cvtsi2sd xmm0, qword ptr [rax]
cvtsi2sd xmm0, rax; cvtsi2sd xmm0, eax; cvttsd2si rax, xmm0; cvttsd2si eax, qword ptr [rax]
cvtss2si rax, dword ptr [rax]; loopd symbol; int 3; int 0x80; in al, dx; in eax, 4; out dx, al; out 4, eax; insb
ins byte ptr [rdi], dx; outs dx, byte ptr [rsi]; rep movsd; rep stosq; lea rax, [rip+symbol]; lea rax, symbol[rip]
lea eax, [rax+rax*4+5]; mov rax, offset symbol; mov eax, offset flat:symbol; mov rax, 0x123456789; movabs rax, 5
mov rax, -1; mov al, [0x1122334455667788]; movabs al, [0x1122334455667788]; mov rax, fs:0; mov rax, fs:[0]
mov rax, qword ptr fs:40; enter 4, 1; sysretq; shl dword ptr [rax], 1; shl dword ptr [rax]; shl eax, cl; shl eax, 5
sar rax; imul eax, 5; imul eax, ebx, 5; imul rax, qword ptr [rbx], 500; test eax, [rax]; test [rax], eax
test byte ptr [rax], 1; xchg eax, [rax]; xchg [rax], eax; cmpxchg16b [rax]; cmpxchg16b xmmword ptr [rax]
cmpxchg8b qword ptr [rax]; lock cmpxchg dword ptr [rax], ecx; lock add dword ptr [rax], 1
lock xadd qword ptr [rax], rcx; sgdt [rax]; fxsave [rax]; fldenv [rax]; fldcw [rax]; fnstsw ax; fstsw word ptr [rax]
prefetcht0 [rax]; prefetcht0 byte ptr [rax]; clflush byte ptr [rax]; movq xmm0, [rax]; movq xmm0, rax
movq xmm0, qword ptr [rax]; movq qword ptr [rax], xmm0; movd xmm0, [rax]; movd xmm0, dword ptr [rax]
movss xmm0, [rax]; movss xmm0, dword ptr [rax]; movsd xmm0, qword ptr [rax]; movlps xmm0, [rax]
movhps qword ptr [rax], xmm1; pinsrb xmm0, [rax], 1; pinsrb xmm0, byte ptr [rax], 1; pextrw word ptr [rax], xmm1, 2
ldmxcsr [rax]; bswap rax; bt dword ptr [rax], 1; bts qword ptr [rax], rcx; sete al; sete byte ptr [rax]
cmovne rax, qword ptr [rbx]; crc32 eax, byte ptr [rax]; crc32 rax, qword ptr [rax]; popcnt eax, dword ptr [rax]
movbe eax, dword ptr [rax]; movnti dword ptr [rax], ecx; mov ds, ax; mov ax, ds; mov eax, ds; mov word ptr [rax], ds
mov cr0, rax; mov rax, dr7; verr word ptr [rax]; invlpg [rax]; lgdt [rax]; str word ptr [rax]
adc byte ptr [rax+1], 5; add rax, 0x7f; add rax, 0x80; add eax, 0x1234; cmp byte ptr [rax], 0; and ax, 0xfff0
or word ptr [rax], 0x1234; sub rsp, 8; xor r8d, r8d; not byte ptr [rax]; neg rax; mul dword ptr [rax]; div rcx
idiv byte ptr [rax]; inc dword ptr [rax]; dec eax; shld eax, ebx, 5; shrd [rax], ebx, cl; vaddpd ymm0, ymm1, [rax]
vaddsd xmm0, xmm1, qword ptr [rax]; vmovdqu ymm0, ymmword ptr [rax]; vmovdqu [rax], ymm0
vpbroadcastd ymm0, dword ptr [rax]; vpbroadcastb ymm0, byte ptr [rax]; vextracti128 [rax], ymm1, 1
vinserti128 ymm0, ymm1, xmmword ptr [rax], 1; vcvtpd2ps xmm0, ymmword ptr [rax]; vcvtpd2ps xmm0, xmmword ptr [rax]
vpgatherdd xmm0, [rax+xmm1*4], xmm2; vpgatherdd zmm0{k1}, [rax+zmm1*4]; endbr64; notrack jmp rax; bnd ret
movups xmmword ptr [rsp-16], xmm3; aeskeygenassist xmm1, xmm2, 1; pclmulqdq xmm1, xmm2, 0x11; mulx rax, rbx, rcx
andn rax, rbx, [rcx]; bextr eax, [rcx], ebx; rorx eax, ecx, 3; adcx eax, [rcx]; rdrand ax; rdfsbase rax
xbegin symbol; xabort 1
vaddpd zmm1, zmm2, zmm3{rn-sae}; vaddps zmm1{k1}{z}, zmm2, dword bcst [rax+4]; vcmppd k1, zmm2, zmm3, {sae}, 5
call far ptr [rbx]; jmp $+2; jmp short symbol; call 0x1234; mov eax, DWORD PTR gs:[rax+0xEE000F0]; mov al, riz
`),
    '.intel_syntax noprefix\n',
  )
})

const errors: readonly [line: string, message: string][] = [
  ['movl %rax, %ebx', "%rax has 64 bits, but the suffix of 'movl' is for 32"],
  ['mov %rax, %ebx', "%ebx has 32 bits and %rax 64: 'mov' needs the same size"],
  ['mov (%rax), (%rbx)', "two operands of 'mov' are in memory: one of them must go through a register"],
  ['mov %eax, $3', 'the destination, the last operand, is a constant'],
  ['add $1, %eax, %ebx', "'add' takes 2 operands, not 3"],
  ['shl $300, %eax', '300 (0x12c) does not fit the 8 bits of this constant'],
  ['addq $0x123456789, %rax', '4886718345 (0x123456789) does not fit the 32 bits of this constant'],
  ['pushl %eax', "'push' cannot have the suffix 'l'"],
  ['xorr %eax, %eax', "did you mean 'xor'?"],
  ['mov %eax, 0x123456789(%rax)', 'the displacement does not fit 32 bits'],
  ['mov (%rax,%rsp), %ecx', '%rsp and %esp cannot be the index of an address'],
  ['mov (%rax,%ecx), %ecx', 'base and index of an address are of the same size'],
  ['mov (%ax), %ecx', 'the base of an address is a register of 64 or 32 bits'],
  ['add %ah, %r8b', 'cannot be used with a register or size that needs a REX prefix'],
  ['lock add %eax, %ebx', 'lock can only stand before an instruction that changes memory'],
  ['rep add %eax, %ebx', 'rep can only stand before a string instruction'],
  ['notrack jmp line', 'notrack can only stand before an indirect jump or call'],
  ['data16 jmp line', 'data16 before a jump or call would cut its target to 16 bits'],
  ['vpaddd %zmm1, %zmm2{%k1}, %zmm3', "the mask of 'vpaddd' belongs to the destination"],
  ['vaddps (%rax){1to8}, %zmm1, %zmm2', 'cannot broadcast so many elements'],
  ['vaddps {rn-sae}, %xmm1, %xmm2, %xmm3', 'cannot have this rounding mode'],
  ['stosb %al, (%rsi)', 'are in fixed registers, or in memory at fixed registers'],
  ['movdir64b (%rax), %ecx', "the address of 'movdir64b' needs registers of 32 bits"],
  ['lea %eax, %ebx', "'lea' accepts: mem, reg"],
]

t.test('errors say what is wrong and what the instruction accepts', async (t) => {
  for (const [line, message] of errors) {
    const { object, messages } = assembleText(`line: ${line}\n`)
    t.equal(object, undefined, line)
    t.match(messages, message, line)
  }
})

t.test('Intel syntax leaves no operand size open', async (t) => {
  for (const line of ['add [rax], 1', 'cvtsi2sd xmm1, [rax]', 'fld [rax]', 'movzx eax, [rbx]', 'ptwrite [rax]']) {
    const { messages } = assembleText(`.intel_syntax noprefix\n${line}\n`)
    t.match(messages, 'write BYTE PTR, DWORD PTR or the like', line)
  }
  const lines = ['push [rax]', 'call [rax]', 'movd xmm1, [rax]', 'lea rax, [rbx]', 'mov al, [rbx]', 'lgdt [rax]']
  lines.push('cmps byte ptr [rsi], es:[rdi]', 'movs dword ptr es:[rdi], [rsi]', 'movs es:[rdi], qword ptr [rsi]')
  const { ours, theirs } = bothWays(`.intel_syntax noprefix\n${lines.join('\n')}\n`)
  t.equal(ours, theirs)
})

t.test('any operands give bytes or an error', async (t) => {
  const encoder = new InstructionEncoder()
  const mnemonics = new InstructionSet(false).mnemonics()
  const value = { constant: 2n ** 63n, symbolic: false, modifier: '' }
  const operands: Operand[] = Object.values(RegisterClass).map((of) => ({
    kind: 'register',
    register: register(of, 31),
    mask: 7,
    zeroing: true,
    indirect: true,
  }))
  operands.push({ kind: 'immediate', value })
  operands.push({ kind: 'rounding', mode: 3 })
  for (const of of Object.values(RegisterClass)) {
    operands.push({
      kind: 'memory',
      segment: register(RegisterClass.segment, 5),
      base: register(of, 1),
      index: register(of, 2),
      scale: 3,
      displacement: value,
      broadcast: 5,
      mask: 0,
      zeroing: false,
      indirect: false,
      size: 7,
    })
  }
  let encoded = 0
  for (const mnemonic of mnemonics) {
    for (let i = 0; i < operands.length; i++) {
      const some = [operands[i], operands[(i * 7 + 3) % operands.length], operands[(i * 5 + 1) % operands.length]]
      const result = encoder.encode(mnemonic, i * 0x1234567, some.slice(0, i % 4), i % 2 === 0)
      if ('bytes' in result) encoded++
      else if (result.message === '') t.fail(`${mnemonic}: an error without words`)
    }
  }
  t.ok(encoded > 0)
})
