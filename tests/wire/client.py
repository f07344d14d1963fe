"""A connection with a registry, and buffers to draw with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .connection import Connection, Object, Tap
from .signatures import interface

Color = tuple[int, int, int]
ARGB = 0


@dataclass(frozen=True, slots=True)
class Global:
    """One line of the registry."""

    name: int
    interface: str
    version: int


class Client(Connection):
    """A client that knows which globals it was offered."""

    def __init__(self, path: Path | str, tap: Tap | None = None) -> None:
        """Returns with the registry read. Raises OSError when nobody listens on `path`."""
        super().__init__(path, tap)
        self.globals: dict[int, Global] = {}
        """By numeric name."""
        self.announced = 0
        """How many globals it was ever told of."""
        self._bound: dict[str, Object] = {}
        self._buffers: dict[tuple[int, int, Color, int], Object] = {}
        self.registry = self.display("get_registry")
        self.registry.on("global", self._announced)
        self.registry.on("global_remove", lambda name: self.globals.pop(name, None))
        self.roundtrip()

    def _announced(self, name: int, kind: str, version: int) -> None:
        self.announced += 1
        self.globals[name] = Global(name, kind, version)

    def offers(self, kind: str) -> list[Global]:
        """All globals of an interface."""
        return [one for one in self.globals.values() if one.interface == kind]

    def bind(self, kind: str, version: int | None = None) -> Object:
        """Bind the first global of an interface, in the newest version that both ends know."""
        offered = self.offers(kind)
        if not offered:
            raise LookupError(f"no {kind} is offered")
        if version is None:
            version = min(offered[0].version, interface(kind).version)
        return self.registry("bind", offered[0].name, kind, version)

    def the(self, kind: str) -> Object:
        """The one object of a global that the helpers share."""
        bound = self._bound.get(kind)
        if bound is None:
            bound = self._bound[kind] = self.bind(kind)
            if kind == "xdg_wm_base":
                shell = bound
                bound.on("ping", lambda serial: shell("pong", serial))
        return bound

    def buffer(self, width: int, height: int, color: Color, alpha: int = 255) -> Object:
        """A shared-memory buffer of one colour, kept for the next time it is asked for."""
        key = (width, height, color, alpha)
        found = self._buffers.get(key)
        if found is None:
            if len(self._buffers) >= 8:
                # Resizing without end must not keep every size that ever was: toolkits keep none.
                self._buffers.pop(next(iter(self._buffers)))("destroy")
            found = self._buffers[key] = make_buffer(self, width, height, color, alpha)
        return found


def make_buffer(
    client: Client, width: int, height: int, color: Color, alpha: int = 255
) -> Object:
    """A new shared-memory buffer of one colour; `alpha` premultiplies it."""
    red, green, blue = (channel * alpha // 255 for channel in color)
    fd = os.memfd_create("buffer")
    try:
        os.write(fd, bytes((blue, green, red, alpha)) * (width * height))
        pool = client.the("wl_shm")("create_pool", fd, width * height * 4)
    finally:
        os.close(fd)
    made = pool("create_buffer", 0, width, height, width * 4, ARGB)
    pool("destroy")
    return made
