"""Descriptors that pass through a gate: in flight to its clients and to the compositor, and
waiting until fewer are."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from .account import Account
from .flight import TO_CLIENTS, TO_COMPOSITOR, Flight
from .link import Link, send
from .refusals import Refusals

FIRST_S, LONGEST_S = 0.001, 0.05
"""Between two looks whether descriptors were received, of which the kernel does not notify; the
time doubles with each look."""
UNREAD_S = 10.0
"""How long a client may keep others of its VM waiting by not receiving descriptors."""
_NONE = Flight(0)


class Descriptors:
    """Bounds those in flight, and says which client has to be disconnected for the others."""

    def __init__(self, account: Account, refusals: Refusals) -> None:
        self._account = account
        self._refusals = refusals
        self._to_clients = Flight(TO_CLIENTS)
        self._to_compositor = Flight(TO_COMPOSITOR)
        self._held: dict[int, Link] = {}
        """By number, links with a message that waits for fewer descriptors in flight."""
        self._wait = FIRST_S
        self._look_at = 0.0

    # --- sending

    def send_to_client(self, link: Link) -> bool:
        """As `link.send`."""
        return send(link.client, link.connection.to_client, self._to_clients)

    def send_to_compositor(self, link: Link) -> bool:
        """As `link.send`. No descriptor is requested for a client that has not taken the last."""
        assert link.compositor is not None
        behind = bool(link.connection.to_client.fds)
        flight = _NONE if behind else self._to_compositor
        return send(link.compositor, link.connection.to_compositor, flight)

    def close(self, link: Link) -> None:
        """Close both sockets of a link."""
        self._to_clients.close(link.client, linger=True)
        if link.compositor is not None:
            self.close_compositor(link.compositor)

    def close_compositor(self, compositor: socket.socket) -> None:
        """Close a socket of the compositor's."""
        self._to_compositor.close(compositor)

    # --- waiting

    @property
    def next(self) -> float | None:
        """When links that wait are to be tried again: seconds; None when none waits."""
        return self._look_at if self._held else None

    def note(self, link: Link, now: float) -> None:
        """As much as possible was sent to both ends of the link."""
        to_client = link.connection.to_client.held
        if not to_client:
            link.held_since = None
        elif link.held_since is None:
            link.held_since = now
        if not (to_client or link.connection.to_compositor.held):
            self.forget(link)
        elif link.number not in self._held:
            self._held[link.number] = link
            self._wait = FIRST_S
            self._look_at = now + FIRST_S

    def forget(self, link: Link) -> None:
        """The link does not wait any more, if it did."""
        self._held.pop(link.number, None)

    def due(self, now: float) -> list[Link]:
        """Links for which sending is to be tried again now."""
        if not self._held or now < self._look_at:
            return []
        self._wait = min(2 * self._wait, LONGEST_S)
        self._look_at = now + self._wait
        return list(self._held.values())

    # --- clients to disconnect

    def unread(self, links: Iterable[Link], now: float) -> Link | None:
        """The newest client that has kept another one waiting for too long, after a report."""
        since = [one.held_since for one in self._held.values() if one.held_since is not None]
        if not since or now < min(since) + UNREAD_S:
            return None
        guilty = [link for link in links if self._to_clients.of(link.client)]
        limit = f"limit {self._to_clients.most} descriptors in flight"
        if not guilty:
            self._refusals.add(
                "fds",
                f"{limit}: those sent to disconnected clients have not been received, so no other"
                " client can get one; end these programs",
            )
            return None
        newest = max(guilty, key=lambda link: link.number)
        count = self._to_clients.of(newest.client)
        self._refuse(
            f"{limit}: disconnected a client that did not receive {count} of them in"
            f" {UNREAD_S:.0f} s"
        )
        return newest

    def too_many(self, links: Iterable[Link]) -> Link | None:
        """The client with the most descriptors here, after a report, when the VM is over its limit:
        those that only pass through count while they are here."""
        limit = self._account.limits.fds
        waiting = {link: link.connection.waiting_fds for link in links}
        if self._account.used["fds"] + sum(waiting.values()) <= limit:
            return None
        fullest = max(waiting, key=lambda link: (waiting[link], link.number))
        self._refuse(
            f"limit fds: this VM may have {limit} at most; disconnected the client for which"
            f" {waiting[fullest]} were waiting"
        )
        return fullest

    def _refuse(self, text: str) -> None:
        self._account.refused["fds"] = self._account.refused.get("fds", 0) + 1
        self._refusals.add("fds", text)
