"""Writes the gate's table of interfaces from pywayland's classes, which are made from the XML."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

from pywayland import protocol

TARGET = Path(__file__).resolve().parent.parent / "spectrum_session/gate/schema_table.py"

ROOTS = (
    "wl_display",
    "wl_compositor",
    "wl_subcompositor",
    "wl_shm",
    "wl_output",
    "wl_seat",
    "wl_data_device_manager",
    "xdg_wm_base",
    "zwp_primary_selection_device_manager_v1",
    "wp_viewporter",
    "wp_single_pixel_buffer_manager_v1",
    "wp_fractional_scale_manager_v1",
    "wp_presentation",
    "wp_content_type_manager_v1",
    "wp_tearing_control_manager_v1",
    "zxdg_output_manager_v1",
    "zxdg_decoration_manager_v1",
    "wp_cursor_shape_manager_v1",
    "zwp_relative_pointer_manager_v1",
    "zwp_pointer_constraints_v1",
    "zwp_pointer_gestures_v1",
    "zwp_tablet_manager_v2",
    "zwp_text_input_manager_v3",
    "zwp_idle_inhibit_manager_v1",
    "xdg_activation_v1",
    "zwp_linux_dmabuf_v1",
    "zwp_keyboard_shortcuts_inhibit_manager_v1",
)
"""Globals that a VM may come to see; what their messages make and name comes with them."""

LETTERS = {
    "Int": "i",
    "Uint": "u",
    "Fixed": "f",
    "String": "s",
    "Object": "o",
    "NewId": "n",
    "Array": "a",
    "FileDescriptor": "h",
}

NOT_IN_PYWAYLAND = {
    # KDE's older form of xdg-decoration; no package of Python's has it.
    "org_kde_kwin_server_decoration_manager": (
        1,
        ("create n:org_kde_kwin_server_decoration o:wl_surface",),
        ("default_mode u",),
    ),
    "org_kde_kwin_server_decoration": (
        1,
        ("release!", "request_mode u"),
        ("mode u",),
    ),
}

HEAD = '''"""Every interface that can come through the gate: its requests and events, in short.

Written by `scripts/gate-schema`. A message is its name, `!` when it destroys its object, `@N` for
the version of the interface since which it exists, then an argument each: i int, u uint, f fixed,
s string, o object, n new id, a array, h file descriptor; `?` may be null, `:` of which interface;
`u:serial` is an argument that the XML calls so.
"""

from __future__ import annotations

INTERFACES: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] = {
'''


OUTDATED = ("xdg_shell_unstable_v5",)
"""Modules whose interfaces have the names of those of today."""


def classes() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(protocol.__path__):
        if module.name in OUTDATED:
            continue
        loaded = importlib.import_module(f"pywayland.protocol.{module.name}")
        for value in vars(loaded).values():
            name = getattr(value, "name", None)
            if isinstance(name, str) and hasattr(value, "requests"):
                found[name] = value
    return found


def line(message: Any, *, request: bool) -> str:
    # All requests of these names are destructors in the XML, and no others: a test looks there.
    words = [message.name + ("!" if request and message.name in ("destroy", "release") else "")]
    if message.version is not None and message.version > 1:
        words[0] += f"@{message.version}"
    names = argument_names(message, request=request)
    for argument, name in zip(message.arguments, names, strict=True):
        word = "?" * bool(argument.nullable) + LETTERS[argument.argument_type.name]
        if argument.interface is not None:
            word += ":" + argument.interface.name
        elif word == "u" and name == "serial":
            word += ":serial"
        words.append(word)
    return " ".join(words)


def argument_names(message: Any, *, request: bool) -> list[str | None]:
    """As in the XML; None for a new id that pywayland's function returns."""
    given = iter(list(inspect.signature(message.py_func).parameters)[1:])
    returned = request and any(
        argument.argument_type.name == "NewId" and argument.interface is not None
        for argument in message.arguments
    )
    names = [
        None if returned and argument.argument_type.name == "NewId" else next(given, None)
        for argument in message.arguments
    ]
    return names


def main() -> None:
    known = classes()
    wanted = list(ROOTS)
    for name in wanted:
        for message in (*known[name].requests, *known[name].events):
            for argument in message.arguments:
                if argument.interface is not None and argument.interface.name not in wanted:
                    wanted.append(argument.interface.name)
    table: dict[str, Any] = dict(NOT_IN_PYWAYLAND)
    for name in wanted:
        described = known[name]
        table[name] = (
            described.version,
            tuple(line(message, request=True) for message in described.requests),
            tuple(line(message, request=False) for message in described.events),
        )
    with TARGET.open("w") as file:
        file.write(HEAD)
        for name in sorted(table):
            version, requests, events = table[name]
            file.write(f'    "{name}": (\n        {version},\n')
            for messages in (requests, events):
                if not messages:
                    file.write("        (),\n")
                    continue
                file.write("        (\n")
                for text in messages:
                    file.write(f'            "{text}",\n')
                file.write("        ),\n")
            file.write("    ),\n")
        file.write("}\n")


if __name__ == "__main__":
    main()
