"""wl_output: how large the outputs are, for the memory that windows on them can need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import OutputState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import Verdict

from .registry import event

if TYPE_CHECKING:
    from spectrum_session.gate.connection import Connection

CURRENT = 1
"""The flag of the mode that an output has."""


@event("wl_output", "mode")
def mode(
    gate: Connection, output: Object, flags: int, width: int, height: int, _refresh: int
) -> Verdict:
    """Physical pixels."""
    if flags & CURRENT:
        state: OutputState = output.state
        state.pixels = width * height
        gate.account.buffers.output(state.name, state.pixels)
    return None
