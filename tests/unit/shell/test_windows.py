"""What windows can be, and where they stand."""

from __future__ import annotations

from typing import Any

import pytest

from spectrum_session.shell.actions import Spawn, SpawnInVM
from spectrum_session.shell.commands import Close, Kill, Perform, Place, Stack
from spectrum_session.shell.events import (
    ClientRequest,
    WindowDragged,
    WindowLimits,
    WindowRenamed,
)
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.options import Rule, ShellOptions

from .desk import BAR, Desk

WORK = Rect(0, BAR, 1920, 1080 - BAR)


def bare(*outputs: str, **options: Any) -> Desk:
    return Desk(*outputs, gap=0, outer_gap=0, master_ratio=0.5, **options)


def test_only_what_changed_is_told() -> None:
    desk = Desk("A")
    desk.open_all(1, 2)
    assert desk.send(WindowRenamed(1, "new", "app")) == []
    assert (desk.window(1).title, desk.window(1).app_id) == ("new", "app")
    assert desk.do("nop") == []
    commands = desk.open(3)
    assert {c.window for c in commands if isinstance(c, Place)} == {2, 3}
    assert desk.do("workspace 1") == []


def test_events_about_nothing_change_nothing() -> None:
    desk = Desk("A")
    desk.open(1)
    assert desk.close(9) == []
    assert desk.click(9) == []
    assert desk.do("close", window=9) == []
    assert desk.send(ClientRequest(9, "fullscreen")) == []
    assert desk.send(WindowDragged(9, WORK)) == []
    assert desk.unplug("Z") == []
    assert desk.do("move-to-output Z") == []


def test_floating_by_kind_and_by_rule() -> None:
    rules = (Rule(app_id="calc", floating=True, width=300, height=200), Rule(floating=None))
    desk = Desk("A", rules=(*rules, Rule(title="tile me", floating=False)))
    desk.open(1)
    desk.open(2, parent=1, width=400, height=300)
    desk.open(3, min_width=50, max_width=50, min_height=60, max_height=60, width=50, height=60)
    desk.open(4, app_id="calc", width=900, height=900)
    desk.open(5, parent=1, title="tile me")
    desk.open(6, min_width=50, max_width=50)
    floating = [n for n in range(1, 7) if desk.window(n).floating]
    assert floating == [2, 3, 4]
    assert (desk.frame(2).width, desk.frame(2).height) == (400, 300)
    assert (desk.frame(3).width, desk.frame(3).height) == (50, 60)
    assert (desk.frame(4).width, desk.frame(4).height) == (300, 200)
    assert desk.places[1].tiled
    assert not desk.places[2].tiled


def test_a_dialog_opens_over_the_middle_of_its_parent() -> None:
    desk = bare("A")
    desk.open_all(1, 2)
    desk.open(3, parent=2, width=400, height=300)
    assert desk.frame(3).center == desk.frame(2).center


def test_floats_are_told_apart() -> None:
    desk = Desk("A", rules=(Rule(floating=True),), cascade=30)
    desk.open(1, width=400, height=300)
    desk.open(2, width=400, height=300)
    first, second = desk.frame(1), desk.frame(2)
    assert (second.x - first.x, second.y - first.y) == (30, 30)


def test_maximise_and_fullscreen_and_back() -> None:
    desk = Desk("A")
    desk.open_all(1, 2)
    before = desk.frame(2)
    desk.do("maximise")
    assert desk.frame(2) == WORK
    assert desk.places[2].maximised
    desk.do("fullscreen")
    assert desk.frame(2) == Rect(0, 0, 1920, 1080)
    desk.do("fullscreen off")
    assert desk.frame(2) == WORK
    desk.do("maximise toggle")
    assert desk.frame(2) == before


