"""Drawing tablets: pens go to clients that speak the tablet protocol, else act as the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.wlr import Owner, address, ffi, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.surfaces import Hit

    from .input import Input
    from .seat import Seat

AXIS_X, AXIS_Y, AXIS_DISTANCE, AXIS_PRESSURE = 1, 2, 4, 8
AXIS_TILT_X, AXIS_TILT_Y, AXIS_ROTATION, AXIS_SLIDER, AXIS_WHEEL = 16, 32, 64, 128, 256


class Tablets(Part):
    """All tablets. A tablet and its tools exist once per seat, so that origins stay apart."""

    def __init__(self, input_: Input) -> None:
        super().__init__(input_.server)
        self.input = input_
        self.manager = lib.wlr_tablet_v2_create(input_.server.display)
        self._devices: list[Any] = []
        self._pads: list[Any] = []
        self._tablets: dict[tuple[str | None, int], Any] = {}
        self._tools: dict[tuple[str | None, int], Any] = {}
        self._near: tuple[Any, Seat] | None = None
        cursor = input_.cursor.pointer
        self.on("wlr_cursor", cursor, "tablet_tool_axis", self._axis)
        self.on("wlr_cursor", cursor, "tablet_tool_proximity", self._proximity)
        self.on("wlr_cursor", cursor, "tablet_tool_tip", self._tip)
        self.on("wlr_cursor", cursor, "tablet_tool_button", self._button)

    def add(self, device: Any) -> None:
        """A new tablet."""
        self._devices.append(device)
        DeviceWatch(self, device)
        for seat in self.input.seats:
            self._tablet(seat, device)

    def add_pad(self, device: Any) -> None:
        """A new tablet pad; the host's clients see its buttons."""
        lib.wlr_tablet_pad_create(self.manager, self.input.host_seat.pointer, device)

    def device_gone(self, device: Any) -> None:
        """A tablet was unplugged; wlroots frees its per-seat objects."""
        self._devices.remove(device)
        key = address(device)
        for entry in [entry for entry in self._tablets if entry[1] == key]:
            del self._tablets[entry]

    def tool_gone(self, tool: Any) -> None:
        """A tool is gone; wlroots frees its per-seat objects."""
        key = address(tool)
        for entry in [entry for entry in self._tools if entry[1] == key]:
            del self._tools[entry]
        self._near = None

    def _tablet(self, seat: Seat, device: Any) -> Any:
        key = (seat.vm, address(device))
        if key not in self._tablets:
            self._tablets[key] = lib.wlr_tablet_create(self.manager, seat.pointer, device)
        return self._tablets[key]

    def _tool(self, seat: Seat, tool: Any) -> Any:
        key = (seat.vm, address(tool))
        if key not in self._tools:
            if not any(entry[1] == key[1] for entry in self._tools):
                ToolWatch(self, tool)
            self._tools[key] = lib.wlr_tablet_tool_create(self.manager, seat.pointer, tool)
        return self._tools[key]

    def _target(self, event: Any) -> tuple[Any, Hit] | None:
        """The tool object and the surface under the pen; None: act as a pointer."""
        input_ = self.input
        cursor = input_.cursor
        hit = input_.server.surfaces.at(cursor.x, cursor.y)
        surface = hit.surface
        if surface is None or input_.locked_out(hit.target):
            return None
        seat = input_.seat_of(surface)
        device = ffi.addressof(event.tablet, "base")
        tablet = self._tablet(seat, device)
        if not lib.surface_accepts_tablet(tablet, surface):
            return None
        tool = self._tool(seat, event.tool)
        if self._near is None or self._near[0] != tool:
            self._leave()
            self._near = (tool, seat)
        lib.wlr_tablet_v2_tablet_tool_notify_proximity_in(tool, tablet, surface)
        return tool, hit

    def _leave(self) -> None:
        if self._near is not None:
            lib.wlr_tablet_v2_tablet_tool_notify_proximity_out(self._near[0])
            self._near = None

    def _move(self, event: Any, updated: int) -> None:
        cursor = self.input.cursor
        cursor.reveal()
        device = ffi.addressof(event.tablet, "base")
        x = event.x if updated & AXIS_X else float("nan")
        y = event.y if updated & AXIS_Y else float("nan")
        lib.wlr_cursor_warp_absolute(cursor.pointer, device, x, y)

    def _axis(self, event: Any) -> None:
        self.input.activity()
        updated = event.updated_axes
        if updated & (AXIS_X | AXIS_Y):
            self._move(event, updated)
        target = self._target(event)
        if target is None:
            self._leave()
            self.input.cursor.moved(event.time_msec)
            return
        tool, hit = target
        if updated & (AXIS_X | AXIS_Y):
            lib.wlr_tablet_v2_tablet_tool_notify_motion(tool, hit.x, hit.y)
        if updated & AXIS_PRESSURE:
            lib.wlr_tablet_v2_tablet_tool_notify_pressure(tool, event.pressure)
        if updated & AXIS_DISTANCE:
            lib.wlr_tablet_v2_tablet_tool_notify_distance(tool, event.distance)
        if updated & (AXIS_TILT_X | AXIS_TILT_Y):
            lib.wlr_tablet_v2_tablet_tool_notify_tilt(tool, event.tilt_x, event.tilt_y)
        if updated & AXIS_ROTATION:
            lib.wlr_tablet_v2_tablet_tool_notify_rotation(tool, event.rotation)
        if updated & AXIS_SLIDER:
            lib.wlr_tablet_v2_tablet_tool_notify_slider(tool, event.slider)
        if updated & AXIS_WHEEL:
            lib.wlr_tablet_v2_tablet_tool_notify_wheel(tool, event.wheel_delta, 0)

    def _proximity(self, event: Any) -> None:
        self.input.activity()
        if not event.state:
            self._leave()
            return
        self._move(event, AXIS_X | AXIS_Y)
        if self._target(event) is None:
            self.input.cursor.moved(event.time_msec)

    def _tip(self, event: Any) -> None:
        self.input.activity()
        target = self._target(event)
        if target is None:
            self.input.cursor.emulated_button(event.time_msec, bool(event.state))
            return
        tool, hit = target
        if event.state:
            cursor = self.input.cursor
            if not self.input.allows_press(cursor.x, cursor.y, hit.window):
                return
            self.input.pressed_on(hit)
            lib.wlr_tablet_v2_tablet_tool_notify_down(tool)
        else:
            lib.wlr_tablet_v2_tablet_tool_notify_up(tool)

    def _button(self, event: Any) -> None:
        self.input.activity()
        target = self._target(event)
        cursor = self.input.cursor
        if event.state and not self.input.allows_press(cursor.x, cursor.y, None):
            return
        if target is not None:
            lib.wlr_tablet_v2_tablet_tool_notify_button(target[0], event.button, event.state)


class DeviceWatch(Owner):
    """Sees a tablet go."""

    def __init__(self, tablets: Tablets, device: Any) -> None:
        super().__init__()
        self._tablets, self._device = tablets, device
        self.on("wlr_input_device", device, "destroy", self._destroyed)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._tablets.device_gone(self._device)


class ToolWatch(Owner):
    """Sees a tool go."""

    def __init__(self, tablets: Tablets, tool: Any) -> None:
        super().__init__()
        self._tablets, self._tool = tablets, tool
        self.on("wlr_tablet_tool", tool, "destroy", self._destroyed)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._tablets.tool_gone(self._tool)


