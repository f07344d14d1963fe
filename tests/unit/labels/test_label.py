from __future__ import annotations

import pytest

from spectrum_session.labels.color import Color
from spectrum_session.labels.label import SUSPICIOUS, Label, make_label, make_labels
from spectrum_session.labels.pattern import Pattern


def test_is_made_from_words() -> None:
    assert make_label("work", "#123", "rings") == Label(
        "work", Color(0x11, 0x22, 0x33), Pattern.RINGS
    )


def test_an_error_names_the_label() -> None:
    with pytest.raises(ValueError, match=r"label 'b'.*'pink'.*purple"):
        make_labels([("a", "red", "solid"), ("b", "pink", "solid")])
    with pytest.raises(ValueError, match=r"label 'a'.*'stripes'.*checks"):
        make_labels([("a", "red", "stripes")])


def test_several_keep_their_names() -> None:
    made = make_labels([("a", "red", "dots"), ("b", "blue", "solid")])
    assert {name: label.name for name, label in made.items()} == {"a": "a", "b": "b"}


def test_the_suspicious_one_is_red_and_patterned() -> None:
    assert SUSPICIOUS.color == Color.parse("red")
    assert SUSPICIOUS.pattern is not Pattern.SOLID


def test_a_vm_keeps_colour_and_pattern_under_its_own_name() -> None:
    named = SUSPICIOUS.named("netvm")
    assert (named.name, named.color, named.pattern) == (
        "netvm",
        SUSPICIOUS.color,
        SUSPICIOUS.pattern,
    )


def test_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        SUSPICIOUS.name = "host"  # type: ignore[misc]
