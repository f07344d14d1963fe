"""While the session is locked no surface but the locker's own gets anything of a pointer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from spectrum_session.compositor.input.input import Input

LOCKERS, OTHER = object(), object()


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("surface", [LOCKERS, OTHER])
def test_what_is_locked_out(locked: bool, surface: object) -> None:
    """The lock's covers lie over all other surfaces: this is what stands behind them."""
    lock = SimpleNamespace(locked=locked, owns=lambda one: one is LOCKERS)
    server = SimpleNamespace(session_lock=lock)
    input_ = cast(Input, SimpleNamespace(server=server, locked=locked))
    assert Input.locked_out(input_, surface) is (locked and surface is OTHER)
