"""wl_region: sets of rectangles, whose cost grows with the square of their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_surface import RegionState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import DROP, IMPLEMENTATION, Refused, Verdict

from .bounds import rectangle
from .registry import request

if TYPE_CHECKING:
    from spectrum_session.gate.connection import Connection

MAX_RECTANGLES = 1024
"""In a region; toolkits with rounded corners use a few dozen, a rectangle for each row of them."""


@request("wl_compositor", "create_region")
def create(_gate: Connection, _compositor: Object, made: Object) -> Verdict:
    """An empty region."""
    made.state = RegionState()
    return None


@request("wl_region", "add", "subtract")
def change(
    _gate: Connection, region: Object, x: int, y: int, width: int, height: int
) -> Verdict:
    """Rectangles without area say nothing."""
    state: RegionState = region.state
    state.rectangles += 1
    if state.rectangles > MAX_RECTANGLES:
        text = f"a region of more than {MAX_RECTANGLES} rectangles"
        raise Refused(region, IMPLEMENTATION, text)
    return rectangle(x, y, width, height) or DROP
