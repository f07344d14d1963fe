"""Build `_wheel`: the declarations for the wlroots 0.17.3 that the pywlroots wheel bundles.

Out-of-line ABI mode: no compiler and no headers are needed, and loading costs milliseconds. Run
by setuptools (`cffi_modules`), or by hand: `python spectrum_session/wlr/_wheel_build.py`.
"""

from __future__ import annotations

import pathlib
import re
import sys
from typing import Any

import cffi

# Not as a package: importing that would load the library that this is built for.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import declarations  # type: ignore[import-not-found]
import wheel_layout  # type: ignore[import-not-found]
import wheel_structs  # type: ignore[import-not-found]

BUILTIN = {
    "bool": 1,
    "int": 4,
    "unsigned int": 4,
    "unsigned": 4,
    "int32_t": 4,
    "uint32_t": 4,
    "float": 4,
    "double": 8,
    "size_t": 8,
    "struct wl_list": 16,
    "struct wl_array": 24,
    "struct wlr_box": 16,
    "struct wlr_fbox": 32,
    "struct pixman_region32": 24,
}
WHOLE = {
    "struct pixman_region32 { struct pixman_box32 extents; ...; };": "struct pixman_region32 {"
    " struct pixman_box32 extents; void *data; };",
}
"""What the other provider's compiler completes by itself."""


def declare() -> str:
    """All C declarations, structs complete and in an order in which each is known when used."""
    sizeof = dict(BUILTIN)
    for struct, layout in wheel_layout.LAYOUT.items():
        if "" in layout:
            sizeof[f"struct {struct}"] = layout[""]
    done: list[str] = []
    text: list[str] = []

    def visit(struct: str) -> None:
        if struct in done:
            return
        done.append(struct)
        fields = declarations.STRUCTS[struct]
        for kind, _ in wheel_structs.split_fields(fields):
            match = re.fullmatch(r"struct (\w+)", kind)
            if match and match[1] in declarations.STRUCTS:
                visit(match[1])
        text.append(
            wheel_structs.padded(struct, fields, wheel_layout.LAYOUT[struct], sizeof)
        )

    for struct in declarations.STRUCTS:
        visit(struct)
    types = declarations.TYPES
    for partial, whole in WHOLE.items():
        types = types.replace(partial, whole)
    return "\n".join(
        [
            types,
            declarations.ENUMS,
            *text,
            declarations.FUNCTIONS,
            declarations.WHEEL_FUNCTIONS,
        ]
    )


def make() -> Any:
    """The cffi builder."""
    builder = cffi.FFI()
    builder.set_source("spectrum_session.wlr._wheel", None)
    builder.cdef(declare())
    return builder


ffibuilder = make()

if __name__ == "__main__":
    target = pathlib.Path(__file__).resolve().parent / "_wheel.py"
    ffibuilder.emit_python_code(str(target))
