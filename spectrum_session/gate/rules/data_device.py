"""wl_data_device and its sister of the primary selection: what is selected, and drags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_data import DataDeviceState, OfferState, SourceState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.schema import SCHEMA
from spectrum_session.gate.verdict import DROP, IMPLEMENTATION, Refused, Verdict

from . import devices
from .cursor import DRAG_ICON
from .data_source import check_use
from .dropping import drop
from .registry import event, request
from .roles import take_role

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

ROLE = 0
USED_SOURCE = 1
"""Of wl_data_device.error."""
INVALID_SOURCE = 1
"""Of wl_data_source.error."""

PRESSES = frozenset(
    (
        "wl_pointer.button",
        "wl_touch.down",
        "zwp_tablet_tool_v2.down",
        "zwp_tablet_tool_v2.button",
    )
)
"""Events that a drag can begin with."""
_CANCELLED = SCHEMA["wl_data_source"].event("cancelled")


@request("wl_data_device_manager", "get_data_device")
@request("zwp_primary_selection_device_manager_v1", "get_device")
def get_device(gate: Context, _manager: Object, made: Object, seat: Object) -> Verdict:
    """One is enough; toolkits make one for each seat that they bound."""
    devices.add(gate, made)
    made.state = DataDeviceState(seat)
    return None


# --- selections


@request("wl_data_device", "set_selection")
def set_selection(
    gate: Context, device: Object, source: Object | None, serial: int
) -> Verdict:
    """What the client copied, or nothing. The serial is that of what the person did last, or that
    with which the keyboard came."""
    if not gate.knowledge.was_given(serial):
        return _too_early(gate, serial)
    if source is not None:
        if source.state.actions is not None:
            raise Refused(source, INVALID_SOURCE, f"{source!r} has drag actions: it is to drag")
        if not check_use(source, "selection", device, USED_SOURCE):
            return DROP
    device.state.selection = source
    return None


@request("zwp_primary_selection_device_v1", "set_selection")
def set_primary(gate: Context, device: Object, source: Object | None, serial: int) -> Verdict:
    """What the client has selected, or nothing."""
    if not gate.knowledge.was_given(serial):
        return _too_early(gate, serial)
    if source is not None and not check_use(source, "selection", device, IMPLEMENTATION):
        return DROP
    device.state.selection = source
    return None


def _too_early(gate: Context, serial: int) -> Verdict:
    """GTK selects the text of its first field before any input has come, with 0 for a serial: it
    is used to getting nowhere with that, and nobody has to hear of it."""
    return drop(gate, "selection-serial") if serial else DROP


@event("wl_data_device", "data_offer")
@event("zwp_primary_selection_device_v1", "data_offer")
def offered(_gate: Context, _device: Object, made: Object) -> Verdict:
    """What it is for is said later."""
    made.state = OfferState()
    return None


@event("wl_data_device", "selection")
@event("zwp_primary_selection_device_v1", "selection")
def selected(_gate: Context, device: Object, offer: Object | None) -> Verdict:
    """What the client can paste."""
    device.state.offered = offer
    if offer is not None:
        offer.state.kind = "selection"
    return None


# --- drags


@request("wl_data_device", "start_drag")
def start_drag(
    gate: Context,
    device: Object,
    source: Object | None,
    _origin: Object,
    icon: Object | None,
    serial: int,
) -> Verdict:
    """A press begins one drag at most, and none without a source. Of those, which no toolkit
    makes, wlroots keeps a part for ever when it refuses them, remembers a client that is gone, and
    from 0.20 on reads a null pointer when a finger is lifted."""
    known = gate.knowledge
    if known.serials.get(serial) not in PRESSES or serial in known.dragged:
        if source is not None:
            _cancel(gate, source)
        return drop(gate, "drag-serial")
    if source is None:
        return drop(gate, "drag-source")
    if not check_use(source, "drag", device, USED_SOURCE):
        return DROP
    if icon is not None:
        take_role(icon, DRAG_ICON, None, device, ROLE)
    known.dragged.add(serial)
    return None


def _cancel(gate: Context, source: Object) -> None:
    """Toolkits wait for the end of what they began."""
    state: SourceState = source.state
    if not state.cancelled:
        state.cancelled = True
        gate.send_event(_CANCELLED, source.id)


@event("wl_data_device", "enter")
def entered(
    gate: Context,
    device: Object,
    serial: int,
    _surface: Object | None,
    _x: int,
    _y: int,
    offer: Object | None,
) -> Verdict:
    """A drag is over one of the client's surfaces."""
    gate.knowledge.gave_serial(serial, "wl_data_device.enter")
    device.state.drag = offer
    if offer is not None:
        offer.state.kind = "drag"
    return None


@event("wl_data_device", "leave")
def left(_gate: Context, device: Object) -> Verdict:
    """It is over none of them any more; or it was dropped, and this is only the end of it."""
    offer: Object | None = device.state.drag
    if offer is not None and not offer.state.dropped:
        offer.state.left = True
    device.state.drag = None
    return None


@event("wl_data_device", "drop")
def dropped(_gate: Context, device: Object) -> Verdict:
    """The client may take it."""
    offer: Object | None = device.state.drag
    if offer is not None:
        offer.state.dropped = True
    return None
