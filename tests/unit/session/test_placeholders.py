"""Placeholders: when each opens and closes, and its buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from spectrum_session.compositor.events import Bus, WindowOpened
from spectrum_session.session.events import VMRequested, VMStartFailed, VMStateChanged
from spectrum_session.session.labels import Labels
from spectrum_session.session.settings import Settings
from spectrum_session.session.tasks import Tasks
from spectrum_session.session.vms import placeholders
from spectrum_session.session.vms.consoles import Consoles
from spectrum_session.session.vms.placeholders import Placeholders
from spectrum_session.vm.model import VMState

from .world import FakeCompositor, FakeVMs, config, window

SECONDS = 20.0


class World:
    """Placeholders of a session with the VM `work`."""

    def __init__(self, directory: Path) -> None:
        self.compositor = FakeCompositor()
        self.vms = FakeVMs(directory)
        self.vms.put("work", VMState.DEFINED)
        self.bus = Bus()
        self.notices: list[str] = []
        self.spawned: list[list[str]] = []
        self.started: list[str] = []
        self.ending = False
        settings, tasks = Settings(config()), Tasks()

        def notify(title: str, lines: object, kind: str = "error", /) -> None:
            self.notices.append(title)

        self.consoles = Consoles(self.compositor, self.vms, tasks, notify)
        self.placeholders = Placeholders(
            settings,
            self.compositor,
            Labels(settings),
            self.vms,
            self.consoles,
            lambda argv: self.spawned.append(list(argv)),
            tasks,
            notify,
            self.started.append,
            lambda: self.ending,
        )
        self.placeholders.subscribe_to(self.bus)

    def becomes(self, state: VMState) -> None:
        self.bus.publish(VMStateChanged("work", self.vms.put("work", state)))

    def press(self, button: str) -> None:
        self.compositor.buttons["work"](button)
        self.compositor.run_deferred()

    @property
    def is_open(self) -> bool:
        return "work" in self.compositor.buttons

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            await asyncio.sleep(0)


def run(check: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(check, SECONDS))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placeholders, "OPENS_AFTER_S", 0.0)


def test_opens_after_a_start_and_goes_with_the_first_window(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path)
        world.becomes(VMState.STARTING)
        assert not world.is_open
        await world.until(lambda: world.is_open)
        world.compositor.add(window(3, "work"))
        world.bus.publish(WindowOpened(3))
        assert not world.is_open
        assert ("showed", "work") in world.vms.calls

    run(check())


def test_a_console_ends_no_start(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path)
        world.becomes(VMState.STARTING)
        await world.until(lambda: world.is_open)
        world.vms.pids["work"] = [40]
        world.compositor.add(window(3, "work", pid=40))
        world.bus.publish(WindowOpened(3))
        assert world.is_open

    run(check())


def test_a_vm_without_windows_gets_one_only_when_the_user_asked(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path)
        world.vms.windows = False
        world.becomes(VMState.STARTING)
        await asyncio.sleep(0.01)
        assert not world.is_open
        world.becomes(VMState.STOPPED)
        world.bus.publish(VMRequested("work"))
        world.becomes(VMState.STARTING)
        await world.until(lambda: world.is_open)
        assert ("open_placeholder", "work", True, None) in world.compositor.calls

    run(check())


def test_a_failure_takes_the_place_of_the_last_window(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path)
        world.compositor.add(window(5, "work"))
        world.becomes(VMState.FAILED)
        assert ("open_placeholder", "work", False, 5) in world.compositor.calls
        world.bus.publish(VMStartFailed("work", "no disk"))
        assert world.notices == []
        world.press("start")
        assert world.started == ["work"]
        world.press("close")
        assert not world.is_open
        world.bus.publish(VMStartFailed("work", "no disk"))
        assert world.notices == ["Cannot start work"]

    run(check())


def test_nothing_opens_while_the_session_ends(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path)
        world.ending = True
        world.becomes(VMState.FAILED)
        assert not world.is_open

    run(check())


def test_closing_it_stops_the_start(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path)
        world.becomes(VMState.STARTING)
        await world.until(lambda: world.is_open)
        world.press("close")
        await world.until(lambda: ("stop", "work") in world.vms.calls)

    run(check())


def test_the_log_opens_in_a_terminal(tmp_path: Path) -> None:
    async def check() -> None:
        world = World(tmp_path)
        (tmp_path / "work.log").write_text("a line\n")
        world.becomes(VMState.FAILED)
        world.press("log")
        [argv] = world.spawned
        assert argv[-1] == str(tmp_path / "work.log")
        assert "LESSSECURE=1" in argv
        world.press("kill")
        assert not world.is_open

    run(check())
