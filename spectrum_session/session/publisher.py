"""What the control socket tells those who subscribed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from spectrum_session.control import messages
from spectrum_session.control.changes import KnownOutputs, KnownWorkspaces
from spectrum_session.control.names import EventName

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

    def subscribing(self, events: Iterable[EventName]) -> None:
        """Somebody will be sent these events, from now on: what is so now is known."""
        self._flush()
        wanted = self._session.control.subscribed
        if "output" in events and "output" not in wanted:
            self._outputs.set(self._handler.do_outputs(None))
        if "workspace" in events and "workspace" not in wanted:
            self._workspaces.set(self._handler.do_workspaces(None))

    def changed(self, kind: str, detail: dict[str, Any]) -> None:
        """Something in the session changed: tell those who want to know, if anybody does."""
        session = self._session
        control = session.control
        wanted = control.subscribed
        if not wanted:
            return
        if kind == "window" and "window" in wanted:
            self._window_changed(detail)
        elif kind in ("workspace", "output"):
            # Which workspace an output shows is a key of both.
            if "workspace" in wanted or "output" in wanted:
                self._dirty = True
                session.server.loop.defer(self, self._flush)
        elif kind == "focus" and "focus" in wanted:
            number = detail["window"]
            window = session.server.desktop.windows.get(number)
            control.publish(
                messages.FocusEvent(window=number, vm=window.vm if window is not None else None)
            )
        elif kind == "vm" and "vm" in wanted and detail["name"] in session.vms.states():
            control.publish(messages.VMEvent(vm=self._handler.vm(detail["name"])))
        elif kind == "mode" and "mode" in wanted:
            control.publish(messages.ModeEvent(mode=detail["mode"]))
        elif kind == "config" and "config" in wanted:
            control.publish(messages.ConfigEvent(ok=detail["ok"], errors=detail["errors"]))

    def _window_changed(self, detail: dict[str, Any]) -> None:
        server = self._session.server
        window = server.windows.get(detail["window"])
        if window is None:
            return
        change = detail["change"]
        if change in ("opened", "closed"):
            self._dirty_windows.discard(window.id)
            self._session.control.publish(
                messages.WindowEvent(change=change, window=self._handler.window(window))
            )
            return
        # A layout moves many windows at once: one event each, when all have their place.
        self._dirty_windows.add(window.id)
        server.loop.defer(self, self._flush)

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
