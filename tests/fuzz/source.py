"""Where decisions come from: the bytes of a fuzzer, or a generator of random numbers."""

from __future__ import annotations

import random
from typing import Protocol


class Source(Protocol):
    """Decides."""

    def below(self, count: int) -> int:
        """One of `count` possibilities, counted from 0; 0 when there is nothing to decide by."""
        ...

    def take(self, count: int) -> bytes:
        """This many bytes, or fewer at the end."""
        ...

    @property
    def spent(self) -> bool:
        """Nothing is left to decide by."""
        ...


class Data:
    """Decides by bytes, so that a fuzzer that changes one byte changes one decision."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, count: int) -> int:
        if count <= 1:
            return 0
        return int.from_bytes(self.take(1 if count <= 256 else 4), "little") % count

    def take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        self._at += count
        return found

    @property
    def spent(self) -> bool:
        return self._at >= len(self._data)


class Chance:
    """Decides by chance, the same for the same seed."""

    spent = False

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, count: int) -> int:
        return int(self._random.random() * count)

    def take(self, count: int) -> bytes:
        return self._random.randbytes(count)