def test_true_fullscreen_only_where_policy_allows() -> None:
    desk = Desk("A", true_fullscreen=frozenset({"games"}))
    desk.open(1, "work")
    desk.open(2, "games")
    desk.open(3)
    for number in (1, 2, 3):
        desk.do("true-fullscreen", window=number)
    assert [desk.places[n].fullscreen for n in (1, 2, 3)] == [True, True, True]
    assert [desk.places[n].true_fullscreen for n in (1, 2, 3)] == [False, True, True]
    desk.replay(desk.shell.reconfigure(ShellOptions()))
    assert [desk.places[n].true_fullscreen for n in (1, 2, 3)] == [False, False, True]
    assert desk.places[2].fullscreen
    desk.do("true-fullscreen", window=3)
    assert not desk.places[3].fullscreen


def test_minimise_and_restore() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, 3)
    desk.open(4, parent=2)
    desk.do("minimise", window=1)
    desk.do("minimise", window=2)
    assert [desk.window(n).visible for n in (1, 2, 3, 4)] == [False, False, True, False]
    assert desk.focus.window == 3
    desk.do("workspace 2")
    desk.do("restore")
    assert desk.shown() == {"A": 1}
    assert [desk.window(n).visible for n in (1, 2, 3, 4)] == [False, True, True, True]
    desk.do("restore")
    assert desk.focus.window == 1
    desk.do("restore")
    assert desk.focus.window == 1
    desk.send(ClientRequest(1, "minimise"))
    assert desk.window(1).minimised
    assert desk.do("resize +5 +5", window=1) == []


def test_a_dialog_minimised_with_a_parent_that_goes_can_be_restored() -> None:
    desk = Desk("A")
    desk.open(1)
    desk.open(2, parent=1)
    desk.do("minimise", window=1)
    desk.close(1)
    desk.do("restore")
    assert desk.window(2).visible


def test_stacking_tiers_and_dialogs() -> None:
    desk = Desk("A", rules=(Rule(app_id="f", floating=True),))
    desk.open(1, app_id="f")
    desk.open_all(2, 3)
    assert desk.stacked() == [2, 3, 1]
    desk.click(2)
    assert desk.stacked() == [3, 2, 1]
    desk.open(4, app_id="f")
    assert desk.stacked() == [3, 2, 1, 4]
    desk.open(5, parent=1)
    assert desk.stacked() == [3, 2, 4, 1, 5]
    desk.click(4)
    assert desk.stacked() == [3, 2, 1, 5, 4]
    desk.click(1)
    assert desk.stacked() == [3, 2, 4, 1, 5]
    desk.do("fullscreen", window=3)
    # What has the focus stays on top of a fullscreen window beside it, with its dialogs.
    assert desk.stacked() == [2, 4, 3, 1, 5]
    desk.click(3)
    assert desk.stacked() == [2, 4, 1, 5, 3]


def test_dialogs_stay_over_a_floating_parent() -> None:
    desk = Desk("A", rules=(Rule(floating=True),))
    desk.open(1, "work")
    desk.open(2, "work", parent=1)
    desk.open(3, "work", parent=1)
    desk.click(2)
    assert desk.stacked() == [1, 3, 2]


def test_a_window_that_takes_no_focus_opens_under_what_has_it() -> None:
    desk = Desk("A", rules=(Rule(floating=True),))
    desk.open(1, "work")
    desk.open(2, "personal")
    assert desk.stacked() == [2, 1]
    desk.click(2)
    desk.open(3, "work", parent=1)
    assert desk.stacked() == [1, 3, 2]


def test_layouts_per_workspace() -> None:
    desk = bare("A", default_layout="columns", layouts={2: "monocle"})
    desk.open_all(1, 2)
    assert desk.frame(1) == Rect(0, BAR, 960, WORK.height)
    assert desk.workspace(2).layout == "monocle"
    desk.do("layout next")
    assert desk.workspace(1).layout == "monocle"
    desk.do("layout next")
    assert desk.workspace(1).layout == "master-stack"
    desk.do("layout columns")
    desk.replay(desk.shell.reconfigure(ShellOptions(layouts={2: "columns"})))
    assert desk.workspace(2).layout == "columns"


