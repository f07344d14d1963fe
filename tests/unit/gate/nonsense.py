"""A client that asks for anything at all, and a compositor that says anything that is well-formed.

Every choice comes from a `random.Random`, so that hypothesis can find the same one again.
"""

from __future__ import annotations

import os
import random
from typing import Any

from spectrum_session.gate.objects import FIRST_SERVER_ID, Object
from spectrum_session.gate.policy import INTERFACES, PERMISSIONS, Policy
from spectrum_session.gate.schema import Message

from .ends import Ends, Refusal

NUMBERS = (0, 1, 2, 3, 4, 7, 8, 64, 255, 256, 257, 1024, 16384, 16385, 2**31 - 1)
UNSIGNED = (*NUMBERS, 2**31, 2**32 - 1)
SIGNED = (*NUMBERS, *(-one for one in NUMBERS), -(2**31))
SMALL = (0, 1, 2, 3, 4, 8, 16, 64)
"""Likely to be right."""
STRINGS = (
    b"",
    b"a",
    b"text/plain",
    b"UTF8_STRING",
    b"\xff",
    "ä".encode(),
    b"x" * 300,
    b"\x1b[31m",
)
RIGHT: dict[tuple[str, str], dict[int, int]] = {
    ("wl_shm", "create_pool"): {2: 4096},
    ("wl_shm_pool", "create_buffer"): {1: 0, 2: 8, 3: 8, 4: 32, 5: 0},
    ("wl_surface", "attach"): {1: 0, 2: 0},
    ("wl_data_source", "set_actions"): {0: 3},
}
"""Numbers that have to fit each other: mostly they do, by their places."""
WRONG = 0.03
"""How often an object of any kind stands where one of a certain kind belongs."""


class Nonsense(Ends):
    """Has bound all there is. `step` does one more thing."""

    def __init__(self, choose: random.Random) -> None:
        super().__init__(Policy(frozenset(PERMISSIONS)))
        self.choose = choose
        for name in INTERFACES:
            self.bind(name)
        self.tell(self._objects("wl_seat")[0].id, "capabilities", 7)
        self.tell(self._objects("wl_shm")[0].id, "format", 0)
        self.serials = [0]
        self.destroyed: list[int] = []

    def step(self) -> None:
        """A request, or an event. Raises Refusal when the gate ends the connection."""
        choose = self.choose
        if self.destroyed and choose.random() < 0.3:
            self.delete(self.destroyed.pop(choose.randrange(len(self.destroyed))))
        elif choose.random() < 0.7:
            self._request()
        else:
            self._event()

    def _objects(self, kind: str | None = None, *, alive: bool = True) -> list[Object]:
        return [
            one
            for one in self.gate.objects
            if (one.alive or not alive) and kind in (None, one.interface.name)
        ]

    def _request(self) -> None:
        target = self.choose.choice([one for one in self._objects() if one.requests])
        message = self.choose.choice(target.requests)
        if message.creates is not None and message.creates[1] is None:
            return
        if message.destroys and self.choose.random() < 0.6:
            return
        values: list[Any] = []
        fds: list[int] = []
        for place, kind in enumerate(message.kinds):
            if kind == "h":
                fds.append(self._fd(message))
                values.append(None)
            elif kind == "n":
                values.append(...)
            else:
                values.append(self._value(message, place, kind, fuzzy=True))
        if self.choose.random() < 0.8:
            for place, right in RIGHT.get((message.interface, message.name), {}).items():
                values[place] = right
        if _lacks(message, values):
            for fd in fds:
                os.close(fd)
            return
        self.ask(target.id, message.name, *values, fds=fds)
        if message.destroys and target.id < FIRST_SERVER_ID:
            self.destroyed.append(target.id)

    def _event(self) -> None:
        target = self.choose.choice([one for one in self._objects() if one.events])
        message = self.choose.choice(
            [one for one in target.events if one.since <= target.version] or [target.events[0]]
        )
        if target.id == 1 or message.interface == "wl_registry":
            return
        values: list[Any] = []
        fds: list[int] = []
        for place, kind in enumerate(message.kinds):
            if kind == "h":
                fds.append(os.memfd_create("nonsense"))
                values.append(None)
            elif kind == "n":
                values.append(...)
            else:
                values.append(self._value(message, place, kind, fuzzy=False))
                if kind == "u":
                    self.serials.append(values[-1])
        if _lacks(message, values):
            for fd in fds:
                os.close(fd)
            return
        self.tell(target.id, message.name, *values, fds=fds)

    def _value(self, message: Message, place: int, kind: str, *, fuzzy: bool) -> Any:
        choose = self.choose
        if kind == "o":
            (wanted, nullable), = (
                (one[1], one[2]) for one in message.refers if one[0] == place
            )
            if fuzzy and choose.random() < WRONG:
                return choose.choice((*UNSIGNED, choose.choice(self._objects()).id))
            found = self._objects(wanted, alive=fuzzy)
            if nullable and (not found or choose.random() < 0.3):
                return 0
            return choose.choice(found).id if found else None
        if kind == "u":
            return choose.choice(
                choose.choice((self.serials[-20:], self.serials[-20:], SMALL, UNSIGNED))
            )
        if kind in "if":
            return choose.choice(SIGNED if choose.random() < 0.3 else SMALL)
        if kind == "a":
            return choose.randbytes(4 * choose.randrange(4))
        if kind == "?s" and choose.random() < 0.3:
            return None
        return choose.choice(STRINGS)

    def _fd(self, message: Message) -> int:
        kind = self.choose.randrange(20)
        if message.name == "receive" and kind > 1:
            kind = 0
        if kind == 0:
            ours, theirs = os.pipe()
            os.close(ours)
            return theirs
        if kind == 1:
            return os.open("/dev/null", os.O_RDONLY)
        fd = os.memfd_create("nonsense", os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, self.choose.choice((0, 4096, 65536, 65536, 65536, 65536, 65536, 65536)))
        return fd


def _lacks(message: Message, values: list[Any]) -> bool:
    """Is there no object of a kind that it has to name?"""
    return any(values[place] is None for place, _, _ in message.refers)


def run(choose: random.Random, steps: int) -> Nonsense:
    """Do that many things, or until the gate has had enough."""
    ends = Nonsense(choose)
    try:
        for _ in range(steps):
            ends.step()
    except Refusal:
        pass
    return ends
