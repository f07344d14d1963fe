"""A virtual machine of two megabytes that does what a kernel does when it boots.

A `/dev/kvm` that opens says little: KVM inside of a virtual machine, or one without the CPU's
virtualisation at all, opens too, and then no kernel boots. So this starts a guest (kvm_guest.S)
that goes through a boot's steps and tells each. It runs as a program of its own
(`python -m spectrum_session.doctor.kvm_run`), for a guest that hangs cannot be left otherwise.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import mmap
import os
import platform
import struct
import sys
from base64 import b64decode
from collections.abc import Callable

DEVICE = "/dev/kvm"
API_VERSION = 12
"""The one version that there is."""

MEMORY = 2 << 20
ORIGIN = 0x1000
TELL, END = 0xE9, 0xEA
_PML4 = 0x10000
_TSS = 0x7FF00000
"""Three pages that no memory of the guest is in, which Intel's older processors want."""
_APIC_PAGE = 0xFEE00000

GUEST = b64decode(
    "sFLm6Q8BFogSDyDADAEPIsDqFhAIAGa4EACO2I7AjtCwUObpDyDgDSAGAAAPIuC4AAABAA8i2LmAAADADzINAQEA"
    "AA8wDyDAg+D7DQIAAYAPIsDqWhAAABgAvACQAACwTObps1NmjMioAw+FoAEAAA8BBSkCAACLBSUCAAA9QBIAAA+F"
    "iAEAAPqcWPbEAg+FfAEAAJyBDCQAAgAAnZxY+vbEAg+EZwEAAGYPAeCoAQ+EWwEAAGYP78DzD38F3wEAALBT5umz"
    "RQ8BHcQBAABmuDgADwDYSI0FOQEAAGaJBCUwoAAAZscEJTKgAAAYAGbHBCU0oAAAAI5IjQUdAQAAZokEJeCgAABm"
    "xwQl4qAAABgAZscEJeSgAAAAjkiNBQcBAABmiQQlAKQAAGbHBCUCpAAAGABmxwQlBKQAAACOMdLMg/oDD4XGAAAA"
    "sEXm6bNGuQAAAEBMjQUIAAAASIsB6awAAABIOcoPhaMAAACwRubps1W5gQAAwDHAuhgAIAAPMLmCAADASI0FKgAA"
    "ADHSDzC5hAAAwLgAAgAADzBIjQ0JAAAAQbsCAAAASA8HZozID7fQDwXrWbwAkAAAg+IDg/oDdUxmjMioA3VFsFXm"
    "6bNUuQAA4P7HgfAAAAD/AQAAx4HgAwAACwAAAMeBIAMAAEAAAAAx0seBgAMAAKCGAQD79PqF0nT5sFTm6THA5ur0"
    "iNjm6vS6AwAAAEjPDyDSSIPECEyJBCRIz7oBAAAAx4GwAAAAAAAAAEjPZg8fRAAAAAAAAAAAAAD//wAAAJvPAP//"
    "AAAAk88A//8AAACbrwD//wAAAJPPAP//AAAA888A//8AAAD7rwBnALASAIkAAAAAAAAAAAAARwBAEgAAAAAAAP8P"
    "AKAAAAAAAAAPH0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""kvm_guest.S, assembled; a test assembles it again."""

# linux/kvm.h
_GET_API_VERSION = 0xAE00
_CREATE_VM = 0xAE01
_GET_VCPU_MMAP_SIZE = 0xAE04
_GET_SUPPORTED_CPUID = 0xC008AE05
_CREATE_VCPU = 0xAE41
_SET_USER_MEMORY_REGION = 0x4020AE46
_SET_TSS_ADDR = 0xAE47
_CREATE_IRQCHIP = 0xAE60
_RUN = 0xAE80
_SET_REGS = 0x4090AE82
_GET_SREGS = 0x8138AE83
_SET_SREGS = 0x4138AE84
_SET_CPUID2 = 0x4008AE90
_EXIT_IO = 2
_EXITS = {
    5: "it halted for good",
    8: "it shut down (a triple fault)",
    9: "the processor refused to enter it",
    17: "an internal error of KVM (an instruction that it cannot carry out)",
}
_CPUID_ENTRIES = 256


def run(device: str = DEVICE, tell: Callable[[str], object] = str) -> dict[str, str]:
    """Run the guest; `tell` gets each letter. `problem` is "" when it came to its end.

    Raises OSError where KVM itself refuses. Does not return when the guest hangs.
    """
    if platform.machine() != "x86_64":
        return {"problem": "", "untried": platform.machine()}
    kvm = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    version = fcntl.ioctl(kvm, _GET_API_VERSION)
    if version != API_VERSION:
        return {"problem": f"its interface has version {version}, not {API_VERSION}"}
    vm = fcntl.ioctl(kvm, _CREATE_VM, 0)
    fcntl.ioctl(vm, _SET_TSS_ADDR, _TSS)
    fcntl.ioctl(vm, _CREATE_IRQCHIP)
    memory = mmap.mmap(-1, MEMORY, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    lay_out(memory)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    fcntl.ioctl(vm, _SET_USER_MEMORY_REGION, struct.pack("=IIQQQ", 0, 0, 0, MEMORY, address))
    cpu = fcntl.ioctl(vm, _CREATE_VCPU, 0)
    state = mmap.mmap(cpu, fcntl.ioctl(kvm, _GET_VCPU_MMAP_SIZE))
    cpuid = bytearray(struct.pack("=II", _CPUID_ENTRIES, 0) + bytes(40 * _CPUID_ENTRIES))
    fcntl.ioctl(kvm, _GET_SUPPORTED_CPUID, cpuid)
    fcntl.ioctl(cpu, _SET_CPUID2, cpuid)
    _start_at_origin(cpu)
    return {"problem": _follow(cpu, state, tell)}


def lay_out(memory: mmap.mmap | bytearray) -> None:
    """The guest's code and its page tables, which reach 4 GiB with pages of 2 MiB."""
    memory[ORIGIN : ORIGIN + len(GUEST)] = GUEST
    pdpt, low, high = _PML4 + 0x1000, _PML4 + 0x2000, _PML4 + 0x3000
    apic = high + 8 * ((_APIC_PAGE >> 21) & 0x1FF)
    entries = {
        _PML4: pdpt | 7,
        pdpt: low | 7,
        pdpt + 8 * 3: high | 7,
        low: 0x87,
        apic: _APIC_PAGE | 0x9F,  # not cached
    }
    for at, value in entries.items():
        memory[at : at + 8] = struct.pack("<Q", value)


def _start_at_origin(cpu: int) -> None:
    special = bytearray(312)
    fcntl.ioctl(cpu, _GET_SREGS, special)
    # struct kvm_segment, code first: base, limit, selector. Reset has it at the end of 4 GiB.
    struct.pack_into("<QIH", special, 0, 0, 0xFFFF, 0)
    fcntl.ioctl(cpu, _SET_SREGS, bytes(special))
    registers = bytearray(144)
    struct.pack_into("<QQ", registers, 128, ORIGIN, 2)  # rip, rflags
    fcntl.ioctl(cpu, _SET_REGS, bytes(registers))


def _follow(cpu: int, state: mmap.mmap, tell: Callable[[str], object]) -> str:
    while True:
        try:
            fcntl.ioctl(cpu, _RUN, 0)
        except OSError as error:
            if error.errno in (errno.EINTR, errno.EAGAIN):
                continue
            return f"KVM stops with {error.strerror}"
        (reason,) = struct.unpack_from("=I", state, 8)
        if reason != _EXIT_IO:
            return _EXITS.get(reason, f"exit reason {reason}")
        _, _, port, _, offset = struct.unpack_from("=BBHIQ", state, 32)
        letter = chr(state[offset])
        if port == TELL:
            tell(letter)
        elif port == END:
            return "" if letter == "\0" else "it saw a wrong value"
        else:
            return f"it wrote to port {port:#x}"


def main() -> None:
    """Print each letter as it comes, then on a line of its own what became of the guest."""

    def tell(letter: str) -> None:
        sys.stdout.write(letter)
        sys.stdout.flush()

    try:
        found = run(tell=tell)
    except OSError as error:
        found = {"problem": error.strerror or str(error)}
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
