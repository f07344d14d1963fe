from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.shell.actions import (
    Action,
    ActionError,
    Close,
    Exit,
    Kill,
    ReleaseKeyboard,
    Screenshot,
    SetMode,
    ToggleBindings,
)
from spectrum_session.shell.keybindings import (
    BindingError,
    BindingSpec,
    BindingTable,
    Chord,
    ChordError,
    KeyMachine,
    KeyResult,
    parse_chord,
)

SHIFT, LOCK, CTRL, ALT, NUM, LOGO = 1, 2, 4, 8, 16, 64
SYMS = {
    "q": 0x71,
    "Q": 0x51,
    "a": 0x61,
    "1": 0x31,
    "exclam": 0x21,
    "plus": 0x2B,
    "Return": 0xFF0D,
    "Escape": 0xFF1B,
    "Super_L": 0xFFEB,
    "Shift_L": 0xFFE1,
    "Print": 0xFF61,
}
CODES = {"q": 16, "a": 30, "1": 2, "Return": 28, "Escape": 1, "Super_L": 125, "Print": 99}
SHIFTED = {"q": "Q", "1": "exclam"}


def sym(name: str) -> int:
    return SYMS.get(name, 0)


def chord(text: str) -> Chord:
    return parse_chord(text, sym)


class Keys:
    """A us keyboard before a machine with these bindings."""

    def __init__(self, modes: dict[str, dict[str, Any]] | None = None, **chords: Any) -> None:
        self.machine = KeyMachine(table(modes or {}))

    def down(self, key: str, mods: int = 0, locked: bool = False, **more: Any) -> KeyResult:
        raw = [sym(key)]
        typed = [sym(SHIFTED.get(key, key))] if mods & SHIFT else raw
        us = [sym(more.pop("us", key))]
        return self.machine.press(CODES[key], typed, raw, us, mods, locked, **more)

    def up(self, key: str, locked: bool = False) -> KeyResult:
        return self.machine.release(CODES[key], locked)

    def tap(self, key: str, mods: int = 0, **more: Any) -> Action | None:
        pressed = self.down(key, mods, **more)
        released = self.up(key)
        assert released.consumed == pressed.consumed
        return pressed.action or released.action


def table(modes: dict[str, dict[str, Any]]) -> BindingTable:
    specs = {
        mode: {
            text: spec if isinstance(spec, BindingSpec) else BindingSpec(spec)
            for text, spec in chords.items()
        }
        for mode, chords in modes.items()
    }
    return BindingTable.build(specs, sym)


def keys(chords: dict[str, Any], **modes: dict[str, Any]) -> Keys:
    return Keys({"default": chords, **modes})


def test_chords() -> None:
    assert chord("Super+Shift+Return") == Chord(LOGO | SHIFT, SYMS["Return"])
    assert chord("mod4+SHIFT+Return") == chord("Logo+Shift+Return") == chord("Shift+Super+Return")
    assert chord("Ctrl+Mod1+a") == chord("control+alt+a") == Chord(CTRL | ALT, SYMS["a"])
    assert chord("Super+Q") == chord("Super+q")
    assert chord("Super+code:38") == Chord(LOGO, code=38)
    assert chord("Super+Mod2+a") == chord("Super+a")
    assert chord("Super_L") == chord("Super+Super_L") == Chord(0, SYMS["Super_L"])
    assert chord("Mod3+Mod5+a") == Chord(32 | 128, SYMS["a"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no key"),
        ("Super+", "plus"),
        ("Supr+a", "Super"),
        ("Hmm+a", "allowed: Super"),
        ("Super+Super+a", "twice"),
        ("Super+Retrun", "Return"),
        ("Super+Enter", "Return"),
        ("Super+-", "minus"),
        ("Super+zzzzzzz", "xkb"),
        ("Super", "Super_L"),
        ("code:0", "1 to 767"),
        ("code:768", "1 to 767"),
        ("code:x", "1 to 767"),
        ("Super+a\0", "unknown key"),
    ],
)
def test_wrong_chords_say_what_is_allowed(text: str, says: str) -> None:
    with pytest.raises(ChordError) as error:
        chord(text)
    assert says in str(error.value)


