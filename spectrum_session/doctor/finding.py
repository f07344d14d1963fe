"""What a check says."""

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
    """One thing that was looked at: `text` is how it is, `mend` what to do about it, if any."""

    purpose: Purpose
    name: str
    level: Level
    text: str
    mend: str = ""


def install(*packages: str) -> str:
    """How Debian installs packages."""
    return "apt-get install " + " ".join(packages)
