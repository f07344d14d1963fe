"""Clients for which something waits until fewer descriptors are in flight. Pure: times come in."""

from __future__ import annotations

from .link import Link

FIRST_S, LONGEST_S = 0.001, 0.05
"""Between two looks whether descriptors were received, of which the kernel does not tell; twice as
long each time."""
UNREAD_S = 10.0
"""How long a client may keep others of its VM waiting by not receiving descriptors."""


class Held:
    """Those clients, and when they are looked at."""

    def __init__(self) -> None:
        self._links: dict[int, Link] = {}
        self._wait = FIRST_S
        self.next = 0.0
        """When they are to be looked at: seconds."""

    def __bool__(self) -> bool:
        return bool(self._links)

    def note(self, link: Link, now: float) -> None:
        """All was sent to both ends of it that can be."""
        to_client = link.connection.to_client.held
        if not to_client:
            link.held_since = None
        elif link.held_since is None:
            link.held_since = now
        if not (to_client or link.connection.to_compositor.held):
            self.forget(link)
        elif link.number not in self._links:
            self._links[link.number] = link
            self._wait = FIRST_S
            self.next = now + FIRST_S

    def forget(self, link: Link) -> None:
        """It is one of them no longer, if it was."""
        self._links.pop(link.number, None)

    def due(self, now: float) -> list[Link]:
        """Those for which sending is to be tried again now."""
        if not self._links or now < self.next:
            return []
        self._wait = min(2 * self._wait, LONGEST_S)
        self.next = now + self._wait
        return list(self._links.values())

    def too_long(self, now: float) -> bool:
        """Has a client waited for longer than another may keep it waiting?"""
        waiting = [one.held_since for one in self._links.values() if one.held_since is not None]
        return bool(waiting) and now >= min(waiting) + UNREAD_S
