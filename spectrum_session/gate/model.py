"""What is known of the objects of a connection: a plain model, enough to make them all again.

Rules change it, nothing else does. References to other objects are references to `Object`, so that
what was destroyed meanwhile can still be told by its `alive`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .serials import SERIALS_KEPT
from .surface_memory import Contents

if TYPE_CHECKING:
    from .account import Account
    from .context import Context
    from .model_present import Presented
    from .model_surface import BufferState, PoolState, SubsurfaceState
    from .objects import Object


class State:
    """Base of what `Object.state` holds."""

    __slots__ = ()

    def gone(self, gate: Context) -> None:
        """The object was destroyed: let go of what it held and tell those that refer to it.

        Called once, when the client destroys it or, for what the client does not destroy, when its
        id is free again; not when the connection ends.
        """

    def serials(self) -> Iterable[int]:
        """Serials of the compositor's that the client may still answer."""
        return ()

    def describe(self) -> dict[str, Any]:
        """Plain values that a person can read, for `spectrumctl tree`."""
        return {}


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
    below: int = 0
    """How many there are in its tree below it."""
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
    commits: int = 0
    """How often it was committed."""
    contents: Contents = field(default_factory=Contents)
    """What the compositor holds for it."""
    damages: int = 0
    """Rectangles of damage since the last commit."""
    copies: list[BufferState] = field(default_factory=list)
    """Buffers that it showed last, oldest first, if they are copied (see `rules.copies`)."""
    rows: tuple[int, int] = (0, 0)
    """While there are any: damaged rows since the last commit, the first and one past the last."""
    all_rows: bool = False
    """Any row may be damaged."""
    extensions: dict[str, Object] = field(default_factory=dict)
    """Objects of which a surface has one at most, by interface; a pointer constraint of either
    kind is under "constraint"."""
    shown_by: list[Object] = field(default_factory=list)
    """Pointers and pens that have it as their cursor."""
    outputs: list[Object] = field(default_factory=list)
    """wl_outputs that it was said to be on; those that the client has destroyed are among them."""
    presented: Presented | None = None
    """Once the client has asked when it is shown."""

    def grown(self, count: int) -> None:
        """So many surfaces more are in its tree, somewhere below it."""
        at = self
        at.below += count
        while at.parent is not None:
            at = at.parent.state
            at.below += count

    def let_go(self, gate: Context) -> None:
        """Its commits that wait take effect, and with that those of subsurfaces on it that wait
        for them; not of those that wait for another above it, nor of those that were not on it yet
        when it was committed (to all of which wlroots comes later or never)."""
        assert self.role_object is not None
        self.role_object.state.locked = False
        if self.contents.waiting:
            self.contents.apply(gate)
            self.take_effect(gate)

    def take_effect(self, gate: Context) -> None:
        """A commit of its own took effect: so do those that wait for it."""
        for child in self.children:
            on: SubsurfaceState = child.state.role_object.state
            if on.locked and on.synchronised and on.since < self.commits:
                child.state.let_go(gate)

    def gone(self, gate: Context) -> None:
        if self.role_object is not None and getattr(self.role_object.state, "locked", False):
            self.let_go(gate)
        for child in self.children:
            role = child.state.role_object
            if role is not None and role.state.locked:
                child.state.let_go(gate)
            child.state.parent = None
        self.contents.gone(gate)
        self.children.clear()
        if self.parent is not None and self.parent.state.children:
            self.parent.state.grown(-1 - self.below)
            siblings = self.parent.state.children
            siblings[:] = [one for one in siblings if one.state is not self]
        if self.presented is not None:
            gate.presentation.discard(self.presented)

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
    shortcuts_inhibitors: list[Object] = field(default_factory=list)
    """Those that live."""
    shm_formats: set[int] = field(default_factory=set)
    """Formats of wl_shm that the client was told of."""
    pools: set[PoolState] = field(default_factory=set)
    """All that the compositor still maps."""
    last_serials: dict[str, int] = field(default_factory=dict)
    """The newest serial of each event: valid however many others came since. A pointer that stays
    in a window names its enter for ever."""
    outputs: list[Object] = field(default_factory=list)
    """wl_outputs of the client's that live, once their mode was told."""
    devices: dict[str, set[Object]] = field(default_factory=dict)
    """By interface, objects that are all told the same; those destroyed lately are among them."""
    dragged: set[int] = field(default_factory=set)
    """Those of `serials` that began a drag."""
    pens_near: set[Object] = field(default_factory=set)
    """zwp_tablet_tool_v2 in proximity of a surface."""
    popups: int = 0
    """That live."""
    put_off: list[Object] = field(default_factory=list)
    """Destroyed by the client, not yet for the compositor: see `rules.tablet`."""

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
