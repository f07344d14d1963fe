"""What is known of what a surface shows: pools, buffers, viewports, subsurfaces, regions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .bands import Bands
from .model import State
from .weights import BOX, SLACK

if TYPE_CHECKING:
    from .account import Account
    from .buffer_memory import FileUse
    from .context import Context
    from .objects import Object
    from .shared_file import SharedFile


BOX_BYTES = BOX * SLACK
"""Of a box of a wl_region."""


@dataclass(slots=True, eq=False)
class PoolState(State):
    """wl_shm_pool. The compositor maps it until the pool and its last buffer are gone."""

    file: SharedFile
    size: int
    """Bytes that the client said it has."""
    use: FileUse
    """Of the memory of that file."""
    users: int = 1
    """The pool itself, while it lives, and each of its buffers that lives, and again each that is
    shown: the compositor maps the pool for as long."""

    def gone(self, gate: Context) -> None:
        self.release(gate)

    def release(self, gate: Context) -> None:
        """One user less."""
        self.users -= 1
        if not self.users:
            gate.knowledge.pools.discard(self)
            self.close(gate.account)

    def close(self, account: Account) -> None:
        """The compositor maps it no longer."""
        account.give("shm_bytes", self.size)
        account.give("fds")
        account.buffers.closed(self.use, self.file)
        self.file.close()

    def describe(self) -> dict[str, Any]:
        return {"size": self.size, "copied": self.file.copied}


@dataclass(slots=True, eq=False)
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
    pages: int = 0
    """Bytes of memory that it can take while it is shown."""
    picture: int = 0
    """Bytes of the picture that the compositor may make of it."""
    stale: tuple[int, int] = (0, 0)
    """Of one that is copied: its first row, and the one after its last, that changed since."""
    shown_by: int = 0
    """Of one that is copied: identity of the SurfaceState that it was committed for last."""

    @property
    def file_use(self) -> FileUse | None:
        """The file of its pool; None for other memory."""
        return self.pool.use if self.pool is not None else None

    def gone(self, gate: Context) -> None:
        if self.pool is not None:
            self.pool.release(gate)

    def describe(self) -> dict[str, Any]:
        return {"kind": self.kind, "size": [self.width, self.height], "format": self.format}


@dataclass(slots=True)
class RegionState(State):
    """wl_region."""

    rectangles: int = 0
    """How many were added and taken away."""
    bands: Bands = field(default_factory=Bands)
    paid: int = 0
    """Boxes that are counted in the VM's account."""

    def gone(self, gate: Context) -> None:
        gate.holding.give(self.paid * BOX_BYTES)
        self.paid = 0


@dataclass(slots=True)
class ViewportState(State):
    """wp_viewport."""

    surface: Object
    source: tuple[float, float, float, float] | None = None
    """x, y, width, height in the surface's pixels before it is scaled."""
    destination: tuple[int, int] | None = None
    """Logical pixels."""

    def gone(self, gate: Context) -> None:
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
    locked: bool = False
    """Commits of its surface wait."""
    since: int = 0
    """Commits of the parent before it was on it."""

    def gone(self, gate: Context) -> None:
        state = self.surface.state
        if self.locked:
            state.let_go(gate)
        state.parent = None
        state.role_object = None
        children = self.parent.state.children
        if self.surface in children:
            children.remove(self.surface)
            self.parent.state.grown(-1 - state.below)

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
    files: dict[int, int] = field(default_factory=dict)
    """Graphics memory behind the planes: bytes, by its number in the kernel."""
