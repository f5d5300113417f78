// fle-objdump: on ELF line by line what GNU objdump says, on FLE the same again.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, compile, mutate, runCommand, runToSuccess, seededRandom } from '@fle/testkit'
import t from 'tap'
import { main as objdump } from '../src/objdump/cli.ts'
import { runMain, toFle } from './run-main.ts'

const cSource = `
  int common_one; static int local_zeros; __thread int own = 3; const int table[3] = {1, 2, 3};
  extern int elsewhere; __attribute__((weak)) int weak_one(void) { return 1; }
  __attribute__((visibility("hidden"))) double hidden_one = 7;
  static long helper(long x) { local_zeros += x; return x * elsewhere / (table[x & 1] + 3); }
  int main(int count, char **words) {
    hidden_one = hidden_one * count + own;
    for (int i = 0; i < count; i++) local_zeros += words[i][0] == 'a' ? weak_one() : helper(i);
    return (int)hidden_one + common_one;
  }
`
const object = compile(cSource, ['-O2', '-fcommon'])
const cxxObject = compile(
  `struct A { virtual int f() { return 1; } }; int g() { try { return (new A)->f(); } catch (...) { return 2; } }`,
  ['-O1'],
  'cc',
)

/** Instructions whose text is built in different ways: one a line. */
const instructions = `
  movl $-1, %eax; movq $-1, %rax; movabsq $0xaaaaaaaaaaaaaaab, %r9; movw %dx, -2(%r12,%rax); movb $-3, (%rdi)
  movslq %r12d, %r12; movzbl 3(%rsi), %ecx; movq %xmm0, %rbx; movq 16(%rdi), %xmm2; movdqu (%rdi), %xmm9; movd %eax, %xmm1
  addl %edi, 0(%rip); cmpq $0, 5(%rip); andw $0x4000, %dx; orb $1, 0x10(,%rcx,8); leaq -8(,%rdx,8), %rdx; .byte 0x8d, 0x74, 0x26, 0
  mov %fs:0x28, %rax; mov %gs:(%rcx), %eax; movl 0x1234, %ecx; mov 0xffffffffff600000, %eax
  shll (%rdi); shll $3, (%rdi); sarq %rax; rolw $8, %dx; shldq $3, %rax, %rbx; shrl %cl, %eax
  push $-128; push %r12; pushw $3; pop %rax; call *%rax; call *8(%rbx); jmp *(%rsi,%rdi,8); notrack jmp *%rax; ret; repz ret; lretq
  1: jne 1b; jmp 1b; loop 1b; jrcxz 1b; call 1b; bnd jmp 1b; xbegin 1b; addr32 call 1b
  rep stosq; rep movsb; repz cmpsb; repnz scasb; lodsl; outsb; insl; xlat; rep movsl %fs:(%rsi), (%rdi)
  nop; data16 nop; nopw 0(%rax,%rax); cs nopw 0x100(%rax,%rax,1); pause; endbr64; hlt; leave; cqto; cltq; cwtl; syscall; ud2; int3
  lock cmpxchg %ecx, (%rdx); lock addl $1, (%rax); xchg %ax, %ax; xchg %rax, (%rbx); cmove %rax, %rbx; setne %sil; bswap %r9
  fldt 16(%rsp); fld %st(2); fmul %st(2), %st; fmulp; fsub %st, %st(1); fsubp; fdivrp; fcomip %st(1), %st; fucomip; fxch; fstcw (%rax)
  fnstcw (%rax); fstsw %ax; fnstsw %ax; fwait; fcmovb %st(1), %st; fildll 8(%rsp); fistpl (%rsp); fchs; ffree %st(3)
  cvtsi2sd %eax, %xmm0; cvtsi2sdl (%rax), %xmm0; cvtsi2sdq %rax, %xmm0; crc32b (%rsi), %eax; crc32q 8(%r8), %rax; crc32l %ecx, %eax; xsave 64(%rsp); lea 16(,%r13,1), %rdi; cvttsd2si %xmm0, %rax; pclmulqdq $0x11, %xmm1, %xmm2
  pshufd $0xe4, %xmm1, %xmm2; ucomisd (%rax), %xmm3; comisd (%rax), %xmm3; sqrtss 4(%rbx), %xmm1; cmpltps %xmm1, %xmm2; movhps %xmm1, (%rax)
  vpaddb %ymm1, %ymm2, %ymm3; vmovdqu8 (%rdi), %zmm1{%k1}{z}; vpcmpeqb %zmm3, %zmm0, %k5{%k1}; vaddpd 0x40(%rax), %zmm2, %zmm3
  vaddps (%rax){1to16}, %zmm1, %zmm2; vpternlogd $1, %ymm2, %ymm3, %ymm4; kmovd %k0, %eax; tzcnt %eax, %ecx; andn %rax, %rbx, %rcx
  enter $0x6464, $0xac; in %dx, %al; out %eax, %dx; in $0x80, %al; mov %cr0, %rax; rdtsc; cpuid; lfence; prefetcht0 (%rax); xabort $-1
  testb $2, %bpl; imulq $-16, %rcx, %rdx; imul (%rax), %ecx; mulq (%rcx); idivl %esi; btl $3, (%rax); bsr %eax, %ecx; xgetbv
`
const listing = assemble(
  instructions
    .split(/[;\n]/)
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n') +
    '\n.fill 40, 1, 0\nret\n.byte 0x06, 0xff\n.type data, @object\ndata: .ascii "some bytes\\n that are data"\n.byte 0x48\n',
)

