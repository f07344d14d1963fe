"""The part of a buffer that is shown lies inside of it."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.compositor.workarounds.source_boxes import inside

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
SIZES = st.integers(1, 16384)


def drawable(x: float, y: float, box_width: float, box_height: float, w: int, h: int) -> bool:
    """What wlroots asserts of a box that is not empty."""
    return x >= 0 and y >= 0 and x + box_width <= w and y + box_height <= h


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, SIZES, SIZES)
def test_any_box(
    x: float, y: float, box_width: float, box_height: float, width: int, height: int
) -> None:
    made = inside((x, y, box_width, box_height), width, height)
    if box_width <= 0 or box_height <= 0:
        assert made is None
    elif made is None:
        assert drawable(x, y, box_width, box_height, width, height)
    else:
        assert drawable(*made, width, height)
        assert made[2] > 0 and made[3] > 0


@given(SIZES, SIZES, st.data())
def test_what_rounding_did_is_all_that_changes(
    width: int, height: int, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, 16384))
    left = data.draw(st.integers(0, size - 1))
    x = left * width / size
    box_width = width * ((size - left) / size)
    made = inside((x, 0.0, box_width, float(height)), width, height)
    if made is not None:
        assert math.isclose(made[0], x, abs_tol=1.0 if width - x < 1 else 1e-9)
        assert math.isclose(made[0] + made[2], width, abs_tol=1e-6)


def test_an_empty_box_is_the_whole_buffer() -> None:
    assert inside((0.0, 0.0, 0.0, 0.0), 10, 10) is None
    assert inside((5.0, 0.0, 0.0, 3.0), 4, 4) is None


def test_a_smaller_texture_shows_its_edge() -> None:
    assert inside((100.0, 100.0, 100.0, 100.0), 50, 50) == (49.0, 49.0, 1.0, 1.0)
