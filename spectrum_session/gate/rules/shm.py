"""wl_shm and its pools: memory that the compositor maps, and may read at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.buffer_memory import BYTES_A_PIXEL, pages
from spectrum_session.gate.model_surface import BufferState, PoolState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.shared_file import SharedFile, Unfit
from spectrum_session.gate.verdict import DROP, Refused, Verdict

from .bounds import MAX_LENGTH
from .registry import event, request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

INVALID_FORMAT = 0
INVALID_STRIDE = 1
INVALID_FD = 2

_FOURCCS = "AR24 XR24 AB24 XB24 RA24 RX24 BA24 BX24 AR30 XR30 AB30 XB30 RA30 RX30 BA30 BX30"
_ALIGNMENT = 4
"""Bytes that a row is a multiple of. pixman takes no other, wl_shm does: wlroots up to 0.20 then
shows the old picture in the size of the new one, and ends the session (fixed by e8c983808)."""

ALWAYS = (0, 1)
"""ARGB8888 and XRGB8888, which every compositor takes: clients need not wait to be told."""

FORMATS = {int.from_bytes(name.encode(), "little") for name in _FOURCCS.split()} | set(ALWAYS)
"""With four bytes a pixel, which is what toolkits draw in: the others are told to nobody."""


@event("wl_shm", "format")
def format_known(gate: Context, _shm: Object, number: int) -> Verdict:
    """Formats that the compositor takes, and that are let through."""
    if number not in FORMATS:
        return DROP
    gate.knowledge.shm_formats.add(number)
    return None


@request("wl_shm", "create_pool")
def create_pool(gate: Context, shm: Object, made: Object, fd: int, size: int) -> Verdict:
    """The file must be as large as the pool, and stay so."""
    if size <= 0:
        raise Refused(shm, INVALID_STRIDE, f"a pool of {size} bytes")
    gate.account.take("fds")
    try:
        gate.account.take("shm_bytes", size)
    except Refused:
        gate.account.give("fds")
        raise
    try:
        file = SharedFile(fd, size)
    except Unfit as problem:
        gate.account.give("shm_bytes", size)
        gate.account.give("fds")
        raise Refused(shm, INVALID_FD, f"a pool of {size} bytes: {problem}") from None
    made.state = PoolState(file, size, gate.account.buffers.opened(file))
    gate.knowledge.pools.add(made.state)
    return (made, file.for_compositor(), size) if file.copied else None


@request("wl_shm_pool", "resize")
def resize(gate: Context, pool: Object, size: int) -> Verdict:
    """A pool only grows, within its file."""
    state: PoolState = pool.state
    if size < state.size:
        raise Refused(pool, INVALID_STRIDE, f"a pool of {state.size} bytes shrinks to {size}")
    gate.account.take("shm_bytes", size - state.size)
    try:
        state.file.grow(size)
    except Unfit as problem:
        gate.account.give("shm_bytes", size - state.size)
        raise Refused(pool, INVALID_FD, f"a pool of {size} bytes: {problem}") from None
    state.size = size
    return None


@request("wl_shm_pool", "create_buffer")
def create_buffer(
    gate: Context,
    pool: Object,
    made: Object,
    offset: int,
    width: int,
    height: int,
    stride: int,
    number: int,
) -> Verdict:
    """Every byte of every row must lie in the pool."""
    state: PoolState = pool.state
    if number not in ALWAYS and number not in gate.knowledge.shm_formats:
        raise Refused(pool, INVALID_FORMAT, f"format {number:#x} was not offered")
    if not (0 < width <= MAX_LENGTH and 0 < height <= MAX_LENGTH):
        raise Refused(pool, INVALID_STRIDE, f"a buffer of {width}×{height}")
    if (
        offset < 0
        or stride < width * BYTES_A_PIXEL
        or stride % _ALIGNMENT
        or offset + stride * height > state.size
    ):
        raise Refused(
            pool,
            INVALID_STRIDE,
            f"{height} rows of {width} pixels, {stride} bytes apart, from byte {offset} on in a"
            f" pool of {state.size}",
        )
    state.users += 1
    made.state = BufferState(
        width,
        height,
        "shm",
        state,
        offset,
        stride,
        number,
        pages=pages(offset, stride * height),
        picture=width * height * BYTES_A_PIXEL,
    )
    return None
