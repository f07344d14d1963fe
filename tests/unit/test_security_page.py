"""docs/SECURITY.md names tests as its proof: each of them is there."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/SECURITY.md").read_text()

NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+|[a-z]+_[a-z0-9_]+)`", PAGE)))
TESTS = [name for name in NAMED if name.startswith(("test_", "tests/"))]
OF_QUBES = {"events_max_delay"}
ATTACKS = sorted(set(NAMED) - set(TESTS) - OF_QUBES)


@functools.cache
def functions(*places: str) -> frozenset[str]:
    """Names of all functions in these directories. They are read once."""
    return frozenset(
        name
        for place in places
        for file in (ROOT / place).rglob("*.py")
        for name in re.findall(r"^ *def (\w+)\(", file.read_text(), re.MULTILINE)
    )


@pytest.mark.parametrize("name", TESTS)
def test_every_test_is_there(name: str) -> None:
    if name.startswith("tests/"):
        assert (ROOT / name).exists()
    else:
        assert name in functions("tests/unit", "tests/session", "tests/guests")


@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_is_there(name: str) -> None:
    assert name in functions("tests/attack")


def test_the_page_names_many() -> None:
    assert len(TESTS) > 30 and len(ATTACKS) > 30