def test_reconfigure_keeps_what_the_user_chose() -> None:
    desk = bare("A")
    desk.open_all(1, 2)
    desk.do("layout columns")
    commands = desk.replay(
        desk.shell.reconfigure(ShellOptions(gap=20, outer_gap=0, master_ratio=0.5))
    )
    assert {c.window for c in commands if isinstance(c, Place)} == {1, 2}
    assert desk.workspace(1).layout == "columns"
    assert desk.frame(2).x - desk.frame(1).right == 20


def test_master_area() -> None:
    desk = bare("A")
    desk.open_all(1, 2, 3)
    desk.do("master-ratio +0.25")
    assert desk.frame(1).width == 1440
    desk.do("master-ratio +0.9")
    assert desk.frame(1).width == 1728
    desk.do("master-count +1")
    assert desk.frame(2).x == 0
    desk.do("master-count -5")
    assert desk.frame(2).x == 1728
    desk.do("promote", window=3)
    assert desk.frame(3).x == 0
    desk.do("promote", window=3)
    assert desk.frame(2).x == 0


def test_moving_tiles() -> None:
    desk = bare("A")
    desk.open_all(1, 2, 3)
    frames = {n: desk.frame(n) for n in (1, 2, 3)}
    desk.do("move up")
    assert (desk.frame(3), desk.frame(2)) == (frames[2], frames[3])
    desk.do("move left")
    assert (desk.frame(3), desk.frame(1)) == (frames[1], frames[2])
    desk.do("move left")
    assert desk.frame(3) == frames[1]
    desk.do("move previous")
    assert desk.frame(3) == frames[3]
    desk.do("move next")
    assert desk.frame(3) == frames[1]


def test_moving_a_floating_window() -> None:
    desk = bare("A", "B", rules=(Rule(floating=True),))
    desk.open(1, width=400, height=300)
    desk.do("move-window 1490 100")
    desk.do("move right")
    assert desk.frame(1) == Rect(1520, 100, 400, 300)
    desk.do("move down")
    assert desk.frame(1) == Rect(1520, 140, 400, 300)
    desk.do("move right")
    assert desk.window(1).output == "B"
    assert desk.focus.window == 1
    assert Rect(1920, 0, 1920, 1080).intersect(desk.frame(1)) == desk.frame(1)
    desk.do("move-window 1920 50")
    desk.do("move up")
    desk.do("move up")
    assert desk.frame(1) == Rect(1920, BAR, 400, 300)


def test_resizing_tiles() -> None:
    desk = bare("A")
    desk.open_all(1, 2, 3)
    desk.do("resize +96 0", window=1)
    assert desk.frame(1).width == 1056
    desk.do("resize +96 +100", window=3)
    assert desk.frame(1).width == 960
    assert desk.frame(3).height == 625
    assert desk.frame(2).height == 425
    desk.do("layout columns")
    desk.do("resize +60 0", window=2)
    assert [desk.frame(n).width for n in (1, 2, 3)].count(desk.frame(2).width) == 1
    assert sum(desk.frame(n).width for n in (1, 2, 3)) == 1920


def test_columns_resize_by_what_was_asked() -> None:
    desk = bare("A", default_layout="columns")
    desk.open_all(1, 2, 3)
    desk.do("resize +60 0", window=2)
    assert [desk.frame(n).width for n in (1, 2, 3)] == [610, 700, 610]
    desk.do("move left", window=2)
    assert [desk.frame(n).width for n in (2, 1, 3)] == [610, 700, 610]
    desk.do("resize -10000 0", window=2)
    assert desk.frame(2).width >= 1


def test_events_that_are_handled_together_arrange_once() -> None:
    desk, apart = Desk("A", default_layout="columns"), Desk("A", default_layout="columns")
    for one in (desk, apart):
        for number in range(1, 5):
            one.open(number)
    changes = [
        WindowLimits(number, least, 0, 0, 0) for least in (900, 0, 700) for number in range(1, 5)
    ]
    commands = desk.shell.handle(*changes)
    for change in changes:
        apart.send(change)
    places = [command for command in commands if isinstance(command, Place)]
    assert len({place.window for place in places}) == len(places)
    desk.replay(commands)
    assert desk.places == apart.places


