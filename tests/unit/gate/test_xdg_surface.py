"""xdg_wm_base and xdg_surface: construction, configures, commits, destruction."""

from __future__ import annotations

import pytest

from spectrum_session.gate.model import SurfaceState
from spectrum_session.gate.rules import xdg_surface, xdg_wm_base
from spectrum_session.gate.rules.bounds import MAX_LENGTH

from .shell import Shell, Window


@pytest.fixture
def shell() -> Shell:
    return Shell()


# --- xdg_wm_base


def test_wm_base_goes_after_its_surfaces(shell: Shell) -> None:
    surface, xdg = shell.new_xdg()
    assert shell.refused(shell.wm_base, "destroy")[:2] == (
        shell.wm_base,
        xdg_wm_base.DEFUNCT_SURFACES,
    )
    shell = Shell()
    surface, xdg = shell.new_xdg()
    shell.ask(xdg, "destroy")
    shell.ask(surface, "destroy")
    shell.ask(shell.wm_base, "destroy")
    assert shell.last()[0] == "xdg_wm_base.destroy"


def test_pong_answers_a_ping_once(shell: Shell) -> None:
    assert shell.dropped(shell.wm_base, "pong", 7)
    shell.tell(shell.wm_base, "ping", 7)
    assert not shell.dropped(shell.wm_base, "pong", 7)
    assert shell.dropped(shell.wm_base, "pong", 7)
    assert shell.account.refused["pong-serial"] == 2


def test_a_surface_has_one_xdg_surface_at_a_time(shell: Shell) -> None:
    surface, xdg = shell.new_xdg()
    shell.ask(xdg, "destroy")
    shell.new_xdg(surface)
    code = shell.refused(shell.wm_base, "get_xdg_surface", ..., surface)[1]
    assert code == xdg_wm_base.ROLE


def test_a_surface_with_another_role_is_no_window(shell: Shell) -> None:
    parent, child = shell.new_surface(), shell.new_surface()
    subcompositor = shell.bind("wl_subcompositor")
    shell.ask(subcompositor, "get_subsurface", ..., child, parent)
    code = shell.refused(shell.wm_base, "get_xdg_surface", ..., child)[1]
    assert code == xdg_wm_base.ROLE


@pytest.mark.parametrize("committed", [False, True])
def test_a_surface_with_a_buffer_is_no_window(shell: Shell, committed: bool) -> None:
    surface = shell.new_surface()
    shell.ask(surface, "attach", shell.buffer, 0, 0)
    if committed:
        shell.ask(surface, "commit")
    code = shell.refused(shell.wm_base, "get_xdg_surface", ..., surface)[1]
    assert code == xdg_wm_base.INVALID_SURFACE_STATE


def test_a_surface_that_gave_its_buffer_away_is_free_again(shell: Shell) -> None:
    window = shell.window()
    shell.ask(window.role, "destroy")
    shell.ask(window.xdg, "destroy")
    shell.commit(window, 0)
    surface, xdg = shell.new_xdg(window.surface)
    shell.show(Window(surface, xdg, shell.ask(xdg, "get_toplevel", ...)))


# --- roles


def test_a_second_role_object(shell: Shell) -> None:
    window = shell.new_toplevel()
    assert shell.refused(window.xdg, "get_toplevel", ...)[:2] == (shell.wm_base, xdg_wm_base.ROLE)


def test_another_role_later(shell: Shell) -> None:
    parent = shell.window()
    window = shell.new_toplevel()
    shell.ask(window.role, "destroy")
    refused = shell.refused(window.xdg, "get_popup", ..., parent.xdg, shell.positioner())
    assert refused[:2] == (shell.wm_base, xdg_wm_base.ROLE)


def test_the_same_role_later_begins_anew(shell: Shell) -> None:
    window = shell.window()
    shell.ask(window.role, "destroy")
    window.role = shell.ask(window.xdg, "get_toplevel", ...)
    # The buffer is still there: wlroots would map it without a configure.
    assert shell.refused(window.surface, "commit")[:2] == (
        window.xdg,
        xdg_surface.UNCONFIGURED_BUFFER,
    )


@pytest.mark.parametrize(
    ("name", "args"), [("ack_configure", (1,)), ("set_window_geometry", (0, 0, 1, 1))]
)
def test_nothing_before_the_role(shell: Shell, name: str, args: tuple[int, ...]) -> None:
    _, xdg = shell.new_xdg()
    assert shell.refused(xdg, name, *args)[:2] == (xdg, xdg_surface.NOT_CONSTRUCTED)


def test_a_commit_without_a_role(shell: Shell) -> None:
    surface, xdg = shell.new_xdg()
    assert shell.refused(surface, "commit")[:2] == (xdg, xdg_surface.NOT_CONSTRUCTED)


def test_a_commit_after_the_role_object_went(shell: Shell) -> None:
    window = shell.new_toplevel()
    shell.commit(window)
    shell.ask(window.role, "destroy")
    assert shell.refused(window.surface, "commit")[:2] == (window.xdg, xdg_surface.NOT_CONSTRUCTED)


# --- destruction


