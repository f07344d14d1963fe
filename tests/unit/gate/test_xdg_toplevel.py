"""xdg_toplevel: names, sizes, parents, and what needs a person."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate.limits import Limits
from spectrum_session.gate.policy import Policy
from spectrum_session.gate.rules import xdg_surface, xdg_toplevel
from spectrum_session.gate.rules.bounds import MAX_LENGTH
from spectrum_session.labels.sanitise import TITLE_LIMIT, sanitise_title

from .ends import Refusal
from .shell import Shell


@pytest.fixture
def shell() -> Shell:
    return Shell()


# --- names


def test_an_ordinary_title_is_passed_on_as_it_is(shell: Shell) -> None:
    window = shell.new_toplevel()
    shell.ask(window.role, "set_title", b"report.txt - editor")
    shell.ask(window.role, "set_app_id", b"org.example.Editor")
    assert shell.sent[-2:] == [
        ("xdg_toplevel.set_title", (b"report.txt - editor",)),
        ("xdg_toplevel.set_app_id", (b"org.example.Editor",)),
    ]
    state = shell.object(window.role).state
    assert (state.title, state.app_id) == ("report.txt - editor", "org.example.Editor")


@pytest.mark.parametrize(
    ("title", "safe"),
    [
        ("\u202egnp.exe", "gnp.exe"),
        ("a\nb\tc", "a b c"),
        ("\u0430bc", "_bc"),
        ("x" * 4000, "x" * TITLE_LIMIT),
    ],
)
@pytest.mark.parametrize("request_name", ["set_title", "set_app_id"])
def test_names_are_made_safe(shell: Shell, request_name: str, title: str, safe: str) -> None:
    window = shell.new_toplevel()
    shell.ask(window.role, request_name, title.encode())
    assert shell.last()[1] == (safe.encode(),)


def test_what_is_no_utf8_does_not_pass(shell: Shell) -> None:
    window = shell.new_toplevel()
    shell.ask(window.role, "set_title", b"caf\xe9\xff")
    assert shell.last()[1] == (b"caf__",)


def test_more_than_ascii_takes_a_permission() -> None:
    shell = Shell(Policy(utf8_titles=True))
    window = shell.new_toplevel()
    shell.ask(window.role, "set_title", "Grüße\u202e".encode())
    assert shell.last()[1] == ("Grüße".encode(),)
    # What programs are matched by stays plain.
    shell.ask(window.role, "set_app_id", "Grüße".encode())
    assert shell.last()[1] == (b"Gr__e",)


@given(st.binary(max_size=300).filter(lambda raw: 0 not in raw), st.booleans())
def test_whatever_the_title_it_is_safe(raw: bytes, utf8: bool) -> None:
    shell = Shell(Policy(utf8_titles=utf8))
    window = shell.new_toplevel()
    shell.ask(window.role, "set_title", raw)
    (sent,) = shell.last()[1]
    text = sent.decode()
    assert sanitise_title(text, utf8=utf8) == text


# --- sizes


def test_least_and_greatest(shell: Shell) -> None:
    window = shell.new_toplevel()
    shell.ask(window.role, "set_min_size", 100, 0)
    shell.ask(window.role, "set_max_size", 100, 50)
    shell.show(window)
    state = shell.object(window.role).state
    assert (state.min_size, state.max_size) == ((100, 0), (100, 50))


def test_a_least_size_without_a_greatest(shell: Shell) -> None:
    window = shell.window()
    shell.ask(window.role, "set_min_size", 100, 50)
    shell.commit(window)


@pytest.mark.parametrize("last", ["set_min_size", "set_max_size"])
def test_whichever_of_the_two_changes_is_looked_at(shell: Shell, last: str) -> None:
    window = shell.new_toplevel()
    shell.ask(window.role, "set_min_size", 50, 50)
    shell.ask(window.role, "set_max_size", 60, 60)
    shell.show(window)
    shell.ask(window.role, last, *((70, 50) if last == "set_min_size" else (60, 40)))
    assert shell.refused(window.surface, "commit")[1] == xdg_toplevel.INVALID_SIZE


@pytest.mark.parametrize("size", [(-1, 0), (0, -1), (-(2**31), 5)])
@pytest.mark.parametrize("name", ["set_min_size", "set_max_size"])
def test_no_size_is_negative(shell: Shell, name: str, size: tuple[int, int]) -> None:
    window = shell.new_toplevel()
    assert shell.refused(window.role, name, *size)[:2] == (window.role, xdg_toplevel.INVALID_SIZE)


@pytest.mark.parametrize("name", ["set_min_size", "set_max_size"])
def test_too_large_is_as_large_as_can_be(shell: Shell, name: str) -> None:
    window = shell.new_toplevel()
    shell.ask(window.role, name, 2**31 - 1, 5)
    assert shell.last()[1] == (MAX_LENGTH, 5)


@pytest.mark.parametrize(("least", "greatest"), [((9, 1), (8, 1)), ((1, 9), (0, 8))])
def test_the_least_is_not_more_than_the_greatest(
    shell: Shell, least: tuple[int, int], greatest: tuple[int, int]
) -> None:
    window = shell.window()
    # Both belong to one commit: which is set first does not matter.
    shell.ask(window.role, "set_min_size", *least)
    shell.ask(window.role, "set_max_size", *greatest)
    assert shell.refused(window.surface, "commit")[:2] == (window.role, xdg_toplevel.INVALID_SIZE)


# --- parents


def test_a_parent_that_is_mapped(shell: Shell) -> None:
    parent, child = shell.window(), shell.window()
    shell.ask(child.role, "set_parent", parent.role)
    assert shell.object(child.role).state.parent is shell.object(parent.role)
    shell.ask(child.role, "set_parent", 0)
    assert shell.object(child.role).state.parent is None
    assert shell.object(parent.role).state.children == []


@pytest.mark.parametrize("length", [1, 2, 3, 10])
def test_no_loop_of_parents(shell: Shell, length: int) -> None:
    windows = [shell.window() for _ in range(length)]
    for child, parent in pairwise(windows):
        shell.ask(child.role, "set_parent", parent.role)
    assert shell.refused(windows[-1].role, "set_parent", windows[0].role)[:2] == (
        windows[-1].role,
        xdg_toplevel.INVALID_PARENT,
    )


def test_not_even_an_unmapped_window_is_its_own_parent(shell: Shell) -> None:
    window = shell.new_toplevel()
    assert shell.refused(window.role, "set_parent", window.role)[1] == xdg_toplevel.INVALID_PARENT


@pytest.mark.parametrize("destroyed", [False, True])
def test_children_go_to_the_parent_above(shell: Shell, destroyed: bool) -> None:
    top, middle, child = shell.window(), shell.window(), shell.window()
    shell.ask(middle.role, "set_parent", top.role)
    shell.ask(child.role, "set_parent", middle.role)
    if destroyed:
        shell.destroy(middle)
    else:
        shell.commit(middle, 0)
        assert shell.object(middle.role).state.parent is None
    assert shell.object(child.role).state.parent is shell.object(top.role)
    with pytest.raises(Refusal):
        shell.ask(top.role, "set_parent", child.role)


def test_a_parent_above_that_goes_in_its_turn(shell: Shell) -> None:
    top, middle, child = shell.window(), shell.window(), shell.window()
    shell.ask(middle.role, "set_parent", top.role)
    shell.ask(child.role, "set_parent", middle.role)
    shell.commit(middle, 0)
    assert shell.object(middle.role).state.children == []
    assert shell.object(top.role).state.children == [shell.object(child.role)]
    shell.destroy(top)
    assert shell.object(child.role).state.parent is None


def test_a_parent_that_is_not_mapped_counts_as_none(shell: Shell) -> None:
    parent, child = shell.new_toplevel(), shell.window()
    shell.ask(child.role, "set_parent", parent.role)
    assert shell.object(child.role).state.parent is None
    # So this is no loop.
    shell.show(parent)
    shell.ask(parent.role, "set_parent", child.role)


def test_a_parent_of_which_nothing_is_left(shell: Shell) -> None:
    parent, child = shell.window(), shell.window()
    shell.ask(child.role, "set_parent", parent.role)
    shell.destroy(parent)
    assert shell.object(child.role).state.parent is None
    assert "unknown object" in shell.refused(child.role, "set_parent", parent.role)[2]


# --- what needs a person

DRAGS = [("move", ()), ("resize", (8,)), ("show_window_menu", (5, 5))]


@pytest.mark.parametrize(("name", "args"), DRAGS)
def test_only_with_a_serial_that_was_given(
    shell: Shell, name: str, args: tuple[int, ...]
) -> None:
    window = shell.window()
    assert shell.dropped(window.role, name, shell.seat, 4242, *args)
    assert shell.account.refused["window-serial"] == 1
    serial = shell.press()
    shell.ask(window.role, name, shell.seat, serial, *args)
    assert shell.last() == (f"xdg_toplevel.{name}", (shell.seat, serial, *args))


@pytest.mark.parametrize(("name", "args"), DRAGS)
def test_not_before_it_is_configured(shell: Shell, name: str, args: tuple[int, ...]) -> None:
    window = shell.new_toplevel()
    serial = shell.press()
    assert shell.refused(window.role, name, shell.seat, serial, *args)[:2] == (
        window.xdg,
        xdg_surface.NOT_CONSTRUCTED,
    )


@pytest.mark.parametrize("edges", [3, 7, 11, 12, 15, 16, 2**32 - 1])
def test_edges_that_are_none(shell: Shell, edges: int) -> None:
    window = shell.window()
    serial = shell.press()
    code = shell.refused(window.role, "resize", shell.seat, serial, edges)[1]
    assert code == xdg_toplevel.INVALID_RESIZE_EDGE


def test_no_edge_at_all(shell: Shell) -> None:
    window = shell.window()
    assert shell.dropped(window.role, "resize", shell.seat, shell.press(), 0)


def test_a_menu_is_near_its_window(shell: Shell) -> None:
    window = shell.window()
    shell.ask(window.role, "show_window_menu", shell.seat, shell.press(), 2**31 - 1, -(2**31))
    assert shell.last()[1][2:] == (MAX_LENGTH, -MAX_LENGTH)


# --- states


def test_states_that_are_asked_for(shell: Shell) -> None:
    window = shell.new_toplevel()
    state = shell.object(window.role).state
    for name in ("set_maximized", "set_minimized"):
        shell.ask(window.role, name)
    shell.ask(window.role, "set_fullscreen", 0)
    assert (state.maximised, state.fullscreen, state.minimised) == (True, True, True)
    shell.ask(window.role, "unset_maximized")
    shell.ask(window.role, "unset_fullscreen")
    assert (state.maximised, state.fullscreen) == (False, False)


def test_fullscreen_takes_a_permission() -> None:
    shell = Shell(Policy(permissions=frozenset()))
    window = shell.window()
    assert shell.dropped(window.role, "set_fullscreen", 0)
    assert shell.account.refused["fullscreen"] == 1
    assert not shell.object(window.role).state.fullscreen
    assert not shell.dropped(window.role, "unset_fullscreen")


def test_an_output_that_is_gone(shell: Shell) -> None:
    window = shell.window()
    output = shell.bind("wl_output")
    shell.ask(window.role, "set_fullscreen", output)
    shell.ask(output, "release")
    assert "unknown object" in shell.refused(window.role, "set_fullscreen", output)[2]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("set_maximized", ()),
        ("unset_maximized", ()),
        ("set_fullscreen", (0,)),
        ("unset_fullscreen", ()),
        ("set_minimized", ()),
    ],
)
def test_who_answers_no_configure_gets_no_more(
    shell: Shell, name: str, args: tuple[int, ...]
) -> None:
    """The compositor keeps each until it is answered."""
    window = shell.window()
    serials = [shell.configure(window) for _ in range(xdg_toplevel.MAX_UNANSWERED)]
    assert shell.dropped(window.role, name, *args)
    assert shell.account.refused["unanswered-configures"] == 1
    shell.ask(window.xdg, "ack_configure", serials[-1])
    assert not shell.dropped(window.role, name, *args)


def test_the_output_that_was_asked_for(shell: Shell) -> None:
    window, output = shell.window(), shell.bind("wl_output")
    state = shell.object(window.role).state
    shell.ask(window.role, "set_fullscreen", output)
    assert state.fullscreen_output is shell.object(output)
    shell.ask(window.role, "unset_fullscreen")
    assert state.fullscreen_output is None


def test_what_an_unmapped_window_forgets(shell: Shell) -> None:
    """As wlroots does: it is named and asks anew before it is shown again."""
    window, output = shell.window(), shell.bind("wl_output")
    state = shell.object(window.role).state
    shell.ask(window.role, "set_title", b"a")
    shell.ask(window.role, "set_app_id", b"b")
    for name in ("set_maximized", "set_minimized"):
        shell.ask(window.role, name)
    shell.ask(window.role, "set_fullscreen", output)
    shell.commit(window, 0)
    assert (state.title, state.app_id, state.fullscreen_output) == ("", "", None)
    assert (state.maximised, state.fullscreen, state.minimised) == (False, False, False)


def test_what_it_was_told(shell: Shell) -> None:
    window = shell.window()
    shell.tell(window.role, "configure", 640, 480, struct.pack("=2I", 1, 4))
    state = shell.object(window.role).state
    assert (state.configured_size, state.configured_states) == ((640, 480), (1, 4))
    shell.ask(window.role, "destroy")
    # It was under way.
    shell.tell(window.role, "configure", 1, 1, b"")


def test_how_many_there_may_be() -> None:
    shell = Shell(limits=Limits(toplevels=2))
    first = shell.new_toplevel()
    shell.new_toplevel()
    shell.ask(first.role, "destroy")
    shell.delete(first.role)
    shell.new_toplevel()
    _, xdg = shell.new_xdg()
    assert "toplevels" in shell.refused(xdg, "get_toplevel", ...)[2]
