"""Every attack of the corpus (tests/attack) against a real session: nobody else comes to harm."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from types import ModuleType

import pytest

from tests.attack import (
    containment,
    descriptors,
    identity,
    limits,
    memory,
    seats,
    shells,
    shm,
    surfaces,
    timing,
    wire,
)
from tests.attack.stage import ASIDE, CONFIG, SIZE, VMS, Attack, Stage

from .harness import running

MODULES = (
    wire,
    shm,
    surfaces,
    containment,
    shells,
    seats,
    identity,
    limits,
    descriptors,
    timing,
    memory,
)


def corpus(module: ModuleType) -> list[Attack]:
    """The attacks in a module: its public functions that take a stage."""
    return [
        function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
    ]


class Theatre:
    """Has a stage at any time: another one when an attack has brought the session down."""

    def __init__(self, user: int | None = None) -> None:
        """`user`: whose session it is, other than that of the tests."""
        self._user = user
        self._ends = ExitStack()
        self._stage: Stage | None = None

    def stage(self) -> Stage:
        """The stage."""
        if self._stage is not None and self._stage.session.process.poll() is not None:
            # It failed its own test already.
            with suppress(AssertionError):
                self.close()
        if self._stage is None:
            outputs = [f"{width}x{height}" for width, height in (SIZE, ASIDE)]
            session = self._ends.enter_context(
                running(config=CONFIG, vms=VMS, outputs=outputs, user=self._user)
            )
            self._stage = Stage(session)
            self._ends.callback(self._stage.close)
        return self._stage

    def close(self) -> None:
        """End the session."""
        self._stage = None
        ends, self._ends = self._ends, ExitStack()
        ends.close()


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    theatre = Theatre()
    yield theatre
    theatre.close()


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(attack, id=f"{module.__name__.rpartition('.')[2]}-{attack.__name__}")
        for module in MODULES
        for attack in corpus(module)
    ],
)
def test_attack(theatre: Theatre, attack: Attack) -> None:
    stage = theatre.stage()
    try:
        attack(stage)
    finally:
        stage.unharmed()