t.test('ELF: line by line what objdump says', async (t) => {
  const folder = t.testdir()
  const contents: Record<string, Uint8Array> = { 'c.o': object, 'cxx.o': cxxObject, 'list.o': listing }
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(folder, name), bytes)
  writeFileSync(
    join(folder, 'extra.c'),
    'int elsewhere = 4; int puts(const char *); int say(void) { return puts("hello"); }\n',
  )
  runToSuccess('gcc', ['c.o', 'extra.c', '-o', 'program'], { cwd: folder })
  runToSuccess('gcc', ['c.o', 'extra.c', '-no-pie', '-s', '-o', 'stripped'], { cwd: folder })
  runToSuccess('gcc', ['-shared', '-fPIC', '-fcf-protection', '-Wl,-z,lazy', '-o', 'lib.so', 'extra.c'], {
    cwd: folder,
  })
  runToSuccess('ar', ['rcs', 'lib.a', 'c.o', 'cxx.o'], { cwd: folder })
  for (const name of ['program', 'stripped', 'lib.so', 'lib.a']) contents[name] = readFileSync(join(folder, name))
  const all = ['c.o', 'cxx.o', 'program', 'stripped', 'lib.so', 'lib.a']
  const cases: readonly [string, readonly string[]][] = [
    ['-d', [...all, 'list.o']],
    ['-d -M intel', [...all, 'list.o']],
    ['-dr', ['c.o', 'cxx.o', 'lib.a']],
    ['-drw', ['c.o', 'cxx.o']],
    ['-d --no-show-raw-insn', ['c.o', 'program']],
    ['-d --no-addresses', ['c.o']],
    ['-d -z', ['list.o']],
    ['-d --disassemble=main', ['c.o', 'program']],
    ['-D -j .data -j .rodata', ['c.o', 'program']],
    ['-d -j .plt', ['program', 'lib.so', 'stripped']],
    ['-x', all],
    ['-h', [...all, 'list.o']],
    ['-hw', ['cxx.o', 'program']],
    ['-t', all],
    ['-T', ['program', 'lib.so', 'stripped']],
    ['-R', ['program', 'lib.so']],
    ['-r', ['c.o', 'cxx.o', 'lib.a']],
    ['-f', all],
    ['-p', all],
    ['-s', all],
    ['-dr -C', ['cxx.o']],
    ['-t -r -C', ['cxx.o']],
    ['-s -j .text --start-address=5 --stop-address=0x25', ['c.o']],
    ['-d --start-address=0x11 --stop-address=0x33', ['list.o']],
  ]
  for (const [options, files] of cases) {
    for (const file of files) {
      const words = [...options.split(' '), file]
      const expected = runCommand('objdump', words, { cwd: folder, env: { LC_ALL: 'C' } })
      const { stdout, status } = await runMain(objdump, words, contents)
      t.equal(stdout, expected.stdout, `objdump ${words.join(' ')}`)
      t.equal(status, 0)
    }
  }
})

