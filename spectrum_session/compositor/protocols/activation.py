"""xdg-activation: attention for a window, and focus only where no other origin loses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.clients.origins import Origin
from spectrum_session.compositor.part import Part
from spectrum_session.wlr import NULL, Owner, address, lib, string

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

TOKEN_TIMEOUT_MS = 10_000


class Activation(Part):
    """xdg_activation_v1. A token carries the rights that its client had when it requested it."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.manager = lib.wlr_xdg_activation_v1_create(server.display)
        self.manager.token_timeout_msec = TOKEN_TIMEOUT_MS
        self.tokens: dict[int, tuple[Origin, bool]] = {}
        """By token: the origin that requested it, and whether that had the keyboard focus."""
        self.on("wlr_xdg_activation_v1", self.manager, "new_token", self._new_token)
        self.on("wlr_xdg_activation_v1", self.manager, "request_activate", self._activate)

    def token_for_spawn(self) -> str:
        """A token for a program that the user starts by a key: it may take the focus."""
        token = lib.wlr_xdg_activation_token_v1_create(self.manager)
        if token == NULL:
            return ""
        self.tokens[address(token)] = (Origin(None), True)
        TokenWatch(self, token)
        return string(lib.wlr_xdg_activation_token_v1_get_name(token))

    def _new_token(self, token: Any) -> None:
        # Only a surface identifies the origin; a token without one is worth nothing.
        if token.surface == NULL:
            return
        window = self.server.focus.window
        focused = (
            token.seat != NULL
            and window is not None
            and window.surface == lib.wlr_surface_get_root_surface(token.surface)
        )
        self.tokens[address(token)] = (self.server.origins.of_surface(token.surface), focused)
        TokenWatch(self, token)

    def _activate(self, event: Any) -> None:
        window = self.server.surfaces.window_of(event.surface)
        if window is None:
            return
        origin, focused = self.tokens.get(address(event.token), (None, False))
        # A token stolen from another origin, or guessed, is worth nothing.
        trusted = origin is not None and origin == window.origin and focused
        self.server.desktop.activation(window, trusted)


class TokenWatch(Owner):
    """Watches for the end of a token."""

    def __init__(self, activation: Activation, token: Any) -> None:
        super().__init__()
        self._activation, self._key = activation, address(token)
        self.on("wlr_xdg_activation_token_v1", token, "destroy", self._destroyed)

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self._activation.tokens.pop(self._key, None)
