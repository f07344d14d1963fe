"""The supervisor of VMs, with a real VM of the `local` driver."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.compositor.events import Bus
from spectrum_session.config.schema import VM, Config, Session
from spectrum_session.session.events import (
    VMChanged,
    VMRequested,
    VMStartFailed,
    VMStateChanged,
)
from spectrum_session.session.labels import Labels
from spectrum_session.session.settings import Settings
from spectrum_session.session.tasks import Tasks
from spectrum_session.session.vms.supervisor import Supervisor
from spectrum_session.vm.model import VMState

from .test_placeholders import run
from .world import FakeCompositor


class World:
    """A session without gates; its VM `work` ends by itself."""

    def __init__(self, directory: Path, **vms: VM) -> None:
        self.compositor = Listening()
        self.bus = Bus()
        self.events: list[object] = []
        for kind in (VMStateChanged, VMChanged, VMRequested, VMStartFailed):
            self.bus.subscribe(kind, self.events.append)
        self.notices: list[str] = []
        settings = Settings(Config(session=Session(gate=False), vms=vms))
        self.labels = Labels(settings)
        self.supervisor = Supervisor(
            settings,
            self.compositor,
            self.bus,
            self.labels,
            Tasks(),
            lambda title, lines, kind="error", /: self.notices.append(title),
            lambda: False,
            directory / "session",
            directory / "log",
        )

    def state(self, name: str) -> VMState:
        return self.supervisor.vms.states()[name].state

    async def ended(self, name: str) -> None:
        while not self.state(name).ended or self.state(name) is VMState.DEFINED:
            await asyncio.sleep(0.01)


class Listening(FakeCompositor):
    """Listens on sockets that nobody connects to."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets: dict[str, socket.socket] = {}

    def listen(self, path: Path, vm: str | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o600)
        assert vm is not None
        self.sockets[vm] = listener

    def is_listening(self, vm: str) -> bool:
        return vm in self.sockets

    def drop_vm(self, vm: str) -> None:
        listener = self.sockets.pop(vm, None)
        if listener is not None:
            listener.close()
        super().drop_vm(vm)


def test_a_vm_without_a_gate_is_marked_while_it_runs(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path, work=VM(command=["sleep", "60"]))
        await world.supervisor.vms.start("work")
        assert world.labels.of("work").name == "NO GATE work"
        assert world.supervisor.is_listening("work")
        assert world.notices == ["work has no gate"]
        await world.supervisor.vms.stop("work")
        await world.ended("work")
        assert world.labels.of("work").name == "work"
        assert ("drop_vm", "work") in world.compositor.calls

    run(check())


def test_the_state_is_published_before_the_windows_go(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path, work=VM(command=["true"]))
        at_end: list[list[Any]] = []

        def note(event: VMStateChanged) -> None:
            if event.status.state.ended:
                at_end.append(list(world.compositor.calls))

        world.bus.subscribe(VMStateChanged, note)
        await world.supervisor.vms.start("work")
        await world.ended("work")
        assert at_end == [[]]
        assert world.compositor.calls == [("drop_vm", "work")]
        assert world.events[-1] == VMChanged("work")

    run(check())


def test_a_start_that_fails_is_published(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path)
        world.supervisor.start("none", asked=True)
        while len(world.events) < 2:
            await asyncio.sleep(0)
        assert world.events == [
            VMRequested("none"),
            VMStartFailed("none", "there is no VM 'none'"),
        ]

    run(check())


def test_a_refused_client_gets_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> None:
        world = World(tmp_path)
        reasons: list[str] = []
        world.supervisor.start_for_client("none", reasons.append)
        world.supervisor.stop_for_client("none", reasons.append)
        while len(reasons) < 2:
            await asyncio.sleep(0)
        assert reasons == ["there is no VM 'none'"] * 2

    run(check())


def test_vms_that_start_with_the_session(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(
            tmp_path, work=VM(command=["true"], autostart=True), idle=VM(command=["true"])
        )
        world.supervisor.autostart()
        await world.ended("work")
        assert world.state("idle") is VMState.DEFINED

    run(check())
