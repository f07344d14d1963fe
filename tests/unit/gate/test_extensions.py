"""What a surface has one of at most."""

from __future__ import annotations

import pytest

from spectrum_session.gate.rules.extensions import EXISTS
from spectrum_session.gate.verdict import IMPLEMENTATION

from .seats import Seats

KINDS = {
    "wp_fractional_scale_manager_v1": "get_fractional_scale",
    "wp_content_type_manager_v1": "get_surface_content_type",
    "wp_tearing_control_manager_v1": "get_tearing_control",
}
VALUES = {
    "wp_content_type_manager_v1": ("set_content_type", 3),
    "wp_tearing_control_manager_v1": ("set_presentation_hint", 1),
}


@pytest.mark.parametrize(("manager", "get"), KINDS.items())
def test_one_a_surface(manager: str, get: str) -> None:
    ends = Seats()
    number = ends.bind(manager)
    first = ends.ask(number, get, ..., ends.surface)
    ends.ask(number, get, ..., ends.new())
    ends.ask(first, "destroy")
    ends.ask(number, get, ..., ends.surface)
    # Another manager is no way round.
    other = ends.bind(manager)
    refusal = ends.refuses(other, get, ..., ends.surface)
    assert (refusal.object_id, refusal.code) == (other, EXISTS)


@pytest.mark.parametrize("manager", VALUES)
def test_values_that_there_are(manager: str) -> None:
    request, highest = VALUES[manager]
    ends = Seats()
    extension = ends.ask(ends.bind(manager), KINDS[manager], ..., ends.surface)
    for value in range(highest + 1):
        ends.passes(extension, request, value)
    assert ends.object(extension).state.describe() == {"surface": ends.surface, "value": highest}
    assert ends.refuses(extension, request, highest + 1).code == IMPLEMENTATION


@pytest.mark.parametrize("manager", VALUES)
def test_of_a_surface_that_is_gone_nothing_is_said(manager: str) -> None:
    """For tearing wlroots, up to 0.20, dies of it: the hint goes through a null pointer."""
    request, highest = VALUES[manager]
    ends = Seats()
    extension = ends.ask(ends.bind(manager), KINDS[manager], ..., ends.surface)
    ends.ask(ends.surface, "destroy")
    ends.ignores(extension, request, highest)
    ends.passes(extension, "destroy")


def test_the_scale_is_known() -> None:
    ends = Seats()
    extension = ends.ask(
        ends.bind("wp_fractional_scale_manager_v1"), "get_fractional_scale", ..., ends.surface
    )
    ends.tell(extension, "preferred_scale", 180)
    assert ends.object(extension).state.describe()["value"] == 180
