"""Codes of the protocols' errors, by interface."""

from __future__ import annotations

from enum import IntEnum


class Display(IntEnum):
    """wl_display: these can stand for an error of any object."""

    INVALID_OBJECT = 0
    INVALID_METHOD = 1
    IMPLEMENTATION = 3


class Shm(IntEnum):
    """wl_shm, and its wl_shm_pools."""

    INVALID_FORMAT = 0
    INVALID_STRIDE = 1
    INVALID_FD = 2


class Surface(IntEnum):
    """wl_surface."""

    INVALID_SCALE = 0
    INVALID_TRANSFORM = 1
    INVALID_SIZE = 2
    DEFUNCT_ROLE_OBJECT = 4


class Subcompositor(IntEnum):
    """wl_subcompositor."""

    BAD_PARENT = 1


class Pointer(IntEnum):
    """wl_pointer."""

    ROLE = 0


class Viewport(IntEnum):
    """wp_viewport."""

    BAD_VALUE = 0
    OUT_OF_BUFFER = 2
    NO_SURFACE = 3


class Viewporter(IntEnum):
    """wp_viewporter."""

    VIEWPORT_EXISTS = 0


class WmBase(IntEnum):
    """xdg_wm_base."""

    ROLE = 0
    DEFUNCT_SURFACES = 1
    NOT_THE_TOPMOST_POPUP = 2
    INVALID_POPUP_PARENT = 3
    INVALID_SURFACE_STATE = 4
    INVALID_POSITIONER = 5


class Positioner(IntEnum):
    """xdg_positioner."""

    INVALID_INPUT = 0


class XdgSurface(IntEnum):
    """xdg_surface."""

    NOT_CONSTRUCTED = 1
    UNCONFIGURED_BUFFER = 3
    INVALID_SIZE = 5
    DEFUNCT_ROLE_OBJECT = 6


class Toplevel(IntEnum):
    """xdg_toplevel."""

    INVALID_RESIZE_EDGE = 0
    INVALID_PARENT = 1
    INVALID_SIZE = 2


class Popup(IntEnum):
    """xdg_popup."""

    INVALID_GRAB = 0


class Decoration(IntEnum):
    """zxdg_toplevel_decoration_v1."""

    ORPHANED = 2
