"""Events of the control socket: made of the session's, sent to its subscribers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from spectrum_session.compositor.events import (
    Bus,
    FocusMoved,
    OutputsChanged,
    WindowClosed,
    WindowOpened,
    WindowPlaced,
    WindowRenamed,
    WorkspacesChanged,
)
from spectrum_session.control import messages
from spectrum_session.control.changes import KnownOutputs, KnownWorkspaces
from spectrum_session.control.names import EventName
from spectrum_session.session.events import ConfigReloaded, ModeChanged, VMChanged

if TYPE_CHECKING:
    from spectrum_session.session.handler import Handler


class Publisher:
    """Makes events of what changed in the session.

    Outputs and workspaces are compared with what was told last, after everything else of a turn:
    each event is a change that there was, and tells where it led.
    """

    def __init__(self, handler: Handler) -> None:
        """`handler` has the views."""
        self._handler = handler
        self._session = handler.session
        self._dirty_windows: set[int] = set()
        self._dirty = False
        self._outputs = KnownOutputs()
        self._workspaces = KnownWorkspaces()

    def subscribe_to(self, bus: Bus) -> None:
        """Publish from now on the events of this bus."""
        bus.subscribe(WindowOpened, self._window_opened)
        bus.subscribe(WindowClosed, self._window_closed)
        bus.subscribe(WindowRenamed, self._window_changed)
        bus.subscribe(WindowPlaced, self._window_changed)
        bus.subscribe(FocusMoved, self._focus_moved)
        bus.subscribe(WorkspacesChanged, self._layout_changed)
        bus.subscribe(OutputsChanged, self._layout_changed)
        bus.subscribe(VMChanged, self._vm_changed)
        bus.subscribe(ModeChanged, self._mode_changed)
        bus.subscribe(ConfigReloaded, self._config_reloaded)

    def subscribing(self, events: Iterable[EventName]) -> None:
        """Somebody will be sent these events, from now on: what is so now is known."""
        self._flush()
        wanted = self._session.control.subscribed
        if "output" in events and "output" not in wanted:
            self._outputs.set(self._handler.do_outputs(None))
        if "workspace" in events and "workspace" not in wanted:
            self._workspaces.set(self._handler.do_workspaces(None))

    def _window_opened(self, event: WindowOpened) -> None:
        self._publish_window(event.window, "opened")

    def _window_closed(self, event: WindowClosed) -> None:
        self._publish_window(event.window, "closed")

    def _publish_window(self, number: int, change: Literal["opened", "closed"]) -> None:
        window = self._session.server.windows.get(number)
        if window is None or not self._wanted("window"):
            return
        self._dirty_windows.discard(number)
        message = messages.WindowEvent(change=change, window=self._handler.window(window))
        self._session.control.publish(message)

    def _window_changed(self, event: WindowPlaced | WindowRenamed) -> None:
        if self._wanted("window"):
            # A layout moves many windows at once: one event each, when all have their place.
            self._dirty_windows.add(event.window)
            self._session.server.defer(self, self._flush)

    def _layout_changed(self, _event: WorkspacesChanged | OutputsChanged) -> None:
        # The workspace that an output shows is a key of both.
        if self._wanted("workspace", "output"):
            self._dirty = True
            self._session.server.defer(self, self._flush)

    def _focus_moved(self, event: FocusMoved) -> None:
        if self._wanted("focus"):
            number = event.window
            window = self._session.server.desktop.windows.get(number) if number else None
            vm = window.vm if window is not None else None
            self._session.control.publish(messages.FocusEvent(window=number, vm=vm))

    def _vm_changed(self, event: VMChanged) -> None:
        if self._wanted("vm") and event.name in self._session.vms.states():
            self._session.control.publish(messages.VMEvent(vm=self._handler.vm(event.name)))

    def _mode_changed(self, event: ModeChanged) -> None:
        if self._wanted("mode"):
            self._session.control.publish(messages.ModeEvent(mode=event.mode))

    def _config_reloaded(self, event: ConfigReloaded) -> None:
        if self._wanted("config"):
            errors = list(event.errors)
            self._session.control.publish(messages.ConfigEvent(ok=not errors, errors=errors))

    def _wanted(self, *names: EventName) -> bool:
        return not self._session.control.subscribed.isdisjoint(names)

    def _flush(self) -> None:
        control, windows = self._session.control, self._session.server.desktop.windows
        for number in sorted(self._dirty_windows):
            window = windows.get(number)
            if window is not None:
                control.publish(
                    messages.WindowEvent(change="changed", window=self._handler.window(window))
                )
        self._dirty_windows.clear()
        if not self._dirty:
            return
        self._dirty = False
        wanted = control.subscribed
        if "output" in wanted:
            for output_event in self._outputs.events(self._handler.do_outputs(None)):
                control.publish(output_event)
        if "workspace" in wanted:
            for workspace_event in self._workspaces.events(self._handler.do_workspaces(None)):
                control.publish(workspace_event)
