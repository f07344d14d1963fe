"""The nearest name to a mistyped word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.shell.suggest import nearest, unknown

COMMANDS = (
    *("windows", "outputs", "workspaces", "vms", "window", "workspace", "layout", "action"),
    *("screenshot", "subscribe", "reload", "exit"),
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("windos", "windows"),
        ("window", "window"),
        ("WINDOWS", "windows"),
        ("ouputs", "outputs"),
        ("worskpace", "workspace"),
        ("relaod", "reload"),
        ("screen", "screenshot"),
        ("sub", "subscribe"),
        ("vmss", "vms"),
        ("quit", None),
        ("x", None),
        ("", None),
    ],
)
def test_nearest(word: str, meant: str | None) -> None:
    assert nearest(word, COMMANDS) == meant


@given(st.sampled_from(sorted(COMMANDS)), st.data())
def test_one_letter_left_out_of_a_long_name_is_found(name: str, data: st.DataObject) -> None:
    if len(name) < 5:
        return
    at = data.draw(st.integers(0, len(name) - 1))
    typo = name[:at] + name[at + 1 :]
    assert typo in COMMANDS or nearest(typo, [name, "zzzzz"]) == name


def test_unknown_names_the_nearest_or_all() -> None:
    assert unknown("layout", "monocel", ["columns", "monocle"]) == (
        "unknown layout 'monocel': did you mean 'monocle'?"
    )
    assert unknown("layout", "?", ["columns", "monocle"]) == (
        "unknown layout '?': it is one of columns, monocle"
    )
