"""wl_display and wl_registry: which globals there are for this VM, and which objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import OutputState
from spectrum_session.gate.model_present import FeedbackState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.schema import SCHEMA, Message
from spectrum_session.gate.verdict import DROP, INVALID_OBJECT, Refused, Verdict

from .registry import event, request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context


@event("wl_registry", "global")
def announced(
    gate: Context, _registry: Object, name: int, interface: bytes, version: int
) -> Verdict:
    """Only what policy grants, in no newer version than the gate knows."""
    kind = interface.decode("ascii", "replace")
    if not gate.policy.grants(kind):
        return DROP
    version = min(version, SCHEMA[kind].version)
    gate.knowledge.globals[name] = (kind, version)
    return (name, interface, version)


@event("wl_registry", "global_remove")
def removed(gate: Context, _registry: Object, name: int) -> Verdict:
    """A client may still bind it until it has heard of this: the compositor takes care of that."""
    known = gate.knowledge.globals.get(name)
    if known is None:
        return DROP
    if known[0] == "wl_output":
        gate.account.buffers.output(name, 0)
    return None


@request("wl_registry", "bind")
def bind(
    gate: Context, registry: Object, name: int, interface: bytes, version: int, made: Object
) -> Verdict:
    """Globals are bound by a number that could be guessed: only what was announced is there."""
    known = gate.knowledge.globals.get(name)
    if known is None or known[0].encode() != interface or version > known[1]:
        shown = interface[:80].decode("ascii", "replace")
        raise Refused(
            registry, INVALID_OBJECT, f"global {name} is no {shown!r} in version {version}"
        )
    if interface == b"wl_output":
        made.state = OutputState(name)
    return None


_SYNCED = Message("wl_callback", 0, "done u")
"""The answer to a sync."""
_SYNCED.attach(lambda gate, _callback, theirs: (gate.serials.of_sync(theirs),))


@request("wl_display", "sync")
def sync(_gate: Context, _display: Object, made: Object) -> Verdict:
    """Its answer carries a serial, unlike that to wl_surface.frame."""
    made.events = (_SYNCED,)
    return None


@event("wl_display", "delete_id")
def deleted(gate: Context, _display: Object, number: int) -> Verdict:
    """The compositor is done with an object; its id may be used again."""
    found = gate.objects.by_id.get(number)
    if found is not None and isinstance(found.state, FeedbackState) and not found.state.answered:
        # For the client it is still the feedback's.
        found.state.freed = True
        found.events = ()
        return DROP
    gone = gate.objects.forget(number)
    if gone is not None and gone.alive and gone.state is not None:
        gone.alive = False
        gone.state.gone(gate)
    return None
