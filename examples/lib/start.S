# Where every program here begins. An FLE program is called: on top of the stack stands a return address, above it
# argc, and rsp is 8 modulo 16. An ELF program is entered by the kernel: argc stands on top, and rsp is 0 modulo 16.
# So bit 3 of rsp is also the distance from rsp to argc.

        .globl  _start
        .text
_start:
        mov     %esp, %eax
        and     $8, %eax
        lea     (%rsp,%rax), %rsi       # where argc stands
        mov     (%rsi), %rdi            # argc
        lea     16(%rsi,%rdi,8), %rdx   # envp, behind argv and its null
        add     $8, %rsi                # argv
        and     $-16, %rsp              # a C function finds rsp so, less the return address
        xor     %ebp, %ebp              # the outermost frame: debuggers stop here
        call    main
        mov     %eax, %edi
        mov     $231, %eax              # exit_group(what main returned)
        syscall

        .section .note.GNU-stack, "", @progbits
