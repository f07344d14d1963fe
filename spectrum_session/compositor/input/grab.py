"""Implicit grab: a surface that keeps a held button or a finger until its release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .seat import Seat


@dataclass(frozen=True, slots=True)
class Grab:
    """All motion goes to one surface, in its coordinates."""

    surface: Any
    """The root `struct wlr_surface *`; NULL once it is unmapped while it is dragged from. A
    subsurface may be destroyed without notice."""
    seat: Seat
    left: float
    """The surface's origin in the layout."""
    top: float
