// The language of hand-written programs: what GNU as makes of them, and what is said of those that are wrong.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CommandIo, Diagnostics, memoryFiles } from '@fle/diagnostics'
import { nodeFiles } from '@fle/diagnostics/node'
import { readFleObject, writeFleObject } from '@fle/fle'
import { parseCommandLine } from '@fle/options'
import { runToSuccess } from '@fle/testkit'
import t from 'tap'
import { main } from '../src/cli.ts'
import { assembleProgram, defaultOptions } from '../src/index.ts'
import { optionTable } from '../src/option-table.ts'
import { interpret } from '../src/options.ts'
import { assembleText, besides, bothWays } from './same-as-gnu.ts'

/** Programs that are compared with GNU as, by what they are about. */
const programs: Readonly<Record<string, string>> = {
  'labels and jumps': `
    .globl start
start: jmp 1f
    jne start
    call start
    call local
1:  loop 1b
    jmp far
    jmp *table(,%rax,8)
local: ret; nop; 2: jmp 2b
    .fill 200, 1, 0x90
far: jmp local
    .section other,"ax",@progbits
    jmp local
    call far
    .data
table: .quad start, local, 2b, other_file
    .long local - ., table - ., . - table`,
  'names that are told again': `
    .file "first.c"
local1:
    .file "second.c"
local2:
    .globl x1, x2
    .data
    .long x1, x2
    .set x1, y1
    .set x2, y1
x1: .long 1
y1: .long 2
"back""slash": .byte 0
    .set later, y2
    .size later, 2
y2: .byte 1`,
  'a blank behind a backslash, and a label 0': `
    .macro jump to
    call \\ to@PLT
    jne \\to
    .endm
0:  jump 0b
    jump other`,
  'sections of one name': `
    .section .debug_macro,"",@progbits
1:  .long 2f
    .section .debug_macro,"G",@progbits,first,comdat
2:  .long 3f, 1b
    .section .debug_macro,"G",@progbits,second,comdat
3:  .long 2b
    .section .debug_info,"",@progbits
    .long 1b, 3b
    .section .rodata.cst8,"aM",@progbits,8
.LC0: .quad 1
    .text
    movsd .LC0(%rip), %xmm0`,
  'flags that a name implies': `
    .section .data.first,"a"
    .byte 1
    .section .data.second,"aG",@progbits,second,comdat
    .byte 2
    .section .rodata.str1.1,"aMS",@progbits,1
    .asciz "3"
    .section .text.fourth,"a"
    .byte 4
    .section .data.fifth,"awR"
    .byte 5`,
  'leaving repetitions': `
    .macro m
    .byte 1
    .rept 3
    .byte 2
    .exitm
    .endr
    .irp x, 5, 6
    .byte \\x
    .if \\x == 5
    .exitm
    .endif
    .endr
    .byte 7
    .exitm
    .byte 8
    .endm
    m
    .irp y, 1, 2
    .irp x, 5, 6
    .byte \\x
    .exitm
    .endr
    .byte \\y
    .endr`,
  'brackets for parentheses': `
1:  addl $_GLOBAL_OFFSET_TABLE_+[.-1b], %ebx
    movl $[1+2]*3, %eax
    .long [2*[3+4]]`,
  'the address of the GOT': `
    movl $_GLOBAL_OFFSET_TABLE_, %eax
    movq $_GLOBAL_OFFSET_TABLE_ + 3, %rax
    movabs $_GLOBAL_OFFSET_TABLE_, %r11
1:  movabs $_GLOBAL_OFFSET_TABLE_ - 1b, %r11
    movl _GLOBAL_OFFSET_TABLE_(%rax), %eax
    leaq _GLOBAL_OFFSET_TABLE_(%rip), %rbx
    push $_GLOBAL_OFFSET_TABLE_
    .quad _GLOBAL_OFFSET_TABLE_, _GLOBAL_OFFSET_TABLE_ - .
    movq absolute@GOTPCREL(%rip), %rax
    absolute = 0xfffffff0
    .weakref alias, first
first: jmp alias
    .globl first`,
  'rare instructions': `
    rep xstore
    rmpquery %rax, %rcx, %rdx
    rex/fxsave (%rax)
    .allow_index_reg
    mov -30(,%riz,1), %eax
    .intel_syntax noprefix
    mov eax, DWORD PTR [riz*2-30]
    movabs rax, [x1@GOTOFF + x2]
    .equ x2, 8`,
  'registers that are compared': `
    .macro same a b
    .if \\a == \\b
    .byte 1
    .elseif (\\a <> %rbp) || 0
    .byte 2
    .endif
    .endm
    same %rax %rax
    same %rax, %rbx
    same %rbp, %rbx
    .set r, %ecx
    .if r <> %ecx
    .byte 3
    .endif
    .if %ecx == r
    .byte 4
    .endif`,
  'blanks in arguments': `
    .macro show a=x b=x c=x d=x
    .ascii "<\\a|\\b|\\c|\\d>"
    .endm
    show p - q
    show p- q
    show p *q
    show p %q
    show p & q
    show p + q
    show p (q r)s t
    show p [q] s
    show 4 (%rax, %rbx) q
    show (p) (q)
    show p) q
    show p @ q
    show p "q" r
    .altmacro
    i = 5
    show crc_ %i
    show crc_ %(i + 1)
    show <a b> c`,
  'large and small constants': `
    .octa 0x0000000000000000FFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, -1, 5, -5, 0777, ~0, 1+1, -0xffffffffffffffff
    andb $-129, %al
    addw $-65535, (%rax)
    addl $-4294967295, %eax
    orl $-2147483649, %ecx
    imul $-65535, %cx, %dx
    cmpl $-4294967200, %ecx
    movb $300, %al
    addw $65541, %cx
    addl $0x1ffffffff, (%rax)
    shl $256, %al
    pushw $0x12345
    .section .init.rodata,"a"
    .byte 1
    .p2align 3
    .section .ctors
    .byte 2
    .section .gnu.linkonce.t.x
    .byte 3`,
  'the start of an operating system, in 32-bit code': `
    .bss
pml4: .skip 4096
pdpt: .skip 4096
top:
.text
.code32
.globl _start
_start:
    cli
    movl $top, %esp
    movl $pdpt+3, pml4
    movl $0x83, pdpt
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $pml4, %eax
    movl %eax, %cr3
    movl $0xC0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80000001, %eax
    movl %eax, %cr0
    lgdt gdtp
    movaps %xmm1, (%eax)
    vaddps %ymm1, %ymm2, %ymm3
    inc %eax
    decl %ecx
    push %cs
    pop %ds
    pushl $kmain
    mov kmain(,%ecx,4), %edx
    cmpw $5, kmain
    loop check
    jecxz check
    calll *%eax
    jmp *kmain
    aam
    les (%eax), %ebx
    retw
    iret
    testl %eax, %eax
    jz 1f
    call check
    pushl %ebx
    popl %edi
1:    ljmp $8, $long
check: pusha
    movb $1, 0xb8000
    movw $0x0f41, 0xb8000(,%eax,2)
    outb %al, $0x3f8-0x300
    inb $0x60, %al
    popa
    ret
    ljmpl *gdtp
    cmpxchg8b (%edi)
    int $0x80
    jmp kmain
    jne kmain
.code64
long:
    movw $0x10, %ax
    movw %ax, %ds
    movabs $stack, %rsp
    call kmain
    hlt
.section .rodata
gdt: .quad 0, 0x00af9a000000ffff
gdtp: .word . - gdt - 1
    .quad gdt`,
  'values that are read anew': `
    .data
x:  .long 0, 1, . - x
    y = . - x
    .eqv z, . - x
    twice == 2 * one
    one = 1
    .long y, z, y, z
    .byte twice
    one = 5
    .byte twice`,
  'LEB128s whose size has no end': `
    .section .gcc_except_table,"a"
    .byte 1, 2, 3
    .uleb128 L2 - L1
L1: .space 128 - 2
    .byte 4
    .p2align 1, 0xff
L2: .byte 5
    .p2align 2
    .byte 6, 7
    .uleb128 L4 - L3
L3: .space 128 * 128 - 2
    .byte 8
    .p2align 2, 0xff
L4: .byte 9
    .p2align 4, 9`,
  'procedures in one another': `
    .cfi_startproc simple
    nop
    .subsection 3
    .cfi_startproc
    nop
    .cfi_def_cfa 0, 16
    .previous
    nop
    .cfi_undefined st
    .cfi_endproc
    .subsection 3
    nop
    .cfi_adjust_cfa_offset 8
    .cfi_endproc`,
  'numbers of many kinds': `
    .dcb.d 2, 1.5
    .dcb.s 3
    .dcb.x 1, -2
    .octa ~0x112233445566778899aabbcc0000, -347510587133311339321256747728896
    .float 1.${'0'.repeat(1500)}1
    .section .noinit
    .zero 4
    .section .persistent
    .long 1
    .section .gnu.lto_main,"",@progbits
    .long 1`,
  'a digest of a source file': `
    .section .debug_info
    .long 1
    .text
    .file 0 "/dir" "x.c" md5 0x95828e8bc4f7404dbf7526fb7bd0f192
    .file 1 "/dir" "x.h" md5 0x00112233445566778899aabbccddeeff
    .loc 1 1
    nop`,
  'nothing that has a name': `
    .byte 1, 2
    nop`,
  expressions: `
a = 3
    .set b, a * 2 + 1
    .equ c, (1 << 10) | 0x0f
    .byte a, b, c & 0xff, ~0 & 0xff, !0, !5, -7 / 2, 7 % 3, 1 < 2, 2 == 2, 3 <> 3, 1 && 0, 1 || 0
    .byte 'a, '\\n, '\\\\, 010, 0b101, 0x1f, 2 + 3 * 4, 2 - 3 - 4, 6 ! 2
    .short 0x1234, -1
    .long end - start, (end - start) / 2, a + 1
    .quad 0x123456789abcdef0, -1, 1 << 63, 18446744073709551615
    .octa 1, -1, 0x0123456789abcdef0011223344556677, 123456789012345678901234567890
start: .skip 5
end: .if end - start == 5
    .byte 55
    .endif
    .if a > 2
    .ascii "yes"
    .else
    .ascii "no"
    .endif
    .ifdef missing
    .byte 1
    .elseif b == 7
    .byte 2
    .endif
    .ifndef missing
    .byte 3
    .else
    .byte 4
    .endif
    .ifndef start
    .byte 5
    .endif`,
  data: `
    .ascii "a\\tb\\"\\\\\\101\\x41", "second"
    .string "x", "y"
    .asciz "one" "two"
    .float 1, 2.5, -1e10, 3.4028235e38
    .double 0.1, -0, 1e308, 5e-324
    .tfloat 1.5
    .fill 3, 2, 0x1234
    .fill 2, 8, -1
    .zero 7
    .space 3, 0xff
    .skip 2
    .balign 8, 0xcc
    .byte 1
    .p2align 4,,3
    .byte 2
    .p2align 3
    .org . + 10, 7
    .uleb128 0, 127, 128, 624485, 18446744073709551615
    .sleb128 0, -1, 63, 64, -64, -65, -624485
a:  .uleb128 b - a
    .skip 200
b:`,
  sections: `
    .text 1
    .byte 1
    .text 0
    .byte 2
    .section .rodata.str1.1,"aMS",@progbits,1
.Ls: .string "merged"
.Lt: .string "other"
    .text
    lea .Ls(%rip), %rdi
    mov $.Lt, %eax
    .quad .Ls, .Lt + 1
    .pushsection .init_array,"aw"
    .quad f
    .popsection
f:  ret
    .section .text.group,"axG",@progbits,signature,comdat
    .weak inline
inline: call f
    ret
    .section .tbss,"awT",@nobits
var: .zero 4
    .data
    .subsection 2
    .byte 9
    .previous
    .byte 8
    .section .note.GNU-stack,"",@progbits
    .section .big,"awG",@nobits,other_signature
    .zero 100000
    .bss
    .lcomm buffer, 40
    .comm shared, 24, 8
    .local own
    .comm own, 16, 16`,
  symbols: `
    .globl g, h
    .type g, @function
    .size g, . - g
g:  ret
    .size g, . - g
    .weak w
w = g
    .hidden secret
    .protected h
h:  .set alias, g + 1
    .globl alias
    .weakref reference, target
    call reference
    .set later, undefined_one
    call later
    mov later+4(%rip), %eax
    .type object, @object
object: .type indirect, @gnu_indirect_function
indirect: call indirect
    call indirect@PLT
    jmp w
    .quad g, h, w, alias, secret
    .equiv final, 12
    .byte final
    .type unique, @gnu_unique_object
unique: .ident "made by hand"`,
  modifiers: `
    call f@PLT
    mov f@GOTPCREL(%rip), %rax
    cmp f@GOTPCREL(%rip), %rbx
    call *f@GOTPCREL(%rip)
    push f@GOTPCREL(%rip)
    mov f@gottpoff(%rip), %rax
    lea f@tlsgd(%rip), %rdi
    lea f@tlsld(%rip), %rdi
    mov %fs:f@tpoff, %eax
    lea f@dtpoff(%rax), %rbx
    lea _GLOBAL_OFFSET_TABLE_(%rip), %rbx
    movabs $f@GOTOFF, %rax
    movabs $_GLOBAL_OFFSET_TABLE_ - ., %rax
    movl $f@SIZE, %eax
    .long f@PLT, f@GOTPCREL
    .quad f@GOT, f@DTPOFF, f - ., f - g
g:  .byte 1`,
  macros: `
    .macro push2 first, second=%rbx
    push \\first
    push \\second
    .endm
    push2 %rax
    push2 %rcx, %rdx
    push2 second=%rsi first=%rdi
    .macro numbered name:req, rest:vararg
\\name\\()_\\@: .long \\rest
    .endm
    numbered a 1, 2, 3
    numbered b, 4
    .rept 3
    nop
    .rept 2
    ret
    .endr
    .endr
    .irp r, rax, rbx, rcx
    pop %\\r
    .endr
    .irpc d, 0123
    .byte \\d
    .endr
    .macro down n
    .if \\n
    .byte \\n
    down "(\\n - 1)"
    .endif
    .endm
    down 5
    .macro early
    .byte 1
    .exitm
    .byte 2
    .endm
    early
    .purgem early`,
  'call frames': `
f:  .cfi_startproc
    .cfi_personality 0x9b, DW.ref.personality
    .cfi_lsda 0x1b, .Llsda
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register rbp
    .cfi_remember_state
    .fill 100, 1, 0x90
    .cfi_restore %rbp
    .cfi_escape 0x16, 6, 2
    .fill 300, 1, 0x90
    .cfi_restore_state
    .cfi_adjust_cfa_offset 8
    .cfi_undefined 3
    .cfi_same_value 12
    .cfi_register 13, 14
    .cfi_val_offset 15, -24
    .cfi_rel_offset 12, 8
    ret
    .cfi_endproc
g:  .cfi_startproc simple
    .cfi_def_cfa 7, 16
    .cfi_signal_frame
    nop
    .cfi_endproc
    .data
.Llsda: .byte 0`,
  'rarer directives': `
 .text
 nop
 .p2align 4,0x90
 .balign 32,0x90
 ret
 .nop
 .nops 5
 .nops 20, 4
 .nops 200
 jz,pt foo
 jne,pn foo
 jnz,pn .
foo:
 .data
 .slong 5
 .ds.l 3
 .ds.w 2
 .dcb.w 3, 0x1234
 .dcb.l 2,7
 .tls_common tc,8,8
 .largecomm lc,100,16
 .local ll
 .largecomm ll,100,16
 .version "1.2"
 .section .a,"a"
 .attach_to_group grp
 .byte 1
 .section .rodata,"a"
 .byte 1
 .section .rodata,"aR"
 .byte 2
 .text
f2: .cfi_startproc
 nop
 .cfi_label lab1
 .cfi_val_encoded_addr 3, 0x1b, foo
 .cfi_val_encoded_addr 3, 0, foo
 .cfi_window_save
 nop
 .cfi_endproc
 .data
 .long lab1`,
  comments: `
# 1 "other.c"
    nop /* between */ ; nop # rest
/ a whole line
    mov $1, /* inside */ %eax /* over
    lines */
    .ascii "# not /* a comment */"`,
  'offsets of structures': `
 .struct 0
f1: .struct f1+4
f2: .struct f2+8
f3: .skip 4
f4:
 .text
 mov f1(%rax), %ecx
 mov f2(%rax), %ecx
 mov f3+1(%rax), %ecx
 mov $f4, %eax
 .offset 16
g1: .long 0
g2: .quad 0
 .balign 16
g3:
 .data
 .long g1, g2, g3, g3-g1
 .globl f3
 .struct 8
h: .short 0
h2:
 .previous
 .long h2
 .offset h2-h
k: .skip 3
k2:
 .text
 .long k2`,
  'relocations by hand': `
 .text
a: .long 0,0
 .reloc a, R_X86_64_NONE, foo
 .reloc 0, R_X86_64_PC32, bar+4
 .reloc .+2, R_X86_64_64, a
 .reloc ., BFD_RELOC_32, a+3
 .reloc a+1, BFD_RELOC_NONE
 .reloc b, R_X86_64_32
 .reloc 4, R_X86_64_PLT32, foo-4
 .long 1,2,3,4
b: .long 3
 .reloc 2, R_X86_64_GOTPCREL, foo
 .reloc 2, R_X86_64_8, 5`,
  'relocations by hand among others': `
 .text
 call x
 .reloc 0, R_X86_64_NONE
 .reloc 12, R_X86_64_NONE, x
 .reloc 3, r_x86_64_pc32, x+2
 call y
 jmp z
 .section .m,"aMS",@progbits,1
s: .asciz "ab"
t: .asciz "b"
 .data
 .long 1,2,3
 .reloc ., R_X86_64_NONE, t
 .reloc 2, R_X86_64_32, t+1
 .reloc 0, R_X86_64_JUMP_SLOT, g
 .globl g
g: .long 3,x,y`,
  'alternate macros': `
 .altmacro
 .macro m x, y
 LOCAL lab, l2
lab: .long \\x
 .long lab, l2 # LOCAL "
l2: .ascii "y &x x&y"
 .byte x
 .ascii "\\(lit x) \\n \\@"
 .endm
 m 1, 2
 m %1+2, <3>
 .macro t a
 .ascii a
 .endm
 t <"ab,c">
 t <"a!>b">
 t "st!!r"
 t <"[x]">
 .macro sum from=0, to=5
 .long \\from
 .if \\to-\\from
 sum %(\\from+1),\\to
 .endif
 .endm
 sum 0, 3
 .macro cat p, q
p&q: .byte 1
p&_&q: .byte 2
&p&z: .byte 2 & 3
 mov %eax, %ebx
 .endm
 cat aa, bb
 .irp r,<a,b>,c
 .ascii "&r r"
 .endr
 .irpc c,xyz
n&c: .byte 1
 .endr
 .macro lv
 local q
 .ascii "local q"
q: .quad q
 .endm
 lv
 lv
 .noaltmacro
 .macro n x, y=4
 .byte \\x
 .ascii "x &x &x& & \\y"
 .byte \\x & 3, \\x&&3
n&y&_l:
 .endm
 n 7
 n y=5, x=3`,
  'versions of symbols': `
 .text
 .globl foo_v1, foo_v2, old
foo_v1: ret
foo_v2: nop
 ret
loc: ret
 .symver foo_v1, foo@VERS_1
 .symver foo_v2, foo@@VERS_2
 .symver loc, lll@V1
 .symver und, undx@V3
 .symver und2, und2@@@V3
 .symver def3, def3@@@V3
 .globl def3
def3: call und
 call und2
 call foo_v1
 .symver old, new@V1, remove
old: ret
 .globl h1
h1: ret
 .symver h1, hh@V1, hidden
 .globl h2
 .symver h2, hh2@V1, local
h2: ret
 .symver unused, uu@V5
 .data
 .quad foo_v1, foo_v2, loc, old, h2
 .symver w, ww@V1
 .weak w
 .quad w`,
  'symbols for registers': `
 .set r, %ecx
 cnt = %rdx
 mov r, %eax
 mov %eax, r
 mov (cnt), %eax
 mov 4(cnt,%rax,8), %eax
 add $1, cnt
 .equ r, %ebx
 mov r, %eax
 .set sg, %fs
 mov sg:0, %eax
 push cnt
 jmp *cnt
 .equiv x0, %xmm3
 addps x0, %xmm1
 .set v, r
 mov v, %eax
 mov $5, r
 .set r, %r8
 mov (r,cnt,4), r
 mov v, (, r, 2)
 .equ lbl, 5
 mov $lbl, v
 .ifdef cnt
 nop
 .endif
 .macro push2 a, b
 push \\a
 push \\b
 .endm
 push2 r cnt`,
  'symbols for registers in Intel syntax': `
 .intel_syntax noprefix
 ctr = ecx
 .set base, rbx
 mov eax, ctr
 mov eax, [base+8]
 mov [base+rax*4], ctr
 mov ctr, fs:[base]
 .equ seg, gs
 mov eax, seg:[base*2+4]
 .att_syntax
 mov base, %rax`,
  'large numbers': `
z:
 .quad 0x112345678123456781234567, -0x112345678123456781234567, 02000000000000000000000001
 .octa 0x123456781234567812345678123456789, 123456789012345678901234567890, 1, -1
 .long 0x1ffffffffffffffffff, 3
 .byte 123456789012345678901234567890`,
  'definitions again': `
.set a, 5
 .long a
a: .long a
a2:
a2: .set b, a
 .long b
 .set c, 4
 .comm c, 8
 .comm d, 8, 4
 .comm d, 4, 16
 .comm e, 8
 .comm e, 16
 .weakref f, g
 .weakref g, h
 call f
 .section .init_array,"aw"
 .section .init_array,"aw",@progbits
 .section .bss,"aw",@nobits`,
  'low bytes with a REX prefix': `
 test $1, %axl
 mov %axl, %cl
 mov %cxl, %bxl
 add $5, %axl
 mov %r9b, %dxl`,
  'Intel syntax without registers': `
 .intel_syntax noprefix
 mov eax, [riz*1-4]
 mov eax, [riz*1+rax+4]
 mov eax, [rax+1*riz]
 mov eax, not 5
 mov eax, [rbx + not 3]
 movq cr8, rax`,
}

