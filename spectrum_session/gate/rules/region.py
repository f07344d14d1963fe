"""wl_region: sets of rectangles, whose cost grows with the square of their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_surface import BOX_BYTES, RegionState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import DROP, IMPLEMENTATION, Refused, Verdict
from spectrum_session.gate.weights import FREE_BOXES

from .bounds import rectangle
from .registry import request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

MAX_RECTANGLES = 1024
"""In a region; toolkits with rounded corners use a few dozen, a rectangle for each row of them."""
MAX_BOXES = 4096
"""That a region may fall apart into. Rectangles as toolkits give them, each below or beside the
others, are one each."""
MAX_OPAQUE = 128
"""Boxes of an opaque region that is passed on. It only saves the compositor work, which takes that
of each surface away from what is visible of each below: none at all is always right."""
_STEP = 64
"""Boxes that are counted at a time."""


@request("wl_compositor", "create_region")
def create(_gate: Context, _compositor: Object, made: Object) -> Verdict:
    """An empty region."""
    made.state = RegionState()
    return None


@request("wl_region", "add", "subtract")
def change(
    gate: Context, region: Object, x: int, y: int, width: int, height: int
) -> Verdict:
    """Rectangles without area say nothing."""
    state: RegionState = region.state
    state.rectangles += 1
    if state.rectangles > MAX_RECTANGLES:
        text = f"a region of more than {MAX_RECTANGLES} rectangles"
        raise Refused(region, IMPLEMENTATION, text)
    sent = rectangle(x, y, width, height)
    if sent is None:
        return DROP
    state.bands.change(y, sent[3])
    boxes = state.bands.boxes
    if boxes > MAX_BOXES:
        text = f"a region that may have {boxes} boxes, of {state.rectangles} rectangles"
        raise Refused(region, IMPLEMENTATION, f"{text}; {MAX_BOXES} at most")
    if boxes > state.paid + FREE_BOXES:
        gate.holding.take(_STEP * BOX_BYTES)
        state.paid += _STEP
    return sent


@request("wl_surface", "set_opaque_region")
def set_opaque(gate: Context, surface: Object, region: Object | None) -> Verdict:
    """Where nothing below it can be seen: one that is too complex is as if there were none."""
    boxes = _boxes(region)
    simple = boxes <= MAX_OPAQUE
    surface.state.contents.opaque.set(gate.holding, boxes if simple else 0)
    return None if simple else (0,)


@request("wl_surface", "set_input_region")
def set_input(gate: Context, surface: Object, region: Object | None) -> Verdict:
    """Where it takes input."""
    surface.state.contents.input.set(gate.holding, _boxes(region))
    return None


def _boxes(region: Object | None) -> int:
    if region is None:
        return 1
    boxes: int = region.state.bands.boxes
    return boxes
