"""Inhibitors of idle and of shortcuts."""

from __future__ import annotations

import pytest

from spectrum_session.gate.limits import Limits
from spectrum_session.gate.policy import PERMISSIONS, Policy
from spectrum_session.gate.rules import shortcuts_inhibit

from .shell import Shell

IDLE = "zwp_idle_inhibit_manager_v1"
SHORTCUTS = "zwp_keyboard_shortcuts_inhibit_manager_v1"


def _shell(limits: Limits | None = None) -> Shell:
    return Shell(Policy(permissions=frozenset(PERMISSIONS), limits=limits or Limits()))


def test_idle() -> None:
    shell = _shell()
    surface = shell.new_surface()
    made = shell.ask(shell.bind(IDLE), "create_inhibitor", ..., surface)
    assert shell.object(made).state.describe() == {"surface": surface}
    shell.ask(made, "destroy")


def test_all_keys_once_for_a_surface_and_seat() -> None:
    shell = _shell()
    manager, surface = shell.bind(SHORTCUTS), shell.new_surface()
    first = shell.ask(manager, "inhibit_shortcuts", ..., surface, shell.seat)
    shell.ask(manager, "inhibit_shortcuts", ..., shell.new_surface(), shell.seat)
    shell.ask(manager, "inhibit_shortcuts", ..., surface, shell.bind("wl_seat"))
    shell.ask(first, "destroy")
    shell.ask(manager, "inhibit_shortcuts", ..., surface, shell.seat)
    assert shell.refused(manager, "inhibit_shortcuts", ..., surface, shell.seat)[:2] == (
        manager,
        shortcuts_inhibit.ALREADY_INHIBITED,
    )


@pytest.mark.parametrize(
    ("kind", "name", "with_seat"),
    [(IDLE, "create_inhibitor", False), (SHORTCUTS, "inhibit_shortcuts", True)],
)
def test_few_are_enough(kind: str, name: str, with_seat: bool) -> None:
    shell = _shell(Limits(inhibitors=2))
    manager = shell.bind(kind)
    seat = (shell.seat,) if with_seat else ()
    for _ in range(2):
        shell.ask(manager, name, ..., shell.new_surface(), *seat)
    assert "inhibitors" in shell.refused(manager, name, ..., shell.new_surface(), *seat)[2]
