"""xdg_positioner: what it may say, and that it says enough."""

from __future__ import annotations

import pytest

from spectrum_session.gate.rules import xdg_positioner, xdg_wm_base
from spectrum_session.gate.rules.bounds import MAX_LENGTH

from .shell import Shell

FAR = 2**31 - 1


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def positioner(shell: Shell) -> int:
    return shell.ask(shell.wm_base, "create_positioner", ...)


GOOD = [
    ("set_size", (1, MAX_LENGTH)),
    ("set_anchor_rect", (-MAX_LENGTH, MAX_LENGTH, 0, 0)),
    ("set_anchor", (8,)),
    ("set_gravity", (8,)),
    ("set_constraint_adjustment", (63,)),
    ("set_offset", (-MAX_LENGTH, MAX_LENGTH)),
    ("set_reactive", ()),
    ("set_parent_size", (0, 5)),
]


@pytest.mark.parametrize(("name", "args"), GOOD)
def test_what_passes_as_it_is(
    shell: Shell, positioner: int, name: str, args: tuple[int, ...]
) -> None:
    shell.ask(positioner, name, *args)
    assert shell.last() == (f"xdg_positioner.{name}", args)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("set_size", (0, 1)),
        ("set_size", (1, 0)),
        ("set_size", (1, -1)),
        ("set_anchor_rect", (0, 0, -1, 0)),
        ("set_anchor_rect", (0, 0, 0, -(2**31))),
        ("set_anchor", (9,)),
        ("set_gravity", (2**32 - 1,)),
        ("set_constraint_adjustment", (64,)),
        ("set_parent_size", (-1, 1)),
        ("set_parent_size", (1, -1)),
    ],
)
def test_what_ends_it(shell: Shell, positioner: int, name: str, args: tuple[int, ...]) -> None:
    assert shell.refused(positioner, name, *args)[:2] == (positioner, xdg_positioner.INVALID_INPUT)


@pytest.mark.parametrize(
    ("name", "args", "sent"),
    [
        ("set_size", (FAR, FAR), (MAX_LENGTH, MAX_LENGTH)),
        ("set_anchor_rect", (FAR, -FAR, FAR, FAR), (MAX_LENGTH, -MAX_LENGTH, *2 * [MAX_LENGTH])),
        ("set_offset", (FAR, -FAR - 1), (MAX_LENGTH, -MAX_LENGTH)),
        ("set_parent_size", (FAR, FAR), (MAX_LENGTH, MAX_LENGTH)),
    ],
)
def test_too_far_is_as_far_as_can_be(
    shell: Shell, positioner: int, name: str, args: tuple[int, ...], sent: tuple[int, ...]
) -> None:
    shell.ask(positioner, name, *args)
    assert shell.last() == (f"xdg_positioner.{name}", sent)


@pytest.mark.parametrize("missing", ["set_size", "set_anchor_rect"])
@pytest.mark.parametrize("use", ["get_popup", "reposition"])
def test_it_says_enough_before_it_is_used(
    shell: Shell, positioner: int, missing: str, use: str
) -> None:
    """wlroots 0.17 looks at a new popup's only, not at a reposition's."""
    window = shell.window()
    for name, args in (("set_size", (5, 5)), ("set_anchor_rect", (0, 0, 1, 1))):
        if name != missing:
            shell.ask(positioner, name, *args)
    if use == "reposition":
        refused = shell.refused(shell.popup(window).role, use, positioner, 1)
    else:
        _, xdg = shell.new_xdg()
        refused = shell.refused(xdg, use, ..., window.xdg, positioner)
    assert refused[:2] == (shell.wm_base, xdg_wm_base.INVALID_POSITIONER)


def test_an_anchor_without_width_says_nothing(shell: Shell, positioner: int) -> None:
    window = shell.window()
    shell.ask(positioner, "set_size", 5, 5)
    shell.ask(positioner, "set_anchor_rect", 0, 0, 0, 5)
    _, xdg = shell.new_xdg()
    code = shell.refused(xdg, "get_popup", ..., window.xdg, positioner)[1]
    assert code == xdg_wm_base.INVALID_POSITIONER


def test_a_configure_that_was_sent(shell: Shell, positioner: int) -> None:
    window = shell.window()
    serial = shell.configure(window)
    assert shell.dropped(positioner, "set_parent_configure", serial + 1)
    shell.ask(positioner, "set_parent_configure", serial)
    assert shell.last() == ("xdg_positioner.set_parent_configure", (serial,))


def test_what_is_known_of_it(shell: Shell, positioner: int) -> None:
    window = shell.window()
    serial = shell.configure(window)
    for name, args in GOOD:
        shell.ask(positioner, name, *args)
    shell.ask(positioner, "set_parent_configure", serial)
    state = shell.object(positioner).state
    assert (state.size, state.anchor_rect) == ((1, MAX_LENGTH), (-MAX_LENGTH, MAX_LENGTH, 0, 0))
    assert (state.anchor, state.gravity, state.adjustment) == (8, 8, 63)
    assert (state.offset, state.reactive) == ((-MAX_LENGTH, MAX_LENGTH), True)
    assert (state.parent_size, state.parent_configure) == ((0, 5), serial)


def test_what_a_popup_keeps_of_it(shell: Shell) -> None:
    window = shell.window()
    positioner = shell.positioner()
    _, xdg = shell.new_xdg()
    popup = shell.ask(xdg, "get_popup", ..., window.xdg, positioner)
    shell.ask(positioner, "set_size", 99, 99)
    shell.ask(positioner, "destroy")
    assert shell.object(popup).state.positioner.size == (10, 10)
