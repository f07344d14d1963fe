"""A mouse or a touchpad: applies its configuration. The cursor handles its events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spectrum_session.config.schema import Pointer as PointerConfig
from spectrum_session.wlr import Owner, lib


class PointerDevice(Owner):
    """Wraps a `struct wlr_input_device *` of the kind that points."""

    def __init__(
        self, device: Any, config: PointerConfig, gone: Callable[[PointerDevice], None]
    ) -> None:
        """`gone` is called when it is unplugged."""
        super().__init__()
        self._device = device
        self._gone = gone
        self.configure(config)
        self.on("wlr_input_device", device, "destroy", self._destroyed)

    def configure(self, config: PointerConfig) -> None:
        """Apply the configuration."""
        lib.configure_pointer(
            self._device, config.natural_scroll, config.tap, config.acceleration
        )

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._gone(self)
