"""Buffers of which the compositor sees a copy: which rows of one have to be copied at a commit.

What a client says it damaged is the difference to what its surface showed before. A buffer that was
copied when it was last shown is up to date but for all the damage since then, whichever buffers
that was in. Whole rows are copied: they lie together.
"""

from __future__ import annotations

from spectrum_session.gate.model import SurfaceState
from spectrum_session.gate.model_surface import BufferState

MOST = 4
"""Buffers of one surface that are kept up to date in this way; clients draw in two or three."""

NONE = (0, 0)


def damaged(state: SurfaceState, y: int, height: int) -> None:
    """Rows of the buffer that the next commit brings differ from what is shown."""
    first, end = max(0, y), max(0, y + height)
    if first < end:
        state.rows = _both(state.rows, (first, end))


def damaged_on_surface(state: SurfaceState, y: int, height: int) -> None:
    """The same in the surface's own pixels."""
    plain = state.pending_scale == 1 and not state.pending_transform and state.viewport is None
    if plain:
        damaged(state, y, height)
    else:
        state.all_rows = True


def refresh(state: SurfaceState, buffer: BufferState) -> None:
    """The client commits a buffer that it attached: copy what is not up to date."""
    pool = buffer.pool
    if pool is None or not pool.file.copied:
        # Nobody tells how it differs from those that are copied.
        state.copies.clear()
        return
    whole = (0, buffer.height)
    # Who attaches a buffer and says of no damage may have drawn anything.
    changed = whole if state.all_rows or state.rows == NONE else state.rows
    for other in state.copies:
        other.stale = _both(other.stale, changed)
    first, end = whole
    if buffer in state.copies:
        state.copies.remove(buffer)
        if buffer.shown_by == id(state):
            first, end = buffer.stale
    first, end = max(0, first), min(end, buffer.height)
    if first < end:
        pool.file.update(buffer.offset + first * buffer.stride, (end - first) * buffer.stride)
    buffer.stale = NONE
    buffer.shown_by = id(state)
    state.copies.append(buffer)
    del state.copies[:-MOST]


def committed(state: SurfaceState) -> None:
    """Damage is told from commit to commit."""
    state.rows = NONE
    state.all_rows = False


def _both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    if one == NONE:
        return other
    if other == NONE:
        return one
    return (min(one[0], other[0]), max(one[1], other[1]))
