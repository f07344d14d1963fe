"""The objects of one connection: which ids there are, of which interface, what is known of each.

A client makes objects with ids of its own from 2 up, the compositor with ids from 0xff000000 up.
An object that the client destroyed keeps its id until the compositor says `delete_id`: events that
were under way still come for it. Ids of the compositor's have no `delete_id`; the compositor uses
one again as soon as it has heard of the destruction.
"""

from __future__ import annotations

from collections.abc import Iterator

from .account import Account
from .objects import FIRST_SERVER_ID, Object
from .schema import SCHEMA
from .verdict import INVALID_OBJECT, Broken, Refused


class Objects:
    """The table of one connection. Every object in it is counted in the VM's account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.by_id: dict[int, Object] = {}
        self._next = 2
        """One past the highest id of the client's so far: libwayland takes no id beyond it."""
        self.display = self.add(Object(1, SCHEMA["wl_display"], 1))

    def __iter__(self) -> Iterator[Object]:
        return iter(list(self.by_id.values()))

    def __len__(self) -> int:
        return len(self.by_id)

    def add(self, made: Object) -> Object:
        """Put an object in. Raises Refused when the VM has as many as it may have."""
        self._account.object_added(made)
        self.by_id[made.id] = made
        return made

    def check_client_id(self, number: int) -> None:
        """Refuse an id that the client may not give to a new object."""
        if number in self.by_id:
            raise Refused(None, INVALID_OBJECT, f"id {number} is in use")
        if number > self._next or number < 2:
            raise Refused(None, INVALID_OBJECT, f"id {number} is out of range")
        if number == self._next:
            self._next += 1

    def add_from_server(self, made: Object) -> Object:
        """Put in an object that the compositor made. Raises Broken for an id of the client's."""
        if made.id < FIRST_SERVER_ID:
            raise Broken(f"the compositor made {made!r}")
        self.forget(made.id)
        return self.add(made)

    def died(self, target: Object) -> None:
        """The client destroyed it: no request is for it any more."""
        target.alive = False
        if target.id >= FIRST_SERVER_ID:
            self._account.object_gone(target)

    def forget(self, number: int) -> Object | None:
        """The id is free again (`delete_id`, or the compositor uses it anew)."""
        gone = self.by_id.pop(number, None)
        if gone is not None and (gone.alive or number < FIRST_SERVER_ID):
            self._account.object_gone(gone)
        return gone

    def clear(self) -> None:
        """The connection ended."""
        for number in list(self.by_id):
            self.forget(number)
