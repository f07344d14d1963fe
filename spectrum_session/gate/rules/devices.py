"""How many objects a client may have that are all told of the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import IMPLEMENTATION, Refused

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

MAX_DEVICES = 32
"""Of one interface and connection. Programs have one or two; the compositor sends each motion of
the pointer to all of them."""


def add(gate: Context, made: Object) -> None:
    """A new one. Raises Refused when there are too many."""
    name = made.interface.name
    known = gate.knowledge.devices.setdefault(name, set())
    known.add(made)
    if len(known) > MAX_DEVICES:
        known.intersection_update([one for one in known if one.alive])
        if len(known) > MAX_DEVICES:
            raise Refused(
                None, IMPLEMENTATION, f"a client may have {MAX_DEVICES} of {name} at most"
            )
