"""Actions: what a binding or the control socket can ask for, and their text form."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from typing import Literal

import msgspec

from .names import LAYOUTS, WORKSPACES
from .suggest import nearest

Value = int | float | str


class ActionError(ValueError):
    """An action's text is wrong; the message names what is allowed."""


class Action(msgspec.Struct, frozen=True):
    """Base of all actions. Fields are the arguments in order, already checked; an action that is
    read from text has values as its row in the table says."""

    @property
    def name(self) -> str:
        """As it stands in a binding."""
        return _NAMES[type(self)]


class Spawn(Action, frozen=True):
    argv: tuple[str, ...]


class SpawnInVM(Action, frozen=True):
    pass


class StartVM(Action, frozen=True):
    vm: str


class StopVM(Action, frozen=True):
    vm: str


class ConsoleVM(Action, frozen=True):
    vm: str | None = None
    """None: the focused window's."""


class Close(Action, frozen=True):
    pass


class Kill(Action, frozen=True):
    pass


class Focus(Action, frozen=True):
    target: str


class FocusWindow(Action, frozen=True):
    pass


class Move(Action, frozen=True):
    direction: str


class MoveToWorkspace(Action, frozen=True):
    number: int


class ShowWorkspace(Action, frozen=True):
    target: int | str


class MoveToOutput(Action, frozen=True):
    output: str


class FocusOutput(Action, frozen=True):
    output: str


class WorkspaceToOutput(Action, frozen=True):
    output: str


class SetLayout(Action, frozen=True):
    layout: str


class MasterRatio(Action, frozen=True):
    change: float


class MasterCount(Action, frozen=True):
    change: int


class Promote(Action, frozen=True):
    pass


class Switch(Action, frozen=True):
    """Base of actions that turn a state on or off."""

    state: str = "toggle"


class Float(Switch, frozen=True):
    pass


class Fullscreen(Switch, frozen=True):
    pass


class TrueFullscreen(Switch, frozen=True):
    pass


class Maximise(Switch, frozen=True):
    pass


class Minimise(Action, frozen=True):
    pass


class Restore(Action, frozen=True):
    pass


class MoveWindow(Action, frozen=True):
    x: int
    y: int


class ResizeWindow(Action, frozen=True):
    width: int
    height: int


class Resize(Action, frozen=True):
    dw: int
    dh: int


class SetMode(Action, frozen=True):
    mode: str


class Reload(Action, frozen=True):
    pass


class Exit(Action, frozen=True):
    pass


class ToggleBindings(Action, frozen=True):
    pass


class Screenshot(Action, frozen=True):
    file: str | None = None


class ReleaseKeyboard(Action, frozen=True):
    pass


class Nop(Action, frozen=True):
    pass


class Argument(msgspec.Struct, frozen=True):
    """One argument: one of `choices`, or a number between `low` and `high`, or free text."""

    name: str
    """As shown in usage lines."""
    choices: tuple[str, ...] = ()
    number: Literal["int", "float"] | None = None
    low: float = -65535
    high: float = 65535
    signed: bool = False
    """A change rather than a value: written with its sign."""
    text: bool = False
    """Any non-empty text will do; `choices` are then suggestions."""
    optional: bool = False
    """When it is left out, the default of the struct's field is meant."""
    rest: bool = False
    """Takes all words that are left, at least one."""

    @property
    def usage(self) -> str:
        """How it is written, for example `[toggle|on|off]`."""
        words = list(self.choices)
        if self.number is not None or self.text:
            words.append(self.name)
        joined = "|".join(words) + ("…" if self.rest else "")
        return f"[{joined}]" if self.optional else joined


class ActionSpec(msgspec.Struct, frozen=True):
    """One row of the table of actions."""

    action: type[Action]
    name: str
    description: str
    arguments: tuple[Argument, ...] = ()
    on_window: bool = False
    """Acts on a window: the focused one, or the one the control socket names."""
    passed_on: bool = False
    """Not about windows: the shell hands it on as `Perform`."""

    @property
    def usage(self) -> str:
        """Name and arguments, for example `float [toggle|on|off]`."""
        return " ".join([self.name, *(argument.usage for argument in self.arguments)])


DIRECTIONS = ("left", "right", "up", "down")

