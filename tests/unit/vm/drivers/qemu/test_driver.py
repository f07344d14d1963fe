"""A machine that cannot start: it fails for a reason that helps, and starts nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from spectrum_session.config.schema import VM
from spectrum_session.images.recipe import Recipe, this_architecture
from spectrum_session.images.store import FILES, Store
from spectrum_session.vm.drivers.machine import MachineSetup
from spectrum_session.vm.drivers.qemu.driver import SLOW, QemuVM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.manager import VMManager
from spectrum_session.vm.model import VMState, VMStatus
from spectrum_session.vm.net.places import Places
from tests.unit.vm.world import run


class Machine:
    """A VM "work" of a definition, without an image, and its statuses so far."""

    def __init__(self, root: Path, definition: VM | None = None, why: str = "not here") -> None:
        self.definition: VM | None = definition or VM(driver="qemu", packages=["foot"])
        self.store = Store(root / "images")
        self.log = root / "work.log"
        self.directory = root / "guests" / "work"
        self.seen: list[VMStatus] = []
        self.kvm: Callable[[], Awaitable[str]] = self._kvm
        self._why = why
        self.vm = QemuVM(
            MachineSetup(
                "work",
                root / "wayland-0",
                self.log,
                self.seen.append,
                lambda: self.definition,
                self.directory,
            ),
            self.store,
            lambda: self.kvm(),
            Places(),
        )

    async def _kvm(self) -> str:
        return self._why

    def put_image(self) -> None:
        recipe = Recipe("work", ("foot",), architecture=this_architecture())
        with self.store.building(recipe) as directory:
            for name in FILES:
                (directory / name).write_text("no kernel")

    def fails(self) -> str:
        """Start it, and return why it failed."""
        with pytest.raises(VMError) as caught:
            run(self.vm.start())
        assert self.vm.status.state is VMState.FAILED
        assert str(caught.value) == f"work: {self.vm.status.reason}"
        assert not self.directory.exists()
        return self.vm.status.reason


def test_without_an_image(tmp_path: Path) -> None:
    assert "`spectrumctl image build work`" in Machine(tmp_path).fails()


def test_with_an_image_of_other_packages(tmp_path: Path) -> None:
    machine = Machine(tmp_path, VM(driver="qemu", packages=["foot", "elinks"]))
    machine.put_image()
    assert "one of other packages" in machine.fails()


def test_without_its_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path)
    machine.put_image()
    (tmp_path / "bin").mkdir()
    for name in ("bwrap", "setpriv", "prlimit", "socat"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    reason = machine.fails()
    assert "waypipe" in reason and "socat not" not in reason
    assert reason.endswith("(Debian: apt-get install qemu-system-x86 waypipe)")


def test_that_is_defined_no_longer(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.definition = None
    assert machine.fails() == "removed from the configuration"


def test_stopped_while_virtualisation_is_tried(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.put_image()

    async def check() -> None:
        trying, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> str:
            trying.set()
            await go_on.wait()
            return ""

        machine.kvm = slow
        start = asyncio.ensure_future(machine.vm.start())
        await trying.wait()
        stop = asyncio.ensure_future(machine.vm.stop(20))
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(VMError):
            await start
        await stop
        assert machine.vm.status.state is VMState.STOPPED
        assert not machine.directory.exists()
        assert not machine.log.exists(), "nothing of it was begun"

    run(check())


def test_what_is_no_kernel_says_so_with_what_qemu_said(tmp_path: Path) -> None:
    """A real QEMU, which ends by itself."""
    import socket

    machine = Machine(tmp_path)
    machine.put_image()
    with socket.socket(socket.AF_UNIX) as wayland:
        wayland.bind(str(tmp_path / "wayland-0"))
        tmp_path.chmod(0o755)
        reason = machine.fails()
    assert "QEMU exited with status 1" in reason
    assert "kernel" in reason, "QEMU's own words"
    assert machine.vm.status.note == f"{SLOW}: not here"
    log = machine.log.read_text()
    assert f"VM work starts ({SLOW}: not here)" in log
    assert log.endswith("--- VM work: failed\n")
    states = [status.state for status in machine.seen]
    assert (states[0], states[-1]) == (VMState.STARTING, VMState.FAILED)


def test_programs_need_a_machine_that_runs(tmp_path: Path) -> None:
    vm = Machine(tmp_path).vm
    for call in (vm.run, vm.spawn):
        with pytest.raises(VMError, match="cannot run a program, it is defined"):
            call(["foot"])


def test_an_ending_session_gives_it_its_own_time(tmp_path: Path) -> None:
    """Whatever programs get: a machine is not cut off while it shuts down."""

    class Waits(QemuVM):
        async def stop(self, deadline_s: float) -> None:
            given.append(deadline_s)

    given: list[float] = []

    async def check() -> None:
        for deadline_s in (0.0, 60.0):
            manager = VMManager(
                {"work": VM(driver="qemu")},
                tmp_path,
                tmp_path,
                lambda name, status: None,
                lambda name: tmp_path,
            )
            manager._vms["work"].__class__ = Waits
            await manager.stop("work")
            await manager.shutdown(deadline_s)

    run(check())
    assert given == [20.0, 20.0, 20.0, 60.0]
