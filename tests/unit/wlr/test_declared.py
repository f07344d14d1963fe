"""What is declared, against whichever wlroots is loaded."""

from __future__ import annotations

import pytest

from spectrum_session.wlr import declarations, ffi, lib, provider


@pytest.mark.parametrize("struct", declarations.STRUCTS)
def test_the_struct_is_as_declared(struct: str) -> None:
    # cffi compares a struct with the compiler's when it is first used: use each here.
    kind = ffi.typeof(f"struct {struct}")
    declared = declarations.STRUCTS[struct]
    assert all(name in declared or name.startswith("_pad") for name, _ in kind.fields)


def test_both_providers_offer_the_same_helpers() -> None:
    from spectrum_session.wlr import compat_system, compat_wheel

    def helpers(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert helpers(compat_wheel.Lib) == helpers(compat_system.Lib)
    assert provider.name in ("wheel", "system")
    assert lib.wlr_scene_create
