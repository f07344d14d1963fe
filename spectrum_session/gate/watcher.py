"""epoll, with a handler for each descriptor."""

from __future__ import annotations

import select
from collections.abc import Callable

IN = select.EPOLLIN
OUT = select.EPOLLOUT


class Watcher:
    """Calls handlers with the events of their descriptors."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._masks: dict[int, int] = {}

    def watch(self, fd: int, mask: int, handler: Callable[[int], None]) -> None:
        """Call `handler` with the events in `mask`, and with errors and hang-ups."""
        self._handlers[fd] = handler
        self._masks[fd] = mask
        self._epoll.register(fd, mask)

    def set_mask(self, fd: int, mask: int) -> None:
        """Wait for other events of a watched descriptor."""
        if self._masks[fd] != mask:
            self._masks[fd] = mask
            self._epoll.modify(fd, mask)

    def forget(self, fd: int) -> None:
        """Stop watching. The descriptor is closed only after `dispatch` has returned: until then
        an event of the same batch could reach the next descriptor with its number."""
        del self._handlers[fd], self._masks[fd]
        self._epoll.unregister(fd)

    def dispatch(self, timeout_s: float | None) -> None:
        """Wait for events, `timeout_s` at most, and call the handlers of one batch."""
        handlers = self._handlers
        for fd, events in self._epoll.poll(timeout_s):
            handler = handlers.get(fd)
            if handler is not None:
                handler(events)
