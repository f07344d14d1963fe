"""Numbers that clients choose can be added and negated, and still fit a C int."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.compositor.clients.clamp import LARGEST, offset, rect, size

ANY = st.integers(-(2**31), 2**31 - 1)


@given(ANY)
def test_what_is_sensible_stays(value: int) -> None:
    assert -LARGEST <= offset(value) <= LARGEST
    assert 0 <= size(value) <= LARGEST
    if abs(value) <= LARGEST:
        assert offset(value) == value
        assert size(value) == max(0, value)


@given(ANY, ANY, ANY, ANY)
def test_a_box_has_all_its_edges(x: int, y: int, width: int, height: int) -> None:
    made = rect(SimpleNamespace(x=x, y=y, width=width, height=height))
    assert (made.x, made.y, made.width, made.height) == (
        offset(x),
        offset(y),
        size(width),
        size(height),
    )
    assert made.right < 2**31 and made.bottom < 2**31
