"""QEMU's command line, and what it takes from the host."""

from __future__ import annotations

import dataclasses
import subprocess
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.ipc.listening import listening_socket
from spectrum_session.vm.definition import Bootable
from spectrum_session.vm.drivers.qemu import command
from spectrum_session.vm.errors import VMError

BOOT = Bootable(
    Path("/i/kernel"), Path("/i/initramfs"), (Path("/i/root"),), "quiet a=b", 512, 3, image=True
)
MACHINE = command.Machine(
    "work", BOOT, kvm=False, console=5, monitor=6, architecture="x86_64"
)


def options(line: list[str], name: str) -> list[str]:
    return [line[index + 1] for index, word in enumerate(line) if word == name]


def test_what_it_is_told() -> None:
    line = command.command_line(MACHINE)
    assert line[0] == "qemu-system-x86_64"
    assert "-nodefaults" in line and "-no-user-config" in line and "-no-reboot" in line
    assert options(line, "-m") == ["512"] and options(line, "-smp") == ["3"]
    assert options(line, "-display") == ["none"]
    assert options(line, "-serial") == ["chardev:console"]
    assert options(line, "-chardev") == [
        "socket,id=console,fd=5,server=on,wait=off",
        "socket,id=monitor,fd=6,server=on,wait=off",
    ]
    assert options(line, "-mon") == ["chardev=monitor,mode=control"]
    assert "-S" in line, "nothing of the console is lost before the session listens"
    (append,) = options(line, "-append")
    assert append == "console=ttyS0 quiet a=b"
    assert options(line, "-kernel") == ["/run/boot/kernel"]
    assert options(line, "-initrd") == ["/run/boot/initramfs"]
    (drive,) = options(line, "-drive")
    assert "file=/run/boot/disk0," in drive and "readonly=on" in drive


def test_a_kernel_of_its_own() -> None:
    disks = (Path("/-b,readonly=off"), Path("/a"))
    boot = msgspec.structs.replace(BOOT, initramfs=None, disks=disks, image=False)
    line = command.command_line(dataclasses.replace(MACHINE, boot=boot))
    assert options(line, "-append") == ["quiet a=b"]
    assert "-initrd" not in line
    drives = options(line, "-drive")
    assert [drive.split(",")[0] for drive in drives] == [f"file=/run/boot/disk{n}" for n in (0, 1)]
    assert all(drive.endswith(",readonly=on") for drive in drives)
    assert [d for d in options(line, "-device") if "blk" in d] == [
        "virtio-blk-pci,drive=disk0",
        "virtio-blk-pci,drive=disk1",
    ]


@given(st.text(), st.text())
def test_no_path_of_a_definition_stands_in_an_option(kernel: str, disk: str) -> None:
    boot = msgspec.structs.replace(BOOT, kernel=Path("/", kernel), disks=(Path("/", disk),))
    plain = msgspec.structs.replace(BOOT, kernel=Path("/k"), disks=(Path("/d"),))
    assert command.command_line(dataclasses.replace(MACHINE, boot=boot)) == command.command_line(
        dataclasses.replace(MACHINE, boot=plain)
    )


def test_its_network_leads_to_two_sockets_and_nowhere_else() -> None:
    line = command.command_line(MACHINE)
    (netdev,) = options(line, "-netdev")
    kind, name, restrict, *forwards = netdev.split(",")
    assert (kind, name, restrict) == ("user", "id=host", "restrict=on")
    assert forwards == [
        "guestfwd=tcp:10.0.2.100:9001-cmd:socat - UNIX-CONNECT:/run/machine/agent",
        "guestfwd=tcp:10.0.2.100:9000-cmd:socat - UNIX-CONNECT:/run/transport/link",
    ]


@pytest.mark.parametrize(
    ("kvm", "accel", "cpu"), [(True, "kvm", "host"), (False, "tcg,thread=single", "max")]
)
def test_hardware_virtualisation(kvm: bool, accel: str, cpu: str) -> None:
    line = command.command_line(dataclasses.replace(MACHINE, kvm=kvm))
    assert options(line, "-accel") == [accel] and options(line, "-cpu") == [cpu]


def test_arm() -> None:
    line = command.command_line(dataclasses.replace(MACHINE, architecture="aarch64"))
    assert line[0] == "qemu-system-aarch64" and options(line, "-machine") == ["virt"]
    assert "console=ttyAMA0" in options(line, "-append")[0]


def test_another_architecture_is_refused() -> None:
    with pytest.raises(VMError, match=r"riscv64.*x86_64, aarch64"):
        command.program("riscv64")


def test_what_to_install() -> None:
    missing = ["qemu-system-x86_64", "socat", "waypipe"]
    assert command.needed(missing) == "apt-get install qemu-system-x86 socat waypipe"
    assert command.needed(["qemu-system-aarch64"]) == "apt-get install qemu-system-arm"


def test_qemu_takes_every_option(tmp_path: Path) -> None:
    # It looks at files after all options: the first that is not there is what it complains of.
    with ExitStack() as ours:
        made = [listening_socket(tmp_path / name) for name in ("console", "monitor")]
        fds = [ours.enter_context(one).fileno() for one in made]
        done = subprocess.run(
            command.command_line(dataclasses.replace(MACHINE, console=fds[0], monitor=fds[1])),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            pass_fds=fds,
        )
    assert done.returncode == 1
    assert "/run/boot/" in done.stderr
