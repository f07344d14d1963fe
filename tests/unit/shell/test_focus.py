"""Who gets the keyboard, and who does not."""

from __future__ import annotations

import pytest

from spectrum_session.shell.commands import Focus, Place, Stack, WarpPointer
from spectrum_session.shell.events import (
    ActivationRequest,
    ClientRequest,
    PointerEntered,
    PointerPressed,
)
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.options import Rule

from .desk import Desk


def test_the_first_window_takes_the_focus_by_itself() -> None:
    desk = Desk("A")
    commands = desk.open(1, "work")
    assert [type(command) for command in commands] == [Place, Stack, Focus]
    assert commands[-1] == Focus(1, by_user=False)
    assert desk.shell.focused == 1
    assert desk.places[1].focused


def test_same_origin_takes_the_focus_another_vm_never_does() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.open(2, "work")
    assert desk.focus == Focus(2, by_user=False)
    commands = desk.open(3, "personal")
    assert desk.focus.window == 2
    assert desk.places[3].urgent
    assert not any(isinstance(command, Focus) for command in commands)
    desk.open(4)
    assert desk.focus == Focus(4, by_user=False)
    desk.open(5, "work")
    assert desk.focus.window == 4
    assert desk.window(5).urgent


def test_a_rule_can_refuse_the_focus_and_cannot_grant_it() -> None:
    desk = Desk("A", rules=(Rule(app_id="quiet", focus=False), Rule(focus=True)))
    desk.open(1, "work")
    desk.open(2, "work", app_id="quiet")
    assert desk.focus.window == 1
    assert not desk.window(2).urgent
    desk.open(3, "personal", app_id="x")
    assert desk.focus.window == 1


def test_a_click_focuses_and_clears_urgency() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.open(2, "personal")
    desk.click(2)
    assert desk.focus == Focus(2, by_user=True)
    assert not desk.places[2].urgent
    assert not desk.places[1].focused


def test_a_click_on_what_took_the_focus_by_itself_is_told() -> None:
    desk = Desk("A")
    desk.open(1)
    assert desk.click(1) == [Focus(1, by_user=True)]
    assert desk.click(1) == []


def test_when_the_focused_window_goes_the_last_one_before_it_gets_the_focus() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, 3)
    desk.click(1)
    desk.click(3)
    commands = desk.close(3)
    assert desk.focus == Focus(1, by_user=False)
    assert Focus(1, by_user=False) in commands
    desk.close(1)
    assert desk.focus.window == 2
    assert Focus(None, by_user=False) in desk.close(2)


def test_a_window_never_focused_is_last_in_line() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.open(2, "personal")
    desk.open(3, "work")
    desk.close(3)
    assert desk.focus.window == 1
    desk.close(1)
    assert desk.focus == Focus(2, by_user=False)


def test_an_id_that_comes_again_is_told_anew() -> None:
    desk = Desk("A")
    desk.open(1)
    desk.close(1)
    commands = desk.open(1)
    assert [type(command) for command in commands] == [Place, Stack, Focus]


def test_only_what_can_be_seen_can_be_clicked() -> None:
    desk = Desk("A")
    desk.open_all(1, 2)
    desk.do("minimise", window=1)
    assert desk.click(1) == []
    assert desk.focus.window == 2
    desk.do("restore")
    desk.do("layout monocle")
    assert desk.click(2) == []


def test_activation() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.open(2, "work")
    desk.open(3, "personal")
    desk.open(4, "work")
    desk.send(ActivationRequest(1, trusted=True))
    assert desk.focus == Focus(1, by_user=False)
    desk.send(ActivationRequest(2, trusted=False))
    assert desk.focus.window == 1
    assert desk.window(2).urgent
    desk.click(1)
    desk.send(ActivationRequest(3, trusted=True))
    assert desk.focus.window == 1
    assert desk.window(3).urgent
    assert desk.send(ActivationRequest(1, trusted=False)) == []


def test_activation_of_a_host_window_and_with_nothing_focused() -> None:
    desk = Desk("A")
    desk.open(1)
    desk.open(2, "work")
    desk.click(2)
    desk.send(ActivationRequest(1, trusted=True))
    assert desk.focus.window == 1
    desk.do("move-to-workspace 3", window=2)
    desk.do("workspace 2")
    assert desk.focus.window is None
    desk.send(ActivationRequest(2, trusted=True))
    assert desk.focus.window == 2
    assert desk.shown() == {"A": 3}


def test_focus_by_direction() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, 3)
    desk.do("focus left")
    assert desk.focus == Focus(1, by_user=True)
    desk.do("focus right")
    assert desk.focus.window == 3
    desk.do("focus up")
    assert desk.focus.window == 2
    desk.do("focus up")
    assert desk.focus.window == 2
    desk.do("focus down")
    assert desk.focus.window == 3


def test_what_is_not_beside_a_tile_is_not_in_its_direction() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, 3)
    desk.do("master-count +1")
    desk.do("focus up")
    assert desk.focus.window == 3