t.test('options that change the code', async (t) => {
  const text = `
    lock incl (%rax)
    lock; incl (%rax)
    movq x@GOTPCREL(%rip), %rax
    mov (%rax,%riz,2), %eax\n`
  const changes = { indexRegisters: true, omitLocks: true, relaxableGot: false }
  const flags = ['-Wa,-mindex-reg,-momit-lock-prefix=yes,-mrelax-relocations=no']
  const { ours, theirs } = bothWays(text, changes, flags)
  t.equal(ours, theirs)
  t.match(assembleText(text).messages, /%riz is not a register.*-mindex-reg/s)
})

t.test('options for fields that processors ignore', async (t) => {
  const text = `
    vpaddb %xmm1, %xmm2, %xmm3
    vpaddb %zmm1, %zmm2, %zmm3
    vaddss %xmm1, %xmm2, %xmm3
    vaddss (%rax), %xmm17, %xmm3
    vaddss {rd-sae}, %xmm1, %xmm2, %xmm3
    vucomiss {sae}, %xmm17, %xmm3
    vpcmpestri $1, %xmm1, %xmm2
    vpaddd %xmm1, %xmm2, %xmm3\n`
  const options = '-mvexwig=1 -mevexwig=1 -mavxscalar=256 -mevexlig=512 -mevexrcig=ru'.split(' ')
  const { assemble } = interpret(parseCommandLine(optionTable, options, new Diagnostics()), '.', new Diagnostics())
  const { ours, theirs } = bothWays(text, assemble, [`-Wa,${options.join(',')}`])
  t.equal(ours, theirs)
  t.not(ours, bothWays(text).ours)
  const diagnostics = new Diagnostics()
  interpret(parseCommandLine(optionTable, ['-mevexlig=64'], diagnostics), '.', diagnostics)
  t.match(diagnostics.list[0].message, /-mevexlig.*64 is not 128 or 256 or 512/)
})

