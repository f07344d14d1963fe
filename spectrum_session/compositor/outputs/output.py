"""One output: its mode, scale and place, its frames, and the area that bars leave to windows."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers
from spectrum_session.compositor.part import Part
from spectrum_session.config.schema import Output as OutputConfig
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import NULL, Owner, ffi, lib, string

from .frame_clock import NANOSECONDS, FrameClock

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

log = logging.getLogger(__name__)

HOLD = 4
"""A frame that is due within this part of a period before a tick is drawn at the tick."""
PATIENCE = 4
"""Ticks after a frame was drawn for which clients may wait that ask while it is not shown yet."""
_VSYNC, _HARDWARE_CLOCK = 1, 2

TRANSFORMS = ("normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270")


class Output(Owner):
    """Wraps a `struct wlr_output *`."""

    def __init__(self, server: Server, pointer: Any) -> None:
        super().__init__()
        self.server = server
        self.pointer = pointer
        self.name = string(pointer.name)
        self.area = Rect(0, 0, 0, 0)
        """Place in the layout, logical pixels; empty while disabled."""
        self.work_area = self.area
        """`area` less the exclusive zones of bars."""
        self.config = OutputConfig()
        """The section of the configuration that was applied last."""
        self.forced: tuple[int, int, float] | None = None
        """Mode and scale from the command line, which win over the configuration until a reload
        changes its section."""
        self.scene_output: Any = NULL
        self.background: Any = NULL
        self._now = ffi.new("struct timespec *")
        self._commit = lib.wlr_scene_output_commit
        self._frame_done = lib.wlr_scene_output_send_frame_done
        self._boxes = server.source_boxes
        self._contain = server.containment.enforce
        self._clock = FrameClock(server.loop.asyncio, self._ticked, server.loop.dispatch)
        self._held = False
        """A frame is to be drawn at the next tick."""
        self._patience = 0
        self._steady = True
        """The display shows frames at regular times, not whenever there is one."""
        self._presents = Owner()
        self._presents.on("wlr_output", pointer, "present", self._presented)
        self.on("wlr_output", pointer, "frame", self._frame)
        self.on("wlr_output", pointer, "request_state", self._request_state)
        self.on("wlr_output", pointer, "destroy", self._destroyed)

    @property
    def enabled(self) -> bool:
        """Is it on and in the layout?"""
        return bool(self.scene_output)

    @property
    def scale(self) -> float:
        """Physical pixels per logical pixel."""
        return float(self.pointer.scale)

    @property
    def transform(self) -> str:
        """One of TRANSFORMS."""
        return TRANSFORMS[self.pointer.transform]

    def modes(self) -> list[Any]:
        """Its `struct wlr_output_mode *`, as the hardware lists them."""
        found = []
        head = ffi.addressof(self.pointer, "modes")
        link = head.next
        offset = ffi.offsetof("struct wlr_output_mode", "link")
        while link != head:
            found.append(ffi.cast("struct wlr_output_mode *", ffi.cast("char *", link) - offset))
            link = link.next
        return found

    def configure(self, config: OutputConfig) -> bool:
        """Apply configuration: mode, scale, transform, on or off. False when the output refused."""
        self.config, forced = config, self.forced
        state = ffi.new("struct wlr_output_state *")
        lib.wlr_output_state_init(state)
        try:
            lib.wlr_output_state_set_enabled(state, config.enabled)
            if config.enabled:
                self._choose_mode(state, config.mode)
                scale = forced[2] if forced else config.scale
                lib.wlr_output_state_set_scale(state, scale)
                lib.wlr_output_state_set_transform(state, TRANSFORMS.index(config.transform))
                if config.adaptive_sync:
                    lib.wlr_output_state_set_adaptive_sync_enabled(state, True)
            committed = bool(lib.wlr_output_commit_state(self.pointer, state))
        finally:
            lib.wlr_output_state_finish(state)
        self._steady = not config.adaptive_sync
        if not committed:
            log.error("output %s rejected mode %r, scale %g", self.name, config.mode, config.scale)
        return committed

    def _choose_mode(self, state: Any, wanted: str) -> None:
        width = height = 0
        refresh = 0
        if self.forced:
            width, height, _ = self.forced
        elif match := re.fullmatch(r"(\d+)x(\d+)(?:@([\d.]+))?(?:Hz)?", wanted):
            width, height = int(match[1]), int(match[2])
            refresh = round(float(match[3] or 0) * 1000)
        if width:
            for mode in self.modes():
                if (mode.width, mode.height) == (width, height) and (
                    not refresh or abs(mode.refresh - refresh) < 1000
                ):
                    lib.wlr_output_state_set_mode(state, mode)
                    return
            lib.wlr_output_state_set_custom_mode(state, width, height, refresh)
            return
        preferred = lib.wlr_output_preferred_mode(self.pointer)
        if preferred:
            lib.wlr_output_state_set_mode(state, preferred)
        elif not self.pointer.width:
            lib.wlr_output_state_set_custom_mode(state, 1280, 720, 60000)

    def place(self, position: tuple[int, int] | None) -> None:
        """Enter the layout at `position` (layout coordinates), or to the right of all others."""
        layout = self.server.outputs.layout
        if position is None:
            place = lib.wlr_output_layout_add_auto(layout, self.pointer)
        else:
            place = lib.wlr_output_layout_add(layout, self.pointer, *position)
        if not self.scene_output:
            self.scene_output = lib.wlr_scene_output_create(self.server.scene, self.pointer)
            lib.wlr_scene_output_layout_add_output(
                self.server.outputs.scene_layout, place, self.scene_output
            )
        self.update_area()

    def leave(self) -> None:
        """Leave the layout: it was disabled or unplugged."""
        if self.scene_output:
            lib.wlr_output_layout_remove(self.server.outputs.layout, self.pointer)
            lib.wlr_scene_output_destroy(self.scene_output)
            self.scene_output = NULL
        if self.background:
            layers.destroy(self.background)
            self.background = NULL
        self.area = self.work_area = Rect(0, 0, 0, 0)

    def update_area(self) -> None:
        """Read mode and place in the layout again, and fit clock and background to them."""
        self._clock.set_refresh(self.pointer.refresh)
        box = ffi.new("struct wlr_box *")
        lib.wlr_output_layout_get_box(self.server.outputs.layout, self.pointer, box)
        self.area = Rect(box.x, box.y, box.width, box.height)
        color = layers.color(*self.server.background_color)
        if not self.background:
            self.background = lib.wlr_scene_rect_create(
                self.server.layers.background, box.width, box.height, color
            )
        lib.wlr_scene_rect_set_size(self.background, box.width, box.height)
        lib.wlr_scene_rect_set_color(self.background, color)
        layers.set_position(self.background, box.x, box.y)

    def _frame(self, _data: Any) -> None:
        scene_output = self.scene_output
        if not scene_output:
            return
        clock = self._clock
        if clock.due:
            if clock.close_to_tick(HOLD):
                self._held = True
                return
            clock.take()
        self._draw()

    def _draw(self) -> None:
        self._contain()
        self.server.input.pointer_guard.record()
        if self._boxes.changed:
            self._boxes.check()
        self._commit(self.scene_output, NULL)
        self._patience = PATIENCE
        self._clock.arm()

    def _ticked(self, tick: int) -> None:
        """Answer frame callbacks, of surfaces that were drawn and of those that were not: which of
        them were depends on others."""
        if not self.scene_output:
            return
        now = self._now
        now.tv_sec, now.tv_nsec = divmod(tick, NANOSECONDS)
        self._frame_done(self.scene_output, now)
        if self._held:
            self._held = False
            # Clients begin to draw while we do.
            lib.wl_display_flush_clients(self.server.display)
            self._draw()
        elif self.pointer.frame_pending and self._patience:
            # A callback requested now causes no frame event before the frame is shown.
            self._patience -= 1
            self._clock.arm()

    def _presented(self, event: Any) -> None:
        if not event.presented:
            return
        if not event.flags & _HARDWARE_CLOCK:
            # A display without a clock of its own never gets one.
            self._presents.forget_listeners()
        elif event.flags & _VSYNC and self._steady:
            self._clock.follow(lib.present_ns(event))

    def _request_state(self, event: Any) -> None:
        # The window of a nested session was resized, or the like.
        lib.wlr_output_commit_state(self.pointer, event.state)
        self.server.outputs.changed()

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._presents.forget_listeners()
        self._clock.close()
        self.server.outputs.remove(self)


class Outputs(Part):
    """All outputs and their layout."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.layout = lib.output_layout_create(server.display)
        self.scene_layout = lib.wlr_scene_attach_output_layout(server.scene, self.layout)
        self.by_name: dict[str, Output] = {}
        self.forced: list[tuple[int, int, float]] = []
        """Modes and scales from the command line, for outputs in the order they appear."""
        self._seen = 0

    def __iter__(self) -> Any:
        return iter(list(self.by_name.values()))

    def get(self, pointer: Any) -> Output | None:
        """The output of a `struct wlr_output *`."""
        return self.by_name.get(string(pointer.name)) if pointer else None

    def at(self, x: float, y: float) -> Output | None:
        """The output at a point of the layout."""
        return self.get(lib.wlr_output_layout_output_at(self.layout, x, y))

    def config_for(self, name: str) -> OutputConfig:
        """The configuration of an output: its own table, else "*", else the defaults."""
        outputs = self.server.config.outputs
        return outputs.get(name) or outputs.get("*") or OutputConfig()

    def add(self, pointer: Any) -> None:
        """A new `struct wlr_output *` of the backend."""
        if not lib.wlr_output_init_render(pointer, self.server.allocator, self.server.renderer):
            log.error("output %s: renderer initialisation failed", string(pointer.name))
            return
        output = Output(self.server, pointer)
        self.by_name[output.name] = output
        output.forced = self.forced[self._seen] if self._seen < len(self.forced) else None
        self._seen += 1
        config = self.config_for(output.name)
        if output.configure(config) and config.enabled:
            output.place(config.position)
        self.changed()

    def remove(self, output: Output) -> None:
        """An output is going away for good."""
        self.by_name.pop(output.name, None)
        output.leave()
        if not self.server.loop.closing:
            self.changed(removed=output.name)

    def reconfigure(self) -> None:
        """Apply the sections of the configuration that a reload changed. The others leave outputs
        as the command line, wlr-randr or kanshi have set them."""
        for output in self:
            config = self.config_for(output.name)
            if config == output.config:
                continue
            if output.forced is not None:
                # What the user has just written wins, but for a mode that it does not name.
                width, height, _ = output.forced
                output.forced = None if config.mode else (width, height, config.scale)
            if not output.configure(config):
                continue
            if config.enabled:
                output.place(config.position)
            else:
                output.leave()
        self.changed()

    def changed(self, removed: str | None = None) -> None:
        """Outputs changed: arrange bars and windows and notify clients."""
        for output in self:
            if output.enabled:
                output.update_area()
        self.server.outputs_changed(removed)
