"""What requests and events every interface has: their names, opcodes and arguments.

Most come from pywayland's package, which is generated from the protocols' own XML. Those of
wlroots that a test uses are in no package; their signatures stand here, in short.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument on the wire."""

    kind: str
    """i int, u uint, f fixed, s string, o object, n new id, a array, h file descriptor."""
    interface: str | None = None
    """Of an object or new id; a new id without one is sent with its interface and version."""
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an event."""

    name: str
    opcode: int
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """Everything that can be said to and by objects of one kind."""

    name: str
    version: int
    requests: dict[str, Message]
    events: tuple[Message, ...]


_MODULES = {
    "spectrum_session._protocol.spectrum_session_v1": ("spectrum_session_",),
    "content_type_v1": ("wp_content_type",),
    "cursor_shape_v1": ("wp_cursor_shape",),
    "ext_idle_notify_v1": ("ext_idle",),
    "fractional_scale_v1": ("wp_fractional_scale",),
    "idle_inhibit_unstable_v1": ("zwp_idle_inhibit",),
    "keyboard_shortcuts_inhibit_unstable_v1": ("zwp_keyboard_shortcuts_inhibit",),
    "pointer_constraints_unstable_v1": (
        "zwp_pointer_constraints",
        "zwp_locked_pointer",
        "zwp_confined_pointer",
    ),
    "pointer_gestures_unstable_v1": ("zwp_pointer_gesture",),
    "presentation_time": ("wp_presentation",),
    "relative_pointer_unstable_v1": ("zwp_relative_pointer",),
    "security_context_v1": ("wp_security_context",),
    "single_pixel_buffer_v1": ("wp_single_pixel_buffer",),
    "tablet_unstable_v2": ("zwp_tablet",),
    "tearing_control_v1": ("wp_tearing_control",),
    "text_input_unstable_v3": ("zwp_text_input",),
    "viewporter": ("wp_viewport",),
    "wayland": ("wl_",),
    "wp_primary_selection_unstable_v1": ("zwp_primary_selection",),
    "xdg_activation_v1": ("xdg_activation",),
    "xdg_decoration_unstable_v1": ("zxdg_decoration", "zxdg_toplevel_decoration"),
    "xdg_output_unstable_v1": ("zxdg_output",),
    "xdg_shell": ("xdg_wm_base", "xdg_surface", "xdg_toplevel", "xdg_popup", "xdg_positioner"),
}
"""pywayland's modules and ours (with a dot), and how the names of the interfaces in them begin."""

_WLROOTS: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] = {
    "org_kde_kwin_server_decoration_manager": (
        1,
        ("create n:org_kde_kwin_server_decoration o:wl_surface",),
        ("default_mode u",),
    ),
    "org_kde_kwin_server_decoration": (1, ("release", "request_mode u"), ("mode u",)),
    "zwlr_foreign_toplevel_manager_v1": (
        3,
        ("stop",),
        ("toplevel n:zwlr_foreign_toplevel_handle_v1", "finished"),
    ),
    "zwlr_foreign_toplevel_handle_v1": (
        3,
        (
            "set_maximized",
            "unset_maximized",
            "set_minimized",
            "unset_minimized",
            "activate o:wl_seat",
            "close",
            "set_rectangle o:wl_surface i i i i",
            "destroy",
            "set_fullscreen o:wl_output",
            "unset_fullscreen",
        ),
        (
            "title s",
            "app_id s",
            "output_enter o:wl_output",
            "output_leave o:wl_output",
            "state a",
            "done",
            "closed",
            "parent o:zwlr_foreign_toplevel_handle_v1",
        ),
    ),
    "zwlr_layer_shell_v1": (
        4,
        ("get_layer_surface n:zwlr_layer_surface_v1 o:wl_surface o:wl_output u s", "destroy"),
        (),
    ),
    "zwlr_layer_surface_v1": (
        4,
        (
            "set_size u u",
            "set_anchor u",
            "set_exclusive_zone i",
            "set_margin i i i i",
            "set_keyboard_interactivity u",
            "get_popup o:xdg_popup",
            "ack_configure u",
            "destroy",
            "set_layer u",
        ),
        ("configure u u u", "closed"),
    ),
    "zwlr_virtual_pointer_manager_v1": (
        2,
        (
            "create_virtual_pointer o:wl_seat n:zwlr_virtual_pointer_v1",
            "destroy",
            "create_virtual_pointer_with_output o:wl_seat o:wl_output n:zwlr_virtual_pointer_v1",
        ),
        (),
    ),
    "zwlr_virtual_pointer_v1": (
        2,
        (
            "motion u f f",
            "motion_absolute u u u u u",
            "button u u u",
            "axis u u f",
            "frame",
            "axis_source u",
            "axis_stop u u",
            "axis_discrete u u f i",
            "destroy",
        ),
        (),
    ),
    "zwp_virtual_keyboard_manager_v1": (
        1,
        ("create_virtual_keyboard o:wl_seat n:zwp_virtual_keyboard_v1",),
        (),
    ),
    "zwp_virtual_keyboard_v1": (
        1,
        ("keymap u h u", "key u u u", "modifiers u u u u", "destroy"),
        (),
    ),
}


