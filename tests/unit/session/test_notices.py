"""Notices about the session before this one."""

from __future__ import annotations

import pytest

from spectrum_session.compositor.events import OutputsChanged
from spectrum_session.session.notices import Notices
from spectrum_session.session.settings import Settings

from .world import FakeCompositor, config, output


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    texts: list[tuple[str, list[str]]] = []

    def show(_self: Notices, title: str, lines: list[str], _kind: str = "error", /) -> None:
        texts.append((title, list(lines)))

    monkeypatch.setattr(Notices, "show", show)
    return texts


def test_a_crash_waits_for_an_output_and_is_told_once(
    shown: list[tuple[str, list[str]]],
) -> None:
    compositor = FakeCompositor()
    notices = Notices(compositor, Settings(config()), ["report"])
    notices.crash(OutputsChanged())
    assert shown == []
    compositor.shown_outputs = [output("one")]
    notices.crash(OutputsChanged())
    notices.crash(OutputsChanged())
    assert shown == [("The session before this one crashed", ["report"])]


def test_vms_found_again_stand_in_the_notice_of_the_crash(
    shown: list[tuple[str, list[str]]],
) -> None:
    compositor = FakeCompositor(shown_outputs=[output("one")])
    notices = Notices(compositor, Settings(config()), ["report"])
    notices.crash()
    notices.earlier_vms(["Running on: work"])
    notices.crash()
    assert shown[-1][1] == ["report", "Running on: work"]


def test_without_a_crash_they_have_their_own(shown: list[tuple[str, list[str]]]) -> None:
    notices = Notices(FakeCompositor(), Settings(config()), [])
    notices.earlier_vms([])
    notices.earlier_vms(["Running on: work"])
    assert shown == [("VMs of the session before this one", ["Running on: work"])]
