"""What is used of wlroots is declared: found here, and not when a client makes us use it."""

from __future__ import annotations

import re
from pathlib import Path

import spectrum_session
from spectrum_session.wlr import lib
from spectrum_session.wlr.declarations import SIGNALS, SYSTEM_SIGNALS

PACKAGE = Path(spectrum_session.__file__).parent
SOURCES = [path.read_text() for path in sorted(PACKAGE.glob("compositor/**/*.py"))]


def test_every_function_is_there() -> None:
    used = {name for text in SOURCES for name in re.findall(r"\blib\.(\w+)", text)}
    assert len(used) > 100
    assert [name for name in sorted(used) if not hasattr(lib, name)] == []


def test_every_signal_is_there() -> None:
    known = {
        (struct, event)
        for table in (SIGNALS, SYSTEM_SIGNALS)
        for struct, events in table.items()
        for event in events
    }
    pattern = r'\.on\(\s*"(\w+)",\s*[^"]*?,\s*"(\w+)",'
    used = {pair for text in SOURCES for pair in re.findall(pattern, text)}
    assert len(used) > 50
    assert sorted(used - known) == []