def test_table_lists_all_problems_at_once() -> None:
    with pytest.raises(BindingError) as error:
        table(
            {
                "default": {
                    "Supr+a": "close",
                    "Super+a": "clsoe",
                    "a": "mode rezise",
                    "q": "close",
                },
                "resize": {"Super+q": "close", "Mod4+Q": "kill"},
            }
        )
    found = [(problem.mode, problem.chord) for problem in error.value.problems]
    assert found == [
        ("default", "Supr+a"),
        ("default", "Super+a"),
        ("default", "a"),
        ("resize", "Mod4+Q"),
    ]
    assert "'resize'" in error.value.problems[2].message
    assert "'Super+q'" in error.value.problems[3].message


def test_an_empty_action_binds_nothing() -> None:
    assert table({"default": {"Super+q": ""}}).bindings == []
    assert keys({"Super+q": ""}).tap("q", LOGO) is None


def test_exact_modifiers() -> None:
    board = keys({"Super+q": "close"})
    assert board.down("q", LOGO) == KeyResult(True, Close(), False)
    assert board.up("q").consumed
    assert board.tap("q") is None
    assert board.tap("q", LOGO | CTRL) is None
    assert board.tap("q", LOGO | SHIFT) is None
    assert board.tap("q", LOGO | LOCK | NUM) == Close()


def test_shift_with_the_plain_key_or_with_what_it_types() -> None:
    assert keys({"Super+Shift+1": "close"}).tap("1", LOGO | SHIFT) == Close()
    assert keys({"Super+exclam": "close"}).tap("1", LOGO | SHIFT) == Close()
    assert keys({"Super+exclam": "close"}).tap("1", LOGO) is None
    both = keys({"Super+1": "close", "Super+Shift+1": "kill"})
    assert both.tap("1", LOGO) == Close()
    assert both.tap("1", LOGO | SHIFT) == Kill()
    # Return types the same with Shift, so Shift is not used up.
    assert keys({"Super+Return": "close"}).tap("Return", LOGO | SHIFT) is None


def test_by_place_on_the_keyboard() -> None:
    board = keys({"Super+q": BindingSpec("close", keycode=True)})
    # On an azerty keyboard the key that is q in the us layout types a.
    assert board.tap("a", LOGO, us="q") == Close()
    assert board.tap("q", LOGO, us="a") is None
    assert keys({"Super+code:16": "close"}).tap("q", LOGO) == Close()


def test_repeat_is_told() -> None:
    board = keys({"q": BindingSpec("close", repeat=True)})
    assert board.down("q") == KeyResult(True, Close(), True)


def test_locked() -> None:
    board = keys({"q": "close", "a": BindingSpec("kill", locked=True)})
    assert board.tap("q", locked=True) is None
    assert board.tap("a", locked=True) == Kill()


def test_bare_modifier_on_release() -> None:
    board = keys({"Super_L": BindingSpec("toggle-bindings", release=True), "Super+q": "close"})
    assert board.down("Super_L") == KeyResult(False)
    assert board.up("Super_L") == KeyResult(False, ToggleBindings())
    # Also where the keyboard reports the modifier's own bit already.
    assert board.tap("Super_L", LOGO) == ToggleBindings()
    board.down("Super_L")
    assert board.tap("q", LOGO) == Close()
    assert board.up("Super_L") == KeyResult(False)


def test_on_release_not_after_another_key_or_a_button() -> None:
    board = keys({"Print": BindingSpec("screenshot", release=True)})
    assert board.down("Print") == KeyResult(True)
    assert board.up("Print") == KeyResult(True, Screenshot())
    board.down("Print")
    board.tap("a")
    assert board.up("Print") == KeyResult(True)
    board.down("Print")
    board.machine.interrupt()
    assert board.up("Print") == KeyResult(True)


def test_on_release_not_when_the_screen_got_locked_meanwhile() -> None:
    board = keys(
        {
            "Print": BindingSpec("screenshot", release=True),
            "a": BindingSpec("kill", release=True, locked=True),
        }
    )
    board.down("Print")
    assert board.up("Print", locked=True) == KeyResult(True)
    board.down("a")
    assert board.up("a", locked=True) == KeyResult(True, Kill())