def test_role_then_xdg_surface_then_surface(shell: Shell) -> None:
    window = shell.window()
    assert shell.refused(window.xdg, "destroy")[:2] == (
        window.xdg,
        xdg_surface.DEFUNCT_ROLE_OBJECT,
    )
    shell = Shell()
    shell.destroy(shell.window())


# --- configures


def test_no_buffer_before_a_configure(shell: Shell) -> None:
    window = shell.new_toplevel()
    shell.ask(window.surface, "attach", shell.buffer, 0, 0)
    assert shell.refused(window.surface, "commit")[:2] == (
        window.xdg,
        xdg_surface.UNCONFIGURED_BUFFER,
    )


def test_no_buffer_before_the_configure_is_acknowledged(shell: Shell) -> None:
    window = shell.new_toplevel()
    shell.commit(window)
    shell.configure(window)
    shell.ask(window.surface, "attach", shell.buffer, 0, 0)
    assert shell.refused(window.surface, "commit")[1] == xdg_surface.UNCONFIGURED_BUFFER


def test_no_buffer_in_the_initial_commit_whatever_was_acknowledged(shell: Shell) -> None:
    """wlroots asserts that what is unmapped was not in its initial commit just now."""
    window = shell.new_toplevel()
    state = shell.object(window.xdg).state
    serial = shell.configure(window)
    # As if the compositor had answered a request before the initial commit.
    state.sent.append(serial)
    shell.ask(window.xdg, "ack_configure", serial)
    assert state.configured
    shell.ask(window.surface, "attach", shell.buffer, 0, 0)
    assert shell.refused(window.surface, "commit")[1] == xdg_surface.UNCONFIGURED_BUFFER


def test_a_serial_that_was_never_sent(shell: Shell) -> None:
    window = shell.new_toplevel()
    shell.commit(window)
    serial = shell.configure(window)
    assert shell.refused(window.xdg, "ack_configure", serial + 1)[:2] == (
        shell.wm_base,
        xdg_wm_base.INVALID_SURFACE_STATE,
    )


def test_a_serial_of_another_window(shell: Shell) -> None:
    one, other = shell.window(), shell.window()
    serial = shell.configure(one)
    assert shell.refused(other.xdg, "ack_configure", serial)[1] == (
        xdg_wm_base.INVALID_SURFACE_STATE
    )


@pytest.mark.parametrize("again", [0, 1])
def test_older_than_the_last_acknowledged(shell: Shell, again: int) -> None:
    window = shell.window()
    serials = [shell.configure(window) for _ in range(3)]
    shell.ask(window.xdg, "ack_configure", serials[1])
    state = shell.object(window.xdg).state
    assert (state.acked, list(state.sent)) == (serials[1], serials[2:])
    code = shell.refused(window.xdg, "ack_configure", serials[again])[1]
    assert code == xdg_wm_base.INVALID_SURFACE_STATE


def test_unmapped_is_begun_anew(shell: Shell) -> None:
    window = shell.window()
    late = shell.configure(window)
    shell.commit(window, 0)
    state = shell.object(window.xdg).state
    assert (state.initialised, state.configured, state.mapped) == (False, False, False)
    # It was under way: no fault of the client's, and wlroots does not know of it any more.
    assert shell.dropped(window.xdg, "ack_configure", late)
    later = shell.configure(window)
    assert shell.dropped(window.xdg, "ack_configure", later)
    shell.ask(window.surface, "attach", shell.buffer, 0, 0)
    assert shell.refused(window.surface, "commit")[1] == xdg_surface.UNCONFIGURED_BUFFER


def test_unmapped_and_shown_again(shell: Shell) -> None:
    window = shell.window()
    shell.commit(window, 0)
    shell.show(window)
    assert shell.object(window.xdg).state.mapped


# --- geometry


def test_geometry(shell: Shell) -> None:
    window = shell.window()
    shell.ask(window.xdg, "set_window_geometry", -5, 3, MAX_LENGTH, 1)
    assert shell.object(window.xdg).state.geometry == (-5, 3, MAX_LENGTH, 1)
    assert shell.last() == ("xdg_surface.set_window_geometry", (-5, 3, MAX_LENGTH, 1))


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 0, 1),
        (0, 0, 1, 0),
        (0, 0, -1, 1),
        (0, 0, MAX_LENGTH + 1, 1),
        (0, 0, 1, 2**31 - 1),
        (-(2**31), 0, 1, 1),
        (0, MAX_LENGTH + 1, 1, 1),
    ],
)
def test_a_geometry_that_cannot_be(shell: Shell, box: tuple[int, int, int, int]) -> None:
    window = shell.window()
    assert shell.refused(window.xdg, "set_window_geometry", *box)[:2] == (
        window.xdg,
        xdg_surface.INVALID_SIZE,
    )


def test_what_is_known_goes_with_it(shell: Shell) -> None:
    window = shell.window()
    known: SurfaceState = shell.object(window.surface).state
    assert known.xdg_surface is shell.object(window.xdg)
    described = {one["interface"]: one for one in shell.gate.describe()}
    assert described["xdg_surface"]["mapped"]
    shell.ask(window.role, "destroy")
    shell.ask(window.xdg, "destroy")
    assert known.xdg_surface is None
