"""wl_shm and its pools: memory that the compositor maps, and may read at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_surface import BufferState, PoolState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.shared_file import SharedFile, Unfit
from spectrum_session.gate.verdict import Refused, Verdict

from .bounds import MAX_LENGTH
from .registry import event, request

if TYPE_CHECKING:
    from spectrum_session.gate.connection import Connection

INVALID_FORMAT = 0
INVALID_STRIDE = 1
INVALID_FD = 2

_BYTES = {
    4: "AR24 XR24 AB24 XB24 RA24 RX24 BA24 BX24 AR30 XR30 AB30 XB30 RA30 RX30 BA30 BX30 GR32",
    2: "RG16 BG16 AR12 XR12 AB12 XB12 RA12 RX12 BA12 BX12 AR15 XR15 AB15 XB15 RA15 RX15 BA15 BX15"
    " R16  GR88",
    3: "RG24 BG24",
    1: "R8   C8  ",
    8: "AR48 XR48 AB48 XB48 AR4H XR4H AB4H XB4H",
}
"""Bytes a pixel of the formats with one plane, by their DRM fourcc."""


def _fourcc(name: str) -> int:
    return int.from_bytes(name.encode(), "little")


BYTES_A_PIXEL = {
    _fourcc(names[at : at + 4]): size
    for size, names in _BYTES.items()
    for at in range(0, len(names), 5)
} | {0: 4, 1: 4}
"""By number in wl_shm: 0 and 1 are ARGB8888 and XRGB8888, the others are fourccs."""


ALWAYS = (0, 1)
"""Formats that every compositor takes: clients need not wait to be told."""


@event("wl_shm", "format")
def format_known(gate: Connection, _shm: Object, number: int) -> Verdict:
    """Formats that the compositor takes."""
    gate.knowledge.shm_formats.add(number)
    return None


@request("wl_shm", "create_pool")
def create_pool(gate: Connection, shm: Object, made: Object, fd: int, size: int) -> Verdict:
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
    made.state = PoolState(file, size)
    gate.knowledge.pools.add(made.state)
    return (made, file.for_compositor(), size) if file.copied else None


@request("wl_shm_pool", "resize")
def resize(gate: Connection, pool: Object, size: int) -> Verdict:
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
    gate: Connection,
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
    size = BYTES_A_PIXEL.get(number)
    if size is None or (number not in ALWAYS and number not in gate.knowledge.shm_formats):
        raise Refused(pool, INVALID_FORMAT, f"format {number:#x} was not offered")
    if not (0 < width <= MAX_LENGTH and 0 < height <= MAX_LENGTH):
        raise Refused(pool, INVALID_STRIDE, f"a buffer of {width}×{height}")
    if offset < 0 or stride < width * size or offset + stride * height > state.size:
        raise Refused(
            pool,
            INVALID_STRIDE,
            f"{height} rows of {stride} bytes from {offset} on, {width} pixels of {size} bytes"
            f" each, in a pool of {state.size}",
        )
    if stride % 4:
        # pixman takes whole words only, and wlroots trips over a buffer that it cannot draw.
        raise Refused(pool, INVALID_STRIDE, f"rows of {stride} bytes, which are no whole words")
    state.users += 1
    made.state = BufferState(width, height, "shm", state, offset, stride, number)
    return None


def refresh(buffer: BufferState) -> None:
    """The client commits a buffer: where the compositor sees a copy, it is made now."""
    pool = buffer.pool
    if pool is not None and pool.file.copied:
        pool.file.update(buffer.offset, buffer.stride * buffer.height)
