"""xdg_popup: parents, grabs, order, placing anew."""

from __future__ import annotations

import pytest

from spectrum_session.compositor.windows import xdg_popup as compositor_popup
from spectrum_session.gate.rules import xdg_popup, xdg_surface, xdg_toplevel, xdg_wm_base

from .shell import Shell, Window


@pytest.fixture
def shell() -> Shell:
    return Shell()


# --- parents


def test_a_popup_on_a_popup_on_a_window(shell: Shell) -> None:
    window = shell.window()
    popup = shell.popup(window)
    child = shell.popup(popup)
    states = [shell.object(one.role).state for one in (popup, child)]
    assert [one.depth for one in states] == [1, 2]
    assert states[1].parent is shell.object(popup.xdg)
    shell.destroy(child)
    shell.destroy(popup)
    shell.destroy(window)


def _get_popup(shell: Shell, xdg: int, parent: int) -> tuple[int, int, str]:
    return shell.refused(xdg, "get_popup", ..., parent, shell.positioner())


def test_not_its_own_parent(shell: Shell) -> None:
    """wlroots up to 0.20 at least walks round and round."""
    _, xdg = shell.new_xdg()
    assert _get_popup(shell, xdg, xdg)[:2] == (shell.wm_base, xdg_wm_base.INVALID_POPUP_PARENT)


@pytest.mark.parametrize("of_window", [True, False])
def test_not_its_own_parent_while_it_is_something(shell: Shell, of_window: bool) -> None:
    window = shell.window()
    xdg = window.xdg if of_window else shell.popup(window).xdg
    assert _get_popup(shell, xdg, xdg)[1] == xdg_wm_base.INVALID_POPUP_PARENT


def test_no_parent_at_all(shell: Shell) -> None:
    _, xdg = shell.new_xdg()
    assert _get_popup(shell, xdg, 0)[1] == xdg_wm_base.INVALID_POPUP_PARENT


def test_a_parent_that_is_nothing_yet(shell: Shell) -> None:
    _, parent = shell.new_xdg()
    _, xdg = shell.new_xdg()
    assert _get_popup(shell, xdg, parent)[1] == xdg_wm_base.INVALID_POPUP_PARENT


@pytest.mark.parametrize("of_window", [True, False])
def test_a_parent_whose_role_object_is_gone(shell: Shell, of_window: bool) -> None:
    """Of two such popups each could be the other's parent."""
    window = shell.window()
    parent = window if of_window else shell.popup(window)
    shell.ask(parent.role, "destroy")
    _, xdg = shell.new_xdg()
    assert _get_popup(shell, xdg, parent.xdg)[1] == xdg_wm_base.INVALID_POPUP_PARENT


def test_a_parent_that_was_just_dismissed(shell: Shell) -> None:
    """The client cannot know yet: it is told in its turn."""
    window = shell.window()
    parent = shell.popup(window)
    shell.tell(parent.role, "popup_done")
    shell.new_popup(parent)
    assert shell.last()[0] == "xdg_surface.get_popup"


def test_how_deep_popups_go(shell: Shell) -> None:
    at: Window = shell.window()
    for _ in range(xdg_popup.MAX_DEPTH):
        at = shell.new_popup(at)
    _, xdg = shell.new_xdg()
    assert "popup-depth" in _get_popup(shell, xdg, at.xdg)[2]


def test_as_deep_as_in_the_compositor() -> None:
    assert xdg_popup.MAX_DEPTH == compositor_popup.MAX_DEPTH


# --- order


def test_the_topmost_goes_first(shell: Shell) -> None:
    popup = shell.popup(shell.window())
    shell.popup(popup)
    assert shell.refused(popup.role, "destroy")[:2] == (
        shell.wm_base,
        xdg_wm_base.NOT_THE_TOPMOST_POPUP,
    )


def test_what_was_dismissed_covers_nothing(shell: Shell) -> None:
    popup = shell.popup(shell.window())
    child = shell.popup(popup)
    shell.tell(child.role, "popup_done")
    shell.ask(popup.role, "destroy")
    shell.ask(child.role, "destroy")


@pytest.mark.parametrize("destroyed", [False, True])
def test_popups_go_with_their_window(shell: Shell, destroyed: bool) -> None:
    window = shell.window()
    popup = shell.popup(window)
    child = shell.popup(popup)
    if destroyed:
        shell.ask(window.role, "destroy")
    else:
        shell.commit(window, 0)
    for one in (popup, child):
        assert shell.object(one.role).state.dismissed
    assert shell.object(window.xdg).state.popups == []
    # The compositor has forgotten both; in which order they go is nobody's business.
    shell.destroy(popup)
    shell.destroy(child)


