"""Events of the control socket: made of the session's, sent to its subscribers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

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
from spectrum_session.compositor.port import CompositorPort
from spectrum_session.control import messages, views
from spectrum_session.control.changes import KnownOutputs, KnownWorkspaces
from spectrum_session.control.handlers.outputs import list_outputs
from spectrum_session.control.handlers.vms import VMCommands
from spectrum_session.control.names import EventName
from spectrum_session.control.ports import VMs
from spectrum_session.session.events import ConfigReloaded, ModeChanged, VMChanged


class Subscribers(Protocol):
    """The clients that want events; `control.server.ControlServer` has them."""

    @property
    def subscribed(self) -> frozenset[EventName]:
        """The events that any of them wants."""

    def publish(self, event: messages.Event) -> None:
        """Send an event to those that want it."""


class Publisher:
    """Makes messages of the events of the bus.

    Outputs and workspaces are compared with those published last, after everything else of a turn:
    each event is a change that there was, and has its result.
    """

    def __init__(
        self, control: Subscribers, compositor: CompositorPort, vms: VMs, vm_views: VMCommands
    ) -> None:
        self._control = control
        self._compositor = compositor
        self._vms = vms
        self._vm_views = vm_views
        self._dirty_windows: set[int] = set()
        self._dirty = False
        self._outputs = KnownOutputs()
        self._workspaces = KnownWorkspaces()

    def subscribe_to(self, bus: Bus) -> None:
        """Publish the events of this bus from now on."""
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
        """A client subscribes to these events: the present state is known to it."""
        self._flush()
        wanted = self._control.subscribed
        if "output" in events and "output" not in wanted:
            self._outputs.set(list_outputs(self._compositor))
        if "workspace" in events and "workspace" not in wanted:
            self._workspaces.set(self._workspaces_now())

    def _window_opened(self, event: WindowOpened) -> None:
        self._publish_window(event.window, "opened")

    def _window_closed(self, event: WindowClosed) -> None:
        self._publish_window(event.window, "closed")

    def _publish_window(self, number: int, change: Literal["opened", "closed"]) -> None:
        window = self._compositor.window(number)
        if window is None or not self._wanted("window"):
            return
        self._dirty_windows.discard(number)
        message = messages.WindowEvent(change=change, window=views.window(window))
        self._control.publish(message)

    def _window_changed(self, event: WindowPlaced | WindowRenamed) -> None:
        if self._wanted("window"):
            # A layout moves many windows at once: one event each, when all have their place.
            self._dirty_windows.add(event.window)
            self._compositor.defer(self, self._flush)

    def _layout_changed(self, _event: WorkspacesChanged | OutputsChanged) -> None:
        # The workspace that an output shows is a key of both.
        if self._wanted("workspace", "output"):
            self._dirty = True
            self._compositor.defer(self, self._flush)

    def _focus_moved(self, event: FocusMoved) -> None:
        if self._wanted("focus"):
            number = event.window
            window = self._compositor.window(number) if number is not None else None
            vm = window.vm if window is not None and window.mapped else None
            self._control.publish(messages.FocusEvent(window=number, vm=vm))

    def _vm_changed(self, event: VMChanged) -> None:
        if self._wanted("vm") and event.name in self._vms.states():
            self._control.publish(messages.VMEvent(vm=self._vm_views.vm(event.name)))

    def _mode_changed(self, event: ModeChanged) -> None:
        if self._wanted("mode"):
            self._control.publish(messages.ModeEvent(mode=event.mode))

    def _config_reloaded(self, event: ConfigReloaded) -> None:
        if self._wanted("config"):
            errors = list(event.errors)
            self._control.publish(messages.ConfigEvent(ok=not errors, errors=errors))

    def _workspaces_now(self) -> list[messages.Workspace]:
        return [views.workspace(view) for view in self._compositor.workspaces()]

    def _wanted(self, *names: EventName) -> bool:
        return not self._control.subscribed.isdisjoint(names)

    def _flush(self) -> None:
        control = self._control
        for number in sorted(self._dirty_windows):
            window = self._compositor.window(number)
            if window is not None and window.mapped:
                control.publish(
                    messages.WindowEvent(change="changed", window=views.window(window))
                )
        self._dirty_windows.clear()
        if not self._dirty:
            return
        self._dirty = False
        wanted = control.subscribed
        if "output" in wanted:
            for output_event in self._outputs.events(list_outputs(self._compositor)):
                control.publish(output_event)
        if "workspace" in wanted:
            for workspace_event in self._workspaces.events(self._workspaces_now()):
                control.publish(workspace_event)