t.test('programs give the same objects as with GNU as', async (t) => {
  for (const [about, text] of Object.entries(programs)) {
    const { ours, theirs } = bothWays(`${text}\n`)
    t.equal(ours, theirs, about)
  }
})

/** Wrong programs, and what the first message must say. */
const wrong: readonly (readonly [text: string, message: RegExp])[] = [
  ['main', /no such instruction: 'main'.*hint: a label ends with a colon: main:/s],
  ['movl $1 %eax', /hint: a comma is missing before %eax/],
  ['mov 4%eax, %ebx', /a comma is missing before %eax/],
  ['mov %eax, %ebx ; load the value', /no such instruction: 'load'.*hint: .*a comment begins with '#'/s],
  ['mov %eax, %ebx // load', /hint: a comment begins with '#'/],
  ['mov eax, 1', /hint: eax is a place in memory here: the register is %eax/],
  ['mov rax, [rbx]', /hint: rax is a place in memory here: the register is %rax.*\.intel_syntax noprefix/],
  ['.macro m\n.endm\n.macro m\n.endm', /x\.s:3:9: macro m is already defined/],
  ['.macro m 5\nbad\n.endm\nnop', /^(?!.*endm).*name of a parameter/s],
  ['int 0x80', /hint: .*the number itself is written \$128/],
  ['global main', /hint: .*here it is \.globl/],
  ['.glbl main', /unknown directive: \.glbl.*did you mean \.globl/s],
  ['\ufeff\t.text', /hint: .*byte order mark/],
  ['mov\u00a0%eax, %ebx', /hint: .*not ASCII/],
  ['mvo %eax, %ebx', /x\.s:1:1: no such instruction: 'mvo'/],
  ['nop\n  mov %eax, %rbq', /x\.s:2:13: %rbq is not a register[\s\S]*\n>>> {3}mov %eax, %rbq\n {16}\^/],
  ['mov $1, %eax %ebx', /x\.s:1:14: a comma is expected here/],
  ['.sectoin .text', /unknown directive: \.sectoin/],
  ['a: nop\na: nop', /x\.s:2.*: symbol a is already defined/],
  ['jmp 1f', /there is no label 1/],
  ['.byte 1 / 0', /division by zero/],
  ['.fill 0x7fffffffffffffff', /\.fill asks for/],
  ['nop\n.org 0', /\.org goes back/],
  [`.byte ${'('.repeat(1_000_000)}`, /nested too deeply/],
  ['.macro m\nm\n.endm\nm', /nested more than/],
  ['.macro m\nnop', /x\.s:1.*this \.macro has no \.endm/],
  ['.if 1\nnop', /x\.s:1.*this \.if has no \.endif/],
  ['.include "x.s"', /include one another too deeply|cannot open/],
  ['.string "open', /no closing quote/],
  ['.cfi_endproc', /outside of \.cfi_startproc/],
  ['.long a@FOO', /@FOO is not known/],
  ['.long a - b', /cannot be told/],
  ['.byte 300 + x\n.set x, 1', /does not fit in 1 byte/],
  ['.rept 1000000000\n.rept 1000000000\nnop\n.endr\n.endr', /expand to more than/],
  ['.stabs "x",1,2,3,4', /\.stabs is not supported: .*-g/],
  ['.bundle_align_mode 4', /not supported: there are no bundles/],
  ['.code16', /\.code16 is not supported: code is of 64 or 32 bits/],
  ['.code32\nmov %rax, %rbx', /x\.s:2:5: %rax is a register of 64-bit code, and this is of 32 bits/],
  ['.code32\nswapgs', /no such instruction: 'swapgs'/],
  ['.code32\nrex.w nop', /there is no REX prefix in 32-bit code/],
  ['pusha', /no such instruction: 'pusha'/],
  ['.nops 4, 12', /it must be from 0 to 11/],
  ['.struct 8\nnop', /section of \.struct holds no bytes/],
  ['.struct 8\n.long 1', /section of \.struct holds no bytes/],
  ['.struct 8\n.skip later\nb:\n.text\n.set later, 3', /behind \.struct all sizes must be numbers/],
  ['.reloc 9, R_X86_64_NONE', /offset 9 is outside of section \.text/],
  ['.reloc 0, R_386_NONE', /'R_386_NONE' is not a type of relocations/],
  ['.reloc a - b, R_X86_64_NONE', /must be a label or a number/],
  ['.symver f, g', /'g' is not a name with a version/],
  ['call f\n.symver f, g@@V', /the default version belongs to a definition/],
  ['call f\n.symver f, g@V\n.symver f, g@W', /can have only one version/],
  ['.altmacro\n.macro m a\n.endm\nm %b', /must be a number that is known here/],
  ['.set r, %eax\n.long r', /r stands for a register/],
  ['mov r, %eax\n.set r, %ecx', /r is used before it is told to stand for a register/],
  ['.equiv a, 5\na: nop', /symbol a is already defined/],
  ['.weakref w, t\nw: nop', /symbol w is already defined/],
  ['.weakref w, t\n.set w, 5', /symbol w is already defined/],
  ['.weakref a, b\n.weakref b, a\ncall a', /b would be a weak reference that leads back to itself/],
  ['.weak a\n.comm a, 4', /cannot be both weak and common/],
  ['.section .foo,"aw"\n.section .foo,"ax"', /opened with another set of flags/],
  ['.section .foo,"aw"\n.section .foo,"aw",@nobits', /opened with another type/],
  ['.section .foo,"aM",@progbits,4\n.section .foo,"aM",@progbits,8', /opened with entries of 4 bytes/],
  ['.set a, b\n.set b, a\n.long a', /leads back to itself/],
]

