"""Protocols as their XML has them, for comparison with the gate's table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

CORE = Path("/usr/share/wayland/wayland.xml")
PROTOCOLS = Path("/usr/share/wayland-protocols")
OUTDATED = ("xdg-shell-unstable-v5.xml",)
"""Its interfaces have the names of those of today."""

LETTERS = {
    "int": "i",
    "uint": "u",
    "fixed": "f",
    "string": "s",
    "object": "o",
    "new_id": "n",
    "array": "a",
    "fd": "h",
}


@dataclass(frozen=True)
class Described:
    """A message: `words` are as in the table."""

    name: str
    since: int
    destroys: bool
    words: tuple[str, ...]
    serials: tuple[int, ...]
    """Places of arguments with a name like a serial's."""


@dataclass(frozen=True)
class DescribedInterface:
    """An interface with its messages by opcode."""

    version: int
    requests: tuple[Described, ...]
    events: tuple[Described, ...]


def _message(element: ElementTree.Element) -> Described:
    words, serials = [], []
    for place, argument in enumerate(element.findall("arg")):
        word = "?" * (argument.get("allow-null") == "true") + LETTERS[argument.attrib["type"]]
        if argument.get("interface"):
            word += f":{argument.get('interface')}"
        if argument.attrib["name"] == "serial":
            word += ":serial"
        if "serial" in argument.attrib["name"]:
            serials.append(place)
        words.append(word)
    return Described(
        element.attrib["name"],
        int(element.get("since", "1")),
        element.get("type") == "destructor",
        tuple(words),
        tuple(serials),
    )


@lru_cache
def interfaces() -> dict[str, DescribedInterface]:
    """All that are installed, by name; of one that is there twice the newer version."""
    found: dict[str, DescribedInterface] = {}
    for path in (CORE, *sorted(PROTOCOLS.rglob("*.xml"))):
        if path.name in OUTDATED:
            continue
        for element in ElementTree.parse(path).getroot().findall("interface"):
            name, version = element.attrib["name"], int(element.attrib["version"])
            if name in found and found[name].version >= version:
                continue
            found[name] = DescribedInterface(
                version,
                tuple(_message(one) for one in element.findall("request")),
                tuple(_message(one) for one in element.findall("event")),
            )
    return found