def test_modes() -> None:
    board = keys({"Super+q": "mode resize"}, resize={"q": "close"})
    assert board.tap("q", LOGO) == SetMode("resize")
    board.machine.set_mode("resize")
    assert board.tap("q") == Close()
    assert board.tap("q", LOGO) is None
    assert board.tap("Escape", LOGO) is None
    assert board.machine.mode == "resize"
    assert board.down("Escape", locked=True) == KeyResult(False)
    board.up("Escape")
    assert board.down("Escape") == KeyResult(True, SetMode("default"))
    assert board.machine.mode == "default"
    assert board.up("Escape").consumed
    assert board.down("Escape") == KeyResult(False)
    with pytest.raises(ActionError, match="'resize'"):
        board.machine.set_mode("resiez")


def test_a_mode_may_bind_escape() -> None:
    board = keys({}, other={"Escape": "close"})
    board.machine.set_mode("other")
    assert board.tap("Escape") == Close()
    assert board.machine.mode == "other"


def test_reconfigure_keeps_keys_and_leaves_modes_that_are_gone() -> None:
    board = keys({}, other={"q": "close"})
    board.machine.set_mode("other")
    board.down("q")
    board.down("a")
    board.machine.reconfigure(table({"default": {"a": "kill"}}))
    assert board.machine.mode == "default"
    assert board.up("q") == KeyResult(True)
    assert board.up("a") == KeyResult(False)
    assert board.tap("a") == Kill()


def test_a_client_that_has_the_shortcuts_can_lose_them_again() -> None:
    board = keys({"Super+q": "close", "Super+a": "release-keyboard"})
    assert board.tap("q", LOGO, shortcuts_inhibited=True) is None
    assert board.tap("a", LOGO, shortcuts_inhibited=True) == ReleaseKeyboard()
    # Nobody can configure himself into a keyboard that a client keeps.
    assert board.tap("Escape", LOGO, shortcuts_inhibited=True) == ReleaseKeyboard()
    bare = keys({"Super+Escape": "exit"})
    assert bare.tap("Escape", LOGO, shortcuts_inhibited=True) == ReleaseKeyboard()
    assert bare.tap("Escape", LOGO) == Exit()


def test_the_same_key_on_two_keyboards_is_one_press() -> None:
    board = keys({"q": "close"})
    assert board.down("q").action is not None
    assert board.down("q") == KeyResult(True)
    assert board.up("q") == KeyResult(True)
    assert board.up("q") == KeyResult(True)
    assert board.up("q") == KeyResult(False)


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("down"),
            st.sampled_from(sorted(CODES)),
            st.integers(0, 255),
            st.booleans(),
            st.booleans(),
        ),
        st.tuples(st.just("up"), st.sampled_from(sorted(CODES)), st.booleans()),
        st.tuples(st.just("mode"), st.sampled_from(["default", "other"])),
        st.tuples(st.just("reload")),
    ),
    max_size=60,
)


@given(STEPS)
def test_clients_see_balanced_pairs(steps: list[tuple[Any, ...]]) -> None:
    chords = {
        "Super+q": "close",
        "a": BindingSpec("kill", locked=True),
        "Super_L": BindingSpec("nop", release=True),
        "Print": BindingSpec("nop", release=True),
        "Super+exclam": "close",
    }
    board = keys(chords, other={"1": "close", "Return": BindingSpec("nop", release=True)})
    bare = table({"default": {"Return": "nop"}, "other": {}})
    seen: dict[str, list[bool]] = {}
    for step in steps:
        if step[0] == "down":
            result = board.down(step[1], step[2], step[3], shortcuts_inhibited=step[4])
            before = seen.setdefault(step[1], [])
            assert all(result.consumed == consumed for consumed in before)
            before.append(result.consumed)
        elif step[0] == "up":
            result = board.up(step[1], step[2])
            before = seen.setdefault(step[1], [])
            assert result.consumed == (before.pop() if before else False)
        elif step[0] == "mode":
            board.machine.set_mode(step[1])
        else:
            board.machine.reconfigure(bare)
