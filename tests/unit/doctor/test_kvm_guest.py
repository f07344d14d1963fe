"""The guest of the KVM probe: what ships is its source, and a real CPU gets through it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from spectrum_session.doctor import kvm_run
from spectrum_session.doctor.checks_vms import STEPS

SOURCE = Path(kvm_run.__file__).with_name("kvm_guest.S")
SECTOR = 512
TABLES_SECTOR = 10

# Reads the guest to 0x1000 and its page tables to 0x10000, masks the old interrupt controllers
# and goes to where KVM would have started.
BOOT = """
    .intel_syntax noprefix
    .code16
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x7c00
    mov bx, 0x1000
    mov ax, 0x0204
    mov cx, 0x0002
    mov dh, 0
    int 0x13
    mov ax, 0x1000
    mov es, ax
    xor bx, bx
    mov ax, 0x0220
    mov cx, 0x000a
    mov dh, 0
    int 0x13
    cli
    mov al, 0xff
    out 0x21, al
    out 0xa1, al
    jmp 0:0x1000
"""


def assemble(source: Path, origin: int, directory: Path) -> bytes:
    """The bytes of an assembly file at an address."""
    for argv in (
        ["gcc", "-m64", "-c", "-o", "out.o", str(source)],
        ["ld", "-o", "out.elf", f"-Ttext={origin:#x}", "-e", f"{origin:#x}", "out.o"],
        ["objcopy", "-O", "binary", "-j", ".text", "out.elf", "out.bin"],
    ):
        subprocess.run(argv, cwd=directory, check=True, capture_output=True)
    return (directory / "out.bin").read_bytes()


def test_the_bytes_that_ship_are_the_source(tmp_path: Path) -> None:
    assert assemble(SOURCE, kvm_run.ORIGIN, tmp_path) == kvm_run.GUEST
    assert len(kvm_run.GUEST) <= 4 * SECTOR


def run_in_qemu(guest: bytes, directory: Path) -> tuple[str, int]:
    """Run a guest on QEMU's own CPU, which is right in all that it tries: (letters, end's byte)."""
    memory = bytearray(kvm_run.MEMORY)
    kvm_run.lay_out(memory)
    boot = directory / "boot.S"
    boot.write_text(BOOT)
    code = assemble(boot, 0x7C00, directory)
    disk = bytearray(1 << 20)
    disk[: len(code)] = code
    disk[510:512] = b"\x55\xaa"
    disk[SECTOR : SECTOR + len(guest)] = guest
    tables = TABLES_SECTOR - 1
    disk[tables * SECTOR : (tables + 32) * SECTOR] = memory[0x10000:0x14000]
    (directory / "disk").write_bytes(disk)
    qemu = shutil.which("qemu-system-x86_64")
    assert qemu is not None
    argv = [qemu, "-accel", "tcg", "-cpu", "max", "-m", "64", "-nodefaults", "-display", "none"]
    argv += ["-drive", f"file={directory / 'disk'},format=raw,if=ide"]
    argv += ["-debugcon", f"file:{directory / 'told'}"]
    argv += ["-device", "isa-debug-exit,iobase=0xea,iosize=1"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    # The device ends QEMU with twice the byte plus one.
    return (directory / "told").read_text(), (done.returncode - 1) // 2


def test_a_cpu_that_is_right_gets_to_the_end(tmp_path: Path) -> None:
    assert run_in_qemu(kvm_run.GUEST, tmp_path) == ("".join(STEPS), 0)


def test_a_step_that_goes_wrong_is_told(tmp_path: Path) -> None:
    # The page fault's handler reads CR2; let it read CR3 and the address is wrong.
    assert kvm_run.GUEST.count(b"\x0f\x20\xd2") == 1
    guest = kvm_run.GUEST.replace(b"\x0f\x20\xd2", b"\x0f\x20\xda")
    letters, end = run_in_qemu(guest, tmp_path)
    assert letters == "RPLSE"
    assert end & 0x7F == ord("F")
