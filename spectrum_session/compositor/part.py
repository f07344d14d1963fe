"""The base of the server's parts: closed with it, the last built first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.wlr import Owner

if TYPE_CHECKING:
    from .server import Server


class Part(Owner):
    """An owner of listeners that lives as long as the server, which closes it."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        server.parts.append(self)

    def close(self) -> None:
        """Free what the part holds. All clients are disconnected; parts built later are closed."""
        self.forget_listeners()
