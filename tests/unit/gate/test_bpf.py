"""The seccomp filter, run as the kernel would run it."""

from __future__ import annotations

import platform
import re
import struct
from pathlib import Path

import pytest

from spectrum_session.gate import bpf
from spectrum_session.gate.bpf import ALLOW, KILL, MACHINES, REFUSE, program

_INSTRUCTION = struct.Struct("=HBBI")


def run(code: bytes, audit: int, number: int, *arguments: int) -> int:
    """What the filter says of a call: a small machine for classic BPF."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("=iIQ6Q", number, audit, 0, *padded)
    instructions = list(_INSTRUCTION.iter_unpack(code))
    register = at = 0
    while True:
        operation, yes, no, value = instructions[at]
        at += 1
        if operation == 0x20:
            (register,) = struct.unpack_from("=I", data, value)
        elif operation == 0x15:
            at += yes if register == value else no
        elif operation == 0x35:
            at += yes if register >= value else no
        elif operation == 0x45:
            at += yes if register & value else no
        else:
            assert operation == 0x06
            return int(value)


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> bpf.Machine:
    return MACHINES[request.param]


def judge(machine: bpf.Machine, name: str, *arguments: int) -> int:
    return run(program(machine), machine.audit, machine.calls[name], *arguments)


def test_every_call_by_name(machine: bpf.Machine) -> None:
    for name in machine.calls:
        if name in bpf.CONDITIONS:
            continue
        expected = ALLOW if name in bpf.ALLOWED else KILL
        assert judge(machine, name, 1, 2, 3, 4, 5, 6) == expected, name
    listed = {*bpf.ALLOWED, *bpf.DEADLY, *bpf.CONDITIONS}
    assert set(machine.calls) <= listed
    # What an architecture lacks is what newer ones have under another name only.
    assert listed - set(machine.calls) <= {"epoll_wait", "fork", "vfork"}
    assert not set(bpf.ALLOWED) & set(bpf.DEADLY)


def test_every_other_number_is_refused(machine: bpf.Machine) -> None:
    known = set(machine.calls.values())
    code = program(machine)
    for number in range(700):
        if number not in known:
            assert run(code, machine.audit, number) == REFUSE, number


def test_another_architecture_is_the_end(machine: bpf.Machine) -> None:
    for other in (0, 0x4000_0003, *(one.audit for one in MACHINES.values())):
        if other != machine.audit:
            assert run(program(machine), other, machine.calls["read"]) == KILL


def test_the_other_abi_of_the_same_machine_is_the_end() -> None:
    machine = MACHINES["x86_64"]
    for name in ("read", "execve", "mmap"):
        number = 0x4000_0000 | machine.calls[name]
        assert run(program(machine), machine.audit, number) == KILL


@pytest.mark.parametrize("name", ["mmap", "mprotect"])
def test_no_memory_becomes_a_program(machine: bpf.Machine, name: str) -> None:
    assert judge(machine, name, 0, 4096, 3) == ALLOW
    for protection in (4, 5, 6, 7):
        assert judge(machine, name, 0, 4096, protection) == REFUSE


def test_arguments_that_are_looked_at(machine: bpf.Machine) -> None:
    for command in (0, 1, 2, 3, 4, 1030, 1033, 1034):
        assert judge(machine, "fcntl", 3, command) == ALLOW
    for command in (5, 8, 9, 1024, 1026, 1032):
        assert judge(machine, "fcntl", 3, command) == REFUSE
    assert judge(machine, "ioctl", 3, 0x5421) == ALLOW
    assert judge(machine, "ioctl", 3, 0x5412) == REFUSE
    assert judge(machine, "newfstatat", 3, 0, 0, 0x1000) == ALLOW
    assert judge(machine, "newfstatat", 3, 0, 0, 0) == REFUSE
    assert judge(machine, "prlimit64", 0, 0) == ALLOW
    assert judge(machine, "prlimit64", 0, 7) == REFUSE
    assert judge(machine, "setrlimit", 7) == REFUSE


def test_jumps_fit_and_the_kernel_would_take_it(machine: bpf.Machine) -> None:
    code = program(machine)
    assert len(code) % 8 == 0 and len(code) // 8 <= 4096
    instructions = list(_INSTRUCTION.iter_unpack(code))
    for at, (_, yes, no, _) in enumerate(instructions):
        assert at + 1 + max(yes, no) <= len(instructions)
    assert instructions[-1][0] == 0x06


def test_numbers_are_the_kernels_own() -> None:
    """Against the headers of the machine that runs this, of which a build needs libc's anyway."""
    name = platform.machine()
    multiarch = Path(f"/usr/include/{name}-linux-gnu/asm/unistd_64.h")
    assert name in MACHINES, "this machine has no filter yet"
    text = multiarch.read_text() if multiarch.exists() else ""
    found = {call: int(n) for call, n in re.findall(r"#define __NR_(\w+)\s+(\d+)", text)}
    for call, number in MACHINES[name].calls.items():
        assert found.get(call, number) == number, call
