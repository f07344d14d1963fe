"""Actions that the shell passes on."""

from __future__ import annotations

from typing import Any

from spectrum_session.compositor.events import Bus
from spectrum_session.session.actions import Actions
from spectrum_session.session.events import ModeChanged
from spectrum_session.session.settings import Settings
from spectrum_session.shell.actions import ACTIONS, parse_action
from spectrum_session.shell.commands import Perform

from .world import FakeCompositor, config


class Recorder:
    """Keeps the calls of its methods, whatever they are."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: self.calls.append((name, *args))


class World:
    def __init__(self) -> None:
        self.compositor = FakeCompositor()
        self.bus = Bus()
        self.parts = Recorder()
        parts: Any = self.parts
        self.settings = Settings(config())
        self.actions = Actions(
            self.settings,
            self.compositor,
            self.bus,
            parts,
            parts,
            parts,
            parts,
            parts,
            parts,
            parts.reload,
            parts.stop,
        )

    def perform(self, text: str, vm: str | None = None) -> list[tuple[Any, ...]]:
        self.parts.calls.clear()
        self.actions.perform(Perform(parse_action(text), vm))
        return self.parts.calls


def test_every_action_that_is_passed_on_has_a_method() -> None:
    passed_on = {name for name, spec in ACTIONS.items() if spec.passed_on}
    assert set(World().actions.methods) == passed_on


def test_programs_and_vms() -> None:
    world = World()
    terminal = world.settings.config.session.terminal
    assert world.perform("spawn foot -e top") == [("spawn", ["foot", "-e", "top"])]
    assert world.perform("spawn-in-vm") == [("spawn", terminal)]
    assert world.perform("spawn-in-vm", "work") == [("terminal_in", "work")]
    assert world.perform("start-vm work") == [("start", "work")]
    assert world.perform("console-vm", "work") == [("asked", "work")]
    assert world.perform("console-vm mail", "work") == [("asked", "mail")]
    assert world.perform("exit") == [("stop",)]
    assert world.perform("reload") == [("reload",)]


def test_a_mode_is_set_and_published() -> None:
    world = World()
    events: list[ModeChanged] = []
    world.bus.subscribe(ModeChanged, events.append)
    world.perform("mode resize")
    assert world.compositor.calls == [("set_mode", "resize")]
    assert events == [ModeChanged("resize")]
