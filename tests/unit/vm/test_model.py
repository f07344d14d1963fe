"""The life of a VM: legal transitions only, asking before killing, and always an end."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from spectrum_session.vm.model import (
    LEGAL,
    Ask,
    Command,
    DeadlinePassed,
    Event,
    Exited,
    Found,
    FoundEnded,
    Kill,
    KillRequested,
    Launch,
    LaunchFailed,
    Life,
    Ready,
    Refuse,
    SetDeadline,
    Spawned,
    StartRequested,
    StopRequested,
    VMState,
    WaitRequested,
    step,
)


@dataclass
class Run:
    """Sends events and keeps what came of them."""

    life: Life = field(default_factory=Life)
    commands: list[Command] = field(default_factory=list)

    def send(self, *events: Event) -> list[Command]:
        self.commands = []
        for event in events:
            self.life, commands = step(self.life, event)
            self.commands += commands
        return self.commands

    @property
    def state(self) -> VMState:
        return self.life.status.state


def running(*pids: int) -> Run:
    run = Run()
    run.send(StartRequested(1.0), *(Spawned(1.0, pid) for pid in pids), Ready(2.0))
    return run


def test_start_launches_and_runs() -> None:
    run = Run()
    assert run.send(StartRequested(1.0)) == [Launch()]
    assert run.state is VMState.STARTING
    run.send(Spawned(1.5, 7))
    assert run.state is VMState.STARTING
    run.send(Ready(2.0))
    assert (run.state, run.life.status.since) == (VMState.RUNNING, 2.0)
    assert run.life.status.pids == (7,)


def test_runs_without_a_process_until_it_is_stopped() -> None:
    run = running()
    assert run.state is VMState.RUNNING
    assert run.send(StopRequested(3.0, 5.0)) == []
    assert (run.state, run.life.status.reason) == (VMState.STOPPED, "stopped on request")


@pytest.mark.parametrize("well, ended", [(True, VMState.STOPPED), (False, VMState.FAILED)])
def test_the_last_process_decides_the_end(well: bool, ended: VMState) -> None:
    run = running(7, 8)
    run.send(Exited(3.0, 7, not well, "first"))
    assert (run.state, run.life.status.pids) == (VMState.RUNNING, (8,))
    run.send(Exited(4.0, 8, well, "how it ended"))
    assert (run.state, run.life.status.since) == (ended, 4.0)
    assert run.life.status.reason == "how it ended"


def test_stop_asks_first_and_kills_after_the_deadline() -> None:
    run = running(7, 8)
    assert run.send(StopRequested(10.0, 5.0)) == [Ask((7, 8)), SetDeadline(15.0)]
    assert run.send(DeadlinePassed(14.9)) == []
    run.send(Exited(12.0, 7, False, "asked"))
    assert run.send(DeadlinePassed(15.0)) == [Kill((8,))]
    assert run.send(DeadlinePassed(15.1)) == []
    run.send(Exited(15.2, 8, False, "killed"))
    assert run.state is VMState.STOPPED
    assert "deadline" in run.life.status.reason


def test_stop_in_time_takes_the_deadline_back() -> None:
    run = running(7)
    run.send(StopRequested(10.0, 5.0))
    assert run.send(Exited(11.0, 7, False, "by SIGTERM")) == [SetDeadline(None)]
    assert (run.state, run.life.status.reason) == (VMState.STOPPED, "stopped on request")


def test_a_second_stop_shortens_the_wait_and_never_lengthens_it() -> None:
    run = running(7)
    run.send(StopRequested(10.0, 5.0))
    assert run.send(StopRequested(11.0, 60.0)) == []
    assert run.send(StopRequested(11.0, 1.0)) == [SetDeadline(12.0)]


def test_kill_does_not_ask() -> None:
    run = running(7)
    assert run.send(KillRequested(3.0)) == [Kill((7,))]
    assert run.send(StopRequested(4.0, 5.0)) == []
    run.send(Exited(5.0, 7, False, "killed"))
    assert (run.state, run.life.status.reason) == (VMState.STOPPED, "killed on request")


def test_kill_while_stopping_takes_the_deadline_back() -> None:
    run = running(7)
    run.send(StopRequested(3.0, 5.0))
    assert run.send(KillRequested(4.0)) == [SetDeadline(None), Kill((7,))]


def test_a_failed_launch_ends_what_it_began() -> None:
    run = Run()
    run.send(StartRequested(1.0), Spawned(1.0, 7))
    assert run.send(LaunchFailed(2.0, "no bwrap")) == [Kill((7,))]
    assert run.state is VMState.STOPPING
    run.send(KillRequested(2.5), Exited(3.0, 7, False, "killed"))
    assert (run.state, run.life.status.reason) == (VMState.FAILED, "no bwrap")


def test_a_start_that_is_stopped_asks_late_processes_too() -> None:
    run = Run()
    run.send(StartRequested(1.0), StopRequested(2.0, 5.0))
    assert run.state is VMState.STOPPING
    assert run.send(Spawned(3.0, 7)) == [Ask((7,))]
    run.send(DeadlinePassed(7.0))
    assert run.send(Spawned(8.0, 8)) == [Kill((8,))]
    run.send(Exited(9.0, 7, False, ""), Exited(9.0, 8, False, ""))
    assert run.life.status.since == 2.0
    run.send(Ready(10.0))
    assert (run.state, run.life.status.since) == (VMState.STOPPED, 10.0)


def test_an_ended_vm_has_no_late_process() -> None:
    run = Run()
    run.send(StartRequested(1.0), Spawned(1.0, 7), Exited(2.0, 7, False, "gone"))
    assert run.state is VMState.FAILED
    assert run.send(Spawned(3.0, 8)) == [Kill((8,))]
    assert run.life.status.pids == ()
    assert isinstance(run.send(StartRequested(4.0))[0], Refuse)
    run.send(Ready(5.0))
    assert run.send(StartRequested(6.0)) == [Launch()]


def test_start_is_refused_while_it_runs() -> None:
    run = running(7)
    assert run.send(StartRequested(3.0)) == [Refuse("it is running")]
    assert run.state is VMState.RUNNING


def test_one_that_waits_is_starting_and_has_nothing_yet() -> None:
    run = Run()
    assert run.send(WaitRequested(1.0, "waits for netvm")) == []
    assert (run.state, run.life.status.reason) == (VMState.STARTING, "waits for netvm")
    assert run.send(WaitRequested(2.0, "again")) == [Refuse("it is starting")]
    assert run.send(StartRequested(3.0)) == [Launch()]
    assert (run.state, run.life.status.reason) == (VMState.STARTING, "asked to start")
    assert run.life.status.since == 1.0
    assert run.send(StartRequested(4.0)) == [Refuse("it is starting")]
    run.send(Ready(5.0))
    assert (run.state, run.life.status.reason) == (VMState.RUNNING, "it is up")


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        (LaunchFailed(2.0, "netvm failed"), VMState.FAILED, "netvm failed"),
        (StopRequested(2.0, 5.0), VMState.STOPPED, "stopped on request"),
        (KillRequested(2.0), VMState.STOPPED, "killed on request"),
    ],
)
def test_one_that_waits_ends_at_once(event: Event, state: VMState, reason: str) -> None:
    run = Run()
    run.send(WaitRequested(1.0, "waits for netvm"))
    assert run.send(event) == []
    assert (run.state, run.life.status.reason) == (state, reason)
    assert run.send(StartRequested(3.0)) == [Launch()]


pids = st.integers(1, 4)
requests = st.one_of(
    st.builds(WaitRequested, at=st.just(0.0), reason=st.just("waits")),
    st.builds(StartRequested, at=st.just(0.0)),
    st.builds(Spawned, at=st.just(0.0), pid=pids),
    st.builds(Ready, at=st.just(0.0)),
    st.builds(LaunchFailed, at=st.just(0.0), reason=st.just("failed")),
    st.builds(Exited, at=st.just(0.0), pid=pids, well=st.booleans(), reason=st.just("exit")),
    st.builds(StopRequested, at=st.just(0.0), deadline_s=st.floats(-1, 10)),
    st.builds(KillRequested, at=st.just(0.0)),
    st.builds(DeadlinePassed, at=st.just(0.0)),
    st.builds(
        Found,
        at=st.just(0.0),
        since=st.just(0.0),
        pids=st.tuples(pids),
        ready=st.booleans(),
        reason=st.just("found"),
    ),
    st.builds(FoundEnded, at=st.just(0.0), well=st.booleans(), reason=st.just("ended")),
)
histories = st.lists(st.tuples(requests, st.floats(0, 6)), max_size=40)


@pytest.mark.parametrize("ready", [True, False])
def test_found_again_it_is_what_it_was(ready: bool) -> None:
    run = Run()
    assert run.send(Found(9.0, 2.0, (7,), ready, "found again")) == []
    status = run.life.status
    assert status.state is (VMState.RUNNING if ready else VMState.STARTING)
    assert (status.since, status.pids, status.reason) == (2.0, (7,), "found again")
    if not ready:
        run.send(Ready(10.0))
        assert run.state is VMState.RUNNING
    run.send(StopRequested(11.0, 5.0))
    assert run.send(Exited(12.0, 7, True, "")) == [SetDeadline(None)]
    assert run.life.status.state is VMState.STOPPED
    assert run.send(StartRequested(13.0)) == [Launch()]


@pytest.mark.parametrize("well, ended", [(True, VMState.STOPPED), (False, VMState.FAILED)])
def test_found_ended(well: bool, ended: VMState) -> None:
    run = Run()
    run.send(FoundEnded(9.0, well, "it ended"))
    assert (run.state, run.life.status.reason) == (ended, "it ended")
    assert run.send(StartRequested(10.0)) == [Launch()]


def test_only_what_was_never_started_is_found() -> None:
    run = running(7)
    for event in (Found(9.0, 2.0, (8,), True, ""), FoundEnded(9.0, True, "")):
        assert run.send(event) == [Refuse("it is running")]
    assert run.life.status.pids == (7,)


@given(histories)
def test_any_history_keeps_the_rules(history: list[tuple[Event, float]]) -> None:
    life = Life()
    now = 0.0
    deadline: float | None = None
    mercy_over = False
    for event, passed in history:
        now += passed
        event = replace(event, at=now)
        if isinstance(event, Spawned) and event.pid in life.status.pids:
            continue
        before = life
        life, commands = step(life, event)
        old, new = before.status, life.status

        assert new.state is old.state or new.state in LEGAL[old.state]
        came = event.since if isinstance(event, Found) else now
        assert new.since == (came if new.state is not old.state else old.since)
        assert not (new.state.ended and new.pids)
        assert new.reason
        # Nothing is there while it waits, and nothing else waits.
        assert not life.waiting or (
            new.state is VMState.STARTING and not new.pids and not life.launching
        )

        if isinstance(event, (KillRequested, LaunchFailed)):
            mercy_over = not new.state.ended
        for command in commands:
            if isinstance(command, SetDeadline):
                assert command.at is None or deadline is None or command.at < deadline
                deadline = command.at
            if isinstance(command, Kill) and not old.state.ended and not before.waiting:
                assert mercy_over or (deadline is not None and now >= deadline)
                mercy_over, deadline = True, None
            if isinstance(command, Refuse):
                assert life == before
            if isinstance(command, Launch):
                mercy_over = False
        # A VM that is stopping is on its way: killed already, or with a deadline to come.
        if new.state is VMState.STOPPING:
            assert mercy_over or deadline is not None
            assert new.pids or life.launching
        else:
            assert deadline is None


@given(histories)
def test_from_anywhere_a_stop_leads_to_an_end(history: list[tuple[Event, float]]) -> None:
    life = Life()
    for event, _ in history:
        life, _ = step(life, event)
    life, _ = step(life, StopRequested(100.0, 5.0))
    life, _ = step(life, Ready(101.0))
    life, _ = step(life, DeadlinePassed(105.0))
    for pid in life.status.pids:
        life, _ = step(life, Exited(106.0, pid, False, "killed"))
    assert life.status.state.ended
