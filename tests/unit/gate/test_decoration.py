"""zxdg_decoration_manager_v1 and KDE's older protocol."""

from __future__ import annotations

import pytest

from spectrum_session.gate.rules import decoration, xdg_toplevel
from spectrum_session.gate.verdict import IMPLEMENTATION

from .shell import Shell


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def manager(shell: Shell) -> int:
    return shell.bind("zxdg_decoration_manager_v1")


def test_a_wish_and_its_end(shell: Shell, manager: int) -> None:
    window = shell.new_toplevel()
    made = shell.ask(manager, "get_toplevel_decoration", ..., window.role)
    shell.ask(made, "set_mode", 1)
    assert shell.object(made).state.asked == 1
    shell.ask(made, "unset_mode")
    assert shell.object(made).state.asked is None
    shell.ask(made, "destroy")
    shell.destroy(window)


def test_one_for_a_window(shell: Shell, manager: int) -> None:
    window = shell.new_toplevel()
    made = shell.ask(manager, "get_toplevel_decoration", ..., window.role)
    shell.ask(made, "destroy")
    shell.ask(manager, "get_toplevel_decoration", ..., window.role)
    other = shell.bind("zxdg_decoration_manager_v1")
    assert shell.refused(other, "get_toplevel_decoration", ..., window.role)[:2] == (
        other,
        decoration.ALREADY_CONSTRUCTED,
    )


def test_before_there_is_a_buffer(shell: Shell, manager: int) -> None:
    window = shell.window()
    assert shell.refused(manager, "get_toplevel_decoration", ..., window.role)[:2] == (
        manager,
        decoration.UNCONFIGURED_BUFFER,
    )


@pytest.mark.parametrize("committed", [False, True])
def test_it_goes_before_its_window(shell: Shell, manager: int, committed: bool) -> None:
    """wlroots 0.17 does not notice, before the initial commit, and keeps pointers to the window."""
    window = shell.new_toplevel()
    made = shell.ask(manager, "get_toplevel_decoration", ..., window.role)
    if committed:
        shell.commit(window)
    assert shell.refused(window.role, "destroy")[:2] == (made, xdg_toplevel.ORPHANED)


@pytest.mark.parametrize("mode", [0, 3, 2**32 - 1])
def test_modes_that_are_none(shell: Shell, manager: int, mode: int) -> None:
    made = shell.ask(manager, "get_toplevel_decoration", ..., shell.new_toplevel().role)
    assert shell.refused(made, "set_mode", mode)[:2] == (made, decoration.INVALID_MODE)


@pytest.mark.parametrize(("name", "args"), [("set_mode", (1,)), ("unset_mode", ())])
def test_who_answers_no_configure_has_no_wishes(
    shell: Shell, manager: int, name: str, args: tuple[int, ...]
) -> None:
    window = shell.new_toplevel()
    made = shell.ask(manager, "get_toplevel_decoration", ..., window.role)
    shell.show(window)
    assert not shell.dropped(made, name, *args)
    for _ in range(xdg_toplevel.MAX_UNANSWERED):
        shell.configure(window)
    assert shell.dropped(made, name, *args)


def test_the_older_protocol(shell: Shell) -> None:
    manager = shell.bind("org_kde_kwin_server_decoration_manager")
    made = shell.ask(manager, "create", ..., shell.window().surface)
    shell.ask(made, "request_mode", 2)
    assert shell.object(made).state.asked == 2
    assert shell.refused(made, "request_mode", 3)[1] == IMPLEMENTATION
