"""zwp_linux_dmabuf_v1: graphics memory, where policy lets a VM share it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spectrum_session.gate import filesystem
from spectrum_session.gate.model_surface import BufferState, PlanesState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import IMPLEMENTATION, Refused, Verdict

from .bounds import MAX_LENGTH
from .registry import event, request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

ALREADY_USED = 0
PLANE_INDEX = 1
PLANE_SET = 2
INCOMPLETE = 3
INVALID_DIMENSIONS = 5
OUT_OF_BOUNDS = 6

MAX_PLANES = 4
FLAGS = 0b111
"""y_invert, interlaced, bottom_first."""


@request("zwp_linux_dmabuf_v1", "create_params")
def create_params(_gate: Context, _dmabuf: Object, made: Object) -> Verdict:
    """The planes of one buffer."""
    made.state = PlanesState()
    return None


@request("zwp_linux_dmabuf_v1", "get_default_feedback", "get_surface_feedback")
def get_feedback(gate: Context, _dmabuf: Object, _made: Object, *_surface: Object) -> Verdict:
    """The compositor answers with the table of formats, in a file."""
    gate.expect_descriptor()
    return None


@request("zwp_linux_buffer_params_v1", "add")
def add(
    _gate: Context,
    params: Object,
    fd: int,
    plane: int,
    offset: int,
    stride: int,
    _modifier_high: int,
    _modifier_low: int,
) -> Verdict:
    """A plane in the graphics memory behind a descriptor."""
    state: PlanesState = params.state
    if state.used:
        raise Refused(params, ALREADY_USED, "these planes are a buffer's already")
    if plane >= MAX_PLANES:
        raise Refused(params, PLANE_INDEX, f"plane {plane}: there are {MAX_PLANES} at most")
    if plane in state.planes:
        raise Refused(params, PLANE_SET, f"plane {plane} is set already")
    if filesystem.kind(fd) != filesystem.DMABUF:
        raise Refused(params, IMPLEMENTATION, "a descriptor that is no graphics memory")
    size = os.lseek(fd, 0, os.SEEK_END)
    os.lseek(fd, 0, os.SEEK_SET)
    if offset > size:
        raise Refused(params, OUT_OF_BOUNDS, f"a plane from byte {offset} on in {size}")
    state.planes[plane] = (offset, stride, size)
    state.files[os.fstat(fd).st_ino] = size
    return None


@request("zwp_linux_buffer_params_v1", "create")
def create(
    _gate: Context, params: Object, width: int, height: int, number: int, flags: int
) -> Verdict:
    """The answer is `created` with the buffer, or `failed`."""
    _check(params, width, height, number, flags)
    return None


@request("zwp_linux_buffer_params_v1", "create_immed")
def create_immed(
    _gate: Context,
    params: Object,
    made: Object,
    width: int,
    height: int,
    number: int,
    flags: int,
) -> Verdict:
    """The buffer is there at once."""
    _check(params, width, height, number, flags)
    made.state = _buffer(params.state)
    return None


@event("zwp_linux_buffer_params_v1", "created")
def created(_gate: Context, params: Object, made: Object) -> Verdict:
    """The buffer that `create` asked for."""
    state: PlanesState = params.state
    made.state = _buffer(state)
    return None


def _buffer(state: PlanesState) -> BufferState:
    # No picture is made of it: it is one.
    memory = sum(state.files.values())
    return BufferState(*state.size, "dmabuf", format=state.format, pages=memory)


def _check(params: Object, width: int, height: int, number: int, flags: int) -> None:
    state: PlanesState = params.state
    if state.used:
        raise Refused(params, ALREADY_USED, "these planes are a buffer's already")
    state.used = True
    if not state.planes or set(state.planes) != set(range(len(state.planes))):
        raise Refused(params, INCOMPLETE, "planes are missing")
    if not (0 < width <= MAX_LENGTH and 0 < height <= MAX_LENGTH):
        raise Refused(params, INVALID_DIMENSIONS, f"a buffer of {width}×{height}")
    if flags & ~FLAGS:
        raise Refused(params, IMPLEMENTATION, f"flags {flags:#x}")
    # Only the first plane has as many rows as the buffer, whatever the format.
    offset, stride, size = state.planes[0]
    if offset + stride * height > size:
        raise Refused(
            params, OUT_OF_BOUNDS, f"{height} rows of {stride} bytes from {offset} on in {size}"
        )
    state.size, state.format = (width, height), number
