"""Limits of values that a type cannot express: syntax, colours, patterns.

Ranges of numbers stand in the schema (ranges.py). `allowed` is the whole text that an error shows,
the type included, and is what `configs/session.toml` says of the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spectrum_session.labels.color import Color
from spectrum_session.labels.pattern import Pattern
from spectrum_session.shell.names import WORKSPACES

from . import schema
from .vm_name import VM_NAME_WORDS, is_vm_name

_MODE = re.compile(r"([0-9]{2,5})x([0-9]{2,5})(@[0-9]{1,4}(\.[0-9]{1,6})?)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LABEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_MODE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_ICON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_COMMAND_LINE = re.compile(r"[ -~]*")
_PATH_BYTES = 4095  # PATH_MAX less its NUL
_SOCKET_BYTES = 107  # sun_path less its NUL
_XKB_LAYOUTS = 4  # XkbNumKbdGroups: a keymap has no room for more.

SESSION_VARIABLES = frozenset({"WAYLAND_DISPLAY", "WAYLAND_SOCKET", "SPECTRUM_SESSION_SOCKET"})
"""Variables that tell a client the session's sockets; only the session may set them."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`allowed` as text; `test` checks a value of the right type."""

    allowed: str
    test: Callable[[Any], bool]


def _is_command(command: list[str]) -> bool:
    return bool(command and command[0]) and not any("\0" in word for word in command)


def _is_mode(text: str) -> bool:
    match = _MODE.fullmatch(text)
    return not text or (match is not None and int(match[1]) > 0 and int(match[2]) > 0)


def _is_layout_list(text: str) -> bool:
    names = text.split(",")
    return not text or (len(names) <= _XKB_LAYOUTS and all(_is_word(name) for name in names))


def _is_word(text: str) -> bool:
    return bool(text) and text.isprintable() and not any(c.isspace() for c in text)


def _is_color(text: str) -> bool:
    try:
        Color.parse(text)
    except ValueError:
        return False
    return True


def is_file_path(text: str, longest: int = _PATH_BYTES) -> bool:
    """Whether this is a valid path of a VM's file.

    A comma would begin another option of a disk, for QEMU as for cloud-hypervisor; unprintable
    characters could break or reorder log lines, or be invalid in API requests.
    """
    return text.isprintable() and "," not in text and 0 < len(text.encode()) <= longest


def is_command_line(text: str) -> bool:
    """Whether a kernel accepts this as its command line: COMMAND_LINE_SIZE of x86 and arm64
    is 2048 bytes with its NUL."""
    return len(text) < 2048 and _COMMAND_LINE.fullmatch(text) is not None


def _file(what: str) -> Limit:
    text = f'{_PATH_WORDS.format(what)}; "" for none'
    return Limit(text, lambda value: not value or is_file_path(value))


def _has_name(table: Any) -> bool:
    return isinstance(table, dict) and isinstance(table.get("name"), str)


def _differ(names: list[str]) -> bool:
    return len(set(names)) == len(names)


_PATH_WORDS = (
    "the path of {}, relative to this file's directory or absolute, without ',' and"
    " unprintable characters"
)
_COMMAND = Limit('an array of strings, the program first, as in ["foot", "--server"]', _is_command)
_OPTIONAL_COMMAND = Limit(
    "an array of strings, the program first; empty for none",
    lambda value: not value or _is_command(value),
)
_COLOR_TEXT = (
    'one of "red", "orange", "yellow", "green", "gray", "blue", "purple", "black", '
    'or "#rrggbb", or "#rgb"'
)
_COLOR = Limit(_COLOR_TEXT, _is_color)
_DIRECTORY = Limit(
    "the absolute path of a directory, without ',' and unprintable characters; \"\" for none",
    lambda value: not value or (value.startswith("/") and is_file_path(value)),
)

