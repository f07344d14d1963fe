"""The window of a program takes the place of the one that stood for it while its VM started."""

from __future__ import annotations

import pytest

from spectrum_session.shell.commands import Focus, Place
from spectrum_session.shell.events import WindowInfo
from spectrum_session.shell.options import Rule

from .desk import Desk


def test_nothing_else_moves() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, 3, vm="work")
    before = desk.frame(2)
    desk.click(2)
    said = desk.replace(2, 9, "work", width=640, height=480)
    assert desk.frame(9) == before
    assert [one.window for one in said if isinstance(one, Place)] == [9]
    assert [one for one in said if isinstance(one, Focus)] == [Focus(9, False)]
    assert sorted(view.id for view in desk.shell.windows()) == [1, 3, 9]
    assert desk.stacked() == [1, 3, 9]


def test_one_without_the_focus_does_not_get_it_but_calls() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.open(2, "play")
    assert desk.focus.window == 1
    said = desk.replace(2, 9, "play")
    assert not [one for one in said if isinstance(one, Focus)]
    assert desk.window(9).urgent and not desk.window(9).focused


def test_what_a_user_did_with_the_old_one_holds() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, vm="work")
    desk.do("move-to-workspace 4", 2)
    desk.replace(2, 9, "work")
    assert desk.window(9).workspace == 4 and not desk.window(9).visible
    desk.do("minimise", 1)
    desk.replace(1, 8, "work")
    assert desk.window(8).minimised
    desk.do("restore")
    assert desk.window(8).focused


def test_a_floating_one_stays_in_the_middle_of_the_old() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.do("float on", 1)
    desk.do("move-window 300 200", 1)
    desk.do("resize-window 800 600", 1)
    desk.replace(1, 9, "work", width=400, height=300)
    frame = desk.frame(9)
    assert (frame.width, frame.height) == (400, 300)
    assert frame.center == (700, 500)


def test_a_fixed_size_floats_as_ever() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, vm="work")
    sizes = {"min_width": 300, "max_width": 300, "min_height": 200, "max_height": 200}
    desk.replace(2, 9, "work", width=300, height=200, **sizes)
    assert desk.window(9).floating and desk.window(9).focused
    assert desk.frame(1).width > 1800, "the layout closes behind it"


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        (Rule(app_id="app", workspace=3), {"workspace": 3, "floating": False}),
        (Rule(app_id="app", floating=True), {"workspace": 1, "floating": True}),
        (Rule(vm="work", workspace=1), {"workspace": 7, "floating": False}),
    ],
)
def test_a_rule_for_the_program_holds(rule: Rule, where: dict[str, object]) -> None:
    """One that held for the old window too does not: a user may have moved that."""
    desk = Desk("A", rules=(rule,))
    desk.open(1, "work")
    if rule.vm is not None:
        desk.do("move-to-workspace 7", 1)
    desk.replace(1, 9, "work", app_id="app")
    view = desk.window(9)
    assert {key: getattr(view, key) for key in where} == where


def test_never_the_place_of_another_origin() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.replace(1, 9, "play")
    assert sorted(view.id for view in desk.shell.windows()) == [1, 9]
    assert desk.window(1).focused and desk.window(9).urgent


def test_of_one_that_has_gone_it_opens_as_ever() -> None:
    desk = Desk("A")
    desk.replace(5, 9, "work")
    assert desk.window(9).focused


def test_a_first_frame_has_the_right_size() -> None:
    desk = Desk("A")
    desk.open_all(1, 2, 3, vm="work")
    info = WindowInfo(9, "work")
    assert desk.shell.opening_tile(info, 2) == desk.frame(2) != desk.shell.opening_tile(info)
    desk.do("maximise on", 2)
    assert desk.shell.opening_tile(info, 2) is None


def test_what_a_user_asked_for_may_take_the_focus() -> None:
    desk = Desk("A")
    desk.open(1, "work")
    desk.open(2, "play", asked=True)
    assert desk.focus == Focus(2, False)
    desk.replace(2, 9, "play")
    assert desk.focus == Focus(9, False)