t.test('wrong programs are refused with their line', async (t) => {
  for (const [text, message] of wrong) {
    const { object, messages } = assembleText(`${text}\n`, {}, { 'x.s': `${text}\n` })
    t.equal(object, undefined, text.slice(0, 40))
    t.match(messages, message, messages.slice(0, 100))
  }
})

t.test('names that nobody defines are warned of', async (t) => {
  const { object, messages } = assembleText('.Loop: jmp .Lopo\nmovl $5, eax\nmovl cx(%rip), %eax\n')
  t.ok(object)
  t.match(messages, /x\.s:1: \.Lopo is not defined.*did you mean \.Loop\?/)
  t.match(messages, /x\.s:2: eax is no register here/)
  t.notMatch(messages, /cx is/)
  t.match(assembleText('\ufeffmain: nop\n').messages, /warning: .*byte order mark/)
})

t.test('all errors of a program are reported', async (t) => {
  const { messages } = assembleText('one\ntwo\nnop\nthree\n')
  t.equal(messages.match(/no such instruction/g)?.length, 3)
})

t.test('--MD writes the rule for make that GNU as writes', async (t) => {
  const long = 'a_rather_long_name_of_an_included_file_of_some_kind.s'
  const folder = t.testdir({
    'x.s': `.include "a $b/c d.s"\n.include "${long}"\n.include "${long}"\n.incbin "${long}"\nlabel:\n`,
    [long]: 'nop\n',
    'a $b': { 'c d.s': 'ret\n' },
  })
  const source = join(folder, 'x.s')
  runToSuccess('as', ['--MD', join(folder, 'theirs'), '-I', folder, '-o', join(folder, 'x y.o'), source])
  const theirs = readFileSync(join(folder, 'theirs'), 'utf8')
  const written = new Map<string, string>()
  const io: CommandIo = {
    files: nodeFiles,
    env: {},
    stdout: () => {},
    stderr: (text) => t.fail(text),
    stderrIsTerminal: false,
    stdoutIsTerminal: false,
    writeOutput: (path, content) => written.set(path, new TextDecoder().decode(content)),
  }
  const status = await main(
    [
      '-mevexwig=0',
      '-mvexwig=0',
      '-mevexlig=128',
      '-mevexrcig=rne',
      '-MD',
      'ours',
      '-I',
      folder,
      '-o',
      join(folder, 'x y.o'),
      source,
    ],
    io,
  )
  t.equal(status, 0)
  const words = (rule: string) => rule.replaceAll(`${folder}/`, '').split(/ (?:\\\n )?(?=\S)/)
  t.same(words(written.get('ours') ?? ''), words(theirs))
})

