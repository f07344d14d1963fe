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
    """A parsed action: its name and its arguments, already checked.

    `args` holds int, float or str as the action's row in the table says.
    """

    name: str
    args: tuple[int | float | str, ...] = ()


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
    """When it is left out, `choices[0]` is meant, or nothing where there are no choices."""
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


def _passed(name: str, description: str, *arguments: Argument) -> ActionSpec:
    return ActionSpec(name, description, arguments, passed_on=True)


def _window(name: str, description: str, *arguments: Argument) -> ActionSpec:
    return ActionSpec(name, description, arguments, on_window=True)


_SPECS = (
    _passed("spawn", "Start a program on the host", Argument("CMD", text=True, rest=True)),
    _passed("spawn-in-vm", "Open a terminal in the focused window's VM"),
    _passed("start-vm", "Start a VM", *_VM),
    _passed("stop-vm", "Stop a VM", *_VM),
    _passed(
        "console-vm",
        "Open the console of a VM, by default the focused window's",
        Argument("NAME", text=True, optional=True),
    ),
    _window("close", "Ask the window to close"),
    _window("kill", "Disconnect the window's client"),
    ActionSpec(
        "focus",
        "Focus another window",
        (Argument("TARGET", (*DIRECTIONS, "next", "previous", "last", "urgent")),),
    ),
    _window("focus-window", "Focus the window, wherever it is"),
    _window(
        "move",
        "Swap the window with its neighbour, or move a floating one",
        Argument("DIRECTION", (*DIRECTIONS, "next", "previous")),
    ),
    _window("move-to-workspace", "Send the window to a workspace", _NUMBER),
    ActionSpec(
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
    _window("move-to-output", "Send the window to an output", *_OUTPUT),
    ActionSpec("focus-output", "Focus an output", _OUTPUT),
    ActionSpec("workspace-to-output", "Send the workspace to an output", _OUTPUT),
    ActionSpec(
        "layout", "Choose the workspace's layout", (Argument("LAYOUT", (*LAYOUTS, "next")),)
    ),
    ActionSpec(
        "master-ratio",
        "Widen or narrow the master area",
        (Argument("±FLOAT", number="float", low=-1, high=1, signed=True),),
    ),
    ActionSpec(
        "master-count",
        "More or fewer windows in the master area",
        (Argument("±INT", number="int", low=-100, high=100, signed=True),),
    ),
    _window("promote", "Swap the window with the master"),
    _window("float", "Take the window out of the layout, or put it back", *_SWITCH),
    _window("fullscreen", "Let the window fill its output, inside its frame", *_SWITCH),
    _window(
        "true-fullscreen", "Let the window fill its output without a frame, where allowed", *_SWITCH
    ),
    _window("maximise", "Let the window fill the work area", *_SWITCH),
    _window("minimise", "Hide the window until it is restored"),
    ActionSpec("restore", "Bring back the window that was minimised last"),
    _window("move-window", "Put the window's frame at a position", _pixels("X"), _pixels("Y")),
    _window(
        "resize-window",
        "Give the window's frame a size",
        _pixels("W", low=1),
        _pixels("H", low=1),
    ),
    _window(
        "resize",
        "Change the window's size",
        _pixels("±DW", signed=True),
        _pixels("±DH", signed=True),
    ),
    _passed("mode", "Switch to another set of bindings", Argument("NAME", text=True)),
    _passed("reload", "Read the configuration again"),
    _passed("exit", "End the session"),
    _passed("toggle-bindings", "Show or hide the list of bindings"),
    _passed("screenshot", "Save a picture", Argument("FILE", text=True, optional=True)),
    _passed("release-keyboard", "Take the shortcuts back from the focused window"),
    ActionSpec("nop", "Do nothing; the chord is taken all the same"),
)

ACTIONS: Mapping[str, ActionSpec] = {spec.name: spec for spec in _SPECS}
"""Every action by name, in the order in which lists show them."""

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
    values: list[Value] = []
    for argument in spec.arguments:
        if argument.rest:
            if not rest:
                raise ActionError(f"{name} needs {argument.usage}; usage: {spec.usage}")
            values += [_value(spec, argument, word) for word in rest]
            rest = []
        elif rest:
            values.append(_value(spec, argument, rest.pop(0)))
        elif not argument.optional:
            raise ActionError(f"{name} needs {argument.usage}; usage: {spec.usage}")
        elif argument.choices:
            values.append(argument.choices[0])
    if rest:
        raise ActionError(f"too many arguments from {rest[0]!r} on; usage: {spec.usage}")
    return Action(name, tuple(values))


def format_action(action: Action) -> str:
    """The text that `parse_action` reads back as the same action."""
    spec = ACTIONS.get(action.name)
    words = [shlex.quote(action.name)]
    for index, value in enumerate(action.args):
        argument = None
        if spec is not None and spec.arguments:
            argument = spec.arguments[min(index, len(spec.arguments) - 1)]
        if isinstance(value, str):
            words.append(shlex.quote(value))
        elif argument is not None and argument.signed:
            words.append(format(value, "+"))
        else:
            words.append(str(value))
    return " ".join(words)


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
