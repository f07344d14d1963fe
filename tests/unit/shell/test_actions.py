from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.shell import perform
from spectrum_session.shell.actions import (
    ACTIONS,
    Action,
    ActionError,
    Argument,
    MasterRatio,
    Resize,
    Spawn,
    format_action,
    parse_action,
)


@pytest.mark.parametrize(
    ("text", "name", "args"),
    [
        ("spawn foot -e 'a b'", "spawn", (("foot", "-e", "a b"),)),
        ("spawn foot ''", "spawn", (("foot", ""),)),
        ("focus left", "focus", ("left",)),
        ("workspace 10", "workspace", (10,)),
        ("workspace last", "workspace", ("last",)),
        ("float", "float", ("toggle",)),
        ("fullscreen on", "fullscreen", ("on",)),
        ("master-ratio +0.05", "master-ratio", (0.05,)),
        ("master-ratio -.1", "master-ratio", (-0.1,)),
        ("master-count -1", "master-count", (-1,)),
        ("resize -40 0", "resize", (-40, 0)),
        ("move-to-output DP-1", "move-to-output", ("DP-1",)),
        ("screenshot", "screenshot", ()),
        ("screenshot a.png", "screenshot", ("a.png",)),
        ("  close  ", "close", ()),
    ],
)
def test_reads(text: str, name: str, args: tuple[object, ...]) -> None:
    assert parse_action(text) == ACTIONS[name].action(*args)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "missing"),
        ("focsu left", "'focus'"),
        ("zzzzzz", "allowed are: spawn,"),
        ("focus", "left|right|up|down|next|previous|last|urgent"),
        ("focus lfet", "'left'"),
        ("workspace 0", "from 1 to 10"),
        ("workspace 11", "from 1 to 10"),
        ("workspace \u0663", "from 1 to 10"),
        ("move-to-workspace 1_0", "whole number"),
        ("master-ratio nan", "a number from -1 to 1"),
        ("resize 1", "±DH"),
        ("resize 1 99999999999999999999", "65535"),
        ("close now", "'now'"),
        ("spawn", "CMD"),
        ("spawn 'foot", "quotation"),
        ("spawn a\0b", "NUL"),
        ("mode ''", "not empty"),
        ("float maybe", "toggle, on, off"),
    ],
)
def test_refuses_and_says_what_is_allowed(text: str, says: str) -> None:
    with pytest.raises(ActionError) as error:
        parse_action(text)
    assert says in str(error.value)


def _word(argument: Argument) -> st.SearchStrategy[int | float | str]:
    options: list[st.SearchStrategy[int | float | str]] = []
    if argument.choices:
        options.append(st.sampled_from(argument.choices))
    if argument.number == "int":
        options.append(st.integers(int(argument.low), int(argument.high)))
    elif argument.number == "float":
        options.append(st.floats(argument.low, argument.high))
    elif argument.text:
        options.append(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1))
    return st.one_of(options)


@st.composite
def actions(draw: st.DrawFn) -> Action:
    spec = draw(st.sampled_from(list(ACTIONS.values())))
    args: list[object] = []
    for argument in spec.arguments:
        if argument.optional and not argument.choices and draw(st.booleans()):
            break
        if argument.rest:
            args.append(tuple(draw(st.lists(_word(argument), min_size=1, max_size=3))))
        else:
            args.append(draw(_word(argument)))
    return spec.action(*args)


@given(actions())
def test_text_form_reads_back_the_same(action: Action) -> None:
    assert parse_action(format_action(action)) == action


def test_changes_are_written_with_their_sign() -> None:
    assert format_action(MasterRatio(0.05)) == "master-ratio +0.05"
    assert format_action(Resize(40, -40)) == "resize +40 -40"
    assert format_action(Spawn(("foot", "a b"))) == "spawn foot 'a b'"


def test_fields_stand_for_the_arguments() -> None:
    for spec in ACTIONS.values():
        fields = msgspec.structs.fields(spec.action)
        optional = [field.default is not msgspec.NODEFAULT for field in fields]
        assert optional == [argument.optional for argument in spec.arguments], spec.name
        assert spec.action.__name__ not in {"Action", "Switch"}


def test_every_action_is_carried_out_or_passed_on() -> None:
    here = {*perform._ON_WINDOW, *perform._GENERAL}
    for spec in ACTIONS.values():
        assert (spec.action in here) is not spec.passed_on, spec.name
        assert (spec.action in perform._ON_WINDOW) is spec.on_window, spec.name


def test_table_is_fit_for_help() -> None:
    assert ACTIONS["float"].usage == "float [toggle|on|off]"
    assert ACTIONS["workspace"].usage == "workspace next|previous|last|N"
    assert ACTIONS["spawn"].usage == "spawn CMD…"
    for name, spec in ACTIONS.items():
        assert spec.name == name
        assert spec.description
        assert "\n" not in spec.description
