"""A gate that looks on while a client talks to a session: it has to pass everything as it is."""

from __future__ import annotations

import os
from collections.abc import Sequence

from spectrum_session.gate.account import Account
from spectrum_session.gate.connection import Connection
from spectrum_session.gate.outbox import Outbox
from spectrum_session.gate.policy import PERMISSIONS, Policy

from .records import MEMORY, record
from .untranslated import Untranslated

ALL = Policy(frozenset(PERMISSIONS), utf8_titles=True)


class Reflection:
    """Give `tap` to a client (`tests.wire`): an AssertionError tells what would have come out
    otherwise."""

    def __init__(self, policy: Policy = ALL) -> None:
        self.account = Account(policy.limits)
        self.gate = Connection(self.account, policy)
        self.gate.serials = Untranslated()
        self.record = bytearray()
        """All of it, for `records`."""
        self.requests = 0
        """How many went through."""
        self._waiting = {False: bytearray(), True: bytearray()}
        """Of each direction, what went in and has not come out yet: the start of a message."""

    def tap(self, is_event: bool, data: bytes, fds: Sequence[int]) -> None:
        """See `tests.wire.connection.Tap`."""
        self.record += record(is_event, data, [MEMORY] * len(fds))
        copies = [os.dup(fd) for fd in fds]
        if is_event:
            self.gate.from_compositor(data, copies)
            self._compare(data, len(fds), self.gate.to_client, is_event=True)
        else:
            self.requests += self.gate.from_client(data, copies)
            self._compare(data, len(fds), self.gate.to_compositor, is_event=False)

    def _compare(self, data: bytes, fds: int, out: Outbox, *, is_event: bool) -> None:
        assert not self.gate.ended, self.gate.error
        waiting = self._waiting[is_event]
        waiting += data
        came = bytes(out.data)
        assert waiting.startswith(came), f"{waiting.hex()} went in, {came.hex()} came out"
        del waiting[: len(came)]
        assert len(waiting) < 4096, f"{waiting.hex()} does not come out"
        # A descriptor comes with the end of its message.
        assert len(out.fds) <= fds or not waiting
        out.close()

    def close(self) -> None:
        """The client has hung up: nothing is left, and nothing was refused."""
        assert not any(self._waiting.values()), "something did not come out"
        assert not self.account.refused, self.account.refused
        self.gate.close()
        assert not any(self.account.used.values()), self.account.used
