"""Connects the compositor to the pure shell: passes events, executes commands."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from spectrum_session.shell import commands, events
from spectrum_session.shell.actions import Action, FocusWindow, Minimise, make_action
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.options import ShellOptions
from spectrum_session.shell.shell import Shell

from . import layers
from .events import (
    Bus,
    FocusMoved,
    WindowClosed,
    WindowOpened,
    WindowPlaced,
    WindowRenamed,
    WorkspacesChanged,
)

if TYPE_CHECKING:
    from .outputs.output import Output
    from .server import Server
    from .windows.window import Window

log = logging.getLogger(__name__)


class Desktop:
    """Owns the shell. Everything about windows passes through `send`."""

    def __init__(self, server: Server, shell: Shell, bus: Bus) -> None:
        self.server = server
        self.shell = shell
        self._bus = bus
        self.windows: dict[int, Window] = {}
        """Mapped windows by id."""
        self.stand_ins: dict[str, Window] = {}
        """Placeholders by VM, until its first window is mapped."""
        self.is_console: Callable[[Window], bool] = lambda window: False
        """Is it the window of a VM's console? The user opened it, and it has no stand-in."""
        self._limits: dict[int, tuple[int, int, int, int]] = {}
        """Size limits of frames that changed in this turn, by window."""

    # --- events

    def send(self, event: events.Event) -> None:
        """Pass an event to the shell, and execute its commands."""
        self._carry_out(self.shell.handle(event))

    def reconfigure(self, options: ShellOptions) -> None:
        """Take new options after a reload."""
        self._carry_out(self.shell.reconfigure(options))

    def opening_tile(self, window: Window) -> Rect | None:
        """The frame that a window will have when it is mapped; None for one that will not be
        tiled."""
        old = self._stand_in(window)
        return self.shell.opening_tile(window.info(), old.id if old is not None else None)

    def mapped(self, window: Window, instead_of: Window | None = None) -> None:
        """A window is mapped, in the place of another window or of its stand-in."""
        old = instead_of or self._stand_in(window)
        self.windows[window.id] = window
        if old is None:
            self.send(events.WindowMapped(window.info()))
        else:
            self.send(events.WindowReplaced(old.id, window.info()))
        self.server.foreign.mapped(window)
        self.server.input.refresh_pointer()
        self._bus.publish(WindowOpened(window.id))
        if old is not None:
            old.replaced()

    def _stand_in(self, window: Window) -> Window | None:
        """The stand-in for a new window of a VM; None for a dialog."""
        if window.vm is None or window.parent() is not None or self.is_console(window):
            return None
        old = self.stand_ins.get(window.vm)
        return old if old is not window else None

    def unmapped(self, window: Window) -> None:
        """A window is unmapped."""
        self.windows.pop(window.id, None)
        self.server.foreign.unmapped(window)
        self.server.input.guard.forget(window.id)
        if self.server.loop.closing:
            return
        self.send(events.WindowUnmapped(window.id))
        self.server.trim.soon()
        self.server.input.refresh_pointer()
        self.server.idle.refresh()
        self._bus.publish(WindowClosed(window.id))

    def renamed(self, window: Window) -> None:
        """Title or app id changed."""
        self.send(events.WindowRenamed(window.id, window.title, window.app_id))
        self.server.foreign.update(window)
        self._bus.publish(WindowRenamed(window.id))

    def limits_changed(self, window: Window, limits: tuple[int, int, int, int]) -> None:
        """The client changed its size limits. They hold after the events of this turn, and all
        together: a client may change them thousands of times in one."""
        self._limits[window.id] = limits
        self.server.loop.defer((self, "limits"), self._apply_limits)

    def _apply_limits(self) -> None:
        limits, self._limits = self._limits, {}
        changed = [events.WindowLimits(number, *values) for number, values in limits.items()]
        self._carry_out(self.shell.handle(*changed))

    def client_request(
        self, window: Window, kind: Literal["fullscreen", "maximise", "minimise"], value: bool
    ) -> None:
        """The client asks for a state of its window."""
        self.send(events.ClientRequest(window.id, kind, value))

    def activation(self, window: Window, trusted: bool) -> None:
        """A client asks that a window be focused."""
        if window.mapped:
            self.send(events.ActivationRequest(window.id, trusted))

    def clicked(self, window: Window) -> None:
        """A press on a window."""
        self.send(events.PointerPressed(window.id))

    def hovered(self, window: Window) -> None:
        """The pointer moved onto a window, and focus follows it."""
        self.send(events.PointerEntered(window.id))

    def clicked_background(self, output: str | None) -> None:
        """A press on the empty desktop."""
        self.send(events.PointerPressed(None, output))

    def drag(self, window: Window, frame: Rect) -> None:
        """The pointer, or a floating window's client, wants this frame."""
        self.send(events.WindowDragged(window.id, frame))

    def act(self, action: Action, window: int | None = None) -> None:
        """A binding or the control socket asks for something."""
        self.send(events.Act(action, window))
        # From one empty workspace to another no window has to be placed.
        self._bus.publish(WorkspacesChanged())

    def focus_window(self, window: Window) -> None:
        """A host client (a bar, a switcher) asks for the focus on the user's behalf."""
        self.act(FocusWindow(), window.id)

    def set_state(self, window: Window, action: str, value: bool) -> None:
        """A host client sets a state of a window."""
        if action == "minimise":
            self.act(Minimise() if value else FocusWindow(), window.id)
        else:
            self.act(make_action([action, "on" if value else "off"]), window.id)

    def output_changed(self, output: Output) -> None:
        """An output appeared, moved, or bars changed its work area."""
        self.send(events.OutputAdded(output.name, output.area, output.work_area))

    def output_removed(self, name: str) -> None:
        """An output is no longer there."""
        self.send(events.OutputRemoved(name))

    @property
    def focused_output(self) -> str | None:
        """The output where new windows open."""
        return self.shell.focused_output

    # --- commands

    def _carry_out(self, todo: list[commands.Command]) -> None:
        moved = False
        for command in todo:
            if isinstance(command, commands.Place):
                moved = True
                self._place(command)
            elif isinstance(command, commands.Stack):
                moved = True
                self._stack(command.order)
            elif isinstance(command, commands.Focus):
                window = self.windows.get(command.window) if command.window else None
                self.server.focus.set_window(window, command.by_user)
                self._bus.publish(FocusMoved(command.window))
            elif isinstance(command, commands.Close):
                self._with(command.window, lambda window: window.ask_to_close())
            elif isinstance(command, commands.Kill):
                self._with(command.window, self._kill)
            elif isinstance(command, commands.WarpPointer):
                if self.server.config.pointer.warp_on_output_change:
                    self.server.input.cursor.warp(*command.area.center)
            elif isinstance(command, commands.Perform):
                self._bus.publish(command)
        if moved:
            self.server.idle.refresh()
            self.server.input.refresh_pointer()
            self._bus.publish(WorkspacesChanged())

    def _with(self, number: int, do: Callable[[Window], None]) -> None:
        window = self.windows.get(number)
        if window is not None:
            do(window)

    def _kill(self, window: Window) -> None:
        # Never from inside one of the client's own requests.
        key = ("kill", window.id)
        self.server.loop.defer(key, lambda: self._kill_now(window.id))

    def _kill_now(self, number: int) -> None:
        window = self.windows.get(number)
        if window is not None:
            window.kill()

    def _place(self, place: commands.Place) -> None:
        window = self.windows.get(place.window)
        if window is None:
            return
        before = window.place
        window.apply(place)
        self.server.foreign.update(window)
        if before is not None:
            self._bus.publish(WindowPlaced(window.id))

    def _stack(self, order: tuple[int, ...]) -> None:
        for number in order:
            window = self.windows.get(number)
            if window is not None:
                layers.raise_to_top(window.tree)
