"""Checks and merges key bindings: chords, actions, duplicates."""

from __future__ import annotations

from collections.abc import Callable, Container
from importlib import import_module
from typing import Any

from spectrum_session.shell.actions import SetMode, parse_action
from spectrum_session.shell.keybindings import DEFAULT_MODE, Chord, parse_chord

from .errors import KeyPath, show_value
from .typed import Report

Keysym = Callable[[str], int]
"""Maps the name of a key to its xkb keysym; 0 for an unknown name."""


def keysym_from_name(name: str) -> int:
    """The keysym from xkbcommon, which is only imported when it is used."""
    return int(import_module("xkbcommon.xkb").keysym_from_name(name))


class Chords:
    """Parses chords, each text once."""

    def __init__(self, keysym: Keysym = keysym_from_name) -> None:
        self._keysym = keysym
        self._parsed: dict[str, Chord] = {}

    def parse(self, text: str) -> Chord:
        """The chord, equal for all its spellings; raises ValueError with the allowed values."""
        if text not in self._parsed:
            self._parsed[text] = parse_chord(text, self._keysym)
        return self._parsed[text]

    def check(self, bindings: object, path: KeyPath, modes: Container[str], report: Report) -> None:
        """Report invalid chords and actions, duplicate chords in this table, and unknown modes.
        `bindings` may be anything that a file can hold."""
        if not isinstance(bindings, dict):
            return
        first: dict[tuple[Chord, bool, bool], str] = {}
        for text, binding in bindings.items():
            here = (*path, text)
            try:
                chord = self.parse(text)
            except ValueError as error:
                report(here, f"the chord {show_value(text)}", f"a chord ({error})")
            else:
                same = first.setdefault(_place(chord, binding), text)
                if same != text:
                    found = f"the chord of {show_value(same)} again"
                    report(here, found, "each chord once in a table (and once with release)")
            if isinstance(binding, dict):
                _check_action(binding.get("action"), (*here, "action"), modes, report)
            elif binding != "":
                _check_action(binding, here, modes, report)

    def merge(self, under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
        """Bindings of one file over those of another, chord by chord however they are spelled.

        A chord that is bound again loses all it did before, on press and on release.
        """
        replaced = {self.parse(text) for text in over}
        kept = {text: value for text, value in under.items() if self.parse(text) not in replaced}
        return {**kept, **over}


def _place(chord: Chord, binding: object) -> tuple[Chord, bool, bool]:
    """The key that is unique among bindings of a table. Press and release differ, and so do a key
    by name and by position; an evdev code is a position."""
    form = binding if isinstance(binding, dict) else {}
    keycode = form.get("keycode") is True and chord.code is None
    return chord, form.get("release") is True, keycode


def _check_action(text: object, path: KeyPath, modes: Container[str], report: Report) -> None:
    if not isinstance(text, str):
        return
    try:
        action = parse_action(text)
    except ValueError as error:
        report(path, show_value(text), f"an action ({error})")
        return
    mode = action.mode if isinstance(action, SetMode) else DEFAULT_MODE
    if mode != DEFAULT_MODE and mode not in modes:
        report(path, show_value(text), "a mode that has a table [modes.NAME], or mode default")
