"""wl_surface: what it shows, how large that is, and when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model import SurfaceState
from spectrum_session.gate.model_surface import BufferState, ViewportState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import DROP, IMPLEMENTATION, Refused, Verdict

from . import copies, cursor, subsurface, viewport
from .bounds import INT_MAX, MAX_LENGTH, MAX_SCALE, rectangle
from .registry import request
from .xdg_surface import check_commit

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

INVALID_SCALE = 0
INVALID_TRANSFORM = 1
INVALID_OFFSET = 3
DEFUNCT_ROLE_OBJECT = 4

OFFSET_SINCE = 5
MAX_DAMAGE = 64
"""Rectangles between two commits that are kept apart: from the next one on all is damaged. Their
cost grows with the square of their number: 150,000 stop a compositor for half a minute."""
MAX_DAMAGE_BOXES = 256
"""That these may fall apart into; likewise."""
_ALL = (0, 0, INT_MAX, INT_MAX)


@request("wl_compositor", "create_surface")
def create(_gate: Context, _compositor: Object, made: Object) -> Verdict:
    """A surface without a role shows nothing."""
    made.state = SurfaceState()
    return None


@request("wl_surface", "destroy")
def destroy(_gate: Context, surface: Object) -> Verdict:
    """Never before the object that gives it its role as a window or popup."""
    state: SurfaceState = surface.state
    if state.xdg_surface is not None and state.xdg_surface.alive:
        raise Refused(
            surface, DEFUNCT_ROLE_OBJECT, f"{surface!r} is destroyed before {state.xdg_surface!r}"
        )
    return None


@request("wl_surface", "attach")
def attach(
    gate: Context, surface: Object, buffer: Object | None, x: int, y: int
) -> Verdict:
    """A buffer for the next commit."""
    state: SurfaceState = surface.state
    state.attached = True
    state.pending_buffer = buffer
    state.contents.attach(gate, buffer.state if buffer is not None else None)
    if x or y:
        if surface.version >= OFFSET_SINCE:
            raise Refused(surface, INVALID_OFFSET, f"attach at {x}, {y}: wl_surface.offset does")
        return (buffer or 0, *_within(x, y))
    return None


@request("wl_surface", "offset")
def offset(_gate: Context, surface: Object, x: int, y: int) -> Verdict:
    """How far the next buffer is from where the last one was."""
    return _within(x, y)


@request("wl_surface", "set_buffer_scale")
def set_scale(_gate: Context, surface: Object, scale: int) -> Verdict:
    """At least 1; screens have up to 4."""
    if not 1 <= scale <= MAX_SCALE:
        raise Refused(surface, INVALID_SCALE, f"a scale of {scale}")
    surface.state.pending_scale = scale
    return None


@request("wl_surface", "set_buffer_transform")
def set_transform(_gate: Context, surface: Object, transform: int) -> Verdict:
    """One of eight."""
    if not 0 <= transform <= 7:
        raise Refused(surface, INVALID_TRANSFORM, f"a transform of {transform}")
    surface.state.pending_transform = transform
    return None


@request("wl_surface", "damage")
def damage(gate: Context, surface: Object, x: int, y: int, width: int, height: int) -> Verdict:
    """Pixels of the surface that changed."""
    state: SurfaceState = surface.state
    if state.copies:
        copies.damaged_on_surface(state, y, height)
    return _damage(gate, state, x, y, width, height)


@request("wl_surface", "damage_buffer")
def damage_buffer(
    gate: Context, surface: Object, x: int, y: int, width: int, height: int
) -> Verdict:
    """Pixels of the buffer that changed."""
    state: SurfaceState = surface.state
    if state.copies:
        copies.damaged(state, y, height)
    return _damage(gate, state, x, y, width, height)


def _damage(
    gate: Context, state: SurfaceState, x: int, y: int, width: int, height: int
) -> Verdict:
    """Rectangles without area say nothing; too many of them say that all changed."""
    state.damages += 1
    if state.damages > MAX_DAMAGE:
        return _ALL
    verdict: tuple[int, int, int, int] | None = None
    if not (width > 0 and height > 0 and x + width <= INT_MAX and y + height <= INT_MAX):
        verdict = rectangle(x, y, width, height)
        if verdict is None:
            return DROP
        height = verdict[3]
    if state.contents.damage.add(gate.holding, y, height) > MAX_DAMAGE_BOXES:
        state.damages = MAX_DAMAGE + 1
        return _ALL
    return verdict


@request("wl_surface", "commit")
def commit(gate: Context, surface: Object) -> Verdict:
    """What was asked for since the last one happens, all of it or nothing."""
    gate.commits += 1
    state: SurfaceState = surface.state
    if state.xdg_surface is not None:
        check_commit(gate, surface)
    if state.presented is not None:
        gate.presentation.committed(surface, state.presented)
    state.damages = 0
    state.commits += 1
    fresh = state.attached
    if fresh:
        state.attached = False
        state.buffer = state.pending_buffer
    buffer = state.buffer
    if (
        fresh
        or state.scale != state.pending_scale
        or state.transform != state.pending_transform
        or state.viewport is not None
    ):
        state.scale = state.pending_scale
        state.transform = state.pending_transform
        state.size = _size(surface, state, buffer.state) if buffer is not None else (0, 0)
    if state.parent is not None and subsurface.waits(gate, state):
        if gate.holding.waiting >= subsurface.MAX_WAITING:
            text = f"{subsurface.MAX_WAITING} commits that wait for one of the parent"
            raise Refused(surface, IMPLEMENTATION, text)
        state.contents.wait(gate, len(state.children), fresh=fresh)
    else:
        state.contents.commit(gate, fresh=fresh)
        if state.children:
            state.take_effect(gate)
    if fresh and buffer is not None:
        # After it was counted: what is copied becomes memory.
        copies.refresh(state, buffer.state)
        copies.committed(state)
    if state.role in cursor.ROLES:
        cursor.check_commit(gate, surface, *state.size)
    return None


def _size(surface: Object, state: SurfaceState, buffer: BufferState) -> tuple[int, int]:
    """How large it is now, in logical pixels. Raises Refused when that cannot be."""
    width, height = buffer.width, buffer.height
    if state.transform & 1:
        width, height = height, width
    width, height = width // state.scale, height // state.scale
    if state.viewport is not None and state.viewport.alive:
        known: ViewportState = state.viewport.state
        if state.transform and (known.source or known.destination):
            # wlroots turns the source back and forth and comes out a bit outside of the buffer,
            # which from 0.19 on is an assertion. Turned buffers are for whole screens.
            text = f"transform {state.transform} together with a viewport"
            raise Refused(surface, INVALID_TRANSFORM, text)
        width, height = viewport.size(state.viewport, known, width, height)
    return (width, height)


def _within(x: int, y: int) -> tuple[int, int]:
    return (
        max(-MAX_LENGTH, min(MAX_LENGTH, x)),
        max(-MAX_LENGTH, min(MAX_LENGTH, y)),
    )
