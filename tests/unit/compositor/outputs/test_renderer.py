"""What is said to a renderer while it is made, and to nobody else."""

from __future__ import annotations

import os

import pytest

from spectrum_session.compositor.outputs.renderer import LLVMPIPE_THREADS, whole_frames


def test_only_while_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LLVMPIPE_THREADS, raising=False)
    with whole_frames():
        assert os.environ[LLVMPIPE_THREADS] == "0"
    assert LLVMPIPE_THREADS not in os.environ


def test_what_the_user_says_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LLVMPIPE_THREADS, "3")
    with whole_frames():
        assert os.environ[LLVMPIPE_THREADS] == "3"
    assert os.environ[LLVMPIPE_THREADS] == "3"
