"""wl_subcompositor and wl_subsurface: trees of surfaces, which wlroots walks from the root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model import SurfaceState
from spectrum_session.gate.model_surface import SubsurfaceState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import IMPLEMENTATION, Refused, Verdict

from .bounds import MAX_LENGTH
from .registry import request
from .roles import surface_state, take_role

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

BAD_SURFACE = 0
BAD_PARENT = 1

MAX_DEPTH = 16
"""Surfaces over each other in a tree; browsers use three."""
MAX_WAITING = 1024
"""Commits of a connection that wait for one of a parent. Each is kept with its buffer."""
MAX_TREE = 128
"""Surfaces in a tree below its root; browsers that leave compositing to us use some dozens. wlroots
takes each that is opaque away from what is visible of all below it: 500 strips across each other
stop it for 13 seconds, and take 119 MB; as many as this a tenth of a second, and 5 MB."""


@request("wl_subcompositor", "get_subsurface")
def get_subsurface(
    _gate: Context, subcompositor: Object, made: Object, surface: Object, parent: Object
) -> Verdict:
    """A tree: no surface is on itself, not even by way of others."""
    above = surface_state(parent)
    depth = 1
    at: Object | None = parent
    while at is not None:
        if at is surface:
            raise Refused(subcompositor, BAD_PARENT, f"{surface!r} would be on itself")
        depth += 1
        at = surface_state(at).parent
    if depth + _height(surface) > MAX_DEPTH:
        text = f"more than {MAX_DEPTH} subsurfaces over each other"
        raise Refused(subcompositor, IMPLEMENTATION, text)
    more = 1 + surface_state(surface).below
    root = above
    while root.parent is not None:
        root = surface_state(root.parent)
    if root.below + more > MAX_TREE:
        text = f"more than {MAX_TREE} subsurfaces in a tree"
        raise Refused(subcompositor, IMPLEMENTATION, text)
    state = take_role(surface, "subsurface", made, subcompositor, BAD_SURFACE)
    above.grown(more)
    state.parent = parent
    above.children.append(surface)
    made.state = SubsurfaceState(surface, parent, since=above.commits)
    return None


def _height(surface: Object) -> int:
    """How many levels of subsurfaces are on a surface. Bounded by MAX_DEPTH."""
    children = surface_state(surface).children
    return 1 + max(map(_height, children)) if children else 0


@request("wl_subsurface", "set_position")
def set_position(_gate: Context, subsurface: Object, x: int, y: int) -> Verdict:
    """Further away than anything can be is as far as it can be."""
    x = max(-MAX_LENGTH, min(MAX_LENGTH, x))
    y = max(-MAX_LENGTH, min(MAX_LENGTH, y))
    subsurface.state.position = (x, y)
    return (x, y)


@request("wl_subsurface", "place_above", "place_below")
def place(_gate: Context, subsurface: Object, sibling: Object) -> Verdict:
    """Among the subsurfaces of the same parent, and the parent itself."""
    state: SubsurfaceState = subsurface.state
    own = surface_state(state.surface)
    if own.parent is None or not own.parent.alive:
        # Its parent is gone: it shows nothing, whatever its place.
        return None
    if sibling is state.surface or (
        sibling is not own.parent and surface_state(sibling).parent is not own.parent
    ):
        raise Refused(subsurface, BAD_SURFACE, f"{sibling!r} is no sibling or parent")
    return None


@request("wl_subsurface", "set_sync")
def set_sync(_gate: Context, subsurface: Object) -> Verdict:
    """Its commits wait for its parent's."""
    subsurface.state.synchronised = True
    return None


@request("wl_subsurface", "set_desync")
def set_desync(gate: Context, subsurface: Object) -> Verdict:
    """Its commits happen at once, unless one above it waits."""
    state: SubsurfaceState = subsurface.state
    if state.synchronised:
        state.synchronised = False
        own = surface_state(state.surface)
        if state.locked and own.parent is not None and not _synchronised(own):
            own.let_go(gate)
    return None


def _synchronised(state: SurfaceState) -> bool:
    """Is a surface's subsurface, or one that it is on, synchronised?"""
    while state.parent is not None and state.role_object is not None:
        if state.role_object.state.synchronised:
            return True
        state = surface_state(state.parent)
    return False


def waits(gate: Context, state: SurfaceState) -> bool:
    """A surface on another is committed: does that wait for a commit of one above it?

    If it does not, neither does what waited before.
    """
    assert state.role_object is not None
    own: SubsurfaceState = state.role_object.state
    if _synchronised(state):
        own.locked = True
        return True
    if own.locked:
        state.let_go(gate)
    return False
