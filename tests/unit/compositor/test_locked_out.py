"""While the session is locked no surface but the locker's own gets anything of a pointer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from spectrum_session.compositor.input.input import Input
from spectrum_session.compositor.protocols.session_lock import LockSurface, SessionLock
from spectrum_session.compositor.surfaces import Target

LOCK, EARLIER_LOCK = object(), object()


def surface_of(lock: object) -> LockSurface:
    surface = object.__new__(LockSurface)
    surface.__dict__["lock"] = lock
    return surface


LOCKERS, EARLIER_LOCKERS = surface_of(LOCK), surface_of(EARLIER_LOCK)
OTHER = cast(Target, object())


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("target", [LOCKERS, EARLIER_LOCKERS, OTHER, None])
def test_targets_locked_out(locked: bool, target: Target | None) -> None:
    """The lock's covers lie over all other surfaces: this is the second line behind them."""
    lock = object.__new__(SessionLock)
    lock.__dict__.update(locked=locked, _lock=LOCK)
    server = SimpleNamespace(session_lock=lock)
    input_ = cast(Input, SimpleNamespace(server=server, locked=locked))
    assert Input.locked_out(input_, target) is (locked and target is not LOCKERS)