t.test('the source beside the code', async (t) => {
  const folder = t.testdir({
    'main.c': [
      ...['int count;', '', 'static int twice(int x)', '{', '  return x + x;', '}', ''],
      ...['int main(int argc, char **argv)', '{', '  for (int i = 0; i < argc; i++)'],
      ...['    count += twice(argv[i][0]);', '  return count;', '}', ''],
    ].join('\n'),
  })
  const contents: Record<string, Uint8Array> = {}
  contents[join(folder, 'main.c')] = readFileSync(join(folder, 'main.c'))
  for (const [name, options] of [
    ['plain.o', ['-c', '-g', '-O0']],
    ['optimized.o', ['-c', '-g', '-O2']],
    ['old.o', ['-c', '-gdwarf-4', '-O1']],
    ['program', ['-g', '-O2']],
  ] as const) {
    runToSuccess('gcc', [...options, join(folder, 'main.c'), '-o', name], { cwd: folder })
    contents[name] = readFileSync(join(folder, name))
    for (const words of [['-S'], ['-S', '-r', '-M', 'intel'], ['-d', '-l']]) {
      const { stdout } = await runMain(objdump, [...words, name], contents)
      const expected = runToSuccess('objdump', [...words, name], { cwd: folder, env: { LC_ALL: 'C' } })
      // Which of the copies of a line it is, and functions that have been inlined, are not told.
      const plain = expected.replaceAll(/ \(discriminator \d+\)/g, '')
      const lines = (text: string) =>
        text.split('\n').filter((line) => !words.includes('-l') || !/^\w+\(\):$/.test(line))
      t.strictSame(lines(stdout), dropRepeated(lines(plain)), `objdump ${words.join(' ')} ${name}`)
    }
  }
  const elsewhere = await runMain(objdump, ['-S', 'plain.o'], { 'plain.o': contents['plain.o'] })
  t.match(elsewhere, { status: 0, stdout: /<main>:\n +[0-9a-f]+:\t/ }, 'a source that is gone is not shown')
})

/** Without lines of places that follow the same place: they differed in what was taken away. */
function dropRepeated(lines: readonly string[]): string[] {
  let place = ''
  return lines.filter((line) => {
    if (!/^\/.*:\d+$/.test(line)) return true
    const isNew = line !== place
    place = line
    return isNew
  })
}

t.test('FLE: the same code as the object it was made of', async (t) => {
  const contents = { 'c.o': object, 'c.fle': toFle(object, 'c.o') }
  const linesOf = async (options: string, file: string) => {
    const { stdout, status } = await runMain(objdump, [...options.split(' '), file], contents)
    t.equal(status, 0)
    return stdout.split('\n').slice(2)
  }
  for (const options of ['-d', '-dr', '-d -M intel', '-s -j .text', '-s -j .rodata'])
    t.strictSame(await linesOf(options, 'c.fle'), await linesOf(options, 'c.o'), options)
  t.match(
    (await linesOf('-h', 'c.fle')).join('\n'),
    / 3 \.text\.startup .*\n +CONTENTS, ALLOC, LOAD, RELOC, READONLY, CODE/,
  )
  t.match((await linesOf('-t', 'c.fle')).join('\n'), /g {5}F \.text\.startup\t[0-9a-f]{16} main\n/)
})

t.test('the command line', async (t) => {
  const run = (...words: string[]) => runMain(objdump, words, { 'c.o': object })
  t.match(await run('c.o'), { status: 2, stderr: /nothing to show[\s\S]*-d shows code/ })
  t.match(await run('-d', '-M', 'arm', 'c.o'), { status: 2, stderr: /arm is not known/ })
  t.match(await run('-d', '--start-address=main', 'c.o'), { status: 2, stderr: /main is not a number/ })
  t.match(await run('-d', '-j', '.nope', 'c.o'), { status: 1, stderr: /no section .* is called \.nope/ })
  t.match(await run('-d', 'nope.o'), { status: 1, stderr: /cannot open nope\.o/ })
  t.match(await run('-R', 'c.o'), { status: 1, stderr: /c\.o: an object has no dynamic relocations/ })
  t.match(await run('--help'), { status: 0, stdout: /^Usage: fle-objdump/ })
})

t.test('a section that claims to be larger than memory', async (t) => {
  const file = assemble('.bss\nzeros: .skip 16\n')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const headers = Number(view.getBigUint64(40, true))
  for (let header = headers; header + 64 <= file.length; header += 64)
    if (view.getUint32(header + 4, true) === 8) view.setBigUint64(header + 32, 1n << 62n, true)
  const { status, stdout } = await runMain(objdump, ['-D', '-j', '.bss', 'file'], { file })
  t.equal(status, 0)
  t.match(stdout, /<zeros>:\n\t\.\.\.\n/)
})

t.test('damaged files: a diagnostic at most', async (t) => {
  const random = seededRandom(8)
  const inputs = [object, cxxObject, toFle(cxxObject, 'cxx.o'), readFileSync('/bin/true')]
  let accepted = 0
  for (let round = 0; round < 120; round++) {
    const file = mutate(inputs[round % inputs.length], random)
    for (const options of [['-x', '-T', '-R'], ['-s'], ['-dr'], ['-D', '-M', 'intel']]) {
      const { status } = await runMain(objdump, [...options, 'file'], { file })
      if (status === 0) accepted++
      else if (status !== 1) t.fail(`status ${status}`)
    }
  }
  t.ok(accepted > 40, `${accepted} of 480 runs found something to show`)
})
