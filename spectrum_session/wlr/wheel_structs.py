"""Full struct declarations for the wheel's wlroots: our partial ones and measured offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping


def split_fields(fields: str) -> Iterator[tuple[str, str]]:
    """Yield (type, name) for each declaration in the text of a struct's body.

    An anonymous inner struct counts as a type; a name keeps its array bounds.
    """
    depth, start = 0, 0
    for index, char in enumerate(fields):
        depth += (char == "{") - (char == "}")
        if char == ";" and depth == 0:
            declaration = " ".join(fields[start:index].split())
            start = index + 1
            match = re.fullmatch(r"(.*?[\s*}])\s*(\w+(?:\[\d+\])?)", declaration)
            if match is None:
                raise ValueError(f"cannot read the declaration {declaration!r}")
            yield match[1].strip(), match[2]


def padded(name: str, fields: str, layout: Mapping[str, int], sizeof: Mapping[str, int]) -> str:
    """A complete `struct NAME {…};` in which every field lies at its measured offset.

    Gaps are filled with bytes; `sizeof` gives the size of each C type that occurs, by its text.
    """
    body: list[str] = []
    position = 0
    ordered = sorted(split_fields(fields), key=lambda f: layout[f[1].split("[")[0]])
    pads = 0
    seen_at = -1
    for kind, field in ordered:
        offset = layout[field.split("[")[0]]
        if offset == seen_at:
            # A member of a union: reach it through the one that stands there already.
            raise ValueError(f"struct {name}: {field} shares its offset with another field")
        if offset > position:
            body.append(f"unsigned char _pad{pads}[{offset - position}];")
            pads += 1
        body.append(f"{kind} {field};")
        count = re.search(r"\[(\d+)\]", field)
        position = offset + size_of(kind, sizeof) * (int(count[1]) if count else 1)
        seen_at = offset
    if layout[""] > position:
        body.append(f"unsigned char _pad{pads}[{layout[''] - position}];")
    return f"struct {name} {{ {' '.join(body)} }};"


def size_of(kind: str, sizeof: Mapping[str, int]) -> int:
    """Size in bytes on x86-64 of a C type given by its text."""
    if kind.endswith("*"):
        return 8
    if kind.startswith("struct {"):
        inner = kind[kind.index("{") + 1 : kind.rindex("}")]
        total, align = 0, 1
        for inner_kind, names in _inner_fields(inner):
            size = size_of(inner_kind, sizeof)
            for _ in range(names):
                total = (total + size - 1) // size * size + size
                align = max(align, size)
        return (total + align - 1) // align * align
    return sizeof[kind]


def _inner_fields(text: str) -> Iterator[tuple[str, int]]:
    for declaration in filter(None, (part.strip() for part in text.split(";"))):
        match = re.fullmatch(r"(.*?[\s*])\s*(\w+(?:\s*,\s*\w+)*)", declaration)
        if match is None:
            raise ValueError(f"cannot read the declaration {declaration!r}")
        yield match[1].strip(), match[2].count(",") + 1
