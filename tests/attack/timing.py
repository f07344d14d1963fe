"""What a VM is sent does not tell what others do, neither by its content nor by its time.

An attacker's client looks at everything that it is sent while another VM draws and is typed into,
and while it does not. Numbers are compared exactly; times by their statistics, in two rounds: what
depends on others does so in both, a busy machine does not do the same twice.
"""

from __future__ import annotations

import random
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from tests.session.harness import DEADLINE_S
from tests.wire import Client, Object
from tests.wire.client import make_buffer

from .dependence import conditions, depends
from .stage import Stage

EACH = 10
"""Trials of each condition in a round."""
ROUNDS = 2
SYNCS = 20
FRAMES = 5
PAUSE_S = (0.025, 0.045)
LATE_MS = 4.0
"""By so much the others' work may delay an answer: they share a processor."""
PERIOD_NS = 1_000_000_000_000 // 60_000
PATIENCE_S = 0.1
"""For presentation feedback."""
VICTIM = "tests.attack.victim"
Times = dict[str, float]


def when_others_draw_and_type(stage: Stage) -> None:
    """All channels at once."""
    spy = _Spy(stage)
    with _victim(stage) as is_busy:
        suspects: set[str] | None = None
        for number in range(ROUNDS):
            quiet: list[Times] = []
            busy: list[Times] = []
            for condition in conditions(EACH, number):
                is_busy(condition)
                (busy if condition else quiet).append(spy.trial())
            found = {
                channel
                for channel in quiet[0]
                if depends(
                    [one[channel] for one in quiet], [one[channel] for one in busy], LATE_MS
                )
            }
            suspects = found if suspects is None else suspects & found
            if not suspects:
                break
        means = {
            channel: (
                median(one[channel] for one in quiet),
                median(one[channel] for one in busy),
            )
            for channel in suspects or ()
        }
        assert not means, f"quiet and busy differ, milliseconds: {means}"


