"""State of presentation feedback and of the outputs that it is about. Times are
nanoseconds of CLOCK_MONOTONIC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .model import State

if TYPE_CHECKING:
    from .objects import Object


@dataclass(slots=True, eq=False)
class FeedbackState(State):
    """wp_presentation_feedback. The compositor has a wl_callback of the same id instead."""

    surface: Object
    shown: int = 0
    """The tick from which on the commit counts as shown; 0 until it was committed."""
    answered: bool = False
    """The client was told."""
    freed: bool = False
    """The compositor has deleted the id, which the client does not know yet."""


@dataclass(slots=True, eq=False)
class Presented:
    """Pending feedback of a surface. Made at its first request for feedback."""

    asked: list[Object] = field(default_factory=list)
    """wp_presentation_feedbacks for the next commit."""
    awaited: list[Object] = field(default_factory=list)
    """Those of earlier commits that are not answered."""
    phase: int = 0
    """A moment at which frame callbacks were answered, if they are not at the plain times."""
