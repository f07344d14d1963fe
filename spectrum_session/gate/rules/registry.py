"""Which rule belongs to which message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R", bound=Callable[..., Any])

REQUESTS: dict[tuple[str, str], Callable[..., Any]] = {}
EVENTS: dict[tuple[str, str], Callable[..., Any]] = {}


def request(interface: str, *names: str) -> Callable[[R], R]:
    """Make a function the rule of these requests. One rule a message."""
    return _register(REQUESTS, interface, names)


def event(interface: str, *names: str) -> Callable[[R], R]:
    """Make a function the rule of these events. One rule a message."""
    return _register(EVENTS, interface, names)


def _register(
    table: dict[tuple[str, str], Callable[..., Any]], interface: str, names: tuple[str, ...]
) -> Callable[[R], R]:
    def keep(rule: R) -> R:
        for name in names:
            if (interface, name) in table:
                raise ValueError(f"{interface}.{name} has two rules")
            table[interface, name] = rule
        return rule

    return keep
