"""wp_viewporter and wp_viewport: which part of a buffer is shown, and how large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_surface import ViewportState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import Refused, Verdict

from .bounds import MAX_LENGTH
from .registry import request
from .roles import surface_state

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

VIEWPORT_EXISTS = 0

BAD_VALUE = 0
BAD_SIZE = 1
OUT_OF_BUFFER = 2
NO_SURFACE = 3

_NOT_SET = -256
"""-1 as wl_fixed."""


@request("wp_viewporter", "get_viewport")
def get_viewport(_gate: Context, viewporter: Object, made: Object, surface: Object) -> Verdict:
    """One for each surface."""
    state = surface_state(surface)
    if state.viewport is not None:
        raise Refused(viewporter, VIEWPORT_EXISTS, f"{surface!r} has {state.viewport!r}")
    made.state = ViewportState(surface)
    state.viewport = made
    return None


@request("wp_viewport", "set_source")
def set_source(
    _gate: Context, viewport: Object, x: int, y: int, width: int, height: int
) -> Verdict:
    """All -1, or a rectangle with an area; whether it lies in the buffer shows at the commit."""
    state = _state(viewport)
    if x == y == width == height == _NOT_SET:
        state.source = None
    elif x < 0 or y < 0 or width <= 0 or height <= 0:
        raise Refused(viewport, BAD_VALUE, "a source that is no rectangle")
    else:
        state.source = (x / 256, y / 256, width / 256, height / 256)
    return None


@request("wp_viewport", "set_destination")
def set_destination(_gate: Context, viewport: Object, width: int, height: int) -> Verdict:
    """Both -1, or a size."""
    state = _state(viewport)
    if width == height == -1:
        state.destination = None
    elif not (0 < width <= MAX_LENGTH and 0 < height <= MAX_LENGTH):
        raise Refused(viewport, BAD_VALUE, f"a destination of {width}×{height}")
    else:
        state.destination = (width, height)
    return None


def size(viewport: Object, state: ViewportState, width: int, height: int) -> tuple[int, int]:
    """How large a surface is whose buffer would make it `width`×`height`, all logical pixels.

    Raises Refused when the source does not lie in that.
    """
    source = state.source
    if source is not None:
        if source[0] + source[2] > width or source[1] + source[3] > height:
            raise Refused(viewport, OUT_OF_BUFFER, f"a source beyond {width}×{height}")
        width, height = int(source[2]), int(source[3])
        if state.destination is None and (width, height) != source[2:]:
            raise Refused(viewport, BAD_SIZE, "a source of broken pixels without a destination")
    return state.destination or (width, height)


def _state(viewport: Object) -> ViewportState:
    state: ViewportState = viewport.state
    if not state.surface.alive:
        raise Refused(viewport, NO_SURFACE, f"{state.surface!r} is gone")
    return state
