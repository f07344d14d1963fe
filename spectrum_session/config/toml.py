"""The TOML parser: the standard library's, or on Python 3.10 the package it was made from."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_parser = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def parse(text: str) -> dict[str, Any]:
    """Parse a TOML document; raises ValueError, or RecursionError on absurd nesting."""
    document: dict[str, Any] = _parser.loads(text)
    return document
