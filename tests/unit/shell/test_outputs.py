"""Workspaces and the outputs that show them."""

from __future__ import annotations

from spectrum_session.shell.commands import Focus, WarpPointer
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.options import Rule

from .desk import BAR, Desk


def test_each_output_shows_a_workspace_of_its_own() -> None:
    desk = Desk("A", "B", "C")
    assert desk.shown() == {"A": 1, "B": 2, "C": 3}
    assert desk.shell.focused_output == "A"


def test_more_outputs_than_workspaces() -> None:
    desk = Desk(*(f"O{n}" for n in range(12)))
    assert sorted(desk.shown().values()) == list(range(1, 11))
    desk.do("focus-output O11")
    desk.open(1)
    desk.unplug("O0")
    assert sorted(desk.shown().values()) == list(range(1, 11))
    assert "O10" in desk.shown()


def test_switching_workspaces() -> None:
    desk = Desk("A")
    desk.open(1)
    desk.do("workspace 4")
    assert not desk.places[1].visible
    assert desk.focus == Focus(None, by_user=True)
    desk.open(2)
    assert desk.window(2).workspace == 4
    desk.do("workspace last")
    assert desk.focus == Focus(1, by_user=True)
    desk.do("workspace last")
    assert desk.shown() == {"A": 4}
    desk.do("workspace next")
    assert desk.shown() == {"A": 5}
    desk.do("workspace 1")
    desk.do("workspace previous")
    assert desk.shown() == {"A": 10}


def test_a_workspace_on_another_output_is_gone_to_and_skipped_by_next() -> None:
    desk = Desk("A", "B")
    commands = desk.do("workspace 2")
    assert desk.shown() == {"A": 1, "B": 2}
    assert desk.shell.focused_output == "B"
    assert commands[-1] == WarpPointer(Rect(1920, 0, 1920, 1080))
    desk.do("workspace 1")
    desk.do("workspace next")
    assert desk.shown() == {"A": 3, "B": 2}


def test_sending_windows_to_workspaces() -> None:
    desk = Desk("A")
    desk.open_all(1, 2)
    desk.open(3, parent=2)
    desk.do("move-to-workspace 7")
    assert [desk.window(n).workspace for n in (1, 2, 3)] == [1, 7, 7]
    assert desk.focus == Focus(1, by_user=False)
    assert not desk.window(3).visible
    assert desk.window(3).output == "A"
    assert desk.do("move-to-workspace 1") == []


def test_sending_windows_and_workspaces_to_outputs() -> None:
    desk = Desk("A", "B")
    desk.open_all(1, 2)
    desk.do("move-to-output right")
    assert desk.window(2).output == "B"
    assert desk.window(2).visible
    assert desk.focus.window == 1
    desk.do("move right")
    assert desk.window(1).output == "B"
    assert desk.focus.window == 1
    assert desk.shell.focused_output == "B"
    desk.do("workspace-to-output A")
    assert desk.shown() == {"A": 2, "B": 1}
    assert desk.focus.window == 1
    assert desk.shell.focused_output == "A"
    assert desk.window(2).output == "A"


def test_rule_sends_a_window_to_a_hidden_workspace() -> None:
    desk = Desk("A", rules=(Rule(app_id="x", workspace=9),))
    desk.open(1, app_id="x", width=10, height=10)
    assert desk.window(1).workspace == 9
    assert not desk.window(1).visible
    assert desk.window(1).urgent
    assert desk.frame(1).width == 1904
    assert desk.focus.window is None


def test_workspaces_come_home() -> None:
    desk = Desk("A", "B")
    desk.open(1)
    desk.do("focus-output B")
    desk.open(2)
    desk.do("workspace 5")
    desk.open(3)
    desk.unplug("B")
    # What the user works with stays in sight.
    assert desk.shown() == {"A": 5}
    assert [desk.window(n).output for n in (1, 2, 3)] == ["A", "A", "A"]
    assert desk.focus.window == 3
    desk.plug("B", 1920)
    assert desk.shown() == {"A": 1, "B": 5}
    assert [desk.window(n).output for n in (1, 2, 3)] == ["A", "B", "B"]
    assert desk.focus.window == 3
    assert desk.shell.focused_output == "B"


def test_a_monitor_that_nobody_works_at_goes() -> None:
    desk = Desk("A", "B")
    desk.open(1)
    desk.do("focus-output B")
    desk.open(2)
    desk.do("focus-output A")
    desk.unplug("B")
    assert desk.shown() == {"A": 1}
    assert desk.window(2).output == "A"
    assert desk.focus.window == 1
    desk.plug("B", 1920)
    assert desk.shown() == {"A": 1, "B": 2}
    assert desk.focus.window == 1


def test_the_focus_goes_home_with_its_workspace() -> None:
    desk = Desk("A", "B")
    desk.open(1)
    desk.unplug("A")
    assert desk.shown() == {"B": 1}
    assert desk.focus.window == 1
    desk.plug("A")
    assert desk.shown()["A"] == 1
    assert desk.focus.window == 1
    assert desk.shell.focused_output == "A"


def test_a_workspace_that_the_user_moved_stays() -> None:
    desk = Desk("A", "B")
    desk.do("focus-output B")
    desk.open(1)
    desk.unplug("B")
    desk.plug("C", 1920)
    desk.do("focus-window", window=1)
    desk.do("workspace-to-output C")
    desk.plug("B", 3840)
    assert desk.window(1).output == "C"


def test_no_output_at_all() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    frame = desk.frame(1)
    desk.unplug("A")
    assert desk.focus == Focus(None, by_user=False)
    assert desk.shell.focused is None
    assert desk.shell.focused_output is None
    assert not desk.places[1].visible
    assert desk.places[1].output is None
    desk.open(2, "personal")
    assert desk.places[2].output is None
    assert not desk.places[2].focused
    desk.do("float", window=2)
    desk.do("fullscreen", window=1)
    desk.do("fullscreen", window=1)
    desk.plug("B")
    assert desk.shown() == {"B": 1}
    assert desk.focus == Focus(1, by_user=False)
    assert desk.places[2].visible
    assert desk.frame(1) == frame == Rect(8, BAR + 8, 1904, 1034)


def test_both_outputs_go_and_return_in_another_order() -> None:
    desk = Desk("A", "B")
    desk.open(1)
    desk.do("focus-output B")
    desk.open(2)
    desk.unplug("A")
    desk.unplug("B")
    assert desk.shown() == {}
    desk.plug("A")
    assert desk.shown() == {"A": 1}
    desk.plug("B", 1920)
    assert [desk.window(n).output for n in (1, 2)] == ["A", "B"]
    assert [desk.window(n).visible for n in (1, 2)] == [True, True]


def test_floating_windows_fit_a_smaller_output_and_find_their_place_again() -> None:
    desk = Desk("A", rules=(Rule(floating=True),))
    desk.open(1, width=800, height=600)
    desk.do("move-window 1100 400")
    home = desk.frame(1)
    desk.unplug("A")
    desk.plug("B", 0, 1000, 500)
    small = Rect(0, BAR, 1000, 470)
    assert desk.frame(1).intersect(small) == desk.frame(1)
    desk.unplug("B")
    desk.plug("A")
    assert desk.frame(1) == home


def test_a_bar_that_appears_changes_the_work_area() -> None:
    desk = Desk("A", gap=0, outer_gap=0)
    desk.open(1)
    assert desk.plug("A") == []
    desk.plug("A", height=800)
    assert desk.frame(1) == Rect(0, BAR, 1920, 770)
