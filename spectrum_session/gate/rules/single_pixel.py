"""wp_single_pixel_buffer_manager_v1: buffers of one colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_surface import BufferState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import Verdict

from .registry import request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context


@request("wp_single_pixel_buffer_manager_v1", "create_u32_rgba_buffer")
def create(
    _gate: Context, _manager: Object, made: Object, _r: int, _g: int, _b: int, _a: int
) -> Verdict:
    """Any colour will do."""
    made.state = BufferState(1, 1, "single pixel")
    return None
