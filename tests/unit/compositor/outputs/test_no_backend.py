"""What a user is told when there is nothing to draw on."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from spectrum_session.compositor.outputs.no_backend import explain

CARDS = ["/dev/dri/card0"]


def test_a_backend_that_was_asked_for() -> None:
    assert "wayland does not start" in explain({"WLR_BACKENDS": "wayland"}, CARDS)


def test_no_graphics_device() -> None:
    assert "driver" in explain({"WLR_BACKENDS": "drm,libinput"}, [])


def test_nobody_gives_out_the_seat(tmp_path: Path) -> None:
    text = explain({"SEATD_SOCK": str(tmp_path / "none")}, CARDS)
    assert "logind" in text and "start seatd" in text


def test_the_seat_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "seatd"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        assert "another session" in explain({"SEATD_SOCK": str(path)}, CARDS)


def test_seatd_is_not_open_to_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seatd"
    path.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    text = explain({"SEATD_SOCK": str(path)}, CARDS)
    assert f"added to the group {path.group()}" in text
