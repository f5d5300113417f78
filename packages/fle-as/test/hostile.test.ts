// Programs that are meant to be trouble: an error or an object comes out, in bounded time and memory, never an exception.
import { Diagnostics, memoryFiles } from '@fle/diagnostics'
import { writeObject } from '@fle/elf'
import { mutate, seededRandom } from '@fle/testkit'
import t from 'tap'
import { assembleProgram, defaultOptions } from '../src/index.ts'
import { assembleText } from './same-as-gnu.ts'

/** The most time of the processor that any of them may take, in seconds. */
const longest = 3

function timed<T>(work: () => T): { readonly result: T; readonly seconds: number } {
  const start = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(start)
  return { result, seconds: (user + system) / 1e6 }
}

const refused: readonly (readonly [about: string, text: string, message: RegExp])[] = [
  ['a file that includes itself twice', '.include "x.s"\n.include "x.s"\n', /too deeply/],
  ['a macro that calls itself twice', '.macro m\nm\nm\n.endm\nm\n', /nested more than/],
  [
    'a macro whose arguments grow',
    '.macro m a:vararg\nm \\a,\\a\n.endm\nm 1\n',
    /nested more than|expand to more than/,
  ],
  ['2^40 repetitions', '.rept 1 << 40\nnop\n.endr\n', /expand to more than/],
  ['repetitions in repetitions', `${'.rept 1000\n'.repeat(12)}nop\n${'.endr\n'.repeat(12)}`, /expand to more than/],
  [
    'an explosion of .irp',
    `.irp x,${'a,'.repeat(9999)}a\n.irp y,${'a,'.repeat(9999)}a\n.byte 1\n.endr\n.endr\n`,
    /expand to more than/,
  ],
  ['a huge .fill', '.fill 0x7fffffffffffffff, 8, 1\n', /\.fill asks for/],
  ['a huge .fill of labels', '.fill (b - a) * 0x10000000000, 8, 1\na: nop\nb:\n', /bytes are asked for/],
  ['a huge .skip', '.skip 0x7fffffffffffffff\n', /\.skip asks for/],
  ['many large .skip', '.skip 200000000\n'.repeat(1000), /larger than 256 MiB/],
  ['.org far ahead', '.org 0x7fffffffffffffff\n', /too far away/],
  ['.org backwards', 'nop\nnop\n.org 1\n', /goes back/],
  ['a million parentheses', `.long ${'('.repeat(1e6)}1${')'.repeat(1e6)}\n`, /nested too deeply/],
  ['a million signs', `.long ${'-'.repeat(1e6)}1\n`, /nested too deeply/],
  ['a million .if', '.if 1\n'.repeat(1e6), /\.if is nested more than/],
  ['a million .pushsection', '.pushsection .text\n'.repeat(1e6), /without \.popsection/],
  ['a million .cfi_remember_state', `.cfi_startproc\n${'.cfi_remember_state\n'.repeat(1e6)}`, /states are remembered/],
  ['symbols equal to one another', Array.from({ length: 100_000 }, (_, i) => `.set a${i}, a${i + 1}\n`).join(''), /./],
  [
    'doubling expressions',
    `${Array.from({ length: 90 }, (_, i) => `.set b${i + 1}, b${i} + b${i}\n`).join('')}.long b90\n`,
    /./,
  ],
  ['a number of a million digits', `.long ${'9'.repeat(1e6)}\n`, /more than 64 bits/],
  ['a name of ten million letters', 'a'.repeat(1e7), /no such instruction/],
  ['a string without end', `.ascii "${'a'.repeat(1e7)}`, /no closing quote/],
  ['a quoted name without end', `"${'a'.repeat(1e7)}`, /./],
  ['a million quotes', '"'.repeat(1e6), /./],
  ['comments that are open', '/*'.repeat(1e6), /./],
  ['zeros', '\0'.repeat(1e6), /cannot begin with/],
  ['bytes that are no UTF-8', 'nop\n mov \xe2(\xa1, %eax\n\xff\xfe\x80\n', /x\.s:2/],
]

