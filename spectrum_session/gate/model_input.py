"""What is known of seats and of what hangs on them: cursors, constraints, pens, text fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .model import State

if TYPE_CHECKING:
    from .context import Context
    from .objects import Object


@dataclass(slots=True)
class Attached(State):
    """Of any object that was made for another one and has nothing else to it."""

    to: Object

    def describe(self) -> dict[str, Any]:
        return {"of": self.to.id}


@dataclass(slots=True, eq=False)
class OutputState(State):
    """wl_output."""

    name: int
    """Of its global."""
    pixels: int = 0
    """Physical ones, of the mode that it has."""
    refresh: int = 0
    """mHz; 0 when the compositor does not say."""

    def gone(self, gate: Context) -> None:
        gate.knowledge.outputs = [one for one in gate.knowledge.outputs if one.state is not self]

    def describe(self) -> dict[str, Any]:
        return {"pixels": self.pixels}


@dataclass(slots=True)
class SeatState(State):
    """wl_seat."""

    capabilities: int = 0
    """All that were ever announced: pointer 1, keyboard 2, touch 4."""

    def describe(self) -> dict[str, Any]:
        return {"capabilities": self.capabilities}


@dataclass(slots=True)
class CursorState(State):
    """Base of what can have a cursor: wl_pointer and zwp_tablet_tool_v2. Logical pixels."""

    owner: Object | None
    """wl_seat of a pointer; none of a pen, which the compositor made."""
    surface: Object | None = None
    """The wl_surface it is over."""
    serial: int = 0
    """Of the cursor below."""
    cursor: Object | None = None
    """wl_surface that the client shows as cursor."""
    hotspot: tuple[int, int] = (0, 0)
    shape: int = 0
    """Of wp_cursor_shape_device_v1; 0 when it set none since it is over this surface."""
    shape_device: Object | None = None
    removed: bool = False
    """A pen that is no more."""

    def describe(self) -> dict[str, Any]:
        return {
            "over": self.surface.id if self.surface is not None else None,
            "cursor": self.cursor.id if self.cursor is not None else None,
            "hotspot": list(self.hotspot),
            "shape": self.shape,
        }

    def forget_cursor(self, pointer: Object) -> None:
        """`pointer`, whose state this is, shows no surface of the client's any more."""
        if self.cursor is not None:
            self.cursor.state.shown_by.remove(pointer)
            self.cursor = None
        self.shape = 0


@dataclass(slots=True)
class ConstraintState(State):
    """zwp_locked_pointer_v1 and zwp_confined_pointer_v1."""

    surface: Object
    pointer: Object
    lifetime: int
    """1 for one time only, 2 for as often as the surface gets the pointer."""
    active: bool = False
    hint: tuple[float, float] | None = None
    """Where the client would have the pointer afterwards; logical pixels in the surface."""

    def gone(self, gate: Context) -> None:
        forget_extension(self.surface, "constraint", self)

    def describe(self) -> dict[str, Any]:
        return {
            "surface": self.surface.id,
            "pointer": self.pointer.id,
            "lifetime": self.lifetime,
            "active": self.active,
            "hint": list(self.hint) if self.hint is not None else None,
        }


@dataclass(slots=True)
class TextInputState(State):
    """zwp_text_input_v3."""

    seat: Object
    surface: Object | None = None
    """Where it was said to be."""
    pending_enabled: bool = False
    enabled: bool = False
    commits: int = 0
    """What `done` counts."""
    hint: int = 0
    purpose: int = 0
    rectangle: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Of the text cursor, logical pixels in the surface. The text itself is not kept."""

    def describe(self) -> dict[str, Any]:
        return {
            "surface": self.surface.id if self.surface is not None else None,
            "enabled": self.enabled,
            "commits": self.commits,
            "hint": self.hint,
            "purpose": self.purpose,
            "rectangle": list(self.rectangle),
        }


@dataclass(slots=True)
class ExtensionState(State):
    """What a surface has one of at most: fractional scale, content type, tearing control."""

    surface: Object
    interface: str
    value: int = 0
    """Content type or presentation hint."""

    def gone(self, gate: Context) -> None:
        forget_extension(self.surface, self.interface, self)

    def describe(self) -> dict[str, Any]:
        return {"surface": self.surface.id, "value": self.value}


def forget_extension(surface: Object, name: str, state: State) -> None:
    """The surface may have another one in place of that whose state this is."""
    extensions: dict[str, Object] = surface.state.extensions
    found = extensions.get(name)
    if found is not None and found.state is state:
        del extensions[name]
