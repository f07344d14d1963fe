"""spectrum_session_manager_v1: VMs and labels for the bars and switchers of others. Host only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.port import VMView
from spectrum_session.labels.label import Label
from spectrum_session.wlr import address, lib

from .protocol_server import ProtocolServer, Resource

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

MANAGER = "spectrum_session_manager_v1"
TOPLEVEL = "spectrum_session_toplevel_v1"
VM = "spectrum_session_vm_v1"

Request = Callable[[str, Callable[[str], None]], None]
"""Starts or stops the VM of this name, and calls the function with a reason if that fails."""


class SpectrumProtocol:
    """The global and all objects of our protocol."""

    def __init__(
        self,
        server: Server,
        vms: Callable[[], Mapping[str, VMView]],
        start: Request,
        stop: Request,
    ) -> None:
        """Advertises the global. Raises StartError when the protocol was not compiled."""
        try:
            from spectrum_session._protocol.tables import ENUMS, INTERFACES
        except ImportError as error:
            from spectrum_session.compositor.server import StartError

            raise StartError(
                "spectrum_session/_protocol is missing; build it with"
                " `python spectrum_session/compositor/protocols/_build.py`"
            ) from error
        self.server = server
        self.vms = vms
        self.start = start
        self.stop = stop
        self.states = ENUMS[f"{VM}.state"]
        self.protocols = ProtocolServer(server.display, INTERFACES)
        self.protocols.advertise(MANAGER, self._bind)

    def refresh(self, _event: object) -> None:
        """Send changes of windows, VMs and labels to the clients, once per turn of the loop."""
        if self.protocols.live:
            self.server.loop.defer(self, self._publish)

    def _bind(self, client: Any, version: int, number: int) -> None:
        Manager(self, client, version, number).announce(self.vms())

    def _publish(self) -> None:
        views = self.vms()
        objects = list(self.protocols.live.values())
        for one in objects:
            if isinstance(one, VMObject):
                one.update(views.get(one.name))
            elif isinstance(one, ToplevelObject):
                one.update()
        for one in objects:
            if isinstance(one, Manager):
                one.announce(views)


class Manager(Resource):
    """A client's spectrum_session_manager_v1."""

    interface = MANAGER

    def __init__(self, owner: SpectrumProtocol, client: Any, version: int, number: int) -> None:
        super().__init__(owner.protocols, client, version, number)
        self.owner = owner
        self._vms: set[str] = set()
        self._toplevels: set[int] = set()
        self._announced = False

    def announce(self, vms: Mapping[str, VMView]) -> None:
        """Tell of what is new since the last time."""
        toplevels = set(self.owner.server.desktop.windows)
        new_vms = [name for name in vms if name not in self._vms]
        new_toplevels = sorted(toplevels - self._toplevels)
        self._vms, self._toplevels = set(vms), toplevels
        for name in new_vms:
            self.send("vm", name)
        for number in new_toplevels:
            self.send("toplevel", number)
        if new_vms or new_toplevels or not self._announced:
            self._announced = True
            self.send("done")

    def do_get_vm(self, number: int, name: str) -> None:
        one = VMObject(self.owner, self.client, self.version, number, name)
        one.update(self.owner.vms().get(name))

    def do_get_toplevel(self, number: int, window: int) -> None:
        ToplevelObject(self.owner, self.client, self.version, number, window).update()

    def do_get_toplevel_of_handle(self, number: int, handle: Any) -> None:
        # wlroots keeps its own struct there, or NULL once the window is gone. The address is only
        # looked up among those that exist, and never followed.
        found = address(lib.wl_resource_get_user_data(handle))
        window = self.owner.server.foreign.windows.get(found, 0)
        ToplevelObject(self.owner, self.client, self.version, number, window).update()


class VMObject(Resource):
    """A client's spectrum_session_vm_v1."""

    interface = VM

    def __init__(
        self, owner: SpectrumProtocol, client: Any, version: int, number: int, name: str
    ) -> None:
        super().__init__(owner.protocols, client, version, number)
        self.owner = owner
        self.name = name
        self._removed = False
        self._sent: VMView | None = None

    def update(self, view: VMView | None) -> None:
        """Send what changed; None: the VM is there no longer."""
        sent = self._sent
        if self._removed or (view is not None and view == sent):
            return
        if view is None:
            self._removed = True
            self.send("removed")
            return
        self._sent = view
        if sent is None or (sent.driver, sent.note) != (view.driver, view.note):
            self.send("driver", view.driver, view.note)
        if sent is None or sent.label != view.label:
            send_label(self, view.label)
        if sent is None or (sent.state, sent.reason) != (view.state, view.reason):
            states = self.owner.states
            self.send("state", states.get(view.state, states["unknown"]), view.reason)
        self.send("done")

    def do_start(self) -> None:
        if not self._removed:
            self.owner.start(self.name, self._refused)

    def do_stop(self) -> None:
        if not self._removed:
            self.owner.stop(self.name, self._refused)

    def _refused(self, reason: str) -> None:
        if not self._removed:
            self.send("refused", reason)
            self.owner.server.loop.wake()


class ToplevelObject(Resource):
    """A client's spectrum_session_toplevel_v1."""

    interface = TOPLEVEL

    def __init__(
        self, owner: SpectrumProtocol, client: Any, version: int, number: int, window: int
    ) -> None:
        """`window` is the number of a window; one that there is not makes it inert."""
        super().__init__(owner.protocols, client, version, number)
        self.owner = owner
        self.window = window
        self._closed = False
        self._sent: tuple[Label | None] | None = None

    def update(self) -> None:
        """Send what changed."""
        if self._closed:
            return
        window = self.owner.server.desktop.windows.get(self.window)
        if window is None:
            self._closed = True
            self.send("closed")
            return
        sent, self._sent = self._sent, (window.label,)
        if sent == self._sent:
            return
        if sent is None:
            self.send("number", window.id)
            self.send("origin", window.vm or "")
        if window.label is not None:
            send_label(self, window.label)
        self.send("done")

    def do_focus(self) -> None:
        desktop = self.owner.server.desktop
        window = desktop.windows.get(self.window)
        if window is not None and not self._closed:
            desktop.focus_window(window)


def send_label(resource: Resource, label: Label) -> None:
    """The label event, which VMs and toplevels share."""
    color = label.color
    number = color.r << 16 | color.g << 8 | color.b
    resource.send("label", label.name, number, label.pattern.value)
