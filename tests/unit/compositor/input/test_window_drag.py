"""The frame that an interactive resize gives a window."""

from __future__ import annotations

import pytest

from spectrum_session.compositor.input.window_drag import (
    EDGE_BOTTOM,
    EDGE_LEFT,
    EDGE_RIGHT,
    EDGE_TOP,
    resized,
)
from spectrum_session.shell.geometry import Rect

START = Rect(100, 200, 300, 400)
LEAST = (50, 60)


@pytest.mark.parametrize(
    ("edges", "frame"),
    [
        (EDGE_LEFT, Rect(110, 200, 290, 400)),
        (EDGE_RIGHT, Rect(100, 200, 310, 400)),
        (EDGE_TOP, Rect(100, 220, 300, 380)),
        (EDGE_BOTTOM, Rect(100, 200, 300, 420)),
        (EDGE_LEFT | EDGE_BOTTOM, Rect(110, 200, 290, 420)),
    ],
)
def test_the_dragged_edges_follow(edges: int, frame: Rect) -> None:
    assert resized(START, edges, 10, 20, LEAST) == frame


@pytest.mark.parametrize(
    ("edges", "by", "frame"),
    [
        (EDGE_LEFT | EDGE_TOP, 1000, Rect(350, 540, 50, 60)),
        (EDGE_RIGHT | EDGE_BOTTOM, -1000, Rect(100, 200, 50, 60)),
    ],
)
def test_a_frame_keeps_its_least_size_and_its_other_edges(
    edges: int, by: int, frame: Rect
) -> None:
    assert resized(START, edges, by, by, LEAST) == frame
