"""Offers of data that somebody else has: what a client may do with them, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_data import OfferState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import DROP, IMPLEMENTATION, Refused, Verdict

from .data_source import ACTIONS
from .descriptor import takes_data
from .dropping import drop
from .registry import event, request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

INVALID_FINISH = 0
INVALID_ACTION_MASK = 1
INVALID_ACTION = 2
INVALID_OFFER = 3
"""Of wl_data_offer.error."""
COPY, MOVE, ASK = 1, 2, 4


@event("wl_data_offer", "offer")
@event("zwp_primary_selection_offer_v1", "offer")
def offered(_gate: Context, offer: Object, name: bytes) -> Verdict:
    """A format that it can be had in."""
    offer.state.types.add(name)
    return None


@event("wl_data_offer", "action")
def chosen(_gate: Context, offer: Object, action: int) -> Verdict:
    """What will be done with what is dragged."""
    offer.state.action = action
    return None


@request("wl_data_offer", "accept")
def accept(gate: Context, offer: Object, _serial: int, name: bytes | None) -> Verdict:
    """The client would take what is dragged in this format; None: it would not."""
    state: OfferState = offer.state
    if state.kind != "drag" or state.left or state.finished:
        return DROP
    if name is not None and name not in state.types:
        return drop(gate, "mime-type")
    state.accepted = name is not None
    return None


@request("wl_data_offer", "receive")
@request("zwp_primary_selection_offer_v1", "receive")
def receive(gate: Context, offer: Object, name: bytes, fd: int) -> Verdict:
    """Have it written to a pipe. Of what is not there a client reads the end at once."""
    if not takes_data(fd):
        raise Refused(
            None, IMPLEMENTATION, f"{offer!r}: a descriptor that is no writable pipe or socket"
        )
    state: OfferState = offer.state
    if name not in state.types:
        return drop(gate, "mime-type")
    if state.finished or state.left:
        return DROP
    return None


@request("wl_data_offer", "set_actions")
def set_actions(_gate: Context, offer: Object, actions: int, preferred: int) -> Verdict:
    """What the client would do with what is dragged."""
    state: OfferState = offer.state
    if actions & ~ACTIONS:
        raise Refused(offer, INVALID_ACTION_MASK, f"there are no drag actions {actions:#x}")
    if preferred not in (0, COPY, MOVE, ASK) or preferred & ~actions:
        raise Refused(offer, INVALID_ACTION, f"{preferred:#x} is no action of {actions:#x}")
    if state.kind == "selection":
        raise Refused(offer, INVALID_OFFER, f"{offer!r} is not dragged")
    return DROP if state.left or state.finished else None


@request("wl_data_offer", "finish")
def finish(_gate: Context, offer: Object) -> Verdict:
    """The client has all that it wanted of what was dropped on it."""
    state: OfferState = offer.state
    if state.left or state.finished:
        return DROP
    if state.kind != "drag" or not state.dropped:
        raise Refused(offer, INVALID_FINISH, f"nothing was dropped of {offer!r}")
    if not state.accepted:
        raise Refused(offer, INVALID_FINISH, f"{offer!r} was not accepted")
    state.finished = True
    return None
