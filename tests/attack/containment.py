"""Surfaces that leave their window, popup or drag icon by way of a tree of subsurfaces.

wlroots hands the clip of a tree to the direct children of the surface that commits. A grandchild
keeps the clip of the place where it was before.
"""

from __future__ import annotations

from tests.wire import Popup, Seat, Subsurface, Surface, Window
from tests.wire.picture import Box, box, within
from tests.wire.selection import Selection

from .stage import SIZE, Stage

MAGENTA = (255, 0, 255)
LARGEST_ICON = 256
"""Logical pixels: width and height of a drag icon at most."""


def _reach_out(surface: Surface, size: tuple[int, int], by: tuple[int, int]) -> None:
    """Draw a grandchild while its parent is in place, then move the parent by the root's commit."""
    child = Subsurface(surface, (1, 2, 3))
    child.draw(1, 1)
    grandchild = Subsurface(child, MAGENTA)
    child.commit()
    surface.commit()
    grandchild.draw(*size)
    surface.client.roundtrip()
    child.place(*by)
    surface.commit()
    surface.client.roundtrip()


def _contained(stage: Stage, allowed: Box) -> None:
    """Magenta, which nobody else shows, is seen in this box at most."""
    place = stage.screen().where(MAGENTA)
    assert place is None or within(place, allowed), f"the attacker draws in {place}"


def _window(stage: Stage, size: tuple[int, int] = (300, 200)) -> Window:
    """A window whose geometry is part of its surface; it never changes its size."""
    window = stage.window(size=size, fixed=True)
    window.draws = False
    window.xdg_surface("set_window_geometry", 0, 0, *size)
    window.commit()
    stage.harmless(window.client)
    return window


def a_grandchild_that_moves_with_its_parent(stage: Stage) -> None:
    """A whole window of somebody else's, drawn over that one, gets its clicks."""
    for by in ((400, 300), (-200, 150), (350, 0), (0, -150)):
        window = _window(stage)
        (seen,) = stage.seen()
        seat = Seat(window.client)
        _reach_out(window, (300, 200), by)
        _contained(stage, box(seen["content"]))
        content = box(seen["content"])
        stage.mouse.click(content[0] + by[0] + 150, content[1] + by[1] + 100)
        stage.harmless(window.client)
        assert not seat.buttons or within(
            (content[0] + by[0] + 150, content[1] + by[1] + 100, 1, 1), content
        ), f"a click outside of its frame reached the attacker (by {by})"
        window.client.close()
        stage.session.wait(lambda: not stage.seen(), "the window to go")


def a_grandchild_in_a_popup(stage: Stage) -> None:
    """The same on a popup, from where it lands on the window of somebody else."""
    window = _window(stage)
    (seen,) = stage.seen()
    x, y, _, _ = box(seen["content"])
    popup = Popup(window, (100, 80), (20, 20))
    _reach_out(popup, SIZE, (-300, -200))
    gx, gy, width, height = popup.geometry
    _contained(stage, (x + gx, y + gy, width, height))


def a_grandchild_in_a_drag_icon(stage: Stage) -> None:
    """The same on what is dragged."""
    window = _window(stage)
    seat = Seat(window.client)
    (seen,) = stage.seen()
    at = stage.middle(seen)
    stage.mouse.move(*at)
    stage.mouse.button(1)
    window.client.wait_for(lambda: seat.press_serial, "the press")
    icon = Surface(window.client, (9, 9, 9))
    Selection(seat).drag({"text/plain": b"x"}, window, icon)
    icon.draw(64, 64)
    try:
        _reach_out(icon, (1000, 900), (80, -300))
        _contained(stage, (at[0] - LARGEST_ICON, at[1] - LARGEST_ICON, 512, 512))
    finally:
        stage.mouse.button(0)


def a_great_grandchild(stage: Stage) -> None:
    """Deeper, and moved from further up."""
    window = _window(stage)
    (seen,) = stage.seen()
    above: Surface = window
    chain = []
    for _ in range(6):
        child = Subsurface(above, (1, 2, 3))
        child.draw(1, 1)
        chain.append(child)
        above = child
    for surface in reversed(chain[:-1]):
        surface.commit()
    window.commit()
    chain[-1].draw(280, 180, MAGENTA)
    for mover in chain[:-1]:
        mover.place(200, 100)
        mover.parent.commit()
        window.client.roundtrip()
        _contained(stage, box(seen["content"]))
