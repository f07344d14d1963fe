"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]
Purpose = Literal["start", "login", "windows", "vms"]

PURPOSES: dict[Purpose, str] = {
    "start": "To start at all",
    "login": "To start at a login",
    "windows": "To show windows",
    "vms": "To run VMs",
}


@dataclass(frozen=True)
class Finding:
    """Result of one check: `text` describes the state, `mend` the fix, if one is needed."""

    purpose: Purpose
    name: str
    level: Level
    text: str
    mend: str = ""


def install(*packages: str) -> str:
    """Debian's command to install packages."""
    return "apt-get install " + " ".join(packages)
