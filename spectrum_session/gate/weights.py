"""Memory of the compositor that each kind of object takes, in bytes.

`python -m tests.weights` measures it on the real compositor: so many of one kind are made, and the
growth of RssAnon is divided by their number. Each weight is above what was measured, for it also
covers a small damage region and a small region of each kind. Bytes, wlroots 0.17.3, x86-64:

| made | measured |
|---|---:|
| wl_surface | 1,029 |
| wl_surface with a buffer | 1,541 |
| wl_subsurface, shown, with its wl_surface and scene nodes | 5,240 |
| xdg_toplevel, shown, with wl_surface, frame and title bar (100 in columns) | 35,226 |
| xdg_toplevel that is never committed, with wl_surface and xdg_surface | 1,989 |
| xdg_popup, shown, with wl_surface and xdg_surface | 10,588 |
| zxdg_toplevel_decoration_v1, with such a window | 2,854 |
| wl_region, empty | 115 |
| a box of a wl_region | 33 |
| a box of a surface's input or opaque region, all copies together | 49 |
| wl_callback of a frame that never comes, wp_presentation_feedback | 85 |
| xdg_positioner | 165 |
| wp_viewport, wp_fractional_scale_v1, wp_tearing_control_v1, wp_content_type_v1 | 280 |
| wl_buffer of shm | 421 |
| wl_shm_pool | 184 |
| wl_data_source | 229 |
| a MIME type of 100 bytes | 130 |
| zwp_text_input_v3, without its text | 2,560 |
| xdg_activation_token_v1 | 245 |
| a manager that is bound once more | 86 |
| xdg_wm_base that is bound once more | 266 |
| a connection | 13,599 |
"""

from __future__ import annotations

DEFAULT = 384
"""Any object not listed below."""
OBJECTS = {
    # A connection has one.
    "wl_display": 16 << 10,
    "wl_surface": 3 << 10,
    "wl_subsurface": 4608,
    "wl_region": 256,
    "wl_buffer": 512,
    "wl_data_source": 512,
    "zwp_primary_selection_source_v1": 512,
    "xdg_surface": 768,
    # A title bar across an output of 1,280 pixels takes 120 KiB, but windows share the output.
    "xdg_toplevel": 64 << 10,
    "xdg_popup": 12 << 10,
    "zxdg_toplevel_decoration_v1": 1 << 10,
    "org_kde_kwin_server_decoration": 1 << 10,
    # With the surrounding text, of 4,000 bytes, pending and current.
    "zwp_text_input_v3": 12 << 10,
}
BOX = 16
"""A rectangle of a region: `pixman_box32`."""
SLACK = 2
"""What pixman keeps allocated for a region that grew, times what it needs."""
REGION_COPIES = 6
"""Boxes that a box of a surface's input or opaque region becomes: pending, current, clipped to the
surface (with slack), in the scene node, and with what is visible below it."""
DAMAGE_COPIES = 6
"""Likewise of damage: pending and current (with slack), in the buffer's pixels."""
FREE_BOXES = 4
"""Boxes of damage and of each region that the weight of the surface covers."""
WAITING_COMMIT = 768
"""A commit that waits for that of a parent: `wlr_surface_state`."""
WAITING_CHILD = 96
"""What it keeps for each subsurface of its surface, from wlroots 0.18 on."""
STRING = 48
"""What a string takes beside its bytes."""


def of_object(interface: str) -> int:
    """Bytes that an object of this interface takes while its id is in use."""
    return OBJECTS.get(interface, DEFAULT)
