"""Only what is used is declared: each name that C would have to offer for nobody is in the way."""

from __future__ import annotations

import re
from pathlib import Path

from spectrum_session.wlr import declarations, wheel_layout, wheel_structs

ROOT = Path(__file__).resolve().parents[3]
NOT_USES = ("declarations.py", "wheel_layout.py", "_wheel.py")

FILES = [
    path.read_text()
    for folder in ("spectrum_session", "tests/unit")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name not in NOT_USES and path != Path(__file__).resolve()
]
CODE = "\n".join(FILES)
C_CODE = declarations.SYSTEM_SOURCE
FUNCTIONS = "\n".join(
    (declarations.FUNCTIONS, declarations.WHEEL_FUNCTIONS, declarations.SYSTEM_FUNCTIONS)
)
SIGNALS = [
    (struct, signal, kind)
    for table in (declarations.SIGNALS, declarations.SYSTEM_SIGNALS)
    for struct, signals in table.items()
    for signal, kind in signals.items()
]
DECLARED = "\n".join(
    (
        declarations.TYPES,
        FUNCTIONS,
        *declarations.STRUCTS.values(),
        *(kind for _, _, kind in SIGNALS),
    )
)


def words(text: str) -> set[str]:
    """All identifiers in a text."""
    return set(re.findall(r"\w+", text))


def quoted(text: str) -> set[str]:
    """All identifiers that stand in quotes by themselves."""
    return set(re.findall(r'"(\w+)"', text))


def test_every_function_is_called() -> None:
    declared = set(re.findall(r"\b(\w+)\(", FUNCTIONS))
    assert len(declared) > 200
    assert sorted(declared - words(CODE) - words(C_CODE)) == []


def test_every_signal_is_listened_to() -> None:
    # `on` takes both names in quotes; often in a loop, so that they need not stand together.
    texts = [quoted(text) for text in FILES]
    unheard = [
        f"{struct}.{signal}"
        for struct, signal, _ in SIGNALS
        if not any(struct in names and signal in names for names in texts)
        and not re.search(rf"\bevents[.]{signal}\b", CODE)
    ]
    assert unheard == []


def test_every_field_is_read_or_written() -> None:
    # By name alone: nothing says in Python of which struct an attribute is.
    named = set(re.findall(r"\.(\w+)", CODE)) | set(re.findall(r"(?:->|\.)(\w+)", C_CODE))
    named |= quoted(CODE)
    unused = [
        f"{struct}.{name}"
        for struct, fields in declarations.STRUCTS.items()
        for _, field in wheel_structs.split_fields(fields)
        if (name := field.split("[")[0]) not in named
    ]
    assert unused == []


def test_every_struct_is_used() -> None:
    mentioned = words(CODE) | words(C_CODE)
    signalling = {struct for struct, _, _ in SIGNALS}
    unused = [
        struct
        for struct in declarations.STRUCTS
        if struct not in mentioned | signalling and not re.search(rf"\b{struct}\b", DECLARED)
    ]
    assert unused == []
    opaque = re.findall(r"struct (\w+);", declarations.TYPES)
    assert [name for name in opaque if len(re.findall(rf"\b{name}\b", DECLARED + CODE)) < 2] == []


def test_the_layout_has_what_is_declared_and_no_more() -> None:
    expected = {
        struct: {"", *(field.split("[")[0] for _, field in wheel_structs.split_fields(fields))}
        for struct, fields in declarations.STRUCTS.items()
    }
    for struct, signals in declarations.SIGNALS.items():
        expected.setdefault(struct, set()).update(f"events.{signal}" for signal in signals)
    assert {struct: set(layout) for struct, layout in wheel_layout.LAYOUT.items()} == expected
