"""What a fuzzer runs: one input, one connection. Raises whatever is wrong."""

from __future__ import annotations

import os

from spectrum_session.gate.policy import PERMISSIONS, Policy

from .descriptors import Descriptors
from .player import LIMITS, Harm, Player
from .source import Data

POLICIES = (
    Policy(frozenset(PERMISSIONS), LIMITS, utf8_titles=True),
    Policy(limits=LIMITS),
    Policy(frozenset(), LIMITS),
)


REPLAY = 0xFF
"""The first byte of an input that is a record (see `records`), not decisions."""


class Target:
    """Runs inputs; keeps what all of them use."""

    def __init__(self) -> None:
        self._descriptors = Descriptors()
        self._open = _open()

    def run(self, data: bytes) -> None:
        """One input. Raises Harm, or what the gate stumbled over."""
        source = Data(data)
        first = source.below(256)
        player = Player(source, self._descriptors, policy=POLICIES[first % len(POLICIES)])
        if first == REPLAY:
            player.replay(data[1:])
        else:
            player.introduce()
            while not source.spent and not player.over:
                player.step()
        player.close()
        left = _open()
        if left != self._open:
            raise Harm(f"{left - self._open} descriptors are left open")


def _open() -> int:
    return len(os.listdir("/proc/self/fd"))