def test_another_popup_of_the_same_surface_begins_anew(shell: Shell) -> None:
    window = shell.window()
    popup = shell.popup(window)
    shell.ask(popup.role, "destroy")
    state = shell.object(popup.xdg).state
    assert (state.initialised, state.configured, state.mapped) == (False, False, False)
    popup.role = shell.ask(popup.xdg, "get_popup", ..., window.xdg, shell.positioner())
    assert shell.refused(popup.surface, "commit")[1] == xdg_surface.UNCONFIGURED_BUFFER


def test_one_role_for_good(shell: Shell) -> None:
    window = shell.window()
    popup = shell.new_popup(window)
    assert _get_popup(shell, popup.xdg, window.xdg)[:2] == (shell.wm_base, xdg_wm_base.ROLE)


# --- grabs


def test_a_grab_for_what_the_person_did(shell: Shell) -> None:
    popup = shell.new_popup(shell.window())
    serial = shell.press()
    shell.ask(popup.role, "grab", shell.seat, serial)
    assert shell.last() == ("xdg_popup.grab", (shell.seat, serial))
    shell.show(popup)


def test_one_grab_only(shell: Shell) -> None:
    """A second one puts it in wlroots' list twice."""
    popup = shell.new_popup(shell.window())
    serial = shell.press()
    shell.ask(popup.role, "grab", shell.seat, serial)
    assert shell.refused(popup.role, "grab", shell.seat, serial)[:2] == (
        popup.role,
        xdg_popup.INVALID_GRAB,
    )


def test_no_grab_when_it_is_shown(shell: Shell) -> None:
    popup = shell.popup(shell.window())
    code = shell.refused(popup.role, "grab", shell.seat, shell.press())[1]
    assert code == xdg_popup.INVALID_GRAB


def test_no_second_grab_when_it_was_hidden(shell: Shell) -> None:
    popup = shell.new_popup(shell.window())
    shell.ask(popup.role, "grab", shell.seat, shell.press())
    shell.show(popup)
    shell.commit(popup, 0)
    code = shell.refused(popup.role, "grab", shell.seat, shell.press())[1]
    assert code == xdg_popup.INVALID_GRAB


def test_no_grab_below_another_popup(shell: Shell) -> None:
    popup = shell.new_popup(shell.window())
    shell.new_popup(popup)
    assert shell.refused(popup.role, "grab", shell.seat, shell.press())[:2] == (
        shell.wm_base,
        xdg_wm_base.NOT_THE_TOPMOST_POPUP,
    )


def test_a_grab_that_nobody_asked_for_is_denied(shell: Shell) -> None:
    popup = shell.new_popup(shell.window())
    for _ in range(2):
        assert shell.dropped(popup.role, "grab", shell.seat, 4242)
    done = [one for one in shell.received if one[0] == "xdg_popup.popup_done"]
    assert done == [("xdg_popup.popup_done", ())]
    assert shell.account.refused["popup-grab-serial"] == 2


# --- placing anew


def test_placed_anew(shell: Shell) -> None:
    popup = shell.popup(shell.window())
    positioner = shell.positioner()
    shell.ask(positioner, "set_size", 33, 44)
    shell.ask(popup.role, "reposition", positioner, 77)
    assert shell.last() == ("xdg_popup.reposition", (positioner, 77))
    state = shell.object(popup.role).state
    assert (state.token, state.positioner.size) == (77, (33, 44))


def test_not_before_the_initial_commit(shell: Shell) -> None:
    """It leads to a configure: wlroots asserts that there is none before."""
    popup = shell.new_popup(shell.window())
    assert shell.refused(popup.role, "reposition", shell.positioner(), 1)[:2] == (
        shell.wm_base,
        xdg_wm_base.INVALID_SURFACE_STATE,
    )


def test_not_when_it_is_unmapped(shell: Shell) -> None:
    popup = shell.popup(shell.window())
    shell.commit(popup, 0)
    code = shell.refused(popup.role, "reposition", shell.positioner(), 1)[1]
    assert code == xdg_wm_base.INVALID_SURFACE_STATE


def test_who_answers_no_configure_is_not_placed_anew(shell: Shell) -> None:
    popup = shell.popup(shell.window())
    serials = [shell.configure(popup) for _ in range(xdg_toplevel.MAX_UNANSWERED)]
    positioner = shell.positioner()
    assert shell.dropped(popup.role, "reposition", positioner, 1)
    shell.ask(popup.xdg, "ack_configure", serials[-1])
    assert not shell.dropped(popup.role, "reposition", positioner, 1)


def test_where_it_was_told_to_be(shell: Shell) -> None:
    popup = shell.popup(shell.window())
    shell.tell(popup.role, "configure", -5, 6, 70, 80)
    assert shell.object(popup.role).state.box == (-5, 6, 70, 80)
    (described,) = (one for one in shell.gate.describe() if one["interface"] == "xdg_popup")
    assert described["box"] == [-5, 6, 70, 80]