def _own(name: str) -> Interface:
    version, requests, events = _WLROOTS[name]

    def message(opcode: int, line: str) -> Message:
        title, *arguments = line.split()
        parts = [argument.partition(":") for argument in arguments]
        return Message(
            title, opcode, tuple(Argument(kind, interface or None) for kind, _, interface in parts)
        )

    return Interface(
        name,
        version,
        {m.name: m for m in (message(i, line) for i, line in enumerate(requests))},
        tuple(message(i, line) for i, line in enumerate(events)),
    )


_KINDS = {
    "Int": "i",
    "Uint": "u",
    "Fixed": "f",
    "String": "s",
    "Object": "o",
    "NewId": "n",
    "Array": "a",
    "FileDescriptor": "h",
}


def _packaged(described: Any) -> Interface:
    def message(opcode: int, source: Any) -> Message:
        return Message(
            source.name,
            opcode,
            tuple(
                Argument(
                    _KINDS[argument.argument_type.name],
                    argument.interface.name if argument.interface is not None else None,
                    bool(argument.nullable),
                )
                for argument in source.arguments
            ),
        )

    requests = (message(i, source) for i, source in enumerate(described.requests))
    return Interface(
        described.name,
        described.version,
        {request.name: request for request in requests},
        tuple(message(i, source) for i, source in enumerate(described.events)),
    )


def _package(module: str) -> Any | None:
    """The module of a protocol, ours or pywayland's; None where pywayland came without it."""
    try:
        return importlib.import_module(module if "." in module else f"pywayland.protocol.{module}")
    except ModuleNotFoundError:
        return None


_XML_KINDS = {"int": "i", "uint": "u", "fixed": "f", "string": "s", "object": "o", "new_id": "n"}
_XML_KINDS.update(array="a", fd="h")


def _from_xml() -> None:
    """Read every protocol of Debian's wayland-protocols: its pywayland has the core one alone."""
    files = [Path("/usr/share/wayland/wayland.xml")]
    files += sorted(Path("/usr/share/wayland-protocols").rglob("*.xml"))
    for file in files:
        for element in ElementTree.parse(file).getroot().iter("interface"):
            requests = [_xml_message(i, e) for i, e in enumerate(element.iterfind("request"))]
            events = [_xml_message(i, e) for i, e in enumerate(element.iterfind("event"))]
            name = element.attrib["name"]
            described = Interface(
                name,
                int(element.attrib["version"]),
                {request.name: request for request in requests},
                tuple(events),
            )
            _known.setdefault(name, described)


def _xml_message(opcode: int, element: ElementTree.Element) -> Message:
    arguments = (
        Argument(
            _XML_KINDS[argument.attrib["type"]],
            argument.get("interface"),
            argument.get("allow-null") == "true",
        )
        for argument in element.iterfind("arg")
    )
    return Message(element.attrib["name"], opcode, tuple(arguments))


_known: dict[str, Interface] = {}


def interface(name: str) -> Interface:
    """The interface of this name. Raises LookupError when nobody describes it."""
    found = _known.get(name)
    if found is not None:
        return found
    if name in _WLROOTS:
        _known[name] = _own(name)
        return _known[name]
    for module, beginnings in _MODULES.items():
        if name.startswith(beginnings):
            package = _package(module)
            if package is None:
                _from_xml()
                continue
            for described in vars(package).values():
                described_name = getattr(described, "name", None)
                if isinstance(described_name, str) and hasattr(described, "requests"):
                    _known.setdefault(described_name, _packaged(described))
    if name not in _known:
        raise LookupError(f"no description of {name}")
    return _known[name]