def test_focus_in_order_last_and_urgent() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, 3)
    desk.do("focus next")
    assert desk.focus.window == 1
    desk.do("focus previous")
    assert desk.focus.window == 3
    desk.do("focus last")
    assert desk.focus.window == 1
    desk.do("focus last")
    assert desk.focus.window == 3
    desk.do("move-to-workspace 5", window=1)
    desk.send(ActivationRequest(1, trusted=False))
    desk.send(ActivationRequest(2, trusted=False))
    desk.send(ActivationRequest(1, trusted=False))
    desk.do("focus urgent")
    assert desk.focus.window == 1
    assert desk.shown() == {"A": 5}
    assert not desk.window(1).urgent
    desk.do("focus urgent")
    assert desk.focus.window == 2


def test_monocle_shows_the_focused_one() -> None:
    desk = Desk("A", default_layout="monocle")
    desk.open_all(1, 2, 3)
    assert [desk.window(n).visible for n in (1, 2, 3)] == [False, False, True]
    desk.do("focus left")
    assert [desk.window(n).visible for n in (1, 2, 3)] == [False, True, False]
    desk.do("focus left")
    desk.do("focus left")
    assert desk.focus.window == 1
    desk.open(4, "work")
    assert [desk.window(n).visible for n in (1, 4)] == [True, False]


def test_focus_goes_over_to_the_neighbouring_output_and_takes_the_pointer_along() -> None:
    desk = Desk("A", "B")
    desk.open(1)
    commands = desk.do("focus right")
    assert commands[-1] == WarpPointer(Rect(1920, 0, 1920, 1080))
    assert desk.shell.focused_output == "B"
    assert desk.focus.window is None
    desk.open(2)
    assert desk.window(2).output == "B"
    desk.do("focus left")
    assert desk.focus.window == 1
    desk.do("focus-output B")
    assert desk.focus.window == 2
    assert not any(isinstance(c, WarpPointer) for c in desk.click(1))


def test_a_click_on_the_background_focuses_the_output() -> None:
    desk = Desk("A", "B")
    desk.open(1)
    assert desk.send(PointerPressed(None, "A")) == []
    desk.send(PointerPressed(None, "B"))
    assert desk.shell.focused_output == "B"
    assert desk.focus == Focus(None, by_user=True)


@pytest.mark.parametrize("follows", [True, False])
def test_focus_follows_the_pointer_when_asked(follows: bool) -> None:
    desk = Desk("A", focus_follows_pointer=follows)
    desk.open_all(1, 2)
    order = desk.order
    desk.send(PointerEntered(1))
    assert desk.focus == (Focus(1, by_user=False) if follows else Focus(2, by_user=False))
    assert desk.order == order


def test_a_background_client_cannot_cover_the_screen() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.open(2, "personal", wants_fullscreen=True)
    assert not desk.window(2).fullscreen
    desk.send(ClientRequest(2, "fullscreen"))
    desk.send(ClientRequest(2, "maximise"))
    assert not desk.window(2).fullscreen
    assert not desk.window(2).maximised
    assert desk.window(2).urgent
    desk.send(ClientRequest(1, "fullscreen"))
    assert desk.places[1].fullscreen
    assert not desk.places[1].true_fullscreen
    assert desk.frame(1) == Rect(0, 0, 1920, 1080)
    desk.send(ClientRequest(1, "fullscreen", False))
    assert not desk.places[1].fullscreen


def test_a_new_window_opens_fullscreen_when_it_takes_the_focus() -> None:
    desk = Desk(
        "A", rules=(Rule(app_id="no", fullscreen=False), Rule(app_id="yes", maximised=True))
    )
    desk.open(1, "work", wants_fullscreen=True)
    assert desk.places[1].fullscreen
    desk.open(2, "work", wants_fullscreen=True, app_id="no")
    assert not desk.places[2].fullscreen
    desk.open(3, "work", app_id="yes")
    assert desk.places[3].maximised


def test_another_vms_new_window_does_not_cover_a_fullscreen_one() -> None:
    rules = (Rule(vm="greedy", fullscreen=True, floating=True),)
    desk = Desk("A", rules=rules)
    desk.open(1, "work")
    desk.do("fullscreen on")
    desk.open(2, "personal")
    desk.open(3, "greedy")
    desk.open(4, "personal", parent=2)
    assert desk.order[-1] == 1
    # The same VM's dialog does, and it lies over its parent when that has the focus again.
    desk.open(5, "work", parent=1)
    assert desk.order[-2:] == (1, 5)
    desk.click(1)
    assert desk.order[-2:] == (1, 5)


def test_dialogs_open_on_their_parents_workspace() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.do("workspace 2")
    desk.open(2, "work", parent=1)
    assert desk.window(2).workspace == 1
    assert desk.window(2).urgent
    assert desk.shown() == {"A": 2}
    assert desk.focus.window is None


def test_a_parent_of_another_origin_is_none() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.do("workspace 2")
    desk.open(2, "personal", parent=1)
    assert desk.window(2).workspace == 2
    assert not desk.window(2).floating
