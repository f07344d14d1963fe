"""Policy of a VM: its permissions, its limits, and the interfaces that permissions grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .limits import Limits

CLIPBOARD = "clipboard"
FULLSCREEN = "fullscreen"
IDLE_INHIBIT = "idle-inhibit"
POINTER_LOCK = "pointer-lock"
SHORTCUTS_INHIBIT = "shortcuts-inhibit"
DMABUF = "dmabuf"
TABLET = "tablet"
TEXT_INPUT = "text-input"
ACTIVATION = "activation"
CUSTOM_CURSORS = "custom-cursors"

PERMISSIONS: dict[str, bool] = {
    CLIPBOARD: True,
    FULLSCREEN: True,
    IDLE_INHIBIT: True,
    POINTER_LOCK: True,
    SHORTCUTS_INHIBIT: False,
    DMABUF: False,
    TABLET: True,
    TEXT_INPUT: True,
    ACTIVATION: True,
    CUSTOM_CURSORS: True,
}
"""Every permission with its default; configs/session.toml says why."""

EVERYONE = ""

INTERFACES: dict[str, str] = {
    "wl_compositor": EVERYONE,
    "wl_subcompositor": EVERYONE,
    "wl_shm": EVERYONE,
    "wl_output": EVERYONE,
    "wl_seat": EVERYONE,
    "xdg_wm_base": EVERYONE,
    "wp_viewporter": EVERYONE,
    "wp_single_pixel_buffer_manager_v1": EVERYONE,
    "wp_fractional_scale_manager_v1": EVERYONE,
    "wp_presentation": EVERYONE,
    "wp_content_type_manager_v1": EVERYONE,
    "wp_tearing_control_manager_v1": EVERYONE,
    "zxdg_output_manager_v1": EVERYONE,
    "zxdg_decoration_manager_v1": EVERYONE,
    "org_kde_kwin_server_decoration_manager": EVERYONE,
    "wp_cursor_shape_manager_v1": EVERYONE,
    "zwp_relative_pointer_manager_v1": EVERYONE,
    "zwp_pointer_gestures_v1": EVERYONE,
    "wl_data_device_manager": CLIPBOARD,
    "zwp_primary_selection_device_manager_v1": CLIPBOARD,
    "zwp_idle_inhibit_manager_v1": IDLE_INHIBIT,
    "zwp_pointer_constraints_v1": POINTER_LOCK,
    "zwp_keyboard_shortcuts_inhibit_manager_v1": SHORTCUTS_INHIBIT,
    "zwp_linux_dmabuf_v1": DMABUF,
    "zwp_tablet_manager_v2": TABLET,
    "zwp_text_input_manager_v3": TEXT_INPUT,
    "xdg_activation_v1": ACTIVATION,
}
"""Globals that a VM can be told of, and the permission that it takes. What is not in here does not
exist for a VM, whatever its permissions."""


MAX_CURSOR = 128
"""Limit of a client's cursor in width, height and hotspot, logical pixels: a larger one could pass
for something else. Browsers take pictures of up to 128×128 as cursors, themes have up to 96×96. The
gate and the compositor both keep to it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Policy of one VM, from the host's configuration."""

    permissions: frozenset[str] = frozenset(name for name, on in PERMISSIONS.items() if on)
    limits: Limits = field(default_factory=Limits)
    utf8_titles: bool = False
    events_max_delay_ms: int = 0
    """Input events wait for a random time of up to this, so that it tells nothing; 0: none."""

    def grants(self, interface: str) -> bool:
        """Does a global of this interface exist for the VM?"""
        needed = INTERFACES.get(interface)
        return needed is not None and (needed == EVERYONE or needed in self.permissions)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """The opposite of `to_json`. Raises TypeError or KeyError for anything else."""
        return cls(
            frozenset(data["permissions"]),
            Limits(**data["limits"]),
            data["utf8_titles"],
            data["events_max_delay_ms"],
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the way to the gate."""
        return {
            "permissions": sorted(self.permissions),
            "limits": {name: getattr(self.limits, name) for name in Limits.__slots__},
            "utf8_titles": self.utf8_titles,
            "events_max_delay_ms": self.events_max_delay_ms,
        }
