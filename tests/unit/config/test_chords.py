"""Bindings as a file may hold them: whatever stands there, it is judged and never raises."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectrum_session.config.chords import Chords, keysym_from_name

CHORDS = Chords()  # with the real names of keys
words = st.text(max_size=6) | st.sampled_from(["Super+a", "super+A", "mode x", "exit", "é", "a\0"])
forms = words | st.integers() | st.fixed_dictionaries({}, optional={"action": words | st.none()})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(words, forms, max_size=4) | words | st.lists(words, max_size=2))
def test_any_table_of_bindings_is_judged(bindings: object) -> None:
    reported = []
    CHORDS.check(bindings, ("bindings",), ["x"], lambda *error: reported.append(error))
    if not reported and isinstance(bindings, dict):
        assert CHORDS.merge(bindings, {}) == bindings
        assert CHORDS.merge({}, bindings) == bindings
        assert CHORDS.merge(bindings, bindings) == bindings


def test_names_of_keys_are_xkbs() -> None:
    # As in xkbcommon-keysyms.h.
    assert keysym_from_name("Return") == 0xFF0D
    assert keysym_from_name("XF86AudioMute") == 0x1008FF12
    assert keysym_from_name("Retrun") == 0


def test_each_chord_is_resolved_once() -> None:
    asked: list[str] = []

    def keysym(name: str) -> int:
        asked.append(name)
        return 97

    chords = Chords(keysym)
    assert chords.parse("Super+a") is chords.parse("Super+a")
    assert asked == ["a"]
