"""How far a start is, from what its driver does and what its console says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm import boot_stages as boot
from spectrum_session.vm.boot_stages import (
    LATE_LEAST_S,
    MACHINE_STAGES,
    ORDER,
    PROGRAM_STAGES,
    QUIET_S,
    Boot,
    Stage,
    Times,
    Verdict,
)

CONSOLE = """\
SeaBIOS (version 1.16.2)\r
[    0.000000] Linux version 6.12.43 (debian-kernel@lists.debian.org)
[    0.400000] virtio_blk virtio1: [vda] 151234 512-byte logical blocks
spectrum-guest: drivers
spectrum-guest: root
spectrum-guest: user space
spectrum-guest: agent over network
spectrum-guest: transport
"""


def started(expected: Times | None = None) -> Boot:
    return boot.begin(MACHINE_STAGES, 100.0, expected)


def test_a_guest_of_ours_from_its_console() -> None:
    now = started()
    seen = [now.stage]
    for index, line in enumerate(CONSOLE.splitlines(keepends=True)):
        now = boot.printed(now, line, 101.0 + index)
        if now.stage is not seen[-1]:
            seen.append(now.stage)
    assert seen == list(MACHINE_STAGES[: MACHINE_STAGES.index(Stage.TRANSPORT) + 1])
    assert [at for _, at in now.reached] == [100.0, 102.0, 104.0, 105.0, 106.0, 107.0]
    now = boot.finish(boot.reach(boot.reach(now, Stage.PROGRAM, 110), Stage.WINDOW, 111), 112.5)
    assert boot.took(now) == Times(
        12.5,
        {
            "machine": 2.0,
            "kernel": 2.0,
            "drivers": 1.0,
            "root": 1.0,
            "user-space": 1.0,
            "transport": 3.0,
            "program": 1.0,
            "window": 1.5,
        },
    )


@given(st.lists(st.integers(1, len(CONSOLE) - 1), max_size=12))
def test_lines_may_come_in_pieces(cuts: list[int]) -> None:
    now, start = started(), 0
    for end in [*sorted(set(cuts)), len(CONSOLE)]:
        now = boot.printed(now, CONSOLE[start:end], 101.0)
        start = end
    assert now.stage is Stage.TRANSPORT
    assert len(now.reached) == 6


texts = st.lists(
    st.sampled_from(
        [
            *("spectrum-guest: drivers\n", "spectrum-guest: root\n", "spectrum-guest: user space"),
            *("spectrum-guest: agent over vsock\n", "spectrum-guest: transport\n", "\n", "\r"),
            *("spectrum-guest: program\n", "spectrum-guest: window\n", "Linux version 1\n"),
            *("[ 0.1] Linux version 6", "spectrum-guest: machine\n", "[99999999999] ", "x" * 5000),
        ]
    )
    | st.text(max_size=60),
    max_size=40,
)


@given(texts, st.lists(st.sampled_from(ORDER), max_size=6))
def test_whatever_a_vm_prints(said: list[str], reached: list[Stage]) -> None:
    """It only ever goes on, keeps little, and cannot claim what the driver alone knows."""
    now, told = started(), {Stage.MACHINE}
    for index, text in enumerate(said):
        before = now
        now = boot.printed(now, text, 101.0 + index)
        assert ORDER.index(now.stage) >= ORDER.index(before.stage)
        if now.stage is not before.stage:
            assert now.stage in ORDER[2 : ORDER.index(Stage.PROGRAM)]
        assert len(now.rest) <= 100
        if index < len(reached):
            now = boot.reach(now, reached[index], 101.5 + index)
            told.add(reached[index])
    stages = [stage for stage, _ in now.reached]
    assert stages == sorted(set(stages), key=ORDER.index)
    assert {Stage.PROGRAM, Stage.WINDOW} & set(stages) <= told


@given(texts)
def test_a_vm_that_is_programs_alone_has_no_stages_to_claim(said: list[str]) -> None:
    now = boot.begin(PROGRAM_STAGES, 0.0)
    for text in said:
        now = boot.printed(now, text, 1.0)
    assert now.stage is Stage.MACHINE


def test_a_prompt_or_a_word_inside_a_line_is_no_stage() -> None:
    now = boot.printed(started(), "echo spectrum-guest: root\n spectrum-guest: root\n", 101)
    now = boot.printed(now, "spectrum-guest: rooted\nmy Linux version 6\n", 101)
    assert now.stage is Stage.MACHINE


def test_what_is_over_stays_as_it_was() -> None:
    over = boot.finish(started(), 105.0)
    assert boot.printed(over, CONSOLE, 106.0) == over
    assert boot.reach(over, Stage.WINDOW, 106.0) == over
    assert boot.finish(over, 107.0) == over
    assert over.elapsed(200.0) == 5.0
    assert boot.judge(over, 1000.0) is Verdict.GOOD


def test_one_that_waits_for_another_is_neither_late_nor_silent() -> None:
    now = boot.printed(boot.begin(boot.WAITING_STAGES, 100.0), CONSOLE, 100.0)
    assert now.stage is Stage.WAITING
    assert boot.judge(now, 9000.0) is Verdict.GOOD


def test_silence() -> None:
    now = started()
    assert boot.judge(now, 100.0 + QUIET_S - 0.1) is Verdict.GOOD
    assert boot.judge(now, 100.0 + QUIET_S) is Verdict.SILENT
    heard = boot.printed(now, "x", 150.0)
    assert boot.judge(heard, 150.0 + QUIET_S - 0.1) is Verdict.GOOD
    assert boot.judge(boot.reach(now, Stage.PROGRAM, 150.0), 200.0) is Verdict.GOOD


@pytest.mark.parametrize(("usual", "limit"), [(1.0, LATE_LEAST_S), (14.0, 42.0)])
def test_lateness(usual: float, limit: float) -> None:
    now = boot.printed(started(Times(usual)), "talks on\n", 100.0 + limit - 1)
    assert boot.judge(now, 100.0 + limit - 0.1) is Verdict.GOOD
    assert boot.judge(now, 100.0 + limit) is Verdict.LATE
    assert boot.judge(started(), 100.0 + limit) is Verdict.GOOD, "without an expectation"


def test_what_is_expected_is_the_median_of_the_last() -> None:
    assert boot.expect([]) is None
    earlier = [Times(900.0, {"kernel": 900.0})] * 3
    earlier += [Times(s, {"kernel": s / 2}) for s in (10.0, 11.0, 90.0, 12.0, 10.5)]
    assert boot.expect(earlier) == Times(11.0, {"kernel": 5.5})


durations = st.floats(0, 1e6, allow_nan=False)


@given(
    st.none() | st.builds(Times, durations, st.dictionaries(st.sampled_from(
        [stage.value for stage in Stage]), durations)),
    st.sampled_from(MACHINE_STAGES),
    st.floats(0, 1e5),
)  # fmt: skip
def test_progress_never_is_whole_before_the_end(
    expected: Times | None, stage: Stage, later: float
) -> None:
    now = boot.reach(started(expected), stage, 100.0)
    parts = boot.progress(now, 100.0 + later)
    assert [part.stage for part in parts] == list(MACHINE_STAGES)
    assert abs(sum(part.share for part in parts) - 1) < 1e-6
    assert all(part.share > 0.01 for part in parts)
    done = [part.done for part in parts]
    at = MACHINE_STAGES.index(stage)
    assert done[:at] == [1.0] * at
    assert 0 <= done[at] <= 0.95
    assert done[at + 1 :] == [0.0] * (len(done) - at - 1)
