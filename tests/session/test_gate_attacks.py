"""Every attack of the corpus (tests/attack) against a real session: nobody else comes to harm."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.attack import wire
from tests.attack.stage import ASIDE, CONFIG, SIZE, VMS, Attack, Stage

from .harness import running

MODULES = (wire,)


def corpus(module: ModuleType) -> list[Attack]:
    """The attacks in a module: its public functions that take a stage."""
    return [
        function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
    ]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    outputs = [f"{width}x{height}" for width, height in (SIZE, ASIDE)]
    with running(config=CONFIG, vms=VMS, outputs=outputs) as session:
        stage = Stage(session)
        yield stage
        stage.close()


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(attack, id=f"{module.__name__.rpartition('.')[2]}-{attack.__name__}")
        for module in MODULES
        for attack in corpus(module)
    ],
)
def test_attack(stage: Stage, attack: Attack) -> None:
    try:
        attack(stage)
    finally:
        stage.unharmed()
