"""Roles of surfaces. A role is given once and never changes while the surface lives."""

from __future__ import annotations

from spectrum_session.gate.model import SurfaceState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import Refused


def surface_state(surface: Object) -> SurfaceState:
    """The state of a wl_surface."""
    state = surface.state
    assert isinstance(state, SurfaceState)
    return state


def take_role(
    surface: Object, role: str, owner: Object | None, asked: Object, code: int
) -> SurfaceState:
    """Give a surface its role, or the same once more when its last owner is gone.

    Raises Refused on the object that was asked, with that interface's own code for it.
    """
    state = surface_state(surface)
    if state.role is not None and state.role != role:
        raise Refused(asked, code, f"{surface!r} already has role {state.role}")
    if state.role_object is not None and state.role_object.alive and owner is not None:
        raise Refused(asked, code, f"{surface!r} already is {state.role_object!r}")
    state.role = role
    state.role_object = owner
    return state