class _Spy:
    """A window beside the victim's, and all that it can learn."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.window = stage.window()
        self.client = self.window.client
        self.outputs = self.client.bind("wl_output")
        # Its own bytes, so that releases are its own too.
        self.buffers = [make_buffer(self.client, 40, 30, (9, 9, 9)) for _ in range(2)]
        self._released: list[None] = []
        for buffer in self.buffers:
            buffer.on("release", lambda: self._released.append(None))
        self.client.roundtrip()
        self.serial = self._sync()
        self.greeting: list[Any] = []
        self.chance = random.Random(time.monotonic_ns())
        self.heard = 0

    def trial(self) -> Times:
        """Milliseconds of each channel; fails at once for numbers that tell something."""
        self._settle()
        times = {
            "sync": self._syncs(),
            "frame callback": self._callbacks(),
            **self._presentation(),
            "buffer release": self._release(),
        }
        self._greeted()
        unasked = self._unasked()
        assert unasked == self.heard, "it was sent something that it did not ask for"
        return times

    def _settle(self) -> None:
        """What the victim's window changed is over."""
        self.client.roundtrip()
        if not self.heard:
            self.heard = self._unasked()

    def _unasked(self) -> int:
        window = self.window
        objects = (window.surface, window.xdg_surface, window.toplevel, self.outputs)
        return sum(len(one.events) for one in (*objects, self.client.the("xdg_wm_base")))

    def _sync(self) -> int:
        callback = self.client.display("sync")
        self.client.wait_for(lambda: callback.events, "a roundtrip")
        return int(callback.received("done")[0][0])

    def _syncs(self) -> float:
        spent = []
        self.serial = self._sync()
        for _ in range(SYNCS):
            began = time.perf_counter()
            serial = self._sync()
            spent.append(time.perf_counter() - began)
            assert serial - self.serial == 1, "a serial counts what others were sent"
            self.serial = serial
        return median(spent) * 1000

    def _callback(self) -> float:
        """Milliseconds that a callback without a change takes, after a pause."""
        self._pause()
        began = time.perf_counter()
        before = self.window.frames
        self.window.ask_frame()
        self.window.commit()
        self.client.wait_for(lambda: self.window.frames > before, "a callback")
        return (time.perf_counter() - began) * 1000

    def _callbacks(self) -> float:
        return median(self._callback() for _ in range(FRAMES))

    def _pause(self) -> None:
        """So long that of what this client drew nothing is under way, and never the same: what it
        waits for comes by no clock that it follows."""
        time.sleep(self.chance.uniform(*PAUSE_S))

    def _presentation(self) -> Times:
        """Moment and number of a commit that changes nothing, and of one that does."""
        times: Times = {}
        for name, draws in (("still", False), ("drawn", True)):
            said, came = [], []
            for _ in range(3):
                self._pause()
                feedback = self.client.the("wp_presentation")("feedback", self.window.surface)
                if draws:
                    self.window.surface("damage_buffer", 0, 0, 9, 9)
                began = time.monotonic_ns()
                self.window.commit()
                self._wait_presented(feedback)
                came.append((time.monotonic_ns() - began) / 1e6)
                if not feedback.received("presented"):
                    # It was told that it was not shown, or nothing.
                    said.append(-100.0)
                    continue
                high, low, nanoseconds, _refresh, seq_high, seq, _flags = feedback.received(
                    "presented"
                )[0]
                moment = ((high << 32) + low) * 1_000_000_000 + nanoseconds
                said.append((moment - began) / 1e6)
                if self.stage.gated:
                    ticks = (seq_high << 32) + seq
                    assert moment == ticks * PERIOD_NS, "a moment off the clock, or a count"
            times[f"presentation, {name}: its time"] = median(said)
            times[f"presentation, {name}: when it comes"] = median(came)
        return times

    def _wait_presented(self, feedback: Object) -> None:
        # It may never come: until somebody else draws.
        end = time.monotonic() + PATIENCE_S
        self.client.pump()
        while not feedback.events and (left := end - time.monotonic()) > 0:
            select.select([self.client], [], [], left)
            self.client.pump()

    def _release(self) -> float:
        spent: list[float] = []
        self.window.surface("attach", self.buffers[-1], 0, 0)
        self.window.commit()
        self.client.roundtrip()
        for _ in range(3):
            for buffer in self.buffers:
                self.window.surface("attach", buffer, 0, 0)
                self.window.surface("damage_buffer", 0, 0, 40, 30)
                began = time.perf_counter()
                self._released.clear()
                self.window.commit()
                self.client.wait_for(self._was_released, "a release")
                spent.append(time.perf_counter() - began)
        return median(spent) * 1000

    def _was_released(self) -> bool:
        return bool(self._released)

    def _greeted(self) -> None:
        """Another connection is told the same as ever, to the byte: ids, names, serials."""
        came = bytearray()

        def tap(is_event: bool, data: bytes, _fds: object) -> None:
            if is_event:
                came.extend(data)

        with Client(self.stage.path, tap) as client:
            seat = client.bind("wl_seat")
            seat("get_pointer")
            client.the("wl_data_device_manager")("get_data_device", seat)
            client.bind("wl_output")
            client.the("wl_compositor")("create_surface")
            client.roundtrip()
            client.roundtrip()
        if not self.greeting:
            self.greeting.append(bytes(came))
        assert bytes(came) == self.greeting[0], "a new connection is told something else"


@contextmanager
def _victim(stage: Stage) -> Iterator[Any]:
    """The honest VM's other client, on the attacker's output. Gives a function that makes it busy
    or quiet."""
    argv = [sys.executable, "-m", VICTIM, str(stage.honest_path), str(stage.session.display)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def hear(word: bytes) -> None:
        readable, _, _ = select.select([stdout], [], [], DEADLINE_S)
        assert readable, f"the victim does not say {word!r}"
        assert stdout.readline() == word

    def become(busy: bool) -> None:
        word = b"busy\n" if busy else b"quiet\n"
        stdin.write(word)
        hear(word)

    try:
        hear(b"shown\n")
        (seen,) = stage.session.windows(title="victim")
        stage.mouse.click(*stage.middle(seen))
        hear(b"ready\n")
        yield become
    finally:
        process.kill()
        process.wait()
        stdin.close()
        stdout.close()
