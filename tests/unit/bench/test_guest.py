"""The parts of a guest's start, from what the session tells of it."""

from __future__ import annotations

from bench.guest import PARTS_OF_START, parts
from spectrum_session.control.names import BOOT_STAGES


def test_the_parts_are_made_of_the_stages() -> None:
    stages = {stage: 1000 + index for index, stage in enumerate(BOOT_STAGES)}
    found = parts({"last_start": {"total_ms": 9000, "stages_ms": stages}})
    assert found["guest_vmm_s"] == stages["machine"] / 1000
    assert found["guest_kernel_s"] == 3 + (3 * stages["drivers"] - 3000) / 1000
    assert set(found) == set(PARTS_OF_START)
    assert {name for names in PARTS_OF_START.values() for name in names} < set(BOOT_STAGES)


def test_a_stage_that_was_not_told_takes_no_time() -> None:
    found = parts({"last_start": {"total_ms": 20, "stages_ms": {"machine": 20}}})
    assert found["guest_vmm_s"] == 0.02 and found["guest_transport_s"] == 0