for (const [about, text, message] of refused) {
  t.test(about, async (t) => {
    const { result, seconds } = timed(() =>
      assembleText(Uint8Array.from(Buffer.from(text, 'latin1')), {}, { 'x.s': text.slice(0, 100) }),
    )
    t.equal(result.object, undefined)
    t.match(result.messages, message, result.messages.slice(0, 200))
    t.ok(result.messages.length < 100_000, 'the messages are short')
    t.ok(seconds < longest, `${seconds} s`)
  })
}

t.test('what is only large is assembled', async (t) => {
  const programs = {
    comments: '/* */'.repeat(500_000),
    'conditions that are never read': `.if 0\n${'.elseif 0\n'.repeat(200_000)}.endif\n`,
    'repetitions of nothing': '.rept 1000000000\n.endr\n',
    'labels of one number': `${'1:\n'.repeat(500_000)}jmp 1b\n`,
    'subsections, the last first': Array.from({ length: 4000 }, (_, i) => `.subsection ${4000 - i}\n.byte 1\n`).join(
      '',
    ),
    'sizes that depend on paddings': Array.from(
      { length: 500 },
      (_, i) => `.uleb128 e${i} - s${i}\ns${i}: .skip 127\n.p2align 7\ne${i}:\n`,
    ).join(''),
  }
  for (const [about, text] of Object.entries(programs)) {
    const { result, seconds } = timed(() => assembleText(text))
    t.ok(result.object, `${about}: ${result.messages.slice(0, 200)}`)
    t.ok(seconds < longest, `${about}: ${seconds} s`)
  }
})

const sound = `
    .macro twice what:req, other=2
    \\what \\other(%rax), %ecx ; .byte \\@
    .endm
    .file 1 "x.c" ; .globl f ; .type f, @function
f:  .cfi_startproc ; .loc 1 5 3 view .LVU1
    twice mov ; twice lea, 8
    .rept 3 ; vaddps 64(%rsp), %zmm1, %zmm2{%k1}{z} ; .endr
    .irp r, rbx, r12 ; push %\\r ; .cfi_adjust_cfa_offset 8 ; .endr
1:  jne 1b ; jmp 2f ; call g@PLT ; .p2align 4,,10
    .intel_syntax noprefix
2:  mov eax, DWORD PTR [rip+table+4] ; .att_syntax
    .cfi_endproc ; .size f, . - f
    .section .rodata,"a",@progbits ; .if 2 > 1 ; .uleb128 2b - f ; .else ; .long 1 ; .endif
    .string "a\\tb" ; .fill 3, 2, -1 ; .double 1.5e3 ; .org . + 7 ; .quad table - ., f + 3
    .pushsection .data.x,"awG",@progbits,sig,comdat ; .previous ; .popsection ; .comm shared, 8, 8
    .set alias, f + 1 ; .weakref w, g ; .symver f, f@V1 ; .subsection 1 ; .octa 0x123456789abcdef0123
`

t.test('what chance makes of a program is an object or errors', async (t) => {
  let objects = 0
  for (let seed = 0; seed < 500; seed++) {
    const bytes = mutate(new TextEncoder().encode(sound), seededRandom(seed))
    const diagnostics = new Diagnostics()
    const options = { ...defaultOptions, annotate: true, listing: true, debugLines: seed % 2 === 0 }
    const program = assembleProgram([{ name: 'x.s', bytes }], options, memoryFiles({ 'x.s': sound }), diagnostics)
    if (program) writeObject(program.object, diagnostics)
    if (program) objects++
    if (!program !== diagnostics.hasErrors) t.fail(`seed ${seed}: an object is there if and only if no error is`)
  }
  t.ok(objects > 0 && objects < 500, `${objects} of 500 were assembled`)
})
