"""A shell with a memory of its commands, as a compositor would have."""

from __future__ import annotations

from typing import Any

from spectrum_session.shell.actions import parse_action
from spectrum_session.shell.commands import Command, Focus, Place, Stack
from spectrum_session.shell.events import (
    Act,
    Event,
    OutputAdded,
    OutputRemoved,
    PointerPressed,
    WindowInfo,
    WindowMapped,
    WindowReplaced,
    WindowUnmapped,
)
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.options import ShellOptions
from spectrum_session.shell.shell import Shell
from spectrum_session.shell.views import WindowView, WorkspaceView

BAR = 30
"""Height of the bar at the top of every output."""


class Desk:
    """Feeds events to a shell and replays what it answers."""

    def __init__(self, *outputs: str, **options: Any) -> None:
        self.shell = Shell(ShellOptions(**options))
        self.places: dict[int, Place] = {}
        self.order: tuple[int, ...] = ()
        self.focus: Focus = Focus(None, False)
        for index, name in enumerate(outputs):
            self.plug(name, index * 1920)

    def send(self, event: Event) -> list[Command]:
        """One event; the commands are remembered and returned. A window that is mapped already is
        not mapped again: no compositor does that."""
        known = {view.id for view in self.shell.windows()}
        if isinstance(event, (WindowMapped, WindowReplaced)) and event.window.id in known:
            return []
        gone = self.gone_by(event)
        if gone is not None:
            self.places.pop(gone, None)
            self.order = tuple(other for other in self.order if other != gone)
        return self.replay(self.shell.handle(event))

    def gone_by(self, event: Event) -> int | None:
        """The window that goes with this event."""
        if isinstance(event, WindowUnmapped):
            return event.window
        if isinstance(event, WindowReplaced):
            known = {view.id: view.vm for view in self.shell.windows()}
            if event.window.id not in known and known.get(event.old, "") == event.window.vm:
                return event.old
        return None

    def replay(self, commands: list[Command]) -> list[Command]:
        for command in commands:
            if isinstance(command, Place):
                self.places[command.window] = command
            elif isinstance(command, Stack):
                self.order = command.order
            elif isinstance(command, Focus):
                self.focus = command
        return commands

    def plug(self, name: str, x: int = 0, width: int = 1920, height: int = 1080) -> list[Command]:
        area = Rect(x, 0, width, height)
        return self.send(OutputAdded(name, area, area.inset(0, BAR, 0, 0)))

    def unplug(self, name: str) -> list[Command]:
        return self.send(OutputRemoved(name))

    def open(self, number: int, vm: str | None = None, **info: Any) -> list[Command]:
        return self.send(WindowMapped(WindowInfo(number, vm, **info)))

    def open_all(self, *numbers: int, vm: str | None = None) -> None:
        for number in numbers:
            self.open(number, vm)

    def replace(self, old: int, number: int, vm: str | None = None, **info: Any) -> list[Command]:
        return self.send(WindowReplaced(old, WindowInfo(number, vm, **info)))

    def close(self, number: int) -> list[Command]:
        return self.send(WindowUnmapped(number))

    def click(self, number: int) -> list[Command]:
        return self.send(PointerPressed(number))

    def do(self, text: str, window: int | None = None) -> list[Command]:
        return self.send(Act(parse_action(text), window))

    def frame(self, number: int) -> Rect:
        return self.places[number].frame

    def stacked(self) -> list[int]:
        """The visible windows, bottom first."""
        return list(self.order)

    def window(self, number: int) -> WindowView:
        return next(view for view in self.shell.windows() if view.id == number)

    def workspace(self, number: int) -> WorkspaceView:
        return self.shell.workspaces()[number - 1]

    def shown(self) -> dict[str, int]:
        """What each output shows."""
        return {
            view.output: view.number
            for view in self.shell.workspaces()
            if view.visible and view.output is not None
        }
