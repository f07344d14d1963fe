"""A machine with a kernel that is not of our images: real, and small enough to boot in a second."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from spectrum_session.config.schema import VM
from spectrum_session.images.store import Store
from spectrum_session.vm.drivers.machine import MachineSetup
from spectrum_session.vm.drivers.qemu.driver import NO_AGENT, QemuVM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.model import VMState, VMStatus
from spectrum_session.vm.net.places import Places
from tests.unit.vm.world import WAIT_S, run

SOURCE = Path(__file__).with_name("kernel.S")


class Machine:
    """A VM "own" with that kernel, and its Wayland socket."""

    def __init__(self, root: Path, listener: socket.socket) -> None:
        self.root = root
        for argv in (
            ["gcc", "-m32", "-c", "-o", "kernel.o", str(SOURCE)],
            ["objcopy", "-O", "binary", "-j", ".text", "kernel.o", "kernel"],
        ):
            subprocess.run(argv, cwd=root, check=True, capture_output=True)
        root.chmod(0o755)
        (root / "initramfs").write_text("what the initramfs holds")
        (root / "disk").write_bytes(bytes(512))
        listener.bind(str(root / "wayland-0"))
        listener.listen()
        self.log = root / "own.log"
        self.seen: list[VMStatus] = []
        self.definition = VM(
            driver="qemu",
            memory_mb=256,
            vcpus=1,
            kernel=str(root / "kernel"),
            initramfs=str(root / "initramfs"),
            disks=[str(root / "disk")],
            kernel_command_line="one two=3,4",
        )
        self.vm = QemuVM(
            MachineSetup(
                "own",
                root / "wayland-0",
                self.log,
                self.seen.append,
                lambda: self.definition,
                root / "guest",
            ),
            Store(root / "images"),
            self.no_kvm,
            Places(),
        )

    @staticmethod
    async def no_kvm() -> str:
        return "not here"

    async def logged(self, text: str) -> None:
        async def there() -> None:
            while not self.log.exists() or text not in self.log.read_text():
                await asyncio.sleep(0.02)

        await asyncio.wait_for(there(), WAIT_S)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with socket.socket(socket.AF_UNIX) as listener:
        yield Machine(tmp_path, listener)


def test_it_runs_when_its_monitor_answers_and_goes_at_its_power_button(machine: Machine) -> None:
    async def check() -> None:
        vm = machine.vm
        await vm.start()
        assert NO_AGENT in vm.status.note
        await machine.logged("one two=3,4\n")
        await machine.logged("what the initramfs holds\n")
        for call in (vm.run, vm.spawn):
            with pytest.raises(VMError, match="it has no agent"):
                call(["foot"])
        await vm.stop(WAIT_S)
        assert vm.status.state is VMState.STOPPED
        assert "killed" not in vm.status.reason

    run(check())
    states = dict.fromkeys(status.state.value for status in machine.seen)
    assert list(states) == ["starting", "running", "stopping", "stopped"]


def test_a_disk_that_went_fails_the_next_start_and_says_which(machine: Machine) -> None:
    (machine.root / "disk").unlink()

    async def check() -> None:
        with pytest.raises(VMError, match=r"own: its disks: .*/disk: No such file"):
            await machine.vm.start()
        assert machine.vm.status.state is VMState.FAILED
        assert (
            machine.vm.status.reason == f"its disks: {machine.root}/disk: No such file or directory"
        )

    run(check())
    assert not machine.log.exists(), "nothing of it was begun"


def test_one_that_dies_at_once_does_not_hang(machine: Machine) -> None:
    (machine.root / "kernel").write_text("no kernel")

    async def check() -> None:
        with pytest.raises(VMError, match="QEMU exited with status 1"):
            await machine.vm.start()

    run(check())
