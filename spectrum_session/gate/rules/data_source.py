"""Sources of data that a client has: for the clipboard, the primary selection, or a drag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate import weights
from spectrum_session.gate.model_data import SourceState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import DROP, Refused, Verdict

from .dropping import drop
from .mime import MAX_NAMES, is_name
from .registry import event, request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

INVALID_ACTION_MASK = 0
"""Of wl_data_source.error."""
ACTIONS = 7
"""Copy, move, ask."""


@request("wl_data_device_manager", "create_data_source")
@request("zwp_primary_selection_device_manager_v1", "create_source")
def create(_gate: Context, _manager: Object, made: Object) -> Verdict:
    """It has nothing yet."""
    made.state = SourceState()
    return None


@request("wl_data_source", "offer")
@request("zwp_primary_selection_source_v1", "offer")
def offer(gate: Context, source: Object, name: bytes) -> Verdict:
    """One more format, if it is new."""
    types = source.state.types
    if name in types:
        return None
    if not is_name(name):
        return drop(gate, "mime-type")
    if len(types) >= MAX_NAMES:
        return drop(gate, "mime-types")
    length = len(name) + weights.STRING
    gate.holding.take(length)
    source.state.paid += length
    types.add(name)
    return None


@request("wl_data_source", "set_actions")
def set_actions(_gate: Context, source: Object, actions: int) -> Verdict:
    """What may be done with it when it is dragged; said once, before the drag."""
    state: SourceState = source.state
    if actions & ~ACTIONS:
        raise Refused(source, INVALID_ACTION_MASK, f"there are no drag actions {actions:#x}")
    if state.actions is not None or state.use is not None:
        raise Refused(source, INVALID_ACTION_MASK, "drag actions are said once, before the drag")
    state.actions = actions
    return None


@event("wl_data_source", "cancelled")
@event("zwp_primary_selection_source_v1", "cancelled")
def cancelled(_gate: Context, source: Object) -> Verdict:
    """The compositor has let go of it. The gate may have said so before."""
    if source.state.cancelled:
        return DROP
    source.state.cancelled = True
    return None


def check_use(source: Object, use: str, asked: Object, code: int) -> bool:
    """May it serve as a selection or for a drag? False: it is cancelled, and serves as nothing.

    Raises Refused on the object that was asked when it served otherwise, or was dragged: wlroots
    frees a source that is dragged a second time while it still uses it. To make the same source
    the selection again changes nothing but the serial.
    """
    state: SourceState = source.state
    if state.use is not None and (state.use != use or use == "drag"):
        raise Refused(asked, code, f"{source!r} was used for a {state.use} already")
    if state.cancelled:
        return False
    state.use = use
    return True
