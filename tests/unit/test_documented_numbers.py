"""Numbers of the code that the documentation and the shipped configuration name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spectrum_session.gate.limits import FIXED
from spectrum_session.gate.policy import MAX_CURSOR

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("docs/SECURITY.md", r"pictures of up to (\d+) × (\d+) where `custom-cursors`"),
        ("configs/session.toml", r"Cursors drawn by the VM, .* at most (\d+)×(\d+) logical"),
    ],
)
def test_the_largest_cursor(file: str, text: str) -> None:
    found = re.search(text, (ROOT / file).read_text())
    assert found, f"{file} does not say how large a cursor may be"
    assert [int(number) for number in found.groups()] == [MAX_CURSOR, MAX_CURSOR]


def test_the_most_keyboards() -> None:
    found = re.search(r"a VM may have (\d+) wl_keyboards", (ROOT / "docs/SECURITY.md").read_text())
    assert found and int(found[1]) == FIXED["keyboards"]
