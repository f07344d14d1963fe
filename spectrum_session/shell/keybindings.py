"""Key bindings: the presses and releases that the session takes, and their actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from .actions import Action, ActionError, ReleaseKeyboard, SetMode, parse_action
from .chords import ESCAPE, IGNORED, MOD4, MODIFIER_KEYS, SHIFT, Chord, ChordError, parse_chord
from .suggest import nearest

__all__ = [
    "DEFAULT_MODE",
    "BindingError",
    "BindingProblem",
    "BindingSpec",
    "BindingTable",
    "Chord",
    "ChordError",
    "KeyMachine",
    "KeyResult",
    "parse_chord",
]

DEFAULT_MODE = "default"


class BindingSpec(NamedTuple):
    """A binding as it is configured."""

    action: str
    """Empty: the chord is bound to nothing."""
    repeat: bool = False
    release: bool = False
    locked: bool = False
    keycode: bool = False
    """The key is looked up in the us layout, whatever layout is active."""


class Binding(msgspec.Struct, frozen=True):
    """A binding that has been read."""

    mode: str
    text: str
    """The chord as configured."""
    chord: Chord
    action: Action
    repeat: bool
    release: bool
    locked: bool
    keycode: bool


class BindingProblem(msgspec.Struct, frozen=True):
    """One binding that cannot be used."""

    mode: str
    chord: str
    message: str


class BindingError(ValueError):
    """Some bindings cannot be used; `problems` lists all of them."""

    def __init__(self, problems: Sequence[BindingProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class _Index(msgspec.Struct):
    """The bindings of one mode for presses or for releases, by modifiers and key."""

    codes: dict[tuple[int, int], Binding] = msgspec.field(default_factory=dict)
    positions: dict[tuple[int, int], Binding] = msgspec.field(default_factory=dict)
    symbols: dict[tuple[int, int], Binding] = msgspec.field(default_factory=dict)

    def add(self, binding: Binding) -> Binding | None:
        """Enter a binding; returns the one that has its place already."""
        chord = binding.chord
        if chord.code is not None:
            return _enter(self.codes, (chord.modifiers, chord.code), binding)
        assert chord.keysym is not None
        table = self.positions if binding.keycode else self.symbols
        return _enter(table, (chord.modifiers, chord.keysym), binding)


def _enter(
    table: dict[tuple[int, int], Binding], key: tuple[int, int], binding: Binding
) -> Binding | None:
    there = table.setdefault(key, binding)
    return there if there is not binding else None


class BindingTable:
    """All bindings of all modes, ready to be matched."""

    def __init__(self) -> None:
        self.bindings: list[Binding] = []
        """In the order of the configuration: for lists and the overlay."""
        self._modes: dict[str, tuple[_Index, _Index]] = {DEFAULT_MODE: (_Index(), _Index())}

    @classmethod
    def build(
        cls,
        bindings: Mapping[str, Mapping[str, BindingSpec | tuple[str, bool, bool, bool, bool]]],
        keysym: Callable[[str], int],
    ) -> BindingTable:
        """Read the bindings of each mode (chord text to `BindingSpec`); the mode "default" is the
        one outside all modes. Raises `BindingError` with every problem at once."""
        table = cls()
        problems: list[BindingProblem] = []
        for mode in bindings:
            table._modes.setdefault(mode, (_Index(), _Index()))
        for mode, chords in bindings.items():
            for text, spec in chords.items():
                try:
                    table._add(mode, text, BindingSpec(*spec), keysym)
                except (ChordError, ActionError) as error:
                    problems.append(BindingProblem(mode, text, str(error)))
        if problems:
            raise BindingError(problems)
        return table

    @property
    def modes(self) -> tuple[str, ...]:
        """The names of all modes, "default" first."""
        return tuple(self._modes)

    def index(self, mode: str, release: bool) -> _Index:
        """The bindings of a mode for presses or releases."""
        return self._modes[mode][1 if release else 0]

    def _add(self, mode: str, text: str, spec: BindingSpec, keysym: Callable[[str], int]) -> None:
        if not spec.action:
            parse_chord(text, keysym)
            return
        chord = parse_chord(text, keysym)
        action = parse_action(spec.action)
        if isinstance(action, SetMode):
            _known_mode(action.mode, self._modes)
        binding = Binding(mode, text, chord, action, *spec[1:])
        there = self.index(mode, spec.release).add(binding)
        if there is not None:
            raise ChordError(f"chord {text!r} is the same as {there.text!r}")
        self.bindings.append(binding)


def _known_mode(name: str, modes: Mapping[str, object]) -> None:
    if name not in modes:
        near = nearest(name, modes)
        hint = f"did you mean {near!r}?" if near else "modes are: " + ", ".join(modes)
        raise ActionError(f"unknown mode {name!r}; {hint}")


class KeyResult(NamedTuple):
    """The handling of a key event."""

    consumed: bool
    """Clients do not see it."""
    action: Action | None = None
    repeat: bool = False
    """The action comes again while the key is held."""


_PASS = KeyResult(False)


class _Held(msgspec.Struct):
    """A key that is down."""

    consumed: bool
    count: int = 1
    """Several keyboards may hold the same key."""


class KeyMachine:
    """Matches the keys of one seat with the bindings.

    Clients see balanced pairs: the release of a press that was consumed is consumed, any other
    is not, whatever changes in between.
    """

    def __init__(self, table: BindingTable) -> None:
        self._table = table
        self._mode = DEFAULT_MODE
        self._held: dict[int, _Held] = {}
        self._waiting: tuple[int, Binding] | None = None
        """The last pressed key, and the action of its release."""

    @property
    def mode(self) -> str:
        """The mode whose bindings hold now."""
        return self._mode

    def set_mode(self, name: str) -> None:
        """Switch to a mode. Raises `ActionError` for one that does not exist."""
        _known_mode(name, dict.fromkeys(self._table.modes))
        self._mode = name

    def reconfigure(self, table: BindingTable) -> None:
        """Take other bindings. Keys that are down stay what they were; a mode that is gone is
        left."""
        self._table = table
        self._waiting = None
        if self._mode not in table.modes:
            self._mode = DEFAULT_MODE

    def interrupt(self) -> None:
        """Something else was done while keys are down (a button, a wheel): bindings on release
        that were waiting do not fire, so that Super with a drag is not a bare Super."""
        self._waiting = None

    def press(
        self,
        code: int,
        syms: Sequence[int],
        raw_syms: Sequence[int],
        us_syms: Sequence[int],
        modifiers: int,
        locked: bool,
        shortcuts_inhibited: bool = False,
    ) -> KeyResult:
        """A key went down.

        `code` is its evdev code; `syms` what it types with the modifiers as they are, `raw_syms`
        without any, `us_syms` without any in the us layout; `modifiers` xkb's mask. `locked`: the
        lock screen is up. `shortcuts_inhibited`: the focused client may have all keys, but for
        `release-keyboard`, which is on Super+Escape where no binding says otherwise.
        """
        held = self._held.get(code)
        if held is not None:
            held.count += 1
            return KeyResult(held.consumed)
        self._waiting = None
        result = self._press(
            code, syms, raw_syms, us_syms, modifiers & ~IGNORED, locked, shortcuts_inhibited
        )
        self._held[code] = _Held(result.consumed)
        return result

    def _press(
        self,
        code: int,
        syms: Sequence[int],
        raw_syms: Sequence[int],
        us_syms: Sequence[int],
        modifiers: int,
        locked: bool,
        inhibited: bool,
    ) -> KeyResult:
        found: list[Binding | None] = []
        for release in (False, True):
            index = self._table.index(self._mode, release)
            binding = _match(index, code, syms, raw_syms, us_syms, modifiers)
            if binding is not None and (
                (locked and not binding.locked)
                or (inhibited and not isinstance(binding.action, ReleaseKeyboard))
            ):
                binding = None
            found.append(binding)
        down, up = found
        if up is not None:
            self._waiting = code, up
        if down is not None:
            return KeyResult(True, down.action, down.repeat)
        if up is not None:
            # A modifier goes on to clients even so: they need it for what comes after.
            return KeyResult(not any(sym in MODIFIER_KEYS for sym in raw_syms))
        if ESCAPE in raw_syms and not locked:
            if inhibited and modifiers == MOD4:
                return KeyResult(True, ReleaseKeyboard())
            if not inhibited and modifiers == 0 and self._mode != DEFAULT_MODE:
                self._mode = DEFAULT_MODE
                return KeyResult(True, SetMode(DEFAULT_MODE))
        return _PASS

    def release(self, code: int, locked: bool = False) -> KeyResult:
        """A key went up."""
        held = self._held.get(code)
        if held is None:
            return _PASS
        held.count -= 1
        if held.count:
            return KeyResult(held.consumed)
        del self._held[code]
        waiting, action = self._waiting, None
        if waiting is not None and waiting[0] == code:
            self._waiting = None
            if waiting[1].locked or not locked:
                action = waiting[1].action
        return KeyResult(held.consumed, action)


def _match(
    index: _Index,
    code: int,
    syms: Sequence[int],
    raw_syms: Sequence[int],
    us_syms: Sequence[int],
    modifiers: int,
) -> Binding | None:
    binding = index.codes.get((modifiers & ~_own(raw_syms), code))
    if binding is None:
        binding = index.codes.get((modifiers, code))
    if binding is None:
        binding = _look_up(index.positions, us_syms, modifiers)
    if binding is None:
        binding = _look_up(index.symbols, raw_syms, modifiers)
    if binding is None and modifiers & SHIFT and tuple(syms) != tuple(raw_syms):
        # Shift went into what the key types: Super+Shift+1 is Super+exclam.
        binding = _look_up(index.symbols, syms, modifiers & ~SHIFT)
    return binding


def _own(syms: Sequence[int]) -> int:
    own = 0
    for sym in syms:
        own |= MODIFIER_KEYS.get(sym, 0)
    return own


def _look_up(
    table: Mapping[tuple[int, int], Binding], syms: Sequence[int], modifiers: int
) -> Binding | None:
    for sym in syms:
        # Whether a modifier's own bit is set at its press differs between keyboards.
        binding = table.get((modifiers & ~MODIFIER_KEYS.get(sym, 0), sym))
        if binding is not None:
            return binding
    return None