def test_resizing_a_floating_window() -> None:
    desk = bare("A", rules=(Rule(floating=True),))
    desk.open(1, width=400, height=300, max_width=500)
    old = desk.frame(1)
    desk.do("resize +200 -100")
    assert desk.frame(1) == Rect(old.x, old.y, 500, 200)
    desk.do("resize -1000 -1000")
    assert desk.frame(1) == Rect(old.x, old.y, 80, 40)
    desk.do("resize-window 450 350")
    assert desk.frame(1) == Rect(old.x, old.y, 450, 350)
    desk.send(WindowLimits(1, 0, 0, 300, 0))
    assert desk.frame(1).width == 300


def test_absolute_place_makes_it_float() -> None:
    desk = bare("A")
    desk.open(1)
    desk.do("maximise")
    desk.do("move-window 100 200")
    assert desk.places[1].floating
    assert not desk.places[1].maximised
    assert (desk.frame(1).x, desk.frame(1).y) == (100, 200)


def test_dragging_a_tile_makes_it_float_but_pulling_an_edge_does_not() -> None:
    desk = bare("A")
    desk.open_all(1, 2)
    one = desk.frame(1)
    desk.send(WindowDragged(1, Rect(one.x, one.y, one.width + 96, one.height)))
    assert not desk.places[1].floating
    assert desk.frame(1).width == 1056
    two = desk.frame(2)
    desk.send(WindowDragged(2, Rect(two.x - 96, two.y, two.width + 96, two.height)))
    assert desk.frame(2).width == two.width + 96
    desk.send(WindowDragged(1, one.translate(30, 40)))
    assert desk.places[1].floating
    assert desk.frame(1) == one.translate(30, 40)


def test_dragging_keeps_the_title_bar_in_reach_and_the_far_edge_in_place() -> None:
    desk = bare("A", rules=(Rule(floating=True),))
    desk.open(1, width=400, height=300, min_width=350)
    desk.send(WindowDragged(1, Rect(300, -500, 400, 300)))
    assert desk.frame(1) == Rect(300, BAR, 400, 300)
    desk.send(WindowDragged(1, Rect(300, 5000, 400, 300)))
    assert desk.frame(1).y == 1080 - 28
    desk.send(WindowDragged(1, Rect(400, 100, 400, 300)))
    desk.send(WindowDragged(1, Rect(600, 100, 200, 300)))
    assert desk.frame(1) == Rect(450, 100, 350, 300)


def test_dragging_to_another_output_changes_the_workspace() -> None:
    desk = bare("A", "B", rules=(Rule(floating=True),))
    desk.open(1, width=400, height=300)
    desk.send(WindowDragged(1, Rect(1700, 100, 400, 300)))
    assert desk.window(1).output == "A"
    desk.send(WindowDragged(1, Rect(1730, 100, 400, 300)))
    assert desk.window(1).output == "B"
    assert desk.frame(1) == Rect(1730, 100, 400, 300)
    assert desk.focus.window == 1
    assert desk.shell.focused_output == "B"


def test_toggling_float_remembers_the_place() -> None:
    desk = bare("A")
    desk.open(1, width=400, height=300)
    desk.do("float")
    assert desk.frame(1).center == WORK.center
    desk.do("move-window 10 40")
    desk.do("float off")
    assert desk.frame(1) == WORK
    desk.do("float on")
    assert desk.frame(1) == Rect(10, 40, 400, 300)


def test_close_kill_and_what_is_passed_on() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    assert desk.do("close") == [Close(1)]
    assert desk.do("kill", window=1) == [Kill(1)]
    assert desk.do("spawn-in-vm") == [Perform(SpawnInVM(), "work")]
    desk.close(1)
    assert desk.do("spawn foot") == [Perform(Spawn(("foot",)), None)]
    assert desk.do("close") == []


@pytest.mark.parametrize("number", [1, 200])
def test_answers_in_order(number: int) -> None:
    desk = Desk("A")
    for index in range(number):
        commands = desk.open(index)
    kinds = [type(command).__name__ for command in commands]
    assert kinds == ["Place"] * (len(kinds) - 2) + ["Stack", "Focus"]
    assert isinstance(commands[-2], Stack)