t.test('-R and --alternate do what they do with GNU as', async (t) => {
  const data = '.text\na: nop\n.data\nb: .long a\n.data 2\n.long 3\n.data 1\n.long b\n.text\nmov b(%rip), %eax\n'
  const inText = bothWays(data, { dataInText: true }, ['-Wa,-R'])
  t.equal(inText.ours, inText.theirs)
  const macros = '.macro m a\nLOCAL x\n.ascii "a"\nx: .long x\n.endm\nm <q,r>\n'
  const alternate = bothWays(macros, { alternateMacros: true }, ['-Wa,--alternate'])
  t.equal(alternate.ours, alternate.theirs)
})

t.test('a listing shows addresses and bytes, as that of GNU as', async (t) => {
  const text = 'nop\na: mov $1, %eax # x\n .data\n .quad 1, 2, 3\n .zero 30\n\n .text\n jmp a; nop\n'
  const theirs = runToSuccess('as', ['-aln', '-o', '/dev/null', 'x.s'], { cwd: t.testdir({ 'x.s': text }) })
  const bytes = new TextEncoder().encode(text)
  const options = { ...defaultOptions, listing: true }
  const program = assembleProgram([{ name: 'x.s', bytes }], options, memoryFiles({}), new Diagnostics())
  const trimmed = (listing = '') => listing.replace(/[ \t\f]+$/gm, '').trimEnd()
  t.equal(trimmed(program?.listing), trimmed(theirs))
})

