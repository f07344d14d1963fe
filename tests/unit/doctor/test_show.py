"""How findings are printed."""

from __future__ import annotations

import json
import re

from spectrum_session.doctor.finding import Finding
from spectrum_session.doctor.show import as_json, summary, table

FINDINGS = [
    Finding("start", "wlroots", "ok", "0.18.2"),
    Finding("login", "seat", "problem", "nobody hands out " + "devices " * 12, "apt-get install x"),
    Finding("login", "graphics", "warning", "none", "modprobe " + "x" * 80),
]


def test_the_table() -> None:
    assert table(FINDINGS, width=70) == "\n".join(
        [
            "To start at all",
            "  ok       wlroots   0.18.2",
            "",
            "To start at a login",
            "  PROBLEM  seat      nobody hands out devices devices devices devices",
            "                     devices devices devices devices devices devices",
            "                     devices devices",
            "                     → apt-get install x",
            "  warning  graphics  none",
            "                     → modprobe " + "x" * 80,
            "",
            "1 problem, 1 warning.",
        ]
    )


def test_colour_changes_nothing_but_the_colour() -> None:
    coloured = table(FINDINGS, colour=True, width=70)
    assert coloured != table(FINDINGS, width=70)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == table(FINDINGS, width=70)


def test_summaries() -> None:
    assert summary(FINDINGS[:1]) == "No problems found."
    assert summary(FINDINGS[2:] * 2) == "2 warnings."
    assert summary(FINDINGS[1:2] * 2) == "2 problems."


def test_json() -> None:
    first, second, _ = json.loads(as_json(FINDINGS))
    assert first == {
        "purpose": "start", "name": "wlroots", "level": "ok", "text": "0.18.2", "mend": None
    }
    assert second["mend"] == "apt-get install x"
