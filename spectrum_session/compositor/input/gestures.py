"""Touchpad gestures, passed to the client under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.wlr import lib

if TYPE_CHECKING:
    from .input import Input


class Gestures(Part):
    """zwp_pointer_gestures_v1."""

    def __init__(self, input_: Input) -> None:
        super().__init__(input_.server)
        self.input = input_
        self.manager = lib.wlr_pointer_gestures_v1_create(input_.server.display)
        passed: dict[str, tuple[Any, tuple[str, ...]]] = {
            "swipe_begin": (lib.wlr_pointer_gestures_v1_send_swipe_begin, ("fingers",)),
            "swipe_update": (lib.wlr_pointer_gestures_v1_send_swipe_update, ("dx", "dy")),
            "swipe_end": (lib.wlr_pointer_gestures_v1_send_swipe_end, ("cancelled",)),
            "pinch_begin": (lib.wlr_pointer_gestures_v1_send_pinch_begin, ("fingers",)),
            "pinch_update": (
                lib.wlr_pointer_gestures_v1_send_pinch_update,
                ("dx", "dy", "scale", "rotation"),
            ),
            "pinch_end": (lib.wlr_pointer_gestures_v1_send_pinch_end, ("cancelled",)),
            "hold_begin": (lib.wlr_pointer_gestures_v1_send_hold_begin, ("fingers",)),
            "hold_end": (lib.wlr_pointer_gestures_v1_send_hold_end, ("cancelled",)),
        }
        for event, (send, names) in passed.items():
            self.on("wlr_cursor", input_.cursor.pointer, event, self._passing(send, names))

    def _passing(self, send: Any, names: tuple[str, ...]) -> Any:
        def handler(event: Any) -> None:
            self.input.activity()
            seat = self.input.pointer_seat
            if seat is not None:
                values = [getattr(event, name) for name in names]
                send(self.manager, seat.pointer, event.time_msec, *values)

        return handler
