"""Errors of a configuration, with file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

KeyPath = tuple[str | int, ...]
"""A place in a TOML document: names of tables and keys, and indices of arrays from 0."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN = 60


def show_path(path: KeyPath) -> str:
    """Write a key path as TOML does: `modes.resize.bindings."Super+h"`, `rules[0].workspace`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        name = part if _BARE.fullmatch(part) else json.dumps(part)
        text += f".{name}" if text else name
    return text


def show_value(value: object) -> str:
    """Write a value as it would stand in the file, on one line, shortened when it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            return "an array of tables"
        text = "[" + ", ".join(show_value(item) for item in value[:_SHOWN]) + "]"
    elif isinstance(value, str):
        text = json.dumps(value, ensure_ascii=not value.isprintable())
    elif isinstance(value, int):
        # Python refuses to write large numbers in decimal.
        text = str(value) if value.bit_length() < 1000 else hex(value)
    else:
        text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One thing that is wrong.

    `line` counts from 1; 0 means that the file has no lines to point at (it cannot be read, or is
    a directory). `key` is empty when the error is of the file as a whole.
    """

    file: Path
    line: int
    key: str
    found: str
    allowed: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else str(self.file)
        key = f" {self.key}:" if self.key else ""
        return f"{where}:{key} found {self.found}; allowed {self.allowed}"


class ConfigErrors(ValueError):
    """All that is wrong with a configuration, in the order in which the files were read."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        self.errors: tuple[ConfigError, ...] = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))
