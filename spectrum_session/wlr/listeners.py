"""Listeners with owners: each C listener belongs to one Python object and goes with it.

One C function serves all listeners; it finds the Python callback by the listener's address, so a
listener that was removed can never call into a dead object.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

Callback = Callable[[Any], None]


class Listeners:
    """Makes and keeps the listeners of a whole process. One instance, made by the seam."""

    def __init__(self, ffi: Any, lib: Any) -> None:
        self._ffi = ffi
        self._lib = lib
        self._live: dict[int, tuple[Any, Callback, str | None, str]] = {}
        self._notify = ffi.callback("void(struct wl_listener *, void *)", self._dispatch)

    def __len__(self) -> int:
        """How many listeners are connected now: a leak shows here."""
        return len(self._live)

    def places(self) -> list[str]:
        """The signal of each listener that is connected."""
        return [where for _, _, _, where in self._live.values()]

    def add(self, signal: Any, callback: Callback, kind: str | None, where: str) -> Any:
        """Connect `callback` to a `struct wl_signal *`; returns the C listener.

        The callback gets the signal's argument, cast to the C type `kind` if one is given.
        """
        listener = self._new(callback, kind, where)
        self._lib.wl_list_insert(signal.listener_list.prev, self._ffi.addressof(listener, "link"))
        return listener

    def add_client_destroy(self, client: Any, callback: Callback, where: str) -> Any:
        """Connect to the end of a `struct wl_client *`; returns the C listener.

        It is told when all objects of the client are gone and its address is still its own: while
        its windows go one after the other, it is known whose they are.
        """
        listener = self._new(callback, None, where)
        self._lib.wl_client_add_destroy_late_listener(client, listener)
        return listener

    def add_resource_destroy(self, resource: Any, callback: Callback, where: str) -> Any:
        """Connect to the end of a `struct wl_resource *`; returns the C listener."""
        listener = self._new(callback, None, where)
        self._lib.wl_resource_add_destroy_listener(resource, listener)
        return listener

    def add_client_created(self, display: Any, callback: Callback, where: str) -> Any:
        """Connect to the creation of every client of a display; returns the C listener."""
        listener = self._new(callback, "struct wl_client *", where)
        self._lib.wl_display_add_client_created_listener(display, listener)
        return listener

    def remove(self, listener: Any) -> None:
        """Disconnect; removing twice is harmless."""
        if self._live.pop(int(self._ffi.cast("uintptr_t", listener)), None) is not None:
            self._lib.wl_list_remove(self._ffi.addressof(listener, "link"))

    def _new(self, callback: Callback, kind: str | None, where: str) -> Any:
        listener = self._ffi.new("struct wl_listener *")
        listener.notify = self._notify
        key = int(self._ffi.cast("uintptr_t", listener))
        self._live[key] = (listener, callback, kind, where)
        return listener

    def _dispatch(self, listener: Any, data: Any) -> None:
        entry = self._live.get(int(self._ffi.cast("uintptr_t", listener)))
        if entry is None:
            return
        _, callback, kind, where = entry
        try:
            callback(self._ffi.cast(kind, data) if kind else data)
        except Exception:
            log.exception("in the listener for %s", where)


class Owner:
    """Base of every object that wraps something of wlroots: its listeners end with it."""

    def __init__(self) -> None:
        self._listeners: list[Any] = []

    def on(self, struct: str, pointer: Any, event: str, callback: Callback) -> None:
        """Listen to `event` of `pointer`, a `struct NAME *` of wlroots; `struct` is its NAME.

        Names are those of wlroots 0.19 and later. The callback gets the event's argument, cast to
        its type.
        """
        from . import connect

        self._listeners.append(connect(struct, pointer, event, callback))

    def keep(self, listener: Any) -> None:
        """Take over a listener made elsewhere."""
        self._listeners.append(listener)

    def forget_listeners(self) -> None:
        """Disconnect everything. Call this while the C objects still exist (in their destroy)."""
        from . import listeners

        for listener in self._listeners:
            listeners.remove(listener)
        self._listeners.clear()