_SWITCH = (Argument("STATE", ("toggle", "on", "off"), optional=True),)
_OUTPUT = (Argument("NAME", DIRECTIONS, text=True),)
_NUMBER = Argument("N", number="int", low=WORKSPACES[0], high=WORKSPACES[-1])
_VM = (Argument("NAME", text=True),)


def _pixels(name: str, *, low: float = -65535, signed: bool = False) -> Argument:
    return Argument(name, number="int", low=low, signed=signed)


def _passed(action: type[Action], name: str, description: str, *arguments: Argument) -> ActionSpec:
    return ActionSpec(action, name, description, arguments, passed_on=True)


def _window(action: type[Action], name: str, description: str, *arguments: Argument) -> ActionSpec:
    return ActionSpec(action, name, description, arguments, on_window=True)


_SPECS = (
    _passed(Spawn, "spawn", "Start a program on the host", Argument("CMD", text=True, rest=True)),
    _passed(SpawnInVM, "spawn-in-vm", "Open a terminal in the focused window's VM"),
    _passed(StartVM, "start-vm", "Start a VM", *_VM),
    _passed(StopVM, "stop-vm", "Stop a VM", *_VM),
    _passed(
        ConsoleVM,
        "console-vm",
        "Open the console of a VM, by default the focused window's",
        Argument("NAME", text=True, optional=True),
    ),
    _window(Close, "close", "Ask the window to close"),
    _window(Kill, "kill", "Disconnect the window's client"),
    ActionSpec(
        Focus,
        "focus",
        "Focus another window",
        (Argument("TARGET", (*DIRECTIONS, "next", "previous", "last", "urgent")),),
    ),
    _window(FocusWindow, "focus-window", "Focus the window, wherever it is"),
    _window(
        Move,
        "move",
        "Swap the window with its neighbour, or move a floating one",
        Argument("DIRECTION", (*DIRECTIONS, "next", "previous")),
    ),
    _window(MoveToWorkspace, "move-to-workspace", "Send the window to a workspace", _NUMBER),
    ActionSpec(
        ShowWorkspace,
        "workspace",
        "Show a workspace",
        (
            Argument(
                "N",
                ("next", "previous", "last"),
                number="int",
                low=WORKSPACES[0],
                high=WORKSPACES[-1],
            ),
        ),
    ),
    _window(MoveToOutput, "move-to-output", "Send the window to an output", *_OUTPUT),
    ActionSpec(FocusOutput, "focus-output", "Focus an output", _OUTPUT),
    ActionSpec(
        WorkspaceToOutput, "workspace-to-output", "Send the workspace to an output", _OUTPUT
    ),
    ActionSpec(
        SetLayout,
        "layout",
        "Choose the workspace's layout",
        (Argument("LAYOUT", (*LAYOUTS, "next")),),
    ),
    ActionSpec(
        MasterRatio,
        "master-ratio",
        "Widen or narrow the master area",
        (Argument("±FLOAT", number="float", low=-1, high=1, signed=True),),
    ),
    ActionSpec(
        MasterCount,
        "master-count",
        "More or fewer windows in the master area",
        (Argument("±INT", number="int", low=-100, high=100, signed=True),),
    ),
    _window(Promote, "promote", "Swap the window with the master"),
    _window(Float, "float", "Take the window out of the layout, or put it back", *_SWITCH),
    _window(Fullscreen, "fullscreen", "Let the window fill its output, inside its frame", *_SWITCH),
    _window(
        TrueFullscreen,
        "true-fullscreen",
        "Let the window fill its output without a frame, where allowed",
        *_SWITCH,
    ),
    _window(Maximise, "maximise", "Let the window fill the work area", *_SWITCH),
    _window(Minimise, "minimise", "Hide the window until it is restored"),
    ActionSpec(Restore, "restore", "Bring back the window that was minimised last"),
    _window(
        MoveWindow,
        "move-window",
        "Put the window's frame at a position",
        _pixels("X"),
        _pixels("Y"),
    ),
    _window(
        ResizeWindow,
        "resize-window",
        "Give the window's frame a size",
        _pixels("W", low=1),
        _pixels("H", low=1),
    ),
    _window(
        Resize,
        "resize",
        "Change the window's size",
        _pixels("±DW", signed=True),
        _pixels("±DH", signed=True),
    ),
    _passed(SetMode, "mode", "Switch to another set of bindings", Argument("NAME", text=True)),
    _passed(Reload, "reload", "Read the configuration again"),
    _passed(Exit, "exit", "End the session"),
    _passed(ToggleBindings, "toggle-bindings", "Show or hide the list of bindings"),
    _passed(Screenshot, "screenshot", "Save a picture", Argument("FILE", text=True, optional=True)),
    _passed(ReleaseKeyboard, "release-keyboard", "Take the shortcuts back from the focused window"),
    ActionSpec(Nop, "nop", "Do nothing; the chord is taken all the same"),
)

