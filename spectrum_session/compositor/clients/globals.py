"""The Wayland globals that a VM may see. Each interface is in exactly one table, with a reason.

An interface in none is denied. A test enumerates the globals that the running compositor
advertises and fails when one is in no table or in two. The gate keeps the same lists
(gate/policy.py) and a test compares them: a mistake in one is still hidden by the other.
"""

from __future__ import annotations

import logging
from typing import Any

from spectrum_session.wlr import address, ffi, lib

from .origins import Origins

log = logging.getLogger(__name__)

VM_MAY_SEE: dict[str, str] = {
    # needed by every client
    "wl_compositor": "surfaces and regions of its own",
    "wl_subcompositor": "subsurfaces of its own surfaces, clipped to the frame",
    "wl_shm": "buffers in memory that it shares itself",
    "xdg_wm_base": "windows and popups, framed by us",
    "wl_output": "size and scale to draw for; the same for all VMs",
    "wl_seat": "input to its own focused window only: every VM has a seat of its own",
    # drawing well
    "wp_viewporter": "cropping and scaling of its own buffers",
    "wp_single_pixel_buffer_manager_v1": "a buffer of one colour",
    "wp_fractional_scale_manager_v1": "the scale to draw for",
    "wp_presentation": "when its own frames were shown",
    "wp_content_type_manager_v1": "a hint on its own surfaces",
    "wp_tearing_control_manager_v1": "a hint on its own surfaces; never acted on for VMs",
    "zxdg_output_manager_v1": "logical position and size of outputs",
    "zxdg_decoration_manager_v1": "is told that the frame is ours",
    "org_kde_kwin_server_decoration_manager": "older form of the same; GTK asks for it",
    # input to its own windows
    "wp_cursor_shape_manager_v1": "named cursors over its own windows",
    "zwp_relative_pointer_manager_v1": "motion while the pointer is over its own window",
    "zwp_pointer_gestures_v1": "gestures over its own windows",
}

BY_PERMISSION: dict[str, tuple[str, str]] = {
    "wl_data_device_manager": ("clipboard", "clipboard and drag on its own seat"),
    "zwp_primary_selection_device_manager_v1": ("clipboard", "as the clipboard"),
    "zwp_idle_inhibit_manager_v1": ("idle-inhibit", "counts only while the window is visible"),
    "zwp_pointer_constraints_v1": ("pointer-lock", "only on its focused window; a key ends it"),
    "zwp_keyboard_shortcuts_inhibit_manager_v1": ("shortcuts-inhibit", "takes bindings away"),
    "zwp_linux_dmabuf_v1": ("dmabuf", "graphics memory into the host's driver"),
    "zwp_tablet_manager_v2": ("tablet", "pens over its own windows"),
    "zwp_text_input_manager_v3": ("text-input", "text from the host's input method"),
    "xdg_activation_v1": ("activation", "asks for attention; never takes another's focus"),
}
"""Globals that a VM sees when policy grants a permission: its name, and the reason."""

HOST_ONLY: dict[str, str] = {
    # looking at others
    "zwlr_screencopy_manager_v1": "copies the whole screen",
    "zwlr_export_dmabuf_manager_v1": "copies the whole screen",
    "zwlr_foreign_toplevel_manager_v1": "lists and drives all windows",
    "zwlr_data_control_manager_v1": "reads and sets the host's clipboard without focus",
    "spectrum_session_manager_v1": "lists VMs and labels, starts and stops VMs",
    # acting as the user
    "zwp_virtual_keyboard_manager_v1": "types into any window",
    "zwlr_virtual_pointer_manager_v1": "points and clicks anywhere",
    "zwp_input_method_manager_v2": "sees and makes all text input",
    # drawing outside a frame
    "zwlr_layer_shell_v1": "bars, overlays and backgrounds without a frame",
    "ext_session_lock_manager_v1": "covers everything and takes all input",
    # the machine
    "zwlr_output_manager_v1": "changes modes and positions of outputs",
    "zwlr_output_power_manager_v1": "turns screens off",
    "zwlr_gamma_control_manager_v1": "changes the colours of the screen, labels included",
    "wp_security_context_manager_v1": "makes sandboxed clients of the host",
    "ext_idle_notifier_v1": "tells when the user is away: a channel between VMs",
    "wl_drm": "older form of the same",
}


PER_ORIGIN = frozenset({"wl_seat"})
"""Each origin has one of its own. One without an owner is hidden from all: libwayland announces a
global while it is being created, before its owner is recorded."""


_NOBODY = object()


class GlobalFilter:
    """Hides from each client what its origin may not see; binding a hidden one is an error."""

    def __init__(self, display: Any, origins: Origins) -> None:
        self._origins = origins
        self._owned: dict[int, str | object | None] = {}
        # An exception inside the callback means `error`: fail closed.
        self._callback = ffi.callback(
            "bool(struct wl_client *, struct wl_global *, void *)",
            self._visible,
            error=False,
        )
        lib.wl_display_set_global_filter(display, self._callback, ffi.NULL)

    def own(self, global_: Any, vm: str | None) -> None:
        """Give a `struct wl_global *` of PER_ORIGIN to one VM (None: to the host).

        Clients that are connected already do not hear of it: do this before there are any.
        """
        self._owned[address(global_)] = vm

    def disown(self, global_: Any) -> None:
        """Forget an owned global before it is destroyed."""
        self._owned.pop(address(global_), None)

    def _visible(self, client: Any, global_: Any, _data: Any) -> bool:
        record = self._origins.record(client)
        if record is None:
            return False
        origin = record.origin
        name = ffi.string(lib.wl_global_get_interface(global_).name).decode()
        if name in PER_ORIGIN and self._owned.get(address(global_), _NOBODY) != origin.vm:
            return False
        if origin.trusted:
            return True
        if name in HOST_ONLY:
            return False
        if name in BY_PERMISSION:
            return BY_PERMISSION[name][0] in record.permissions
        return name in VM_MAY_SEE
