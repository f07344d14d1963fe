# A kernel as small as can be, for QEMU's own loader (multiboot). It writes what it is told and the
# first module (the initramfs) to the serial port, each on a line, and powers off when the machine's
# power button is pressed: ICH9's registers at 0x600, where QEMU's firmware puts them.
    .intel_syntax noprefix
    .code32
    .set LOAD, 0x100000
    .set FLAGS, 0x10000
    .set SERIAL, 0x3f8
    .set PM1_STATUS, 0x600
    .set PM1_ENABLE, 0x602
    .set PM1_CONTROL, 0x604

start:
    .long 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
    .long LOAD, LOAD, 0, 0, LOAD + (enter - start)

enter:
    mov esp, 0x90000
    mov esi, [ebx + 16]
told:
    lodsb
    test al, al
    jz module
    call write
    jmp told
module:
    mov al, '\n'
    call write
    cmp dword ptr [ebx + 20], 0
    je idle
    mov edi, [ebx + 24]
    mov esi, [edi]
more:
    cmp esi, [edi + 4]
    jae idle
    lodsb
    call write
    jmp more
idle:
    mov al, '\n'
    call write
    mov dx, PM1_ENABLE
    mov ax, 0x100
    out dx, ax
pressed:
    mov dx, PM1_STATUS
    in ax, dx
    test ax, 0x100
    jz pressed
    mov dx, PM1_CONTROL
    mov ax, 0x2000
    out dx, ax
    jmp pressed
write:
    mov dx, SERIAL
    out dx, al
    ret
