"""What is known of the objects of a connection: a plain model, enough to make them all again.

Rules change it, nothing else does. References to other objects are references to `Object`, so that
what was destroyed meanwhile can still be told by its `alive`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connection import Connection
    from .limits import Account
    from .objects import Object
    from .shared_file import SharedFile

SERIALS_KEPT = 1024
"""Serials of input events that a request may still name; older ones are stale for everybody."""


class State:
    """Base of what `Object.state` holds."""

    __slots__ = ()

    def gone(self, gate: Connection) -> None:
        """The object was destroyed: let go of what it held and tell those that refer to it.

        Called once, when the client destroys it or, for what the client does not destroy, when its
        id is free again; not when the connection ends.
        """

    def describe(self) -> dict[str, Any]:
        """Plain values that a person can read, for `spectrumctl tree`."""
        return {}


@dataclass(slots=True, eq=False)
class PoolState(State):
    """wl_shm_pool. The compositor maps it until the pool and its last buffer are gone."""

    file: SharedFile
    size: int
    """Bytes that the client said it has."""
    users: int = 1
    """The pool itself, while it lives, and each of its buffers that lives."""

    def gone(self, gate: Connection) -> None:
        self.release(gate)

    def release(self, gate: Connection) -> None:
        """One user less."""
        self.users -= 1
        if not self.users:
            gate.knowledge.pools.discard(self)
            self.close(gate.account)

    def close(self, account: Account) -> None:
        """The compositor maps it no longer."""
        account.give("shm_bytes", self.size)
        account.give("fds")
        self.file.close()

    def describe(self) -> dict[str, Any]:
        return {"size": self.size, "copied": self.file.copied}


@dataclass(slots=True)
class BufferState(State):
    """wl_buffer of any kind. Lengths are buffer pixels."""

    width: int
    height: int
    kind: str
    """"shm", "single pixel" or "dmabuf"."""
    pool: PoolState | None = None
    offset: int = 0
    stride: int = 0
    format: int = 0
    """Of wl_shm for shm, a DRM fourcc for dmabuf."""

    def gone(self, gate: Connection) -> None:
        if self.pool is not None:
            self.pool.release(gate)

    def describe(self) -> dict[str, Any]:
        return {"kind": self.kind, "size": [self.width, self.height], "format": self.format}


@dataclass(slots=True)
class RegionState(State):
    """wl_region."""

    rectangles: int = 0
    """How many were added and taken away."""


@dataclass(slots=True)
class ViewportState(State):
    """wp_viewport."""

    surface: Object
    source: tuple[float, float, float, float] | None = None
    """x, y, width, height in the surface's pixels before it is scaled."""
    destination: tuple[int, int] | None = None
    """Logical pixels."""

    def gone(self, gate: Connection) -> None:
        self.surface.state.viewport = None

    def describe(self) -> dict[str, Any]:
        return {
            "surface": self.surface.id,
            "source": list(self.source) if self.source else None,
            "destination": list(self.destination) if self.destination else None,
        }


@dataclass(slots=True)
class SubsurfaceState(State):
    """wl_subsurface."""

    surface: Object
    parent: Object
    """The wl_surface it is on."""
    position: tuple[int, int] = (0, 0)
    """In the parent, logical pixels."""
    synchronised: bool = True

    def gone(self, gate: Connection) -> None:
        state = self.surface.state
        state.parent = None
        state.role_object = None
        children = self.parent.state.children
        if self.surface in children:
            children.remove(self.surface)

    def describe(self) -> dict[str, Any]:
        return {
            "surface": self.surface.id,
            "parent": self.parent.id,
            "position": list(self.position),
            "synchronised": self.synchronised,
        }


@dataclass(slots=True)
class PlanesState(State):
    """zwp_linux_buffer_params_v1."""

    planes: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """By index: offset, stride and size of its memory, in bytes."""
    used: bool = False
    """A buffer was asked for."""
    size: tuple[int, int] = (0, 0)
    format: int = 0


@dataclass(slots=True)
class SurfaceState(State):
    """wl_surface. Lengths are logical pixels (surface coordinates) unless they say buffer."""

    role: str | None = None
    """What it is for, for as long as it lives: "xdg_toplevel", "xdg_popup", "subsurface",
    "cursor", "drag icon"."""
    role_object: Object | None = None
    """The object that gives it the role; None for roles without one."""
    xdg_surface: Object | None = None
    viewport: Object | None = None
    parent: Object | None = None
    """Of a subsurface: the wl_surface it is on."""
    children: list[Object] = field(default_factory=list)
    """wl_surfaces of its subsurfaces."""
    attached: bool = False
    """A buffer (or none) was attached since the last commit."""
    pending_buffer: Object | None = None
    buffer: Object | None = None
    """Of the last commit."""
    pending_scale: int = 1
    scale: int = 1
    pending_transform: int = 0
    transform: int = 0
    size: tuple[int, int] = (0, 0)
    """As of the last commit; 0×0 without a buffer."""
    extensions: dict[str, Object] = field(default_factory=dict)
    """Objects of which a surface has one at most, by interface; a pointer constraint of either
    kind is under "constraint"."""
    shown_by: list[Object] = field(default_factory=list)
    """Pointers and pens that have it as their cursor."""
    damages: int = 0
    """Rectangles of damage since the last commit."""

    def gone(self, gate: Connection) -> None:
        for child in self.children:
            child.state.parent = None
        self.children.clear()
        if self.parent is not None and self.parent.state.children:
            siblings = self.parent.state.children
            siblings[:] = [one for one in siblings if one.state is not self]

    def describe(self) -> dict[str, Any]:
        return {
            "role": self.role,
            "size": list(self.size),
            "scale": self.scale,
            "buffer": self.buffer.id if self.buffer is not None else None,
            "parent": self.parent.id if self.parent is not None else None,
        }


@dataclass(slots=True)
class Knowledge:
    """What belongs to no one object of the connection."""

    globals: dict[int, tuple[str, int]] = field(default_factory=dict)
    """By numeric name: interface and version, as the client was told."""
    serials: OrderedDict[int, str] = field(default_factory=OrderedDict)
    """Serials of input events that were sent to the client, oldest first, and by which event."""
    last_serials: dict[str, int] = field(default_factory=dict)
    """The newest serial of each event: valid however many others came since. A pointer that stays
    in a window names its enter for ever."""
    dragged: set[int] = field(default_factory=set)
    """Those of `serials` that began a drag."""
    pens_near: set[Object] = field(default_factory=set)
    """zwp_tablet_tool_v2 in proximity of a surface."""
    put_off: list[Object] = field(default_factory=list)
    """Destroyed by the client, not yet for the compositor: see `rules.tablet`."""
    shm_formats: set[int] = field(default_factory=set)
    """Formats of wl_shm that the client was told of."""
    pools: set[PoolState] = field(default_factory=set)
    """All that the compositor still maps."""

    def gave_serial(self, serial: int, event: str) -> None:
        """The client was told a serial that a request of its may name."""
        self.serials[serial] = event
        self.last_serials[event] = serial
        if len(self.serials) > SERIALS_KEPT:
            self.dragged.discard(self.serials.popitem(last=False)[0])

    def was_given(self, serial: int) -> bool:
        """May the client name this serial?"""
        return serial in self.serials or serial in self.last_serials.values()

    def close(self, account: Account) -> None:
        """The connection ended."""
        for pool in self.pools:
            pool.close(account)
        self.pools.clear()
