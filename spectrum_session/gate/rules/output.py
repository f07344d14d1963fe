"""wl_output: how large the outputs are and how often they show a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import OutputState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import Verdict

from .registry import event

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

CURRENT = 1
"""The flag of the mode that an output has."""


@event("wl_output", "mode")
def mode(
    gate: Context, output: Object, flags: int, width: int, height: int, refresh: int
) -> Verdict:
    """Physical pixels, for the memory that windows can need, and mHz, for presentation feedback."""
    if flags & CURRENT:
        state: OutputState = output.state
        state.pixels, state.refresh = width * height, refresh
        if output not in gate.knowledge.outputs:
            gate.knowledge.outputs.append(output)
        gate.account.buffers.output(state.name, state.pixels)
    return None
