"""The short form of `make fuzz`: what is long there is short here, and the same code runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import seeds
from tests.fuzz.__main__ import GROWTH_KB
from tests.fuzz.player import Harm
from tests.fuzz.soak import CONFIG, OUTPUTS, VMS, soak
from tests.fuzz.target import REPLAY, Target

from .harness import SessionProcess, running


@pytest.fixture
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS, outputs=OUTPUTS) as process:
        yield process


def test_the_gate_takes_the_seeds_of_the_fuzzer(session: SessionProcess, tmp_path: Path) -> None:
    session.start_vm("honest")
    assert seeds.write(session, "honest", tmp_path) == seeds.BY_CHANCE + 4
    target = Target()
    for seed in sorted(tmp_path.iterdir()):
        content = seed.read_bytes()
        try:
            target.run(content)
            if content[0] == REPLAY:
                # Cut off, and with a bit turned over: as the fuzzer changes them.
                target.run(content[: len(content) // 2])
                for at in range(1, len(content), len(content) // 20):
                    target.run(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        except Harm as harm:
            raise AssertionError(f"{seed.name}: {harm}") from harm


def test_hostile_sequences_leave_the_session_as_it_was(session: SessionProcess) -> None:
    report = soak(session, 120, 4000, warm=60, batch=60)
    assert report.died is None
    assert report.connections >= 120 and report.requests >= 4000, report.lines()
    assert report.errors, "nothing that came was refused: it is no attack"
    # Nobody has ended or been started again: the same gates as before.
    assert report.before_kb.keys() == report.after_kb.keys() and len(report.growth_kb) == 3
    for name, growth in report.growth_kb.items():
        assert growth <= GROWTH_KB, f"{name}: {report.lines()}"
    assert all(len(session.gate_pids(vm)) == 1 for vm in VMS)