ACTIONS: Mapping[str, ActionSpec] = {spec.name: spec for spec in _SPECS}
"""Every action by name, in the order in which lists show them."""

_NAMES: Mapping[type[Action], str] = {spec.action: spec.name for spec in _SPECS}

_INT = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_FLOAT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)


def parse_action(text: str) -> Action:
    """Read an action as it stands in a binding, split into words as a POSIX shell does.

    Raises `ActionError`, whose message names the nearest action or the allowed arguments.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ActionError(f"cannot read action {text!r}: {error}") from None
    return make_action(words)


def make_action(words: list[str]) -> Action:
    """Read an action that is already split into words. Raises `ActionError`."""
    if not words:
        raise ActionError("an action is missing; allowed are: " + ", ".join(ACTIONS))
    name, rest = words[0], words[1:]
    spec = ACTIONS.get(name)
    if spec is None:
        near = nearest(name, ACTIONS)
        hint = f"did you mean {near!r}?" if near else "allowed are: " + ", ".join(ACTIONS)
        raise ActionError(f"unknown action {name!r}; {hint}")
    values: list[Value | tuple[str, ...]] = []
    for argument in spec.arguments:
        if argument.rest:
            if not rest:
                raise ActionError(f"{name} needs {argument.usage}; usage: {spec.usage}")
            values.append(tuple(str(_value(spec, argument, word)) for word in rest))
            rest = []
        elif rest:
            values.append(_value(spec, argument, rest.pop(0)))
        elif not argument.optional:
            raise ActionError(f"{name} needs {argument.usage}; usage: {spec.usage}")
    if rest:
        raise ActionError(f"too many arguments from {rest[0]!r} on; usage: {spec.usage}")
    return spec.action(*values)


def format_action(action: Action) -> str:
    """The text that `parse_action` reads back as the same action."""
    words = [action.name]
    values = msgspec.structs.astuple(action)
    for argument, value in zip(ACTIONS[action.name].arguments, values, strict=True):
        if isinstance(value, tuple):
            words += value
        elif argument.signed:
            words.append(format(value, "+"))
        elif value is not None:
            words.append(str(value))
    return shlex.join(words)


def _value(spec: ActionSpec, argument: Argument, word: str) -> Value:
    if word in argument.choices:
        return word
    if "\0" in word:
        raise ActionError(f"{spec.name}: an argument holds a NUL character")
    if argument.number is not None:
        number = _number(argument, word)
        if number is not None:
            return number
    elif argument.text and (word or argument.rest):
        return word
    allowed = ", ".join(argument.choices)
    if argument.number is not None:
        kind = "a whole number" if argument.number == "int" else "a number"
        limits = f"{kind} from {argument.low:g} to {argument.high:g}"
        allowed = f"{allowed} or {limits}" if allowed else limits
    elif argument.text:
        allowed = f"{allowed} or a name" if allowed else "a text that is not empty"
    near = nearest(word, argument.choices)
    hint = f"; did you mean {near!r}?" if near else ""
    raise ActionError(
        f"{spec.name}: {word!r} is not allowed; allowed: {allowed}{hint} (usage: {spec.usage})"
    )


def _number(argument: Argument, word: str) -> int | float | None:
    value: int | float
    if argument.number == "int":
        if not _INT.fullmatch(word):
            return None
        value = int(word)
    else:
        if not _FLOAT.fullmatch(word):
            return None
        value = float(word)
        if not math.isfinite(value):
            return None
    return value if argument.low <= value <= argument.high else None
