# The guest of the KVM probe: what every kernel does while it boots, each step told on port 0xe9.
#
# R  real mode runs                      S  what ring 0 reads of itself is what it wrote
# P  protected mode                      E  an exception is taken and returned from
# L  paging and 64-bit mode              F  a page fault tells its address
#                                        U  user mode, and a system call out of it
#                                        T  the local APIC's timer interrupts
#
# A byte on port 0xea is the end: 0 when all went well, else the letter of the step that went wrong.
# Loaded at 0x1000 and started there in real mode. The host has laid out the page tables (kvm.py):
# the first 2 MiB and the APIC's page, identical and open to user mode; all else is not there.
    .intel_syntax noprefix
    .set ORIGIN, 0x1000
    .set PML4, 0x10000
    .set STACK, 0x9000
    .set KERNEL_STACK, 0x8000
    .set IDT, 0xa000
    .set APIC, 0xfee00000
    .set ABSENT, 0x40000000
    .set VECTOR_TIMER, 0x40

    .macro tell letter
    mov al, \letter
    out 0xe9, al
    .endm

    .macro gate vector, handler
    lea rax, [rip + \handler]
    mov word ptr [IDT + \vector * 16], ax
    mov word ptr [IDT + \vector * 16 + 2], 0x18
    mov word ptr [IDT + \vector * 16 + 4], 0x8e00
    .endm

    .text
    .code16
start:
    tell 'R'
    lgdt [ORIGIN + gdt_pointer - start]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp 0x08:(ORIGIN + protected - start)

    .code32
protected:
    mov ax, 0x10
    mov ds, ax
    mov es, ax
    mov ss, ax
    tell 'P'
    mov eax, cr4
    or eax, 0x620                       # PAE, SSE
    mov cr4, eax
    mov eax, PML4
    mov cr3, eax
    mov ecx, 0xc0000080                 # EFER: long mode, system calls
    rdmsr
    or eax, 0x101
    wrmsr
    mov eax, cr0
    and eax, 0xfffffffb                 # no emulation of the FPU
    or eax, 0x80010002                  # paging, write protection, monitoring
    mov cr0, eax
    jmp 0x18:(ORIGIN + long_mode - start)

    .code64
long_mode:
    mov esp, STACK
    tell 'L'

    mov bl, 'S'
    mov ax, cs
    test al, 3
    jnz failed
    sgdt [rip + stored]
    mov eax, dword ptr [rip + stored + 2]
    cmp eax, ORIGIN + gdt - start
    jne failed
    cli
    pushfq
    pop rax
    test ah, 2
    jnz failed
    pushfq
    or dword ptr [rsp], 0x200
    popfq
    pushfq
    pop rax
    cli
    test ah, 2
    jz failed
    smsw ax
    test al, 1
    jz failed
    pxor xmm0, xmm0
    movdqu [rip + stored], xmm0
    tell 'S'

    mov bl, 'E'
    lidt [rip + idt_pointer]
    mov ax, 0x38
    ltr ax
    gate 3, on_breakpoint
    gate 14, on_page_fault
    gate VECTOR_TIMER, on_timer
    xor edx, edx
    int3
    cmp edx, 3
    jne failed
    tell 'E'

    mov bl, 'F'
    mov ecx, ABSENT
    lea r8, [rip + after_fault]
    mov rax, [rcx]
    jmp failed
after_fault:
    cmp rdx, rcx
    jne failed
    tell 'F'

    mov bl, 'U'
    mov ecx, 0xc0000081                 # STAR: kernel 0x18, user 0x28 and on
    xor eax, eax
    mov edx, 0x00200018
    wrmsr
    mov ecx, 0xc0000082                 # LSTAR
    lea rax, [rip + on_system_call]
    xor edx, edx
    wrmsr
    mov ecx, 0xc0000084                 # FMASK: interrupts off in the kernel
    mov eax, 0x200
    wrmsr
    lea rcx, [rip + user]
    mov r11d, 0x002
    sysretq
user:
    mov ax, cs
    movzx edx, ax
    syscall
    jmp failed
on_system_call:
    mov esp, STACK
    and edx, 3
    cmp edx, 3
    jne failed
    mov ax, cs
    test al, 3
    jnz failed
    tell 'U'

    mov bl, 'T'
    mov ecx, APIC
    mov dword ptr [rcx + 0xf0], 0x1ff   # on
    mov dword ptr [rcx + 0x3e0], 0xb    # count every tick of the bus
    mov dword ptr [rcx + 0x320], VECTOR_TIMER
    xor edx, edx
    mov dword ptr [rcx + 0x380], 100000
wait:
    sti
    hlt
    cli
    test edx, edx
    jz wait
    tell 'T'
    xor eax, eax
    out 0xea, al
    hlt

failed:
    mov al, bl
    out 0xea, al
    hlt

on_breakpoint:
    mov edx, 3
    iretq
on_page_fault:
    mov rdx, cr2
    add rsp, 8                          # the error code
    mov [rsp], r8
    iretq
on_timer:
    mov edx, 1
    mov dword ptr [rcx + 0xb0], 0       # end of interrupt
    iretq

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff            # 08: 32-bit code
    .quad 0x00cf93000000ffff            # 10: data
    .quad 0x00af9b000000ffff            # 18: 64-bit code
    .quad 0x00cf93000000ffff            # 20: data (SYSCALL's stack segment)
    .quad 0x00cff3000000ffff            # 28: user data
    .quad 0x00affb000000ffff            # 30: user 64-bit code
    .quad 0x0000890000000067 | ((ORIGIN + tss - start) << 16)
    .quad 0
gdt_pointer:
    .word . - gdt - 1
    .long ORIGIN + gdt - start
    .long 0
idt_pointer:
    .word 0xfff
    .quad IDT
    .balign 16
stored:
    .quad 0, 0
tss:
    .long 0
    .quad KERNEL_STACK
    .fill 92, 1, 0