VALUES: dict[type[schema.Struct], dict[str, Limit]] = {
    schema.Session: {
        "terminal": _COMMAND,
        "autostart": Limit(
            'an array of commands, as in [["waybar"], ["swaybg", "-c", "#202020"]]',
            lambda value: all(_is_command(command) for command in value),
        ),
    },
    schema.Keyboard: {
        "layout": Limit(
            'up to 4 xkb layout names with commas between them, as in "us,de"; "" for xkb\'s own',
            _is_layout_list,
        ),
    },
    schema.Output: {
        "mode": Limit('"WIDTHxHEIGHT", "WIDTHxHEIGHT@HZ", or "" for the preferred one', _is_mode),
        "position": Limit(
            "[x, y]: two whole numbers from -32768 to 32767 (logical pixels)",
            lambda value: all(-32768 <= number <= 32767 for number in value),
        ),
    },
    schema.Frame: {
        "font": Limit('the name of a font, as in "sans-serif"', lambda value: bool(value.strip())),
    },
    schema.Layout: {
        "background": _COLOR,
    },
    schema.Label: {
        "color": _COLOR,
        "pattern": Limit(
            "one of " + ", ".join(f'"{pattern.value}"' for pattern in Pattern),
            lambda name: name in {pattern.value for pattern in Pattern},
        ),
    },
    schema.App: {
        "name": Limit(
            "1 to 64 printable characters",
            lambda name: 0 < len(name) <= 64 and name.isprintable() and bool(name.strip()),
        ),
        "command": _COMMAND,
        "icon": Limit(
            'the name of an icon, as in "utilities-terminal", no path; "" for none',
            lambda name: not name or _ICON.fullmatch(name) is not None,
        ),
    },
    schema.VM: {
        "net": Limit(
            'the name of another VM, or "" for no network',
            lambda name: not name or is_vm_name(name),
        ),
        "kernel": _file("a kernel"),
        "initramfs": _file("an initramfs"),
        "disks": Limit(
            f"an array with {_PATH_WORDS.format('a disk')} for each, no two the same",
            lambda paths: all(is_file_path(path) for path in paths) and _differ(paths),
        ),
        "kernel_command_line": Limit(
            "up to 2047 printable ASCII characters on one line", is_command_line
        ),
        "api_socket": Limit(
            f'{_PATH_WORDS.format("a socket")}, {_SOCKET_BYTES} bytes at most; "" for none',
            lambda value: not value or is_file_path(value, _SOCKET_BYTES),
        ),
        "packages": Limit(
            'an array of names of Debian packages, as in ["foot"]',
            lambda names: all(_PACKAGE.fullmatch(name) for name in names),
        ),
        "apps": Limit(
            "tables [[apps]], no two with the same name",
            lambda apps: _differ([app["name"] for app in apps if _has_name(app)]),
        ),
        "command": _OPTIONAL_COMMAND,
        "terminal": _COMMAND,
    },
    schema.Limits: {
        "buffer_bytes": Limit(
            "a whole number from 1048576 to 1099511627776 (bytes), or 0 for automatic",
            lambda value: value == 0 or 1 << 20 <= value <= 1 << 40,
        ),
    },
    schema.Spectrum: {
        "definitions": _DIRECTORY,
        "run": _DIRECTORY,
    },
    schema.Config: {
        "environment": Limit("a string without NUL", lambda value: "\0" not in value),
    },
}
"""By struct and field. For a table with names chosen by the user, the limit of each value."""

NAMES: dict[type[schema.Struct], dict[str, Limit]] = {
    schema.Layout: {
        "workspaces": Limit(
            f'the number of a workspace, "{WORKSPACES[0]}" to "{WORKSPACES[-1]}"',
            lambda name: name in {str(number) for number in WORKSPACES},
        ),
    },
    schema.Config: {
        "outputs": Limit('the name of a connector, as in [outputs."DP-1"], or "*"', _is_word),
        "labels": Limit(
            "a name of 1 to 32 of letters, digits, '.', '_' and '-', a letter or digit first",
            lambda name: _LABEL_NAME.fullmatch(name) is not None,
        ),
        "modes": Limit(
            "a name of 1 to 63 of letters, digits, '.', '_' and '-', a letter or digit first, "
            'other than "default"',
            lambda name: _MODE_NAME.fullmatch(name) is not None and name != "default",
        ),
        "environment": Limit(
            "the name of an environment variable (letters, digits, '_'), not one that the session "
            "sets itself: " + ", ".join(sorted(SESSION_VARIABLES)),
            lambda name: _VARIABLE.fullmatch(name) is not None and name not in SESSION_VARIABLES,
        ),
    },
}
"""Limits of the names in tables with names chosen by the user, by struct and field."""


VM_NAME = Limit(f"a VM's name before .toml: {VM_NAME_WORDS}", is_vm_name)


def limit_of(struct: type[schema.Struct], field: str) -> Limit | None:
    """The limit of a field's value; None when its type is enough."""
    return VALUES.get(struct, {}).get(field)
