"""The declarations against the library that they describe."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from spectrum_session.wlr import declarations, provider, wheel_layout, wheel_structs

ASKED = [
    (struct, key) for struct, layout in wheel_layout.LAYOUT.items() for key in layout
]


def test_every_declared_function_exists() -> None:
    text = declarations.FUNCTIONS + declarations.WHEEL_FUNCTIONS
    names = set(re.findall(r"\b(w[lr]\w+|xkb_\w+|pixman_\w+)\(", text))
    assert len(names) > 270
    missing = [name for name in sorted(names) if not hasattr(provider.lib, name)]
    assert missing == []


def test_the_layout_is_the_one_that_the_wheel_was_compiled_with() -> None:
    # pywlroots' own extension was built against the headers of the library that it bundles.
    theirs: Any = importlib.import_module("wlroots").ffi
    compared, wrong = 0, []
    for struct, key in ASKED:
        try:
            if key:
                expected = theirs.offsetof(f"struct {struct}", *key.split("."))
            else:
                expected = theirs.sizeof(f"struct {struct}")
        except Exception:  # pywlroots does not declare this one
            continue
        compared += 1
        if expected != wheel_layout.LAYOUT[struct][key]:
            wrong.append((struct, key, expected))
    assert compared > 400
    assert wrong == []


def test_our_structs_lie_as_the_layout_says() -> None:
    ffi = provider.ffi
    for struct, layout in wheel_layout.LAYOUT.items():
        if struct not in declarations.STRUCTS:
            continue
        assert ffi.sizeof(f"struct {struct}") == layout[""], struct
        for _, field in wheel_structs.split_fields(declarations.STRUCTS[struct]):
            name = field.split("[")[0]
            assert ffi.offsetof(f"struct {struct}", name) == layout[name], (struct, name)


def test_every_signal_has_a_place() -> None:
    for struct, signals in declarations.SIGNALS.items():
        for signal in signals:
            assert f"events.{signal}" in wheel_layout.LAYOUT[struct], (struct, signal)


def test_fields_are_split() -> None:
    text = "char *name; int32_t a; struct { int32_t x, y; } size; uint32_t keys[32];"
    assert list(wheel_structs.split_fields(text)) == [
        ("char *", "name"),
        ("int32_t", "a"),
        ("struct { int32_t x, y; }", "size"),
        ("uint32_t", "keys[32]"),
    ]


def test_a_field_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot read"):
        list(wheel_structs.split_fields("int;"))


def test_padding_fills_gaps_and_the_end() -> None:
    text = wheel_structs.padded("s", "int b; char *a;", {"a": 8, "b": 4, "": 24}, {"int": 4})
    assert text == (
        "struct s { unsigned char _pad0[4]; int b; char * a; unsigned char _pad1[8]; };"
    )


def test_a_union_is_refused() -> None:
    with pytest.raises(ValueError, match="shares its offset"):
        wheel_structs.padded("s", "char *a; char *b;", {"a": 0, "b": 0, "": 8}, {})
