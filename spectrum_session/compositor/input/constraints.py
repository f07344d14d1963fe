"""Pointer constraints: a focused window may lock or confine the pointer; a key ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.wlr import NULL, Owner, ffi, lib

if TYPE_CHECKING:
    from .input import Input

TYPE_LOCKED = 0


class Constraints(Part):
    """zwp_pointer_constraints_v1. At most one constraint is active."""

    def __init__(self, input_: Input) -> None:
        super().__init__(input_.server)
        self.input = input_
        self.manager = lib.wlr_pointer_constraints_v1_create(input_.server.display)
        self.active: Constraint | None = None
        self._suspended = False
        """The user released the pointer: nothing is activated before the next click."""
        self.on("wlr_pointer_constraints_v1", self.manager, "new_constraint", self._new)

    def _new(self, pointer: Any) -> None:
        Watch(self, pointer)
        self.refresh()

    def pointer_entered(self, surface: Any) -> None:
        """The pointer is over another surface (NULL: none)."""
        if self.active is None or self.active.surface != surface:
            self.refresh()

    def refresh(self) -> None:
        """Activate the constraint of the surface that has both pointer and keyboard, if any."""
        seat = self.input.pointer_seat
        wanted: Any = NULL
        if (
            seat is not None
            and seat is self.input.keyboard_seat
            and not self.input.locked
            and not self._suspended
        ):
            surface = seat.pointer.pointer_state.focused_surface
            focused = seat.pointer.keyboard_state.focused_surface
            if surface and focused and self._same_window(surface, focused):
                wanted = lib.wlr_pointer_constraints_v1_constraint_for_surface(
                    self.manager, surface, seat.pointer
                )
        if self.active is not None:
            if self.active.pointer == wanted:
                return
            previous = self.active
            self.active = None
            lib.wlr_pointer_constraint_v1_send_deactivated(previous.pointer)
        if wanted:
            self.active = Constraint(self.input, wanted)
            lib.wlr_pointer_constraint_v1_send_activated(wanted)

    def _same_window(self, a: Any, b: Any) -> bool:
        root = lib.wlr_surface_get_root_surface
        return bool(root(a) == root(b))

    def clicked(self) -> None:
        """A button was pressed on a client's surface."""
        if self._suspended:
            self._suspended = False
            self.refresh()

    def release(self) -> None:
        """End the active constraint; another one waits for a click."""
        self._suspended = True
        if self.active is not None:
            previous = self.active
            self.active = None
            lib.wlr_pointer_constraint_v1_send_deactivated(previous.pointer)

    def gone(self, pointer: Any) -> None:
        """A constraint is being destroyed."""
        if self.active is not None and self.active.pointer == pointer:
            self.active = None


class Watch(Owner):
    """Watches for the end of a constraint."""

    def __init__(self, constraints: Constraints, pointer: Any) -> None:
        super().__init__()
        self._constraints = constraints
        self._pointer = pointer
        self.on("wlr_pointer_constraint_v1", pointer, "destroy", self._destroyed)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._constraints.gone(self._pointer)


class Constraint:
    """The active one."""

    def __init__(self, input_: Input, pointer: Any) -> None:
        self.pointer = pointer
        self.surface = pointer.surface
        self.locked = pointer.type == TYPE_LOCKED
        self._input = input_
        self._out = ffi.new("double[2]")

    def confine(self, dx: float, dy: float) -> tuple[float, float]:
        """Shorten a motion so that it stays in the constraint's region (logical pixels)."""
        seat = self._input.pointer_seat
        if seat is None:
            return dx, dy
        state = seat.pointer.pointer_state
        region = ffi.addressof(self.pointer, "region")
        if lib.wlr_region_confine(
            region, state.sx, state.sy, state.sx + dx, state.sy + dy, self._out, self._out + 1
        ):
            return self._out[0] - state.sx, self._out[1] - state.sy
        return 0.0, 0.0