t.test('annotations stand beside the bytes and change nothing', async (t) => {
  const program = `
    .macro twice register
    push \\register; pop \\register
    .endm
    .text
    .file 1 "main.c"
    .globl start
start: .loc 1 2
    twice %rax # of the macro
    jmp 1f
    .p2align 4
1:  call other@PLT
    .data
    .p2align 3
    .quad start, "a name"
    .ascii "\\"é\\""
    .bss
    .zero 100
`
  const bytes = new TextEncoder().encode(program)
  const files = memoryFiles({ 'main.c': 'first\n  return "x";\n' })
  const diagnostics = new Diagnostics()
  const options = { ...defaultOptions, annotate: true }
  const made = assembleProgram([{ name: 'x.s', bytes }], options, files, diagnostics)
  if (!made?.comments) throw new Error('no annotations were made')
  const { object, comments } = made
  const plain = writeFleObject(object, { dialect: 'fle' }, diagnostics)
  const annotated = writeFleObject(object, { dialect: 'fle', comments }, diagnostics)
  const text = new TextDecoder().decode(annotated)
  const lines = Object.entries<unknown>(JSON.parse(text))
  t.same(new Map(lines).get('.text'), [
    '🚩: align=16',
    '📤: start',
    '💬: main.c:2: return "x";',
    '💬: push %rax',
    '🔢: 50',
    '💬: pop %rax',
    '🔢: 58',
    '💬: jmp 1f',
    '🔢: eb 0c',
    '💬: .p2align 4',
    '🔢: 66 66 2e 0f 1f 84 00 00 00 00 00 90',
    '💬: call other@PLT',
    '🔢: e8',
    '❓: i32(other - 0x4 - 📍)',
  ])
  t.same(new Map(lines).get('.data'), [
    '🚩: align=8',
    '💬: .quad start, "a name"',
    '❓: u64(start)',
    '❓: u64(`a name`)',
    '💬: .ascii "\\"é\\""',
    '🔢: 22 c3 a9 22',
  ])
  const again = annotated && readFleObject(annotated, 'x.fle', diagnostics)
  const rewritten = again && writeFleObject(again, { dialect: 'fle' }, diagnostics)
  t.same(rewritten, plain, 'a reader sees the same object')
  t.same(diagnostics.list, [])
})

t.test('-g tells debuggers the lines of the assembly, as GNU as does', async (t) => {
  const program = `
    .macro twice
    nop
    inc %eax
    .endm
    .globl f
    .type f, @function
f:  push %rbx
    twice; pop %rbx
    .rept 2
    dec %eax
    twice
    .endr
    .irp r, rax, rbx
    push %\\r
    ret
    .endr
    .size f, . - f
# 100 "other/part.S"
    .type local, @function
local: .size local, 7
    jmp f
    .loc_mark_labels 1
2:  cli
`
  const folder = t.testdir({ 'x.s': program, 'two.s': `${program}.section .text.other,"ax"\nhlt\n` })
  for (const version of [2, 3, 4, 5])
    for (const name of ['x.s', 'two.s']) {
      const mapped = `--debug-prefix-map=${folder}=/told`
      runToSuccess('as', [`--gdwarf-${version}`, mapped, name, '-o', 'as.o'], { cwd: folder })
      const text = `# 1 "${name}"\n${readFileSync(join(folder, name), 'utf8')}`
      const options = {
        debugLines: true,
        dwarfVersion: version,
        workingDirectory: folder,
        prefixMaps: [{ from: folder, to: '/told' }],
      }
      const { ours, theirs } = besides(readFileSync(join(folder, 'as.o')), text, options)
      t.match(theirs, '.debug_info')
      t.equal(ours, theirs, `${name}, version ${version}`)
    }
})
